/**
 * Connections to workload clusters, kept and probed: connect when the kubeconfig Secret is there, probe every ten
 * seconds, drop after five failures, try again after thirty seconds.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controllers/clustercache
 */
import type { AnyKind, KubernetesObject, ObjectKey } from "@capstan/api"
import type { KubernetesClient } from "@capstan/kubernetes"
import { Context, type Effect, Schema } from "effect"
import type { CacheReader, Cache } from "./Cache.ts"
import type { Request } from "./Controller.ts"

/** No connection now. Callers fail with it: the reconcile comes back by backoff or when the connection does. */
export class ClusterNotConnected extends Schema.TaggedError<ClusterNotConnected>()("ClusterNotConnected", {
  cluster: Schema.String,
  message: Schema.String
}) {}

/** What the probes saw; times are epoch milliseconds, absent before the first. */
export interface ConnectionHealth {
  readonly connected: boolean
  readonly lastProbeSuccessMillis: number | undefined
  readonly lastProbeMillis: number | undefined
  readonly consecutiveFailures: number
}

export class ClusterCache extends Context.Service<ClusterCache, {
  readonly client: (cluster: ObjectKey) => Effect.Effect<KubernetesClient, ClusterNotConnected>
  /** Cached reads of the workload cluster, with informers of its own. */
  readonly reader: (cluster: ObjectKey) => Effect.Effect<Cache["Service"], ClusterNotConnected>
  readonly health: (cluster: ObjectKey) => ConnectionHealth
  /**
   * Wakes a controller on changes of a kind in the workload cluster. Idempotent per cluster, controller and kind;
   * ends with the connection and starts again with the next.
   */
  readonly watch: (options: {
    readonly cluster: ObjectKey
    readonly controller: string
    readonly kind: AnyKind
    readonly map: (object: KubernetesObject, cache: CacheReader) => ReadonlyArray<Request>
  }) => Effect.Effect<void, ClusterNotConnected>
}>()("@capstan/runtime/ClusterCache") {}
