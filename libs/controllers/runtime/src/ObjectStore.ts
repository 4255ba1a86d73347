/**
 * An informer's memory of one kind: objects by key, with indexes by namespace, by cluster label and by owner.
 *
 * A change costs the same however many objects there are. Lists come in the order of namespace and name: each bucket keeps
 * its keys sorted, and the array that it gave out last for as long as nothing in it changes.
 */
import { type KubernetesObject, matches, type ObjectKey } from "@capstan/api"
import type { CacheListOptions } from "./Cache.ts"

export const clusterNameLabel = "cluster.x-k8s.io/cluster-name"

/** Sorts by namespace, then name: neither may contain this character. */
const sortKeyOf = (namespace: string, name: string): string => `${namespace}\u0000${name}`

class Bucket {
  readonly #objects = new Map<string, KubernetesObject>()
  #keys: Array<string> = []
  /** Keys that were added since `#keys` was last sorted. */
  #unsorted = 0
  #list: ReadonlyArray<KubernetesObject> | undefined

  get size(): number {
    return this.#objects.size
  }

  set(key: string, object: KubernetesObject): void {
    if (!this.#objects.has(key)) {
      this.#keys.push(key)
      this.#unsorted++
    }
    this.#objects.set(key, object)
    this.#list = undefined
  }

  delete(key: string): void {
    if (!this.#objects.delete(key)) return
    this.#list = undefined
    this.#sort()
    this.#keys.splice(this.#position(key), 1)
  }

  list(): ReadonlyArray<KubernetesObject> {
    if (this.#list !== undefined) return this.#list
    this.#sort()
    const list: Array<KubernetesObject> = []
    for (const key of this.#keys) {
      const object = this.#objects.get(key)
      if (object !== undefined) list.push(object)
    }
    return (this.#list = list)
  }

  /** One new key moves into place; more are sorted together. */
  #sort(): void {
    if (this.#unsorted === 0) return
    if (this.#unsorted === 1) {
      this.#unsorted = 0
      const key = this.#keys.pop()
      if (key !== undefined) this.#keys.splice(this.#position(key), 0, key)
      return
    }
    this.#unsorted = 0
    this.#keys.sort()
  }

  #position(key: string): number {
    let low = 0
    let high = this.#keys.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#keys[middle] ?? "") < key) low = middle + 1
      else high = middle
    }
    return low
  }
}

class Index {
  readonly #buckets = new Map<string, Bucket>()

  add(value: string, key: string, object: KubernetesObject): void {
    let bucket = this.#buckets.get(value)
    if (bucket === undefined) this.#buckets.set(value, (bucket = new Bucket()))
    bucket.set(key, object)
  }

  remove(value: string, key: string): void {
    const bucket = this.#buckets.get(value)
    bucket?.delete(key)
    if (bucket?.size === 0) this.#buckets.delete(value)
  }

  list(value: string): ReadonlyArray<KubernetesObject> {
    return this.#buckets.get(value)?.list() ?? []
  }
}

const hasLabels = (object: KubernetesObject, wanted: { readonly [key: string]: string }): boolean => {
  const labels = object.metadata.labels
  for (const key in wanted) {
    if (labels?.[key] !== wanted[key]) return false
  }
  return true
}

export class ObjectStore {
  /** By namespace and name: the most frequent question, so it builds no key. */
  readonly #named = new Map<string, Map<string, KubernetesObject>>()
  readonly #all = new Bucket()
  readonly #byNamespace = new Index()
  readonly #byCluster = new Index()
  readonly #byOwner = new Index()

  get size(): number {
    return this.#all.size
  }

  get(key: ObjectKey): KubernetesObject | undefined {
    return this.#named.get(key.namespace)?.get(key.name)
  }

  /** Gives back the object that was there before. */
  put(object: KubernetesObject): KubernetesObject | undefined {
    const { name, namespace = "" } = object.metadata
    const key = sortKeyOf(namespace, name)
    let names = this.#named.get(namespace)
    if (names === undefined) this.#named.set(namespace, (names = new Map()))
    const before = names.get(name)
    names.set(name, object)
    this.#all.set(key, object)
    this.#byNamespace.add(namespace, key, object)

    const cluster = object.metadata.labels?.[clusterNameLabel]
    const clusterBefore = before?.metadata.labels?.[clusterNameLabel]
    if (clusterBefore !== undefined && clusterBefore !== cluster) this.#byCluster.remove(clusterBefore, key)
    if (cluster !== undefined) this.#byCluster.add(cluster, key, object)

    const owners = object.metadata.ownerReferences
    const ownersBefore = before?.metadata.ownerReferences
    if (ownersBefore !== undefined && ownersBefore !== owners) {
      for (const owner of ownersBefore) this.#byOwner.remove(owner.uid, key)
    }
    if (owners !== undefined) {
      for (const owner of owners) this.#byOwner.add(owner.uid, key, object)
    }
    return before
  }

  /** Gives back the object that was there. */
  remove(key: ObjectKey): KubernetesObject | undefined {
    const sortKey = sortKeyOf(key.namespace, key.name)
    const before = this.get(key)
    if (before === undefined) return undefined
    this.#named.get(key.namespace)?.delete(key.name)
    this.#all.delete(sortKey)
    this.#byNamespace.remove(key.namespace, sortKey)
    const cluster = before.metadata.labels?.[clusterNameLabel]
    if (cluster !== undefined) this.#byCluster.remove(cluster, sortKey)
    for (const owner of before.metadata.ownerReferences ?? []) this.#byOwner.remove(owner.uid, sortKey)
    return before
  }

  list(options: CacheListOptions = {}): ReadonlyArray<KubernetesObject> {
    const { namespace, ownedBy, selector } = options
    const cluster = options.labels?.[clusterNameLabel] ?? selector?.matchLabels?.[clusterNameLabel]
    const narrowest =
      ownedBy !== undefined
        ? this.#byOwner.list(ownedBy)
        : cluster !== undefined
          ? this.#byCluster.list(cluster)
          : namespace !== undefined && namespace !== ""
            ? this.#byNamespace.list(namespace)
            : this.#all.list()
    if (narrowest.length === 0) return narrowest

    const checkNamespace =
      namespace !== undefined && namespace !== "" && (ownedBy !== undefined || cluster !== undefined)
    const labels = options.labels
    const checkLabels =
      labels !== undefined &&
      !(
        ownedBy === undefined &&
        cluster !== undefined &&
        labels[clusterNameLabel] === cluster &&
        Object.keys(labels).length === 1
      )
    if (!checkNamespace && !checkLabels && selector === undefined) return narrowest
    return narrowest.filter(
      (object) =>
        (!checkNamespace || object.metadata.namespace === namespace) &&
        (!checkLabels || hasLabels(object, labels)) &&
        (selector === undefined || matches(selector, object.metadata.labels))
    )
  }
}
