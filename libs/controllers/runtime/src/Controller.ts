/**
 * A controller is a value: what it reconciles, what else wakes it, and one level-based function.
 *
 * @source https://github.com/kubernetes-sigs/controller-runtime pkg/reconcile
 */
import type { AnyKind, KubernetesObject, ObjectKey } from "@capstan/api"
import type { Effect } from "effect"
import type { CacheReader } from "./Cache.ts"
import type { Result } from "./Result.ts"

/** The object to look at. Nothing says why: a reconcile looks at what is. */
export type Request = ObjectKey

/** A change of an object; `before` is absent when it was added, `after` when it was deleted. */
export interface ObjectChange {
  readonly before: KubernetesObject | undefined
  readonly after: KubernetesObject | undefined
}

/** Another kind whose changes wake the controller. */
export interface Watch {
  readonly kind: AnyKind
  /** Which of the controller's objects to look at. Called with the new object, and with the old one when it was replaced or deleted. */
  readonly map: (object: KubernetesObject, cache: CacheReader) => ReadonlyArray<Request>
  /** Changes that do not matter give false. Resyncs of watched kinds never count. */
  readonly when?: (change: ObjectChange) => boolean
}

export interface Controller<R = never> {
  /** Upstream's controller name: work queue, logs and metrics carry it. */
  readonly name: string
  readonly kind: AnyKind
  readonly when?: (change: ObjectChange) => boolean
  readonly watches: ReadonlyArray<Watch>
  /** Reconciles at a time, never two of one object. Upstream's default is 10. */
  readonly concurrency?: number
  /** At most one reconcile of an object in this time. Upstream: 1 s, health checks 15 s. */
  readonly intervalMillis?: number
  /** Which objects to look at when the connection to a workload cluster is made or lost. */
  readonly clusterCacheEvents?: (cluster: ObjectKey, cache: CacheReader) => ReadonlyArray<Request>
  /** Also looks at them, once, when no probe has succeeded for so long. Upstream's Cluster controller: 50 s. */
  readonly probeGraceMillis?: number
  /** A typed failure means: log it, count it, come back with backoff. A defect stops the manager. */
  readonly reconcile: (request: Request) => Effect.Effect<Result, { readonly message: string }, R>
}

export const makeController = <R>(controller: Controller<R>): Controller<R> => controller
