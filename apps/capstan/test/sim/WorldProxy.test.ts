/**
 * The way into workload clusters through real sockets: whose certificates count, what the proxy leads to, and etcd behind a
 * port-forward, asked by the live layer.
 */
import { layer as certificates } from "@capstan/certificates-live"
import { Kernel } from "@capstan/kernel"
import { Node, Secret } from "@capstan/kubernetes"
import { MemoryApi } from "@capstan/kubernetes/testing"
import { etcdMembersLayer, workloadClustersLayer } from "@capstan/kubernetes-live"
import { CertificateAuthority, EtcdMembers, EtcdRefused, type KeyPair, WorkloadClusters } from "@capstan/provider"
import { kubeconfigYaml } from "@capstan/runtime"
import { ApiServer } from "@capstan/simulator-kubernetes"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { request } from "node:http"
import { answerEtcd } from "../../src/sim/EtcdDoor.ts"
import { openWorldProxy, type Reached } from "../../src/sim/WorldProxy.ts"

const host = "demo-apiserver.elb.amazonaws.com"
const cluster = { namespace: "default", name: "demo" }
const dayMillis = 86_400_000

const issued = Effect.gen(function* () {
  const service = yield* CertificateAuthority
  const [api, etcd, other] = yield* Effect.all([
    service.createAuthority({ commonName: "kubernetes" }),
    service.createAuthority({ commonName: "kubernetes" }),
    service.createAuthority({ commonName: "kubernetes" })
  ])
  const admin = (authority: KeyPair) =>
    service.issue({ authority, commonName: "kubernetes-admin", organizations: ["system:masters"] })
  return { api, etcd, admin: yield* admin(api), stranger: yield* admin(other) }
})

/** Two members of one etcd, as the world has them. */
const members: EtcdMembers["Service"] = {
  status: ({ node }) =>
    Effect.succeed({
      memberId: node === "node-a" ? "a1" : "b2",
      leaderId: "a1",
      members: ["a1", "b2"].map((id) => ({
        id,
        name: `node-${id[0]}`,
        peerUrls: [],
        clientUrls: [],
        isLearner: false
      })),
      alarms: []
    }),
  remove: (_, id) =>
    id === "b2"
      ? Effect.void
      : Effect.fail(new EtcdRefused({ reason: "MemberNotFound", message: "etcdserver: member not found" })),
  moveLeader: () => Effect.void
}

const openTestProxy = Effect.gen(function* () {
  const given = yield* issued
  const kernel = new Kernel({ seed: 0, keep: "hash", epochMillis: Date.now() })
  const reached: Reached = {
    server: new ApiServer(kernel, { name: "demo", kinds: [] }),
    authorities: { cluster: "demo", api: given.api, etcd: given.etcd }
  }
  const clock = { millis: Date.now() }
  const proxy = yield* openWorldProxy({
    host: "127.0.0.1",
    enter: (act) => act(),
    nowMillis: () => clock.millis,
    reach: (asked) => (asked === host ? reached : `lookup ${asked}: no such host`),
    askEtcd: (name, node, path, body) =>
      Effect.runPromise(answerEtcd(members, { cluster: { namespace: "", name }, node }, path, body))
  })
  const kubeconfig = (client: KeyPair, authority = given.api, server = host) =>
    kubeconfigYaml({
      clusterName: "demo",
      server: `https://${server}:6443`,
      authorityCertificate: authority.certificate,
      client
    }).replace("    server:", `    proxy-url: ${proxy}\n    server:`)
  return { ...given, clock, kubeconfig, proxy }
}).pipe(Effect.provide(certificates))

const test = <A>(name: string, body: Effect.Effect<A, unknown, never>) => it.live(name, () => body)

describe("openWorldProxy", () => {
  test(
    "leads to a cluster at its own name, for holders of its authority's certificates",
    Effect.scoped(
      Effect.gen(function* () {
        const { admin, clock, etcd, kubeconfig, stranger } = yield* openTestProxy
        const workloads = yield* WorkloadClusters
        const connect = (text: string) => workloads.connect({ cluster, kubeconfig: text })
        const { client, probe } = yield* connect(kubeconfig(admin))
        yield* probe
        assert.deepStrictEqual((yield* client.list(Node)).items, [])

        const refused = yield* Effect.flip(connect(kubeconfig(stranger)))
        assert.isTrue(refused.unauthorized)
        const distrusted = yield* Effect.flip(connect(kubeconfig(admin, etcd)))
        assert.isTrue(distrusted.unauthorized)
        const nowhere = yield* Effect.flip(connect(kubeconfig(admin, undefined, "other.elb.amazonaws.com")))
        assert.isFalse(nowhere.unauthorized)
        clock.millis += 366 * dayMillis
        const late = yield* Effect.flip(connect(`${kubeconfig(admin)}# a connection of its own\n`))
        assert.isTrue(late.unauthorized)
      })
    ).pipe(Effect.provide(workloadClustersLayer({ userAgent: "test" })))
  )

  test(
    "leads port-forwards to etcd, which tells its members apart and refuses in its own words",
    Effect.scoped(
      Effect.gen(function* () {
        const { admin, etcd, kubeconfig } = yield* openTestProxy
        const api = new MemoryApi()
        const secret = (name: string, data: { readonly [name: string]: string }) =>
          api.client.create(Secret, {
            metadata: { namespace: "default", name },
            data: Object.fromEntries(
              Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString("base64")])
            )
          })
        yield* secret("demo-kubeconfig", { value: kubeconfig(admin) })
        yield* secret("demo-etcd", { "tls.crt": etcd.certificate, "tls.key": etcd.key })
        const asked = Effect.gen(function* () {
          const service = yield* EtcdMembers
          const status = yield* service.status({ cluster, node: "node-b" })
          assert.deepStrictEqual([status.memberId, status.leaderId], ["b2", "a1"])
          assert.deepStrictEqual(
            status.members.map(({ id }) => id),
            ["a1", "b2"]
          )
          yield* service.remove({ cluster, node: "node-a" }, "b2")
          const refused = yield* Effect.flip(service.remove({ cluster, node: "node-a" }, "c3"))
          assert.strictEqual(refused._tag === "EtcdRefused" ? refused.reason : "", "MemberNotFound")
        })
        yield* Effect.provide(asked, Layer.provide(etcdMembersLayer, Layer.merge(api.layer, certificates)))
      })
    )
  )

  test(
    "answers nothing but CONNECT",
    Effect.scoped(
      Effect.gen(function* () {
        const { proxy } = yield* openTestProxy
        const plain = yield* Effect.promise(() => fetch(proxy))
        assert.strictEqual(plain.status, 405)
        const { hostname, port } = new URL(proxy)
        const status = yield* Effect.callback<number | undefined>((resume) => {
          request({ host: hostname, port, method: "CONNECT", path: "nonsense" })
            .on("connect", (response, socket) => {
              socket.destroy()
              resume(Effect.succeed(response.statusCode))
            })
            .end()
        })
        assert.strictEqual(status, 400)
      })
    )
  )
})
