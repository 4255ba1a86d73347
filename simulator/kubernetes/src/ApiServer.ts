/**
 * A Kubernetes API server in memory, as plain synchronous operations.
 *
 * Reads hand out what the store holds, writes go the way of `WritePath`. Controllers reach it through `client`, with latency
 * and faults; the simulated world (kubelets, workloads) calls the operations directly under an actor's name. Native kinds
 * are always served.
 * Left out: CEL rules, CustomResourceDefinitions as objects (kinds are given as values), expiry of Events.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/
 * @fidelity observed kube-apiserver-1.36 — PUT to what is missing.
 * @fidelity observed kube-apiserver-1.36 — Pages.
 * @fidelity assumed — A write takes 4 ms and a read 2 ms there and back with seed 0, half to twice that otherwise.
 */
import {
  type AnyKind,
  groupKindOf,
  keyOf,
  type Kind,
  type KubernetesObject,
  type NewObject,
  type ObjectKey,
  type ObjectOf
} from "@capstan/api"
import { coreKinds, type ListOptions, Namespace, type ObjectList, type Patch, Pod } from "@capstan/kubernetes"
import type { ComponentHandle, Kernel, ProcessInstance, RandomStream } from "@capstan/kernel"
import { Result } from "effect"
import { continueToken, parseContinueToken } from "./ContinueToken.ts"
import { type Answer, applyPatch, identityMismatch, isText, type Part } from "./Decoding.ts"
import { DisruptionBudgets } from "./DisruptionBudgets.ts"
import { isObject, type JsonObject } from "./FrozenValue.ts"
import { GarbageCollector } from "./GarbageCollector.ts"
import { applyFields, firstApplied } from "./ManagedFields.ts"
import { applyMergePatch } from "./MergePatch.ts"
import { NamespaceLifecycle } from "./NamespaceLifecycle.ts"
import { nativeBehaviour, standardNamespaces } from "./NativeBehaviour.ts"
import { objectSchema } from "./ObjectSchema.ts"
import { replicasPatch } from "./ScaleSubresource.ts"
import { type Selecting, selection } from "./Selection.ts"
import type { ServerEvent } from "./ServerEvent.ts"
import * as Refusal from "./StatusErrors.ts"
import { Collection, type LogEntry, type SavedStore, Store, storeKey } from "./Store.ts"
import { type DeleteAs, type WriteAs, WritePath } from "./WritePath.ts"
import { type SavedWatches, type WatchFault, type Watching, type WatchReader, Watches } from "./Watches.ts"

/** Virtual milliseconds there and back when the seed is 0. */
export interface ApiLatency {
  readonly readMillis: number
  readonly writeMillis: number
  /** From a write to its arrival at a watcher. */
  readonly watchMillis: number
}

export interface ApiServerOptions {
  /** Unique within a kernel, such as `management` or `default/prod`. */
  readonly name: string
  /** Served besides the native kinds; one of the same group and name takes the native one's place. */
  readonly kinds: ReadonlyArray<AnyKind>
  /** What calls are filed under, as `CallInfo.service`; `kubernetes` unless given. */
  readonly service?: string
  readonly latency?: Partial<ApiLatency>
  /** Versions that a watch or a page may go back; 10,000 unless given. */
  readonly watchWindow?: number
  /** Whether the whole history stays, for time travel; as the trace does unless given. */
  readonly keepHistory?: boolean
  /** Timers of somebody else's component, for servers of a fleet; otherwise the server is a component of its own. */
  readonly timers?: ComponentHandle<ServerEvent>
  /** What the server begins with, instead of the standard namespaces alone. */
  readonly saved?: SavedServer
}

export interface PatchAs extends WriteAs {
  readonly subresource?: "status" | "scale"
}

export interface ApplyAs extends WriteAs {
  readonly fieldManager: string
  readonly force: boolean
  readonly subresource?: "status" | undefined
}

/** What to list: also what the service's options have no words for. */
export interface Listing extends ListOptions, Selecting {
  /** The state at this version instead of the newest. */
  readonly atVersion?: number
}

/** The server as data. */
export interface SavedServer {
  readonly store: SavedStore
  readonly watches: SavedWatches
  readonly pending: ReadonlyArray<string>
}

export class ApiServer {
  readonly name: string
  readonly service: string
  readonly kernel: Kernel
  readonly store: Store
  readonly watches: Watches
  readonly latency: ApiLatency
  /** Called when a Pod has been marked for deletion and waits for its kubelet, which ends it by a delete without grace. */
  onPodDeleting: ((pod: Pod) => void) | undefined = undefined
  private readonly writes: WritePath
  private readonly latencies: RandomStream
  private readonly timers: ComponentHandle<ServerEvent>
  private readonly collector: GarbageCollector
  private readonly namespaceLifecycle: NamespaceLifecycle
  private readonly budgets: DisruptionBudgets
  private readonly pending = new Set<string>()

  constructor(kernel: Kernel, options: ApiServerOptions) {
    this.kernel = kernel
    this.name = options.name
    this.service = options.service ?? "kubernetes"
    this.latency = { readMillis: 2, writeMillis: 4, watchMillis: 5, ...options.latency }
    this.latencies = kernel.random(`kubernetes/${this.name}/latency`)
    this.store = new Store([...coreKinds, ...options.kinds], {
      watchWindow: options.watchWindow ?? 10_000,
      keepHistory: options.keepHistory ?? kernel.trace.keep === "all"
    })
    this.timers =
      options.timers ??
      kernel.component<ServerEvent>({
        name: `kubernetes:${this.name}`,
        handle: (event) => this.handle(event),
        save: () => this.save(),
        // Only what `save` gave comes back here.
        restore: (state) => this.restore(state as SavedServer)
      })
    this.watches = new Watches({
      kernel,
      store: this.store,
      timers: this.timers,
      random: kernel.random(`kubernetes/${this.name}/watch`),
      latencyMillis: this.latency.watchMillis
    })
    this.collector = new GarbageCollector(this, kernel.random(`kubernetes/${this.name}/garbage`))
    this.namespaceLifecycle = new NamespaceLifecycle(this)
    this.budgets = new DisruptionBudgets(this)
    this.writes = new WritePath({
      kernel,
      api: this.name,
      store: this.store,
      chance: kernel.random(`kubernetes/${this.name}`),
      announce: (entry) => {
        this.watches.announce(entry)
        this.collector.observe(entry)
        this.namespaceLifecycle.observe(entry)
        this.budgets.observe(entry)
      }
    })
    if (options.saved !== undefined) this.restore(options.saved)
    else
      for (const name of standardNamespaces) this.create(Namespace, { metadata: { name } }, { actor: "kube-apiserver" })
  }

  /** The frozen object itself. */
  get<Body>(kind: Kind<Body>, key: ObjectKey): Answer<ObjectOf<Body>> {
    const collection = this.collectionOf(kind)
    if (collection === undefined) return Result.fail(Refusal.noMatch(kind))
    const object = collection.objects.get(storeKey(key))
    return object === undefined ? Result.fail(Refusal.notFound(kind, key.name)) : answer(kind, object)
  }

  /** Sorted by namespace and name. */
  list<Body>(kind: Kind<Body>, options: Listing = {}): Answer<ObjectList<Body>> {
    const collection = this.collectionOf(kind)
    if (collection === undefined) return Result.fail(Refusal.noMatch(kind))
    const selects = selection(kind, { ...options, namespace: "" })
    if (Result.isFailure(selects)) return Result.fail(selects.failure)
    if (options.limit !== undefined || options.continue !== undefined || options.atVersion !== undefined)
      return this.listPage(kind, collection, options)
    const all = [...collection.inOrder(options.namespace)]
    const items = selects.success === undefined ? all : all.filter(selects.success)
    return Result.succeed({ items: answerAll(kind, items), resourceVersion: String(this.store.version) })
  }

  create<Body>(kind: Kind<Body>, object: NewObject<Body>, options: WriteAs = {}): Answer<ObjectOf<Body>> {
    const collection = this.collectionOf(kind)
    if (collection === undefined) return Result.fail(Refusal.noMatch(kind))
    return as(kind, this.writes.insert(collection, object, options))
  }

  update<Body>(kind: Kind<Body>, object: ObjectOf<Body>, options: WriteAs = {}): Answer<ObjectOf<Body>> {
    return this.put(kind, object, "main", options)
  }

  updateStatus<Body>(kind: Kind<Body>, object: ObjectOf<Body>, options: WriteAs = {}): Answer<ObjectOf<Body>> {
    return this.put(kind, object, "status", options)
  }

  patch<Body>(kind: Kind<Body>, key: ObjectKey, patch: Patch, options: PatchAs = {}): Answer<ObjectOf<Body>> {
    const collection = this.collectionOf(kind)
    if (collection === undefined) return Result.fail(Refusal.noMatch(kind))
    const old = collection.objects.get(storeKey(key))
    if (old === undefined) return Result.fail(Refusal.notFound(kind, key.name))
    const { subresource } = options
    if (subresource === "status" && !kind.subresources.status) return Result.fail(Refusal.notFound(kind, key.name))
    if (subresource === "scale") {
      const scaled = replicasPatch(kind, old, patch)
      if (Result.isFailure(scaled)) return Result.fail(scaled.failure)
      return as(
        kind,
        this.writes.replace(collection, old, applyMergePatch(old, scaled.success), "main", "patch", options)
      )
    }
    const next = applyPatch(kind, old, patch)
    if (Result.isFailure(next)) return Result.fail(next.failure)
    return as(kind, this.writes.replace(collection, old, next.success, subresource ?? "main", "patch", options))
  }

  /** What a patch of any other kind does: the stored object becomes what `change` makes of it. */
  rewrite<Body>(
    kind: Kind<Body>,
    key: ObjectKey,
    change: (object: KubernetesObject) => Answer<unknown>,
    options: WriteAs & { readonly subresource?: "status" } = {}
  ): Answer<ObjectOf<Body>> {
    const collection = this.collectionOf(kind)
    if (collection === undefined) return Result.fail(Refusal.noMatch(kind))
    const old = collection.objects.get(storeKey(key))
    if (old === undefined) return Result.fail(Refusal.notFound(kind, key.name))
    const { subresource } = options
    if (subresource === "status" && !kind.subresources.status) return Result.fail(Refusal.notFound(kind, key.name))
    const next = change(old)
    if (Result.isFailure(next)) return Result.fail(next.failure)
    return as(kind, this.writes.replace(collection, old, next.success, subresource ?? "main", "patch", options))
  }

  /**
   * Server-side apply: merges what somebody wants into what is there, in their name, or makes it. Fails with `Conflict` where
   * others want other values, unless forced.
   *
   * @param configuration at the version in which the kind is stored.
   */
  apply<Body>(kind: Kind<Body>, key: ObjectKey, configuration: JsonObject, options: ApplyAs): Answer<ObjectOf<Body>> {
    const collection = this.collectionOf(kind)
    if (collection === undefined) return Result.fail(Refusal.noMatch(kind))
    const { fieldManager, force, subresource } = options
    const old = collection.objects.get(storeKey(key))
    const manager = { name: fieldManager, operation: "Apply", subresource } as const
    const time = this.kernel.timestamp()
    const wanted = appliedPart(kind, configuration, subresource)
    const unknown: Array<string> = []
    objectSchema(kind).normalize(wanted, undefined, unknown)
    if (unknown.length > 0) return Result.fail(Refusal.undeclared(kind, key.name, unknown))
    if (old === undefined) {
      if (subresource !== undefined) return Result.fail(Refusal.notFound(kind, key.name))
      const managedFields = firstApplied(kind, wanted, manager, time)
      return as(kind, this.writes.insert(collection, wanted, { ...options, managedFields }))
    }
    if (subresource === "status" && !kind.subresources.status) return Result.fail(Refusal.notFound(kind, key.name))
    const { resourceVersion, uid } = isObject(configuration.metadata) ? configuration.metadata : {}
    if (isText(resourceVersion) && resourceVersion !== old.metadata.resourceVersion)
      return Result.fail(Refusal.staleVersion(kind, key.name))
    const mismatch = identityMismatch(kind, old, { uid }, "apply")
    if (mismatch !== undefined) return Result.fail(mismatch)
    const applied = applyFields(kind, old, wanted, { manager, force, time })
    if (Result.isFailure(applied)) return Result.fail(applied.failure)
    const { managedFields, object } = applied.success
    return as(
      kind,
      this.writes.replace(collection, old, object, subresource ?? "main", "patch", { ...options, managedFields })
    )
  }

  /** Gives the object as it then stands: marked, or as it last was. */
  delete<Body>(kind: Kind<Body>, key: ObjectKey, options: DeleteAs = {}): Answer<ObjectOf<Body>> {
    const collection = this.collectionOf(kind)
    if (collection === undefined) return Result.fail(Refusal.noMatch(kind))
    const object = collection.objects.get(storeKey(key))
    if (object === undefined) return Result.fail(Refusal.notFound(kind, key.name))
    const result = this.writes.remove(collection, object, options)
    if (collection.groupKind === "Pod" && Result.isSuccess(result) && result.success !== object) {
      if ((result.success.metadata.deletionGracePeriodSeconds ?? 0) > 0) this.onPodDeleting?.(result.success as Pod)
    }
    return as(kind, result)
  }

  /** Asks for a Pod's deletion as the `eviction` subresource does: only when every budget allows it. */
  evict(key: ObjectKey, options: DeleteAs = {}): Answer<void> {
    const pod = this.get(Pod, key)
    if (Result.isFailure(pod)) return Result.fail(pod.failure)
    const allowed = this.budgets.admit(pod.success, options)
    if (Result.isFailure(allowed)) return Result.fail(allowed.failure)
    return Result.map(this.delete(Pod, key, options), () => undefined)
  }

  /** Opens a watch for a reader; answers with its number, for `watches.close`. */
  openWatch<Body>(
    kind: Kind<Body>,
    options: Watching,
    reader: WatchReader,
    owner: ProcessInstance | undefined
  ): Answer<number> {
    const collection = this.collectionOf(kind)
    return collection === undefined
      ? Result.fail(Refusal.noMatch(kind))
      : this.watches.open(collection, options, reader, owner)
  }

  /** Every write that is remembered, oldest first; `log[i].seq` is its event in the trace. */
  get history(): ReadonlyArray<LogEntry> {
    return this.store.log
  }

  /** Every object as it was at the end of that instant (epoch milliseconds), kind by kind, each kind in order. */
  objectsAt(millis: number): ReadonlyArray<KubernetesObject> {
    return this.store.objectsAt(millis)
  }

  /** The trace event of a write, by its resource version; `undefined` when there was no such write. */
  seqOfVersion(resourceVersion: string | number): number | undefined {
    return this.store.seqOf(Number(resourceVersion))
  }

  /** Makes watches and pages from before this version expire; from before now, unless given. */
  compact(version = this.store.version): void {
    this.store.compact(version)
  }

  /** Slows or refuses the watches of a kind, or of all (`*`); `undefined` heals. */
  setWatchFault(kind: AnyKind | "*", fault: WatchFault | undefined): void {
    this.watches.setFault(kind, fault)
  }

  /** Cuts open watches: their readers get `Unreachable`. Of one process alone when it is named. */
  breakWatches(kind: AnyKind | "*" = "*", process?: string): void {
    this.watches.breakAll(kind, process)
  }

  /** Milliseconds that the next call takes, there and back. */
  drawLatency(mutating: boolean): number {
    const usual = mutating ? this.latency.writeMillis : this.latency.readMillis
    return this.kernel.seed === 0 ? usual : this.latencies.between(usual >> 1, usual * 2)
  }

  /** For a fleet that owns this server's timers; a server that is its own component gets its events by itself. */
  handle(event: ServerEvent): void {
    if (event._tag === "Deliver") return this.watches.deliver(event.watch)
    this.pending.delete(eventId(event))
    switch (event._tag) {
      case "EmptyNamespace":
        return this.namespaceLifecycle.empty(event.name)
      case "ReviewBudgets":
        return this.budgets.review(event.namespace)
      default:
        return this.collector.handle(event)
    }
  }

  /** Sets itself to do something later, once: an equal event that waits already is enough. */
  later(millis: number, event: ServerEvent): void {
    const id = eventId(event)
    if (this.pending.has(id)) return
    this.pending.add(id)
    this.timers.after(millis, event)
  }

  save(): SavedServer {
    return { store: this.store.save(), watches: this.watches.save(), pending: [...this.pending] }
  }

  restore(state: SavedServer): void {
    this.store.restore(state.store)
    this.watches.restore(state.watches)
    this.pending.clear()
    for (const id of state.pending) this.pending.add(id)
  }

  /** The stored objects of a kind; `undefined` when it is not served. */
  collectionOf(kind: AnyKind): Collection | undefined {
    return this.store.collections.get(groupKindOf(kind))
  }

  private listPage<Body>(kind: Kind<Body>, collection: Collection, options: Listing): Answer<ObjectList<Body>> {
    const token = options.continue === undefined ? undefined : parseContinueToken(options.continue)
    if (token === null)
      return Result.fail(Refusal.badRequest("invalid continue token: continue key is not valid: illegal token"))
    const version = token?.version ?? options.atVersion ?? this.store.version
    if (version < this.store.oldestVersion) {
      return Result.fail(Refusal.continueTooOld())
    }
    const selects = selection(kind, options)
    if (Result.isFailure(selects)) return Result.fail(selects.failure)
    const matches = this.store
      .collectionAt(collection, version)
      .filter(
        (object) =>
          (token === undefined || storeKey(keyOf(object)) > token.after) && (selects.success?.(object) ?? true)
      )
    const limit = options.limit === undefined || options.limit <= 0 ? matches.length : options.limit
    const items = matches.slice(0, limit)
    const last = items.at(-1)
    return Result.succeed({
      items: answerAll(kind, items),
      resourceVersion: String(version),
      ...(matches.length > limit && last !== undefined
        ? { continue: continueToken({ version, after: storeKey(keyOf(last)) }) }
        : {})
    })
  }

  private put<Body>(kind: Kind<Body>, sent: ObjectOf<Body>, part: Part, options: WriteAs): Answer<ObjectOf<Body>> {
    const collection = this.collectionOf(kind)
    if (collection === undefined) return Result.fail(Refusal.noMatch(kind))
    const old = collection.objects.get(storeKey(keyOf(sent)))
    if (old === undefined) {
      if (part === "main" && nativeBehaviour(kind).createsOnUpdate) {
        const { resourceVersion: _, ...metadata } = sent.metadata
        return as(kind, this.writes.insert(collection, { ...sent, metadata }, options))
      }
      return Result.fail(Refusal.notFound(kind, sent.metadata.name))
    }
    if (part === "status" && !kind.subresources.status) return Result.fail(Refusal.notFound(kind, sent.metadata.name))
    return as(kind, this.writes.replace(collection, old, sent, part, "update", options))
  }
}

const answer = <Body>(_kind: Kind<Body>, object: KubernetesObject): Answer<ObjectOf<Body>> =>
  // What the store holds of a kind has passed that kind's schema.
  Result.succeed(object as ObjectOf<Body>)

const answerAll = <Body>(_kind: Kind<Body>, objects: ReadonlyArray<KubernetesObject>): ReadonlyArray<ObjectOf<Body>> =>
  objects as ReadonlyArray<KubernetesObject & Body>

const as = <Body>(kind: Kind<Body>, result: Answer<KubernetesObject>): Answer<ObjectOf<Body>> =>
  Result.isFailure(result) ? Result.fail(result.failure) : answer(kind, result.success)

/** A configuration's status is for the status subresource alone, where a kind has one. */
const appliedPart = (kind: AnyKind, configuration: JsonObject, subresource: "status" | undefined): JsonObject => {
  const { status, ...main } = configuration
  if (subresource === "status") {
    const { apiVersion, kind: named, metadata } = configuration
    return { apiVersion, kind: named, metadata: isObject(metadata) ? { name: metadata.name } : {}, status }
  }
  return kind.subresources.status ? main : configuration
}

const eventId = (event: ServerEvent): string => Object.values(event).join(" ")
