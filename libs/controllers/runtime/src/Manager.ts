/**
 * A manager: controllers over one cache and one API client, until interrupted. Crash-only: it keeps nothing it may not lose.
 */
import type { Effect } from "effect"
import type { KubernetesApi } from "@capstan/kubernetes"
import type { WorkloadClusters } from "@capstan/provider"
import type { Cache } from "./Cache.ts"
import type { ClusterCache } from "./ClusterCache.ts"
import type { Controller } from "./Controller.ts"
import type { EventRecorder } from "./EventRecorder.ts"

/** What the runtime gives to every reconcile. */
export type RuntimeServices = KubernetesApi | Cache | ClusterCache | EventRecorder

export interface ManagerOptions {
  /** Resync of everything, 10 minutes by default, with up to 10 % jitter. */
  readonly syncPeriodMillis?: number
  /** Component name in Events, such as `capi-controller-manager`. */
  readonly name: string
}

/** The signature that `runManager` has. */
export type RunManager = <R>(
  options: ManagerOptions,
  controllers: ReadonlyArray<Controller<R>>
) => Effect.Effect<never, never, Exclude<R, Cache | ClusterCache | EventRecorder> | KubernetesApi | WorkloadClusters>
