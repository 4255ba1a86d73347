/** A world with one fake cloud, user data as the bootstrap controller writes it, and quick ways to look inside. */
import { type KindObject } from "@capstan/api"
import { Kernel } from "@capstan/kernel"
import { type KubernetesClient, Node, Pod, Secret } from "@capstan/kubernetes"
import {
  CertificateAuthority,
  EtcdMembers,
  type KeyPair,
  WorkloadClusters,
  type WorkloadConnection
} from "@capstan/provider"
import type { ApiServer } from "@capstan/simulator-kubernetes"
import { Cause, Effect, Exit, Layer, Result } from "effect"
import { World, type WorldOptions } from "../src/index.ts"
import { endpointHost, FakeCloud } from "./FakeCloud.ts"

export const token = "abcdef.0123456789abcdef"
export const cluster = { namespace: "default", name: "demo" }

export interface ClusterPki {
  readonly ca: KeyPair
  readonly etcd: KeyPair
  readonly proxy: KeyPair
  readonly sa: KeyPair
  readonly hash: string
}

const block = (text: string): string =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => `      ${line}`)
    .join("\n")

const file = (path: string, content: string, permissions = "0640"): string =>
  `  - path: ${path}\n    owner: "root:root"\n    permissions: "${permissions}"\n    content: |\n${block(content)}\n`

const pkiFiles = (pki: ClusterPki): string =>
  [
    file("/etc/kubernetes/pki/ca.crt", pki.ca.certificate),
    file("/etc/kubernetes/pki/ca.key", pki.ca.key, "0600"),
    file("/etc/kubernetes/pki/front-proxy-ca.crt", pki.proxy.certificate),
    file("/etc/kubernetes/pki/front-proxy-ca.key", pki.proxy.key, "0600"),
    file("/etc/kubernetes/pki/etcd/ca.crt", pki.etcd.certificate),
    file("/etc/kubernetes/pki/etcd/ca.key", pki.etcd.key, "0600"),
    file("/etc/kubernetes/pki/sa.pub", pki.sa.certificate),
    file("/etc/kubernetes/pki/sa.key", pki.sa.key, "0600")
  ].join("")

const cloudConfig = (files: string, command: string): string => `## template: jinja
#cloud-config

write_files:
${files}  - path: /run/cluster-api/placeholder
    owner: "root:root"
    permissions: "0640"
    content: "This placeholder file is used to create the /run/cluster-api sub directory."
runcmd:
  - "${command} && echo success > /run/cluster-api/bootstrap-success.complete"
`

const registration = (provider: string, list: boolean, taint: string): string => `nodeRegistration:
  name: "{{ ds.meta_data.local_hostname }}"
${taint}  kubeletExtraArgs:
${list ? `    - name: cloud-provider\n      value: ${provider}` : `    cloud-provider: ${provider}`}
`

export interface UserDataOptions {
  readonly version?: string
  readonly provider?: string
  readonly clusterName?: string
  readonly apiVersion?: string
}

export const initUserData = (pki: ClusterPki, options: UserDataOptions = {}): string => {
  const { apiVersion = "v1beta4", clusterName = "demo", provider = "external", version = "v1.33.1" } = options
  const kubeadm = `---
apiVersion: kubeadm.k8s.io/${apiVersion}
kind: ClusterConfiguration
clusterName: ${clusterName}
controlPlaneEndpoint: "${endpointHost}:6443"
kubernetesVersion: ${version}
networking:
  podSubnet: 192.168.0.0/16
---
apiVersion: kubeadm.k8s.io/${apiVersion}
kind: InitConfiguration
${registration(provider, apiVersion === "v1beta4", "")}`
  return cloudConfig(
    pkiFiles(pki) + file("/run/kubeadm/kubeadm.yaml", kubeadm),
    "kubeadm init --config /run/kubeadm/kubeadm.yaml"
  )
}

export interface JoinOptions extends UserDataOptions {
  readonly token?: string
  readonly hash?: string
  readonly controlPlane?: boolean
}

export const joinUserData = (pki: ClusterPki, options: JoinOptions = {}): string => {
  const { apiVersion = "v1beta4", controlPlane = false, provider = "external" } = options
  const taint = controlPlane
    ? ""
    : "  taints:\n    - key: node.cluster.x-k8s.io/uninitialized\n      effect: NoSchedule\n"
  const kubeadm = `apiVersion: kubeadm.k8s.io/${apiVersion}
kind: JoinConfiguration
${controlPlane ? "controlPlane:\n  localAPIEndpoint: {}\n" : ""}discovery:
  bootstrapToken:
    apiServerEndpoint: "${endpointHost}:6443"
    caCertHashes:
      - "${options.hash ?? pki.hash}"
    token: ${options.token ?? token}
${registration(provider, apiVersion === "v1beta4", taint)}`
  return cloudConfig(
    (controlPlane ? pkiFiles(pki) : "") + file("/run/kubeadm/kubeadm-join-config.yaml", kubeadm),
    "kubeadm join --config /run/kubeadm/kubeadm-join-config.yaml"
  )
}

export interface TestWorldOptions extends Partial<Pick<WorldOptions, "preconditions">> {
  readonly seed?: number
}

export const makeWorld = (options: TestWorldOptions = {}) => {
  const kernel = new Kernel({ seed: options.seed ?? 0 })
  const cloud = new FakeCloud(kernel)
  const world = new World(kernel, {
    clouds: [cloud.ports],
    preconditions: options.preconditions ?? { cni: true, cloudController: true }
  })
  const { layers } = world
  const all = Layer.mergeAll(
    layers.workloadClusters,
    layers.etcdMembers,
    layers.nameResolver,
    layers.certificateAuthority
  )
  type Services = WorkloadClusters | EtcdMembers | CertificateAuthority | Layer.Success<typeof layers.nameResolver>

  const exit = <A, E>(effect: Effect.Effect<A, E, Services>) => kernel.complete(Effect.provide(effect, all))
  const run = <A, E>(effect: Effect.Effect<A, E, Services>): A => {
    const ended = exit(effect)
    if (Exit.isFailure(ended)) throw Cause.squash(ended.cause)
    return ended.value
  }
  const failure = <A, E>(effect: Effect.Effect<A, E, Services>): E => {
    const result = run(Effect.result(effect))
    if (Result.isSuccess(result)) throw new Error("it did not fail")
    return result.failure
  }
  /** Lets so many seconds go by. */
  const wait = (seconds: number): void => {
    const untilMillis = kernel.now() + seconds * 1000
    if (kernel.run({ untilMillis }) === "idle") kernel.advanceTo(untilMillis)
  }

  const pki = run(
    Effect.gen(function* () {
      const authority = yield* CertificateAuthority
      const ca = yield* authority.createAuthority({ commonName: "kubernetes" })
      const etcd = yield* authority.createAuthority({ commonName: "kubernetes" })
      const proxy = yield* authority.createAuthority({ commonName: "front-proxy-ca" })
      const sa = yield* authority.createServiceAccountKey
      return { ca, etcd, proxy, sa, hash: yield* authority.publicKeyHash(ca.certificate) }
    })
  )

  const kubeconfig = (using: ClusterPki = pki, host = endpointHost): string => {
    const client = run(
      Effect.flatMap(CertificateAuthority, (authority) =>
        authority.issue({ authority: using.ca, commonName: "kubernetes-admin", organizations: ["system:masters"] })
      )
    )
    const base64 = (text: string): string => Buffer.from(text).toString("base64")
    return `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${base64(using.ca.certificate)}
    server: https://${host}:6443
  name: demo
users:
- name: demo-admin
  user:
    client-certificate-data: ${base64(client.certificate)}
    client-key-data: ${base64(client.key)}
`
  }
  const connecting = (config = kubeconfig()) =>
    Effect.flatMap(WorkloadClusters, (clusters) => clusters.connect({ cluster, kubeconfig: config }))
  const connect = (): WorkloadConnection => run(connecting())
  const etcdCall = <A, E>(use: (etcd: EtcdMembers["Service"]) => Effect.Effect<A, E>) =>
    Effect.flatMap(EtcdMembers, use)

  const server = (name = "demo"): ApiServer => {
    const found = world.apiServerOf(name)
    if (found === undefined) throw new Error(`no API server of ${name}`)
    return found
  }
  const node = (id: string): KindObject<typeof Node> | undefined => {
    const name = world.machineState(id)?.node ?? ""
    return Result.getOrUndefined(server().get(Node, { namespace: "", name }))
  }
  const readyStatus = (id: string): string | undefined =>
    node(id)?.status?.conditions?.find((condition) => condition.type === "Ready")?.status
  const taintKeys = (id: string): ReadonlyArray<string> =>
    (node(id)?.spec?.taints ?? []).map((taint) => `${taint.key}:${taint.effect}`)
  const pods = (namespace: string): ReadonlyArray<KindObject<typeof Pod>> =>
    Result.getOrThrow(server().list(Pod, { namespace })).items

  /** Puts the token's Secret into the cluster, as the bootstrap controller does. */
  const addToken = (fields: { readonly secret?: string; readonly expiresInSeconds?: number } = {}): void => {
    const [id = "", secret = ""] = token.split(".")
    const expiration = `${new Date(kernel.now() + (fields.expiresInSeconds ?? 900) * 1000).toISOString().slice(0, 19)}Z`
    const values = {
      "token-id": id,
      "token-secret": fields.secret ?? secret,
      expiration,
      "usage-bootstrap-signing": "true",
      "usage-bootstrap-authentication": "true"
    }
    Result.getOrThrow(
      server().create(Secret, {
        metadata: { namespace: "kube-system", name: `bootstrap-token-${id}` },
        type: "bootstrap.kubernetes.io/token",
        data: Object.fromEntries(
          Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")])
        )
      })
    )
  }

  /** One control plane, ready, with a token for those that join. */
  const initialise = (userData: UserDataOptions = {}): void => {
    cloud.launch("i-cp1", initUserData(pki, userData), { target: true })
    wait(180)
    addToken({ expiresInSeconds: 86_400 })
  }
  /** More control planes, one after the other. */
  const joinControlPlanes = (...ids: ReadonlyArray<string>): void => {
    for (const id of ids) {
      cloud.launch(id, joinUserData(pki, { controlPlane: true }), { target: true })
      wait(180)
    }
  }
  const joinWorkers = (...ids: ReadonlyArray<string>): void => {
    for (const id of ids) cloud.launch(id, joinUserData(pki))
    wait(120)
    for (const id of ids) admit(id)
    wait(1)
  }
  /** Takes Cluster API's own taint from a worker, as the Machine controller does. */
  const admit = (id: string): void => {
    const object = node(id)
    if (object === undefined) return
    const taints = (object.spec?.taints ?? []).filter((taint) => taint.key !== "node.cluster.x-k8s.io/uninitialized")
    server().patch(Node, { namespace: "", name: object.metadata.name }, { type: "merge", body: { spec: { taints } } })
  }
  /** What the world has put into the trace. */
  const told = (kind: "world" | "etcd"): ReadonlyArray<{ readonly [field: string]: unknown }> =>
    kernel.trace.events.filter((event) => event.kind === kind)

  return {
    kernel,
    cloud,
    world,
    exit,
    run,
    failure,
    wait,
    pki,
    kubeconfig,
    connecting,
    connect,
    etcdCall,
    server,
    node,
    readyStatus,
    taintKeys,
    pods,
    addToken,
    initialise,
    joinControlPlanes,
    joinWorkers,
    admit,
    told
  }
}

export type TestWorld = ReturnType<typeof makeWorld>
export type { KubernetesClient }
