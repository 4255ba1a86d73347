/**
 * Reads from informers: what the manager has seen so far, which lags behind the API server.
 *
 * One informer a kind serves every controller of the manager. It starts on first use and the first read waits
 * until it has listed. Objects are frozen and shared.
 *
 * @source https://github.com/kubernetes/client-go tools/cache
 */
import {
  type AnyKind,
  formatKey,
  groupKindOf,
  type Kind,
  type KubernetesObject,
  type LabelSelector,
  type ObjectKey,
  type ObjectOf,
  type StringMap
} from "@capstan/api"
import type { KubernetesClient } from "@capstan/kubernetes"
import { Context, Effect, Option } from "effect"
import type { Request } from "./Controller.ts"
import { Informer, isOlderVersion } from "./Informer.ts"

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

export class Cache extends Context.Service<
  Cache,
  {
    /** Made to be yielded at once: of a kind that has listed, the object is read when the effect is made. */
    readonly get: <Body>(kind: Kind<Body>, key: ObjectKey) => Effect.Effect<Option.Option<ObjectOf<Body>>>
    /** In the order of namespace and name. Read as `get` reads. */
    readonly list: <Body>(kind: Kind<Body>, options?: CacheListOptions) => Effect.Effect<ReadonlyArray<ObjectOf<Body>>>
    readonly reader: CacheReader
    /**
     * Read your writes: says that `owner`'s view of `kind` is stale until the informer has seen the version that a create,
     * update or patch answered with. `owner` is `<controller>/<namespace>/<name>`, as `ownerOf` builds it: the manager
     * does not start the next reconcile of that object by that controller until then, and asks again after 100 ms.
     */
    readonly wrote: <Body>(owner: string, kind: Kind<Body>, object: ObjectOf<Body>) => void
    /** The same after a delete: stale until the informer has seen the object marked or gone. */
    readonly deleted: <Body>(owner: string, kind: Kind<Body>, object: ObjectOf<Body>) => void
    /** Whether everything `owner` wrote has been seen. A stale owner retries after 100 ms. */
    readonly isFresh: (owner: string) => boolean
  }
>()("@capstan/runtime/Cache") {}

/** Who writes, for `wrote`: the controller's name and the object that it reconciles. */
export const ownerOf = (controller: string, request: Request): string => `${controller}/${formatKey(request)}`

/** A cache and the informers under it. */
export type InformerCache = Cache["Service"] & {
  /** The kind's informer, started when it was not yet. */
  readonly informer: (kind: AnyKind) => Informer
  /** Kinds that were asked for and have not listed yet. */
  readonly starting: () => ReadonlyArray<string>
}

/** Whether a write has been seen. */
type Expectation = () => boolean

/** A cache over one API client. `spawn` runs an informer for as long as the cache's owner lives. */
export const makeCache = (options: {
  readonly client: KubernetesClient
  readonly spawn: (run: Effect.Effect<never>) => void
  /** The only namespace that is looked at; all unless given. */
  readonly namespace?: string
}): InformerCache => {
  const byKind = new Map<AnyKind, Informer>()
  const byName = new Map<string, Informer>()
  const expectations = new Map<string, Array<Expectation>>()

  const informer = (kind: AnyKind): Informer => {
    const known = byKind.get(kind)
    if (known !== undefined) return known
    const name = groupKindOf(kind)
    let started = byName.get(name)
    if (started === undefined) {
      started = new Informer(options.client, kind, kind.scope === "Cluster" ? undefined : options.namespace)
      byName.set(name, started)
      options.spawn(started.run)
    }
    byKind.set(kind, started)
    return started
  }

  // What an informer of a kind holds has the kind's body: the two casts below say no more.
  const find = <Body>(kind: Kind<Body>, key: ObjectKey): ObjectOf<Body> | undefined =>
    informer(kind).store.get(key) as ObjectOf<Body> | undefined
  const filter = <Body>(kind: Kind<Body>, list?: CacheListOptions): ReadonlyArray<ObjectOf<Body>> =>
    informer(kind).store.list(list) as ReadonlyArray<ObjectOf<Body>>

  const expect = (owner: string, expectation: Expectation): void => {
    if (expectation()) return
    const pending = expectations.get(owner)
    if (pending === undefined) expectations.set(owner, [expectation])
    else pending.push(expectation)
  }

  return {
    informer,
    starting: () => [...byName.values()].filter(({ synced }) => !synced).map(({ kind }) => groupKindOf(kind)),
    get: (kind, key) => {
      const source = informer(kind)
      return source.synced
        ? Effect.succeed(Option.fromUndefinedOr(find(kind, key)))
        : Effect.map(source.awaitSync, () => Option.fromUndefinedOr(find(kind, key)))
    },
    list: (kind, list) => {
      const source = informer(kind)
      return source.synced ? Effect.succeed(filter(kind, list)) : Effect.map(source.awaitSync, () => filter(kind, list))
    },
    reader: { find, filter },
    wrote: (owner, kind, object) => {
      const source = byName.get(groupKindOf(kind))
      if (source === undefined) return
      const version = object.metadata.resourceVersion
      expect(owner, () => source.synced && !isOlderVersion(source.version, version))
    },
    deleted: (owner, kind, object) => {
      const source = byName.get(groupKindOf(kind))
      if (source === undefined) return
      const { name, namespace = "", resourceVersion, uid } = object.metadata
      const seen = (): boolean => {
        const cached: KubernetesObject | undefined = source.store.get({ namespace, name })
        return (
          !isOlderVersion(source.version, resourceVersion) &&
          (cached?.metadata.uid !== uid || cached.metadata.deletionTimestamp !== undefined)
        )
      }
      expect(owner, seen)
    },
    isFresh: (owner) => {
      const pending = expectations.get(owner)
      if (pending === undefined) return true
      if (!pending.every((seen) => seen())) return false
      expectations.delete(owner)
      return true
    }
  }
}
