/**
 * The one way of every write: decode and convert, prune and default, admit, compare with what is stored (an equal object is not
 * written), check, number, log, announce, trace.
 *
 * @source https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
 * @fidelity observed kube-apiserver-1.36 — No-op writes, conflicts, writes without a version.
 * @fidelity observed kube-apiserver-1.36.3 — A stale version is refused even if the content is what is there already.
 * @fidelity observed kube-apiserver-1.36 — The main resource ignores status, the status subresource ignores the rest.
 * @fidelity observed kube-apiserver-1.36 — The order of pruning, defaulting, admission and checks.
 * @fidelity assumed — Admission sees the main resource alone, as upstream's webhooks ask for.
 */
import {
  type AnyKind,
  apiVersionOf,
  completeFieldError,
  type FieldError,
  groupKindOf,
  keyOf,
  type KubernetesObject,
  type ManagedFieldsEntry,
  type ObjectMeta
} from "@capstan/api"
import { type DeleteOptions, Namespace, type Pod, type WriteOptions } from "@capstan/kubernetes"
import type { Kernel, RandomStream } from "@capstan/kernel"
import { Result } from "effect"
import { type Answer, decode, identityMismatch, isText, type Part, partOf, pickLabels } from "./Decoding.ts"
import { finalizersFor, gracePeriodOf, isReleased, markedForDeletion, preconditionRefusal } from "./DeletionRules.ts"
import { deepFreeze, equalJson, isObject, type JsonObject, share } from "./FrozenValue.ts"
import { fieldsAfterUpdate, firstFields, sentFields, withManagedFields } from "./ManagedFields.ts"
import { diffMergePatch } from "./MergePatch.ts"
import { type CallerMetadata, callerMetadata, generatedName, uuid, validateMetadata } from "./Metadata.ts"
import { immortalNamespaces, nativeBehaviour } from "./NativeBehaviour.ts"
import { objectSchema } from "./ObjectSchema.ts"
import { redact } from "./Redaction.ts"
import { asJson, bodyChanged, mergeMetadata, numbered } from "./StoredObject.ts"
import * as Refusal from "./StatusErrors.ts"
import { type ChangeType, type Collection, type LogEntry, type Store, storeKey } from "./Store.ts"

/** How a write is to be done, and in whose name it stands in the trace. */
export interface WriteAs extends WriteOptions {
  readonly actor?: string
  /** Refuses unknown fields instead of dropping them. */
  readonly strict?: boolean
  /** Told what was dropped, a sentence each. */
  readonly warn?: (warnings: ReadonlyArray<string>) => void
  /** Begins to record who manages which fields, with this manager; only new objects ask. */
  readonly recordsFields?: string
  /** Who manages which fields after this write: an apply has worked it out. */
  readonly managedFields?: ReadonlyArray<ManagedFieldsEntry>
}

export interface DeleteAs extends DeleteOptions {
  readonly actor?: string
  readonly dryRun?: boolean
}

export interface WritePathOptions {
  readonly kernel: Kernel
  /** The server's name in the trace. */
  readonly api: string
  readonly store: Store
  /** For uids and generated names. */
  readonly chance: RandomStream
  /** Told of every write before the trace is. Must not write. */
  readonly announce: (entry: LogEntry) => void
}

const generatedNameAttempts = 8

export class WritePath {
  private readonly options: WritePathOptions

  constructor(options: WritePathOptions) {
    this.options = options
  }

  /** Stores a new object. */
  insert(collection: Collection, sent: object, options: WriteAs): Answer<KubernetesObject> {
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
      uid: uuid(() => this.options.chance.u32()),
      resourceVersion: String(this.options.store.version + 1),
      ...(behaviour.hasGeneration ? { generation: 1 } : {}),
      creationTimestamp: this.options.kernel.timestamp()
    }
    const warnings: Array<string> = []
    const { status, ...withoutStatus } = object
    const keepsStatus = !kind.subresources.status || behaviour.keepsStatusOnCreate
    const body = keepsStatus && status !== undefined ? object : withoutStatus
    const prepared = behaviour.prepare === undefined ? body : behaviour.prepare(body)
    const shaped = this.shape(kind, prepared, own, caller, undefined, "main", warnings)
    if (Result.isFailure(shaped)) return shaped
    if (warnings.length > 0 && options.strict === true) return Result.fail(Refusal.strictlyRefused(kind, warnings))
    const errors = this.validate(kind, shaped.success, undefined, "main")
    if (errors.length > 0) return Result.fail(Refusal.invalid(kind, own.name, errors))
    const key = storeKey(keyOf(shaped.success))
    if (collection.objects.has(key)) return Result.fail(Refusal.alreadyExists(kind, own.name))
    if (warnings.length > 0) options.warn?.(warnings)
    const added = Object.keys(prepared).filter((key) => prepared[key] !== body[key])
    const made = this.recorded(kind, shaped.success, added, options)
    if (options.dryRun === true) return Result.succeed(deepFreeze(made))
    return Result.succeed(this.commit(collection, "ADDED", made, undefined, "create", options, warnings))
  }

  /** A new object with its managed fields, where somebody wants them. */
  private recorded(
    kind: AnyKind,
    object: KubernetesObject,
    added: ReadonlyArray<string>,
    options: WriteAs
  ): KubernetesObject {
    const { managedFields, recordsFields } = options
    if (managedFields !== undefined) return withManagedFields(object, managedFields)
    if (recordsFields === undefined) return object
    const manager = { name: recordsFields, operation: "Update", subresource: undefined } as const
    return withManagedFields(object, firstFields(kind, object, added, manager, this.options.kernel.timestamp()))
  }

  /** An object that was there with its managed fields as they are after this write; a sentence when what was sent is none. */
  private rerecorded(
    kind: AnyKind,
    old: KubernetesObject,
    next: KubernetesObject,
    sent: unknown,
    part: Part,
    options: WriteAs
  ): KubernetesObject | string {
    const before = old.metadata.managedFields
    let after = before
    if (options.managedFields !== undefined) after = options.managedFields
    else if (sent !== undefined && sent !== null && sent !== before && !equalJson(sent, before ?? [])) {
      const entries = sentFields(sent)
      if (typeof entries === "string") return entries
      after = entries
    } else if (before !== undefined && next !== old) {
      const manager = {
        name: options.fieldManager ?? options.actor ?? "unknown",
        operation: "Update",
        subresource: part === "status" ? "status" : undefined
      } as const
      after = fieldsAfterUpdate(kind, before, old, next, manager, this.options.kernel.timestamp())
    }
    return after === before ? next : withManagedFields(next, after)
  }

  /** Where a new object goes: empty for cluster-scoped ones. */
  private namespaceFor(kind: AnyKind, metadata: JsonObject): Answer<string> {
    const asked = isText(metadata.namespace) ? metadata.namespace : ""
    if (kind.scope === "Cluster") return asked === "" ? Result.succeed("") : Result.fail(Refusal.wrongNamespace())
    if (asked === "") return Result.fail(Refusal.badRequest("an empty namespace may not be set during creation"))
    const namespace = this.options.store.collections
      .get(groupKindOf(Namespace))
      ?.objects.get(storeKey({ namespace: "", name: asked }))
    if (namespace === undefined) return Result.fail(Refusal.namespaceNotFound(asked))
    if (namespace.metadata.deletionTimestamp === undefined) return Result.succeed(asked)
    const why = `unable to create new content in namespace ${asked} because it is being terminated`
    const name = isText(metadata.name) ? metadata.name : ""
    return Result.fail(Refusal.forbidden(kind, name, why, "NamespaceTerminating"))
  }

  private nameFor(collection: Collection, metadata: JsonObject, namespace: string): Answer<string> {
    if (isText(metadata.name)) return Result.succeed(metadata.name)
    if (!isText(metadata.generateName)) return Result.succeed("")
    let name = ""
    for (let attempt = 0; attempt < generatedNameAttempts; attempt++) {
      name = generatedName(metadata.generateName, (n) => this.options.chance.below(n))
      if (!collection.objects.has(storeKey({ namespace, name }))) return Result.succeed(name)
    }
    return Result.fail(Refusal.alreadyExists(collection.kind, name, 1))
  }

  /** The way of every write to an object that is there. */
  replace(
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
    const mismatch = identityMismatch(kind, old, metadata, verb)
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
    if (warnings.length > 0 && options.strict === true) return Result.fail(Refusal.strictlyRefused(kind, warnings))
    if (warnings.length > 0) options.warn?.(warnings)
    const next = this.rerecorded(kind, old, shaped.success, metadata.managedFields, part, options)
    if (typeof next === "string") return Result.fail(Refusal.badRequest(next))
    if (version !== undefined && version !== old.metadata.resourceVersion)
      return Result.fail(Refusal.staleVersion(kind, name))
    if (next === old) return Result.succeed(old)
    const errors = this.validate(kind, next, old, part)
    if (errors.length > 0) return Result.fail(Refusal.invalid(kind, name, errors))
    if (options.dryRun === true) return Result.succeed(deepFreeze(next))
    if (isReleased(next)) return Result.succeed(this.finish(collection, next, old, verb, options))
    const generation = old.metadata.generation
    const grown = generation !== undefined && bodyChanged(kind, old, next) ? generation + 1 : generation
    return Result.succeed(
      this.commit(
        collection,
        "MODIFIED",
        numbered(next, this.options.store.version + 1, grown),
        old,
        verb,
        options,
        warnings
      )
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
    const head = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: mergeMetadata(kind, own, caller) }
    // Complete by construction: type and metadata come first, as objects are shown, and are not the body's.
    const candidate = { ...head, ...body, ...head }
    const pruned = share(old, schema.normalize(candidate, before, warnings)) as KubernetesObject
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
    return check(deepFreeze(next), old).map((error) => completeFieldError(next, error))
  }

  /** Deletes, or marks what something still holds. Gives the object as it then stands; the same when nothing was written. */
  remove(collection: Collection, object: KubernetesObject, options: DeleteAs): Answer<KubernetesObject> {
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
          errors.map((error) => completeFieldError(object, error))
        )
      )
    }
    const graceSeconds = collection.groupKind === "Pod" ? gracePeriodOf(object as Pod, options) : 0
    const finalizers = finalizersFor(metadata.finalizers ?? [], options.propagationPolicy)
    if (finalizers.length === 0 && graceSeconds === 0 && !isNamespace) {
      if (options.dryRun === true) return Result.succeed(object)
      return Result.succeed(this.finish(collection, object, object, "delete", options))
    }
    const marked = markedForDeletion(kind, object, {
      finalizers,
      graceSeconds,
      now: this.options.kernel.now(),
      version: this.options.store.version + 1
    })
    if (marked === object || options.dryRun === true) return Result.succeed(marked)
    return Result.succeed(this.commit(collection, "MODIFIED", marked, object, "delete", options, []))
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
      numbered(last, this.options.store.version + 1, last.metadata.generation),
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
    const { kernel } = this.options
    const written = deepFreeze(object)
    const { name, namespace = "" } = written.metadata
    const seq = kernel.trace.seq + 1
    const entry: LogEntry = {
      resourceVersion: this.options.store.version + 1,
      millis: kernel.now(),
      type,
      groupKind: collection.groupKind,
      key: storeKey({ namespace, name }),
      object: written,
      previous,
      seq
    }
    this.options.store.apply(entry, collection)
    kernel.causedBy(seq, () => this.options.announce(entry))
    // Last of all: whoever listens to the trace sees a server that has finished, and may write to it.
    const difference = type === "DELETED" ? undefined : diffMergePatch(previous ?? {}, written)
    kernel.trace.emit("write", {
      api: this.options.api,
      verb,
      resource: collection.groupKind,
      namespace,
      name,
      rv: entry.resourceVersion,
      actor: options.actor ?? options.fieldManager ?? "",
      ...(type === "DELETED" ? { gone: true } : {}),
      ...(difference === undefined ? {} : { patch: redact(collection.groupKind, difference) }),
      ...(warnings.length === 0 ? {} : { warnings })
    })
    return written
  }
}
