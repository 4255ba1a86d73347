/**
 * A Kubernetes API server in memory, as plain synchronous operations.
 *
 * Every write goes one way: decode and convert, prune and default, admit, compare with what is stored (an equal object is
 * not written), check, number, log, announce. Controllers reach it through `client`, with latency and faults; the simulated
 * world (kubelets, the schedulers of workloads) calls the operations directly under an actor's name. Native kinds are always served.
 * Left out: server-side apply and managed fields, strategic merge patches, CEL rules, CustomResourceDefinitions as objects
 * (kinds are given as values), authorization, expiry of Events.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/
 * @fidelity observed kubernetes-api.md §5 — Generation: 1 at first, one more for each change outside metadata and status, and when deletion begins.
 * @fidelity observed kubernetes-api.md §6 — No-op writes, conflicts, writes without a version, PUT to what is missing.
 * @fidelity observed kubernetes-api.md §12 — The main resource ignores status, the status subresource ignores the rest.
 * @fidelity observed kubernetes-api.md §13 — Finalizers, grace, preconditions.
 * @fidelity assumed — A write takes 4 ms and a read 2 ms there and back with seed 0, half to twice that otherwise.
 */
import {
  type AnyKind,
  apiVersionOf,
  type FieldError,
  groupKindOf,
  type Kind,
  type KubernetesObject,
  type NewObject,
  type ObjectKey,
  type ObjectMeta,
  type ObjectOf
} from "@capstan/api"
import {
  coreKinds,
  type DeleteOptions,
  type ListOptions,
  Namespace,
  type ObjectList,
  type Patch,
  Pod,
  type WatchOptions,
  type WriteOptions
} from "@capstan/kubernetes"
import type { ComponentHandle, Kernel, ProcessInstance, RandomStream } from "@capstan/kernel"
import { Result } from "effect"
import { continueToken, parseContinueToken } from "./ContinueToken.ts"
import { type Answer, applyPatch, decode, identityMismatch, isText, type Part, partOf, pickLabels } from "./Decoding.ts"
import { finalizersFor, gracePeriodOf, isReleased, markedForDeletion, preconditionRefusal } from "./DeletionRules.ts"
import { DisruptionBudgets } from "./DisruptionBudgets.ts"
import { deepFreeze, isObject, type JsonObject, share } from "./FrozenValue.ts"
import { GarbageCollector } from "./GarbageCollector.ts"
import { applyMergePatch, diffMergePatch } from "./MergePatch.ts"
import { type CallerMetadata, callerMetadata, generatedName, uuid, validateMetadata } from "./Metadata.ts"
import { NamespaceLifecycle } from "./NamespaceLifecycle.ts"
import { immortalNamespaces, nativeBehaviour, standardNamespaces } from "./NativeBehaviour.ts"
import { objectSchema } from "./ObjectSchema.ts"
import { redactSecret } from "./Redaction.ts"
import { replicasPatch } from "./ScaleSubresource.ts"
import { selection } from "./Selection.ts"
import type { ServerEvent } from "./ServerEvent.ts"
import { asJson, bodyChanged, inOrder, keyIn, mergeMetadata, numbered } from "./StoredObject.ts"
import * as Refusal from "./StatusErrors.ts"
import { type ChangeType, Collection, type LogEntry, type SavedStore, Store, storeKey } from "./Store.ts"
import { type SavedWatches, type WatchFault, Watches, type WatchQueue } from "./Watches.ts"

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

/** How a write is to be done, and in whose name it stands in the trace. */
export interface WriteAs extends WriteOptions {
  readonly actor?: string
}

export interface DeleteAs extends DeleteOptions {
  readonly actor?: string
}

export interface PatchAs extends WriteAs {
  readonly subresource?: "status" | "scale"
}

/** The server as data. */
export interface SavedServer {
  readonly store: SavedStore
  readonly watches: SavedWatches
  readonly pending: ReadonlyArray<string>
}

const generatedNameAttempts = 8

export class ApiServer {
  readonly name: string
  readonly service: string
  readonly kernel: Kernel
  readonly store: Store
  readonly watches: Watches
  readonly latency: ApiLatency
  /** Called when a Pod has been marked for deletion and waits for its kubelet, which ends it by a delete without grace. */
  onPodDeleting: ((pod: Pod) => void) | undefined = undefined
  private readonly chance: RandomStream
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
    this.chance = kernel.random(`kubernetes/${this.name}`)
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
  list<Body>(kind: Kind<Body>, options: ListOptions = {}): Answer<ObjectList<Body>> {
    const collection = this.collectionOf(kind)
    if (collection === undefined) return Result.fail(Refusal.noMatch(kind))
    const selects = selection(kind, { ...options, namespace: "" })
    if (Result.isFailure(selects)) return Result.fail(selects.failure)
    if (options.limit !== undefined || options.continue !== undefined) return this.listPage(kind, collection, options)
    const all = [...collection.inOrder(options.namespace)]
    const items = selects.success === undefined ? all : all.filter(selects.success)
    return Result.succeed({ items: answerAll(kind, items), resourceVersion: String(this.store.version) })
  }

  create<Body>(kind: Kind<Body>, object: NewObject<Body>, options: WriteAs = {}): Answer<ObjectOf<Body>> {
    const collection = this.collectionOf(kind)
    if (collection === undefined) return Result.fail(Refusal.noMatch(kind))
    return as(kind, this.insert(collection, object, options))
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
      return as(kind, this.replace(collection, old, applyMergePatch(old, scaled.success), "main", "patch", options))
    }
    const next = applyPatch(kind, old, patch)
    if (Result.isFailure(next)) return Result.fail(next.failure)
    return as(kind, this.replace(collection, old, next.success, subresource ?? "main", "patch", options))
  }

  /** Gives the object as it then stands: marked, or as it last was. */
  delete<Body>(kind: Kind<Body>, key: ObjectKey, options: DeleteAs = {}): Answer<ObjectOf<Body>> {
    const collection = this.collectionOf(kind)
    if (collection === undefined) return Result.fail(Refusal.noMatch(kind))
    const object = collection.objects.get(storeKey(key))
    if (object === undefined) return Result.fail(Refusal.notFound(kind, key.name))
    return as(kind, this.remove(collection, object, options))
  }

  /** Asks for a Pod's deletion as the `eviction` subresource does: only when every budget allows it. */
  evict(key: ObjectKey, options: DeleteAs = {}): Answer<void> {
    const pod = this.get(Pod, key)
    if (Result.isFailure(pod)) return Result.fail(pod.failure)
    const allowed = this.budgets.admit(pod.success, options)
    if (Result.isFailure(allowed)) return Result.fail(allowed.failure)
    return Result.map(this.delete(Pod, key, options), () => undefined)
  }

  /** Opens a watch that fills `queue`; answers with its number, for `watches.close`. */
  openWatch<Body>(
    kind: Kind<Body>,
    options: WatchOptions,
    queue: WatchQueue,
    owner: ProcessInstance | undefined
  ): Answer<number> {
    const collection = this.collectionOf(kind)
    return collection === undefined
      ? Result.fail(Refusal.noMatch(kind))
      : this.watches.open(collection, options, queue, owner)
  }

  /** Every write that is remembered, oldest first; `log[i].seq` is its event in the trace. */
  get history(): ReadonlyArray<LogEntry> {
    return this.store.log
  }

  /** Every object as it was at the end of that instant (epoch milliseconds), kind by kind, each kind in order. */
  objectsAt(millis: number): ReadonlyArray<KubernetesObject> {
    return this.store.objectsAt(millis)
  }

  /** The trace event of a write, by its resource version; `undefined` when it is forgotten. */
  seqOfVersion(resourceVersion: string | number): number | undefined {
    return this.store.entryOf(Number(resourceVersion))?.seq
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

  private listPage<Body>(kind: Kind<Body>, collection: Collection, options: ListOptions): Answer<ObjectList<Body>> {
    const token = options.continue === undefined ? undefined : parseContinueToken(options.continue)
    if (token === null)
      return Result.fail(Refusal.badRequest("invalid continue token: continue key is not valid: illegal token"))
    const version = token?.version ?? this.store.version
    if (version < this.store.oldestVersion) {
      return Result.fail(Refusal.continueTooOld())
    }
    const selects = selection(kind, options)
    if (Result.isFailure(selects)) return Result.fail(selects.failure)
    const matches = this.store
      .collectionAt(collection, version)
      .filter(
        (object) =>
          (token === undefined || storeKey(keyIn(object)) > token.after) && (selects.success?.(object) ?? true)
      )
    const limit = options.limit === undefined || options.limit <= 0 ? matches.length : options.limit
    const items = matches.slice(0, limit)
    const last = items.at(-1)
    return Result.succeed({
      items: answerAll(kind, items),
      resourceVersion: String(version),
      ...(matches.length > limit && last !== undefined
        ? { continue: continueToken({ version, after: storeKey(keyIn(last)) }) }
        : {})
    })
  }

  private insert(collection: Collection, sent: object, options: WriteAs): Answer<KubernetesObject> {
    const { kind } = collection
    const decoded = decode(kind, sent)
    if (Result.isFailure(decoded)) return Result.fail(decoded.failure)
    const object = decoded.success
    const metadata = isObject(object.metadata) ? object.metadata : {}
    if (isText(metadata.resourceVersion)) return Result.fail(Refusal.versionOnCreate())
    const namespace = this.namespaceFor(kind, metadata)
    if (Result.isFailure(namespace)) return Result.fail(namespace.failure)
    const caller = callerMetadata(metadata, undefined)
    if (typeof caller === "string") return Result.fail(Refusal.badRequest(caller))
    const name = this.nameFor(collection, metadata, namespace.success)
    if (Result.isFailure(name)) return Result.fail(name.failure)
    const behaviour = nativeBehaviour(kind)
    const own: ObjectMeta = {
      name: name.success,
      ...(isText(metadata.generateName) ? { generateName: metadata.generateName } : {}),
      ...(namespace.success === "" ? {} : { namespace: namespace.success }),
      uid: uuid(() => this.chance.u32()),
      resourceVersion: String(this.store.version + 1),
      ...(behaviour.hasGeneration ? { generation: 1 } : {}),
      creationTimestamp: this.kernel.timestamp()
    }
    const warnings: Array<string> = []
    const { status, ...withoutStatus } = object
    const keepsStatus = !kind.subresources.status || behaviour.keepsStatusOnCreate
    const body = keepsStatus && status !== undefined ? object : withoutStatus
    const prepared = behaviour.prepare === undefined ? body : behaviour.prepare(body)
    const shaped = this.shape(kind, prepared, own, caller, undefined, "main", warnings)
    if (Result.isFailure(shaped)) return shaped
    const errors = this.validate(kind, shaped.success, undefined, "main")
    if (errors.length > 0) return Result.fail(Refusal.invalid(kind, own.name, errors))
    const key = storeKey(keyIn(shaped.success))
    if (collection.objects.has(key)) return Result.fail(Refusal.alreadyExists(kind, own.name))
    if (options.dryRun === true) return Result.succeed(deepFreeze(shaped.success))
    return Result.succeed(this.commit(collection, "ADDED", shaped.success, undefined, "create", options, warnings))
  }

  /** Where a new object goes: empty for cluster-scoped ones. */
  private namespaceFor(kind: AnyKind, metadata: JsonObject): Answer<string> {
    const asked = isText(metadata.namespace) ? metadata.namespace : ""
    if (kind.scope === "Cluster") return asked === "" ? Result.succeed("") : Result.fail(Refusal.wrongNamespace())
    if (asked === "") return Result.fail(Refusal.badRequest("an empty namespace may not be set during creation"))
    const namespace = this.get(Namespace, { namespace: "", name: asked })
    if (Result.isFailure(namespace)) return Result.fail(Refusal.namespaceNotFound(asked))
    if (namespace.success.metadata.deletionTimestamp === undefined) return Result.succeed(asked)
    const why = `unable to create new content in namespace ${asked} because it is being terminated`
    const name = isText(metadata.name) ? metadata.name : ""
    return Result.fail(Refusal.forbidden(kind, name, why, "NamespaceTerminating"))
  }

  private nameFor(collection: Collection, metadata: JsonObject, namespace: string): Answer<string> {
    if (isText(metadata.name)) return Result.succeed(metadata.name)
    if (!isText(metadata.generateName)) return Result.succeed("")
    let name = ""
    for (let attempt = 0; attempt < generatedNameAttempts; attempt++) {
      name = generatedName(metadata.generateName, (n) => this.chance.below(n))
      if (!collection.objects.has(storeKey({ namespace, name }))) return Result.succeed(name)
    }
    return Result.fail(Refusal.alreadyExists(collection.kind, name, 1))
  }

  private put<Body>(kind: Kind<Body>, sent: ObjectOf<Body>, part: Part, options: WriteAs): Answer<ObjectOf<Body>> {
    const collection = this.collectionOf(kind)
    if (collection === undefined) return Result.fail(Refusal.noMatch(kind))
    const old = collection.objects.get(storeKey(keyIn(sent)))
    if (old === undefined) {
      if (part === "main" && nativeBehaviour(kind).createsOnUpdate) {
        const { resourceVersion: _, ...metadata } = sent.metadata
        return as(kind, this.insert(collection, { ...sent, metadata }, options))
      }
      return Result.fail(Refusal.notFound(kind, sent.metadata.name))
    }
    if (part === "status" && !kind.subresources.status) return Result.fail(Refusal.notFound(kind, sent.metadata.name))
    return as(kind, this.replace(collection, old, sent, part, "update", options))
  }

  /** The way of every write to an object that is there. */
  private replace(
    collection: Collection,
    old: KubernetesObject,
    sent: unknown,
    part: Part,
    verb: string,
    options: WriteAs
  ): Answer<KubernetesObject> {
    const { kind } = collection
    const { name } = old.metadata
    const decoded = decode(kind, sent)
    if (Result.isFailure(decoded)) return Result.fail(decoded.failure)
    const object = decoded.success
    const metadata = isObject(object.metadata) ? object.metadata : {}
    const mismatch = identityMismatch(kind, old, metadata)
    if (mismatch !== undefined) return Result.fail(mismatch)
    const behaviour = nativeBehaviour(kind)
    const version = isText(metadata.resourceVersion) ? metadata.resourceVersion : undefined
    if (version === undefined && !behaviour.overwritesUnconditionally)
      return Result.fail(Refusal.versionRequired(kind, name))
    const caller =
      part === "status" && !behaviour.statusCarriesMetadata
        ? old.metadata
        : callerMetadata(part === "status" ? { ...old.metadata, ...pickLabels(metadata) } : metadata, old.metadata)
    if (typeof caller === "string") return Result.fail(Refusal.badRequest(caller))
    const warnings: Array<string> = []
    const shaped = this.shape(kind, partOf(kind, object, old, part), old.metadata, caller, old, part, warnings)
    if (Result.isFailure(shaped)) return shaped
    const next = shaped.success
    if (next === old) return Result.succeed(old)
    if (version !== undefined && version !== old.metadata.resourceVersion)
      return Result.fail(Refusal.staleVersion(kind, name))
    const errors = this.validate(kind, next, old, part)
    if (errors.length > 0) return Result.fail(Refusal.invalid(kind, name, errors))
    if (options.dryRun === true) return Result.succeed(deepFreeze(next))
    if (isReleased(next)) return Result.succeed(this.finish(collection, next, old, verb, options))
    const generation = old.metadata.generation
    const grown = generation !== undefined && bodyChanged(kind, old, next) ? generation + 1 : generation
    return Result.succeed(
      this.commit(collection, "MODIFIED", numbered(next, this.store.version + 1, grown), old, verb, options, warnings)
    )
  }

  /** Pruned, defaulted and admitted, sharing all it can with `old`: `old` itself when nothing is different. */
  private shape(
    kind: AnyKind,
    body: JsonObject,
    own: ObjectMeta,
    caller: CallerMetadata,
    old: KubernetesObject | undefined,
    part: Part,
    warnings: Array<string>
  ): Answer<KubernetesObject> {
    const schema = objectSchema(kind)
    const before = old as JsonObject | undefined
    const candidate = {
      ...body,
      apiVersion: apiVersionOf(kind),
      kind: kind.kind,
      metadata: mergeMetadata(kind, own, caller)
    }
    // Complete by construction: type and metadata were put in right above, in the order in which objects are shown.
    const pruned = share(old, inOrder(schema.normalize(candidate, before, warnings))) as KubernetesObject
    const admit = kind.admission.default
    if (part === "status" || pruned === old || admit === undefined) return Result.succeed(pruned)
    let admitted: KubernetesObject
    try {
      admitted = admit(deepFreeze(pruned), old)
    } catch (cause) {
      // Admission is written for objects of the right shape; of the others the schema says what is wrong.
      const errors = schema.validate(asJson(pruned), before)
      if (errors.length === 0) throw cause
      return Result.fail(Refusal.invalid(kind, own.name, errors))
    }
    if (admitted === pruned) return Result.succeed(pruned)
    const again = callerMetadata(asJson(admitted.metadata), old?.metadata)
    if (typeof again === "string") return Result.fail(Refusal.badRequest(again))
    const complete = { ...admitted, metadata: mergeMetadata(kind, own, again) }
    return Result.succeed(share(old, schema.normalize(asJson(complete), before, warnings)) as KubernetesObject)
  }

  private validate(
    kind: AnyKind,
    next: KubernetesObject,
    old: KubernetesObject | undefined,
    part: Part
  ): ReadonlyArray<FieldError> {
    const errors = [
      ...validateMetadata(kind, next.metadata, old?.metadata),
      ...objectSchema(kind).validate(asJson(next), old === undefined ? undefined : asJson(old))
    ]
    const check = kind.admission.validate
    if (errors.length > 0 || part === "status" || check === undefined) return errors
    return check(deepFreeze(next), old).map((error) => Refusal.completeFieldError(next, error))
  }

  private remove(collection: Collection, object: KubernetesObject, options: DeleteAs): Answer<KubernetesObject> {
    const { kind } = collection
    const { metadata } = object
    const refusal = preconditionRefusal(kind, metadata, options.preconditions)
    if (refusal !== undefined) return Result.fail(refusal)
    const isNamespace = collection.groupKind === "Namespace"
    if (isNamespace && immortalNamespaces.includes(metadata.name)) {
      return Result.fail(Refusal.forbidden(kind, metadata.name, "this namespace may not be deleted"))
    }
    const errors = kind.admission.validateDelete?.(object) ?? []
    if (errors.length > 0) {
      return Result.fail(
        Refusal.invalid(
          kind,
          metadata.name,
          errors.map((error) => Refusal.completeFieldError(object, error))
        )
      )
    }
    const graceSeconds = collection.groupKind === "Pod" ? gracePeriodOf(object as Pod, options) : 0
    const finalizers = finalizersFor(metadata.finalizers ?? [], options.propagationPolicy)
    if (finalizers.length === 0 && graceSeconds === 0 && !isNamespace) {
      return Result.succeed(this.finish(collection, object, object, "delete", options))
    }
    const marked = markedForDeletion(kind, object, {
      finalizers,
      graceSeconds,
      now: this.kernel.now(),
      version: this.store.version + 1
    })
    if (marked === object) return Result.succeed(object)
    const written = this.commit(collection, "MODIFIED", marked, object, "delete", options, [])
    if (collection.groupKind === "Pod" && graceSeconds > 0) this.onPodDeleting?.(written as Pod)
    return Result.succeed(written)
  }

  /** Takes an object out of the store. The answer shows it with the version it had. */
  private finish(
    collection: Collection,
    last: KubernetesObject,
    old: KubernetesObject,
    verb: string,
    options: WriteAs
  ): KubernetesObject {
    this.commit(
      collection,
      "DELETED",
      numbered(last, this.store.version + 1, last.metadata.generation),
      old,
      verb,
      options,
      []
    )
    return deepFreeze(last)
  }

  /** Numbers, logs, traces and announces one write. The version stands in the object already. */
  private commit(
    collection: Collection,
    type: ChangeType,
    object: KubernetesObject,
    previous: KubernetesObject | undefined,
    verb: string,
    options: WriteAs,
    warnings: ReadonlyArray<string>
  ): KubernetesObject {
    const { kernel } = this
    const written = deepFreeze(object)
    const { name, namespace = "" } = written.metadata
    const seq = kernel.trace.seq + 1
    const entry: LogEntry = {
      resourceVersion: this.store.version + 1,
      millis: kernel.now(),
      type,
      groupKind: collection.groupKind,
      key: storeKey({ namespace, name }),
      object: written,
      previous,
      seq
    }
    this.store.apply(entry, collection)
    const cause = kernel.cause
    kernel.cause = seq
    this.watches.announce(entry)
    this.collector.observe(entry)
    this.namespaceLifecycle.observe(entry)
    this.budgets.observe(entry)
    kernel.cause = cause
    // Last of all: whoever listens to the trace sees a server that has finished, and may write to it.
    const difference = type === "DELETED" ? undefined : diffMergePatch(previous ?? {}, written)
    kernel.trace.emit("write", {
      api: this.name,
      verb,
      resource: collection.groupKind,
      namespace,
      name,
      rv: entry.resourceVersion,
      actor: options.actor ?? options.fieldManager ?? "",
      ...(type === "DELETED" ? { gone: true } : {}),
      ...(difference === undefined
        ? {}
        : { patch: collection.groupKind === "Secret" ? redactSecret(difference) : difference }),
      ...(warnings.length === 0 ? {} : { warnings })
    })
    return written
  }
}

const answer = <Body>(_kind: Kind<Body>, object: KubernetesObject): Answer<ObjectOf<Body>> =>
  // What the store holds of a kind has passed that kind's schema.
  Result.succeed(object as ObjectOf<Body>)

const answerAll = <Body>(_kind: Kind<Body>, objects: ReadonlyArray<KubernetesObject>): ReadonlyArray<ObjectOf<Body>> =>
  objects as ReadonlyArray<KubernetesObject & Body>

const as = <Body>(kind: Kind<Body>, result: Answer<KubernetesObject>): Answer<ObjectOf<Body>> =>
  Result.isFailure(result) ? Result.fail(result.failure) : answer(kind, result.success)

const eventId = (event: ServerEvent): string => Object.values(event).join(" ")
