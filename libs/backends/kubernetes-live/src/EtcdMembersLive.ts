/**
 * The members of a workload cluster's etcd: each asked on its own Pod, through the cluster's API server, as upstream does it.
 *
 * The way: the cluster's kubeconfig Secret, a port-forward to the Pod `etcd-<node>`, TLS with a client certificate from the
 * cluster's etcd authority, etcd's JSON API. Each question has a connection of its own, which ends with it. Clusters whose etcd
 * authority's key is kept elsewhere are asked with the certificate in the Secret `<cluster>-apiserver-etcd-client`.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controlplane/kubeadm/internal/etcd and internal/proxy
 */
import { formatKey, type ObjectKey } from "@capstan/api"
import { type ApiError, KubernetesApi, Secret } from "@capstan/kubernetes"
import {
  CertificateAuthority,
  type CertificateError,
  EtcdMembers,
  EtcdRefused,
  type EtcdTarget,
  EtcdUnreachable,
  type KeyPair
} from "@capstan/provider"
import { Clock, Effect, Layer, Result, type Scope } from "effect"
import { Base64 } from "effect/encoding"
import type { Duplex } from "node:stream"
import type { SecureContext } from "node:tls"
import { askEtcd, decimalOf, type EtcdCredentials, EtcdSilent, secureContextOf, statusIn } from "./EtcdGateway.ts"
import { type KubeconfigError, loadKubeconfig } from "./Kubeconfig.ts"
import type { NetworkFailure } from "./NetworkFailure.ts"
import { openTunnel } from "./PodTunnel.ts"

const etcdPort = 2379
/** Upstream's limits: ten seconds to connect, fifteen for a call. */
const deadlineMillis = 15_000
/** Client certificates are made for a day and used for an hour: making a key takes longer than asking. */
const holdMillis = 3_600_000

const wall: Clock.Clock = Clock.Clock.defaultValue()

interface Issued {
  /** The authority's certificate that it was made with. */
  readonly authority: string
  readonly client: KeyPair
  readonly atMillis: number
}

const sameCredentials = (a: EtcdCredentials, b: EtcdCredentials): boolean =>
  a.authority === b.authority && a.certificate === b.certificate && a.key === b.key

type Trouble = ApiError | CertificateError | KubeconfigError | NetworkFailure | EtcdSilent

/** Needs the management cluster's API, where the cluster's Secrets are. */
export const layer: Layer.Layer<EtcdMembers, never, KubernetesApi | CertificateAuthority> = Layer.effect(
  EtcdMembers,
  Effect.gen(function* () {
    const api = yield* KubernetesApi
    const certificates = yield* CertificateAuthority
    const issued = new Map<string, Issued>()

    const contexts = new Map<string, { readonly credentials: EtcdCredentials; readonly context: SecureContext }>()

    /** The cluster's credentials as TLS takes them, made anew when they are others. */
    const contextOf = Effect.fnUntraced(function* (cluster: ObjectKey) {
      const credentials = yield* credentialsOf(cluster)
      const known = contexts.get(formatKey(cluster))
      if (known !== undefined && sameCredentials(known.credentials, credentials)) return known.context
      for (const name of contexts.keys()) if (!issued.has(name)) contexts.delete(name)
      const context = yield* secureContextOf(credentials)
      contexts.set(formatKey(cluster), { credentials, context })
      return context
    })

    /** A Secret's values as text; absent ones are empty. */
    const secret = (key: ObjectKey) =>
      Effect.map(api.get(Secret, key), ({ data }) => (name: string) => {
        const decoded = Base64.decodeString(data?.[name] ?? "")
        return Result.isSuccess(decoded) ? decoded.success : ""
      })

    const clientOf = Effect.fnUntraced(function* (cluster: ObjectKey, authority: KeyPair) {
      const now = yield* Clock.currentTimeMillis
      for (const [name, { atMillis }] of issued) if (now - atMillis > holdMillis) issued.delete(name)
      const known = issued.get(formatKey(cluster))
      if (known !== undefined && known.authority === authority.certificate) return known.client
      const client = yield* certificates.issue({
        authority,
        commonName: "cluster-api.x-k8s.io",
        organizations: [],
        validDays: 1
      })
      issued.set(formatKey(cluster), { authority: authority.certificate, client, atMillis: now })
      return client
    })

    const credentialsOf = Effect.fnUntraced(function* (cluster: ObjectKey) {
      const { name, namespace } = cluster
      const own = yield* secret({ namespace, name: `${name}-etcd` })
      const [authority, key] = [own("tls.crt"), own("tls.key")]
      if (key === "") {
        const client = yield* secret({ namespace, name: `${name}-apiserver-etcd-client` })
        return { authority, certificate: client("tls.crt"), key: client("tls.key") } satisfies EtcdCredentials
      }
      return { authority, ...(yield* clientOf(cluster, { certificate: authority, key })) } satisfies EtcdCredentials
    })

    const tunnelTo = Effect.fnUntraced(function* ({ cluster, node }: EtcdTarget) {
      const { name, namespace } = cluster
      const value = yield* secret({ namespace, name: `${name}-kubeconfig` })
      const { config, server } = yield* loadKubeconfig({ _tag: "Text", text: value("value") })
      const pod = { namespace: "kube-system", name: `etcd-${node}` }
      return yield* openTunnel({ config, origin: server.origin, pod, port: etcdPort })
    })

    /** Asks the member on the target's Node, over a connection of its own. */
    const ask = (target: EtcdTarget, path: string, body: object) => {
      const unreachable = (message: string): EtcdUnreachable => new EtcdUnreachable({ node: target.node, message })
      const asked: Effect.Effect<{ readonly [key: string]: unknown }, Trouble | EtcdRefused, Scope.Scope> = Effect.gen(
        function* () {
          const context = yield* contextOf(target.cluster)
          const socket: Duplex = yield* tunnelTo(target)
          return yield* askEtcd(socket, context, path, body)
        }
      )
      // Certificates are made in the caller's time; a socket's deadline is one of the wall's clock, whatever time that is.
      return Effect.clockWith((clock) =>
        Effect.provideService(Effect.scoped(asked), Clock.Clock, clock).pipe(
          Effect.mapError((error) =>
            error instanceof EtcdRefused
              ? error
              : unreachable(`the etcd member on ${target.node} cannot be asked: ${error.message}`)
          ),
          Effect.timeoutOrElse({
            duration: deadlineMillis,
            orElse: () =>
              Effect.fail(
                unreachable(`the etcd member on ${target.node} gave no answer within ${deadlineMillis / 1000} seconds`)
              )
          }),
          Effect.provideService(Clock.Clock, wall),
          Effect.withSpan("EtcdMembers.ask", { attributes: { "etcd.path": path, "k8s.node": target.node } })
        )
      )
    }

    return {
      status: (target) =>
        Effect.flatMap(
          Effect.all([ask(target, "/v3/maintenance/status", {}), ask(target, "/v3/cluster/member/list", {})], {
            concurrency: 2
          }),
          ([status, list]) => {
            const found = statusIn(status, list)
            return found.leaderId === "0"
              ? Effect.fail(
                  new EtcdRefused({ reason: "NoLeader", message: `the member on ${target.node} knows no leader` })
                )
              : Effect.succeed(found)
          }
        ),
      remove: (target, memberId) =>
        Effect.asVoid(ask(target, "/v3/cluster/member/remove", { ID: decimalOf(memberId) })),
      moveLeader: (target, toMemberId) =>
        Effect.asVoid(ask(target, "/v3/maintenance/transfer-leadership", { targetID: decimalOf(toMemberId) }))
    }
  })
)
