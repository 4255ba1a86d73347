/**
 * The kubeadm control-plane provider under its harness, over two APIs in memory and an etcd that is a list of members: one
 * for every machine that has booted.
 */
import { KubeadmConfig, type Machine, makeKind, makeKindRegistry } from "@capstan/api"
import { ConfigMap, KubernetesApi, Node, Pod } from "@capstan/kubernetes"
import { anObject, makeCallLimit, MemoryApi } from "@capstan/kubernetes/testing"
import {
  CertificateAuthority,
  type EtcdMember,
  EtcdMembers,
  EtcdRefused,
  EtcdUnreachable,
  WorkloadClusters,
  WorkloadUnreachable
} from "@capstan/provider"
import type { ControlPlaneWorld } from "@capstan/provider/testing"
import { Kinds, runManager } from "@capstan/runtime"
import { Effect, Fiber, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { controlPlaneControllers } from "../src/KubeadmControlPlaneProvider.ts"

const Body = Schema.Struct({ spec: Schema.Struct({}), status: Schema.optionalKey(Schema.Struct({})) })
const group = "infrastructure.cluster.x-k8s.io"
export const TinyMachine = makeKind({ group, kind: "TinyMachine", version: "v1", schema: Body })
export const TinyMachineTemplate = makeKind({ group, kind: "TinyMachineTemplate", version: "v1", schema: Body })

/** Certificates that only say what they are for. */
const readableCertificates = Layer.succeed(CertificateAuthority, {
  createAuthority: ({ commonName }) =>
    Effect.succeed({ certificate: `certificate of ${commonName}`, key: `key of ${commonName}` }),
  createServiceAccountKey: Effect.succeed({ certificate: "public key", key: "private key" }),
  issue: ({ commonName }) =>
    Effect.succeed({ certificate: `certificate of ${commonName}`, key: `key of ${commonName}` }),
  publicKeyHash: (certificate) => Effect.succeed(`sha256:${certificate.length}`),
  expiry: () => Effect.succeed("2040-01-01T00:00:00Z")
})

const role = "node-role.kubernetes.io/control-plane"
const staticPods = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"]
const settle = Effect.repeat(TestClock.adjust(0), { times: 4 })

export const openControlPlaneWorld = Effect.sync((): ControlPlaneWorld => {
  const management = new MemoryApi()
  const workload = new MemoryApi()
  const limit = makeCallLimit()
  /** Members by name; the first one leads. */
  const members = new Map<string, EtcdMember>()
  management.put(TinyMachineTemplate, anObject(TinyMachineTemplate, "template", { spec: { template: { spec: {} } } }))

  const statusOf = (node: string) => {
    const member = members.get(node)
    if (member === undefined) return Effect.fail(new EtcdUnreachable({ node, message: "nobody listens" }))
    const all = [...members.values()]
    return Effect.succeed({ memberId: member.id, leaderId: all[0]?.id ?? "", members: all, alarms: [] })
  }
  const remove = (id: string) => {
    const member = [...members.values()].find((each) => each.id === id)
    return member !== undefined && members.delete(member.name)
      ? Effect.void
      : Effect.fail(new EtcdRefused({ reason: "MemberNotFound", message: "there is no such member" }))
  }
  const lead = (id: string) => {
    const sorted = [...members.values()].sort((a, b) => Number(b.id === id) - Number(a.id === id))
    members.clear()
    for (const member of sorted) members.set(member.name, member)
    return Effect.void
  }
  const services = Layer.mergeAll(
    Layer.succeed(KubernetesApi, management.clientThrough(limit.door)),
    Layer.succeed(WorkloadClusters, {
      connect: ({ cluster }) =>
        Effect.suspend(() =>
          members.size === 0
            ? Effect.fail(new WorkloadUnreachable({ cluster: cluster.name, message: "down", unauthorized: false }))
            : Effect.succeed({ client: workload.clientThrough(limit.door), probe: Effect.void })
        )
    }),
    Layer.succeed(EtcdMembers, {
      status: ({ node }) => limit.door(Effect.suspend(() => statusOf(node))),
      remove: (_, memberId) => limit.door(Effect.suspend(() => remove(memberId))),
      moveLeader: (_, memberId) => limit.door(Effect.suspend(() => lead(memberId)))
    }),
    readableCertificates,
    Layer.succeed(Kinds, makeKindRegistry([KubeadmConfig, TinyMachine, TinyMachineTemplate]))
  )
  const manager = runManager({ name: "test" }, controlPlaneControllers).pipe(Effect.provide(services))

  const boot = ({ metadata: { name } }: Machine): string => {
    workload.put(ConfigMap, anObject(ConfigMap, "kubeadm-config", { metadata: { namespace: "kube-system" }, data: {} }))
    workload.put(
      Node,
      anObject(Node, name, {
        metadata: { namespace: "", labels: { [role]: "" } },
        spec: { taints: [{ key: role, effect: "NoSchedule" }] },
        status: { conditions: [{ type: "Ready", status: "True" }] }
      })
    )
    for (const component of staticPods) {
      const metadata = { namespace: "kube-system", labels: { tier: "control-plane" } }
      const status = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] }
      workload.put(Pod, anObject(Pod, `${component}-${name}`, { metadata, spec: { containers: [] }, status }))
    }
    const urls = { peerUrls: [`https://${name}:2380`], clientUrls: [`https://${name}:2379`] }
    members.set(name, { id: `${members.size + 1}${name}`, name, ...urls, isLearner: false })
    return name
  }

  return {
    api: management.client,
    boot: (machine) => Effect.sync(() => boot(machine)),
    run: Effect.fnUntraced(function* (options) {
      limit.open(options?.stopAfterCalls)
      const fiber = yield* Effect.forkChild(manager)
      yield* settle
      // In steps: a reconcile that is due in between runs at its time, not at the end.
      yield* Effect.repeat(Effect.andThen(TestClock.adjust("5 seconds"), settle), { times: 18 })
      yield* Fiber.interrupt(fiber)
      yield* settle
      return limit.isReached()
    }),
    objects: Effect.sync(() => {
      management.collectGarbage()
      return [...management.objects.values()].filter(({ kind }) => kind !== "Event")
    })
  }
})
