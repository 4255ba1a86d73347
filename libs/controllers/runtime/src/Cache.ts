/**
 * Reads from informers: what the manager has seen so far, which lags behind the API server.
 *
 * One informer a kind serves every controller of the manager. It starts on first use and the first read waits
 * until it has listed. Objects are frozen and shared.
 *
 * @source https://github.com/kubernetes/client-go tools/cache
 */
import type { Kind, LabelSelector, ObjectKey, ObjectOf, StringMap } from "@capstan/api"
import { Context, type Effect, type Option } from "effect"

export interface CacheListOptions {
  /** All namespaces when absent. */
  readonly namespace?: string
  /** Exact labels; `cluster.x-k8s.io/cluster-name` is indexed. */
  readonly labels?: StringMap
  readonly selector?: LabelSelector
  /** Only objects with an owner reference to this uid; indexed. */
  readonly ownedBy?: string
}

/** Reads that cannot wait: for kinds whose informer has synchronised, as in event mappers. Others read as empty. */
export interface CacheReader {
  readonly find: <Body>(kind: Kind<Body>, key: ObjectKey) => ObjectOf<Body> | undefined
  readonly filter: <Body>(kind: Kind<Body>, options?: CacheListOptions) => ReadonlyArray<ObjectOf<Body>>
}

export class Cache extends Context.Service<Cache, {
  readonly get: <Body>(kind: Kind<Body>, key: ObjectKey) => Effect.Effect<Option.Option<ObjectOf<Body>>>
  /** In the order of namespace and name. */
  readonly list: <Body>(kind: Kind<Body>, options?: CacheListOptions) => Effect.Effect<ReadonlyArray<ObjectOf<Body>>>
  readonly reader: CacheReader
  /**
   * Read your writes: says that `owner`'s view of `kind` is stale until the informer has seen this resource version
   * (for a deletion: of the object's disappearance or deletion mark). Upstream refuses to reconcile until then.
   */
  readonly wrote: <Body>(owner: string, kind: Kind<Body>, object: ObjectOf<Body>) => void
  /** Whether everything `owner` wrote has been seen. A stale owner retries after 100 ms. */
  readonly isFresh: (owner: string) => boolean
}>()("@capstan/runtime/Cache") {}
