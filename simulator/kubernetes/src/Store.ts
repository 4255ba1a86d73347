/**
 * The server's memory: objects, resource versions and the log of every write.
 *
 * One write is one step of a single counter, as in etcd. Objects are frozen; a read hands out the reference. The log is kept
 * whole, for time travel; watches may only go back as far as the compaction limit. With `keepHistory` off the log is cut there;
 * only the numbers of the trace events stay.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 * @fidelity observed kube-apiserver-1.36 — One counter for all kinds; a deletion takes a version too.
 */
import { type AnyKind, groupKindOf, type KubernetesObject, type ObjectKey, type OwnerReference } from "@capstan/api"

export type ChangeType = "ADDED" | "MODIFIED" | "DELETED"

/** One write. */
export interface LogEntry {
  readonly resourceVersion: number
  /** Epoch milliseconds. */
  readonly millis: number
  readonly type: ChangeType
  /** As `groupKindOf` gives it. */
  readonly groupKind: string
  /** `namespace/name`, or `/name` of cluster-scoped objects. */
  readonly key: string
  /** As written; of a deletion the last state with the deletion's version. */
  readonly object: KubernetesObject
  readonly previous: KubernetesObject | undefined
  /** Sequence of the write's event in the trace. */
  readonly seq: number
}

/** Objects of one kind. */
export class Collection {
  readonly kind: AnyKind
  readonly groupKind: string
  readonly objects = new Map<string, KubernetesObject>()
  /** Keys in the order of namespace and name. */
  private keys: Array<string> = []

  constructor(kind: AnyKind) {
    this.kind = kind
    this.groupKind = groupKindOf(kind)
  }

  set(key: string, object: KubernetesObject): void {
    if (!this.objects.has(key)) this.keys.splice(this.lowerBound(key), 0, key)
    this.objects.set(key, object)
  }

  delete(key: string): void {
    if (!this.objects.delete(key)) return
    this.keys.splice(this.lowerBound(key), 1)
  }

  /** In order; only those of a namespace when one is given. */
  *inOrder(namespace?: string): IterableIterator<KubernetesObject> {
    const prefix = namespace === undefined || namespace === "" ? "" : `${namespace}/`
    for (let i = prefix === "" ? 0 : this.lowerBound(prefix); i < this.keys.length; i++) {
      const key = this.keys[i] ?? ""
      if (!key.startsWith(prefix)) return
      const object = this.objects.get(key)
      if (object !== undefined) yield object
    }
  }

  private lowerBound(key: string): number {
    let low = 0
    let high = this.keys.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.keys[middle] ?? "") < key) low = middle + 1
      else high = middle
    }
    return low
  }
}

export const storeKey = (key: ObjectKey): string => `${key.namespace}/${key.name}`

export const storeKeyOf = (object: KubernetesObject): string =>
  `${object.metadata.namespace ?? ""}/${object.metadata.name}`

/** A stored object with what it is. */
export interface Located {
  readonly kind: AnyKind
  readonly groupKind: string
  readonly object: KubernetesObject
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The store as data. */
export interface SavedStore {
  readonly version: number
  readonly compacted: number
  readonly firstVersion: number
  /** The trace event of every write there ever was, by version from 1. */
  readonly seqs: ReadonlyArray<number>
  readonly log: ReadonlyArray<LogEntry>
  readonly objects: ReadonlyArray<
    readonly [groupKind: string, objects: ReadonlyArray<readonly [string, KubernetesObject]>]
  >
}

export interface StoreOptions {
  /** Versions that watches may go back. */
  readonly watchWindow: number
  readonly keepHistory: boolean
}

export class Store {
  readonly collections = new Map<string, Collection>()
  /** Newest resource version; 0 before the first write. */
  version = 0
  private readonly options: StoreOptions
  private compacted = 0
  private firstVersion = 1
  private entries: Array<LogEntry> = []
  private seqs: Array<number> = []
  private readonly byUid = new Map<string, KubernetesObject>()
  private readonly dependents = new Map<string, Map<string, string>>()

  constructor(kinds: ReadonlyArray<AnyKind>, options: StoreOptions) {
    this.options = options
    for (const kind of kinds) this.collections.set(groupKindOf(kind), new Collection(kind))
  }

  /** Every write that is remembered, oldest first. */
  get log(): ReadonlyArray<LogEntry> {
    return this.entries
  }

  /** The oldest version from which a watch can start. */
  get oldestVersion(): number {
    return Math.max(this.compacted, this.version - this.options.watchWindow, this.firstVersion - 1)
  }

  /** Makes watches from versions before this one expire. */
  compact(version: number): void {
    this.compacted = Math.max(this.compacted, Math.min(version, this.version))
  }

  /** Applies one write whose object carries the next version already. */
  apply(entry: LogEntry, collection: Collection): void {
    this.version = entry.resourceVersion
    this.entries.push(entry)
    this.seqs.push(entry.seq)
    const { object, previous } = entry
    if (entry.type === "DELETED") {
      collection.delete(entry.key)
      this.unindex(object)
    } else {
      collection.set(entry.key, object)
      if (previous === undefined) this.index(collection.groupKind, object)
      else if (previous.metadata.ownerReferences === object.metadata.ownerReferences)
        this.byUid.set(object.metadata.uid, object)
      else {
        this.unindex(previous)
        this.index(collection.groupKind, object)
      }
    }
    if (!this.options.keepHistory && this.entries.length > 2 * this.options.watchWindow) {
      this.entries = this.entries.slice(-this.options.watchWindow)
      this.firstVersion = this.entries[0]?.resourceVersion ?? this.version + 1
    }
  }

  /** Writes after a version, oldest first. */
  *since(version: number): IterableIterator<LogEntry> {
    for (let i = Math.max(0, version + 1 - this.firstVersion); i < this.entries.length; i++) {
      const entry = this.entries[i]
      if (entry !== undefined) yield entry
    }
  }

  /** The trace event of a write. */
  seqOf(version: number): number | undefined {
    return this.seqs[version - 1]
  }

  withUid(uid: string): KubernetesObject | undefined {
    return this.byUid.get(uid)
  }

  /** The stored object with this uid, and its kind. */
  locate(uid: string, groupKind: string): Located | undefined {
    const object = this.byUid.get(uid)
    const kind = this.collections.get(groupKind)?.kind
    return object === undefined || kind === undefined ? undefined : { kind, groupKind, object }
  }

  /** Objects that name this uid as an owner, by kind, namespace and name. */
  dependentsOf(uid: string): ReadonlyArray<Located> {
    const found = this.dependents.get(uid)
    if (found === undefined) return []
    return [...found]
      .flatMap(([dependent, groupKind]) => this.locate(dependent, groupKind) ?? [])
      .sort((a, b) => compareText(a.groupKind, b.groupKind) || compareText(storeKeyOf(a.object), storeKeyOf(b.object)))
  }

  hasDependents(uid: string): boolean {
    return this.dependents.has(uid)
  }

  /** The objects of one kind as they were at a version, in order. Only versions that the log reaches can be asked for. */
  collectionAt(collection: Collection, version: number): ReadonlyArray<KubernetesObject> {
    if (version >= this.version) return [...collection.inOrder()]
    return this.undo(new Map([[collection.groupKind, collection]]), (entry) => entry.resourceVersion > version)
  }

  /** Every object as it was at the end of an instant (epoch milliseconds), kind by kind, each in order. */
  objectsAt(millis: number): ReadonlyArray<KubernetesObject> {
    return this.undo(this.collections, (entry) => entry.millis > millis)
  }

  private undo(
    collections: ReadonlyMap<string, Collection>,
    isAfter: (entry: LogEntry) => boolean
  ): ReadonlyArray<KubernetesObject> {
    const earlier = new Map<string, Map<string, KubernetesObject | undefined>>()
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const entry = this.entries[i]
      if (entry === undefined || !isAfter(entry)) break
      if (!collections.has(entry.groupKind)) continue
      const kind = earlier.get(entry.groupKind) ?? new Map<string, KubernetesObject | undefined>()
      kind.set(entry.key, entry.previous)
      earlier.set(entry.groupKind, kind)
    }
    const result: Array<KubernetesObject> = []
    for (const collection of collections.values()) {
      const changes = earlier.get(collection.groupKind)
      if (changes === undefined) {
        result.push(...collection.inOrder())
        continue
      }
      const keys = [...new Set([...collection.objects.keys(), ...changes.keys()])].sort()
      for (const key of keys) {
        const object = changes.has(key) ? changes.get(key) : collection.objects.get(key)
        if (object !== undefined) result.push(object)
      }
    }
    return result
  }

  save(): SavedStore {
    return {
      version: this.version,
      compacted: this.compacted,
      firstVersion: this.firstVersion,
      seqs: this.seqs.slice(),
      log: this.entries.slice(),
      objects: [...this.collections.values()]
        .filter((collection) => collection.objects.size > 0)
        .map((collection) => [collection.groupKind, [...collection.objects]] as const)
    }
  }

  restore(saved: SavedStore): void {
    this.version = saved.version
    this.compacted = saved.compacted
    this.firstVersion = saved.firstVersion
    this.entries = saved.log.slice()
    this.seqs = saved.seqs.slice()
    this.byUid.clear()
    this.dependents.clear()
    for (const [groupKind, collection] of this.collections) {
      this.collections.set(groupKind, new Collection(collection.kind))
    }
    for (const [groupKind, objects] of saved.objects) {
      const collection = this.collections.get(groupKind)
      if (collection === undefined)
        throw new Error(`the saved store holds ${groupKind}, which this server does not serve`)
      for (const [key, object] of objects) {
        collection.set(key, object)
        this.index(groupKind, object)
      }
    }
  }

  private index(groupKind: string, object: KubernetesObject): void {
    const { ownerReferences, uid } = object.metadata
    this.byUid.set(uid, object)
    for (const owner of ownerReferences ?? []) {
      const known = this.dependents.get(owner.uid)
      if (known === undefined) this.dependents.set(owner.uid, new Map([[uid, groupKind]]))
      else known.set(uid, groupKind)
    }
  }

  private unindex(object: KubernetesObject): void {
    const { ownerReferences, uid } = object.metadata
    this.byUid.delete(uid)
    for (const owner of ownerReferences ?? []) this.unindexOwner(owner, uid)
  }

  private unindexOwner(owner: OwnerReference, uid: string): void {
    const known = this.dependents.get(owner.uid)
    if (known === undefined) return
    known.delete(uid)
    if (known.size === 0) this.dependents.delete(owner.uid)
  }
}
