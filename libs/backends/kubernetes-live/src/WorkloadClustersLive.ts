/**
 * Clients for workload clusters, each by the kubeconfig that was found in its Secret.
 *
 * Connecting again with the same kubeconfig gives the same connections. They end when another kubeconfig takes their place, when
 * nobody has used them for a quarter of an hour (a cluster that is there is probed every ten seconds), and with the layer.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controllers/clustercache
 */
import { formatKey } from "@capstan/api"
import { ApiError } from "@capstan/kubernetes"
import { WorkloadClusters, type WorkloadConnection, WorkloadUnreachable } from "@capstan/provider"
import { Clock, Effect, Exit, Layer, Scope, Semaphore } from "effect"
import type { ClientOptions } from "./ClientOptions.ts"
import { connectTo } from "./KubernetesLive.ts"
import type { NetworkFailure } from "./NetworkFailure.ts"
import type { RestCalls, RestRequest } from "./RestCalls.ts"

interface Kept {
  readonly kubeconfig: string
  readonly connection: WorkloadConnection
  readonly calls: RestCalls
  readonly scope: Scope.Closeable
  usedAtMillis: number
}

const probeDeadlineMillis = 5_000
const idleMillis = 15 * 60_000

/** Server errors say that nobody is in; any other answer says that somebody is. */
const answers = (error: ApiError): boolean => error.code >= 400 && error.code < 500 && error.code !== 401

/** One request whose answer nobody is interested in. */
const ask = (calls: RestCalls, cluster: string, path: string): Effect.Effect<void, WorkloadUnreachable> => {
  const request: RestRequest = { verb: "get", method: "GET", path, deadlineMillis: probeDeadlineMillis, once: true }
  return calls.call(request).pipe(
    Effect.asVoid,
    Effect.catch((failure) =>
      failure instanceof ApiError && answers(failure) ? Effect.void : Effect.fail(unreachable(cluster, failure))
    )
  )
}

const unreachable = (cluster: string, failure: ApiError | NetworkFailure): WorkloadUnreachable =>
  new WorkloadUnreachable({
    cluster,
    message: failure.message,
    unauthorized:
      failure instanceof ApiError
        ? failure.code === 401
        : failure.kind === "Untrusted" || failure.kind === "NoCredentials"
  })

/** Clients as `options` say, one limit of calls for each cluster. */
export const layer = (options: ClientOptions): Layer.Layer<WorkloadClusters> =>
  Layer.effect(
    WorkloadClusters,
    Effect.gen(function* () {
      const outer = yield* Effect.scope
      const kept = new Map<string, Kept>()
      const one = Semaphore.makeUnsafe(1)

      const drop = (cluster: string, entry: Kept) =>
        Effect.suspend(() => {
          kept.delete(cluster)
          return Scope.close(entry.scope, Exit.void)
        })

      const open = Effect.fnUntraced(function* (cluster: string, kubeconfig: string) {
        const now = yield* Clock.currentTimeMillis
        for (const [name, entry] of kept) {
          const stale = name === cluster ? entry.kubeconfig !== kubeconfig : now - entry.usedAtMillis > idleMillis
          if (stale) yield* drop(name, entry)
        }
        const known = kept.get(cluster)
        if (known !== undefined) {
          known.usedAtMillis = now
          return known
        }
        const scope = yield* Scope.fork(outer)
        const { calls, client } = yield* connectTo({ _tag: "Text", text: kubeconfig }, options).pipe(
          Effect.provideService(Scope.Scope, scope),
          Effect.mapError(({ message }) => new WorkloadUnreachable({ cluster, message, unauthorized: false })),
          Effect.onError(() => Scope.close(scope, Exit.void))
        )
        const probe = Effect.andThen(
          Effect.map(Clock.currentTimeMillis, (millis) => void (entry.usedAtMillis = millis)),
          ask(calls, cluster, "/")
        )
        const entry: Kept = { kubeconfig, calls, connection: { client, probe }, scope, usedAtMillis: now }
        kept.set(cluster, entry)
        return entry
      })

      return {
        connect: ({ cluster, kubeconfig }) => {
          const name = formatKey(cluster)
          return one
            .withPermit(open(name, kubeconfig))
            .pipe(Effect.flatMap(({ calls, connection }) => Effect.as(ask(calls, name, "/version"), connection)))
        }
      }
    })
  )
