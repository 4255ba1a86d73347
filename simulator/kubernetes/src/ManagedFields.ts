/**
 * Who manages which fields: what writes do to `metadata.managedFields`, and what server-side apply makes of it.
 *
 * Objects that only the simulated world writes have none; the first write or apply from outside begins them. From then on
 * every write takes what it changes away from the other managers.
 *
 * @source https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 * @fidelity observed kube-apiserver-1.36 — Entries, their identity, conflicts and their words, what an apply that lacks a field takes away.
 * @fidelity observed kube-apiserver-1.36.3 — The order of entries, whose the maps on the way to a new field are, fields that no schema declares.
 * @fidelity assumed — A write to a scale is its writer's `Update`, where a real server was seen to record none.
 * @fidelity documented https://kubernetes.io/docs/reference/using-api/server-side-apply/#upgrading-from-client-side-apply-to-server-side-apply — An object without managed fields belongs to `before-first-apply` once somebody applies to it.
 */
import {
  type AnyKind,
  apiVersionOf,
  type KubernetesObject,
  type ManagedFieldsEntry,
  structuralSchema,
  type StructuralSchema
} from "@capstan/api"
import { apiError, type ApiError } from "@capstan/kubernetes"
import { Result } from "effect"
import {
  below,
  differenceOf,
  type FieldPath,
  fromFieldsV1,
  isGranular,
  itemItself,
  itemStep,
  leavesOf,
  listIdentity,
  ownable,
  readable,
  stepsOf,
  toFieldsV1,
  withMetadata
} from "./FieldSet.ts"
import { equalJson, isObject, type JsonObject } from "./FrozenValue.ts"
import { asJson } from "./StoredObject.ts"

/** Who writes, and how. */
export interface Manager {
  readonly name: string
  readonly operation: "Apply" | "Update"
  readonly subresource: string | undefined
}

interface Owner extends Manager {
  readonly apiVersion: string
  readonly time: string | undefined
  readonly fields: ReadonlySet<FieldPath>
}

/** Sets read off entries, and entries' fields written from sets: both never change, so each is worked out once. */
const setsOf = new WeakMap<object, ReadonlySet<FieldPath>>()
const fieldsOf = new WeakMap<ReadonlySet<FieldPath>, ManagedFieldsEntry["fieldsV1"]>()

const setOf = (fieldsV1: ManagedFieldsEntry["fieldsV1"]): ReadonlySet<FieldPath> => {
  const known = setsOf.get(fieldsV1)
  if (known !== undefined) return known
  const set = fromFieldsV1(fieldsV1) ?? new Set<FieldPath>()
  setsOf.set(fieldsV1, set)
  fieldsOf.set(set, fieldsV1)
  return set
}

const fieldsV1Of = (set: ReadonlySet<FieldPath>): ManagedFieldsEntry["fieldsV1"] => {
  const known = fieldsOf.get(set)
  if (known !== undefined) return known
  const fieldsV1 = toFieldsV1(set)
  setsOf.set(fieldsV1, set)
  fieldsOf.set(set, fieldsV1)
  return fieldsV1
}

/** The set itself when nothing of it goes. */
const withoutAny = (set: ReadonlySet<FieldPath>, gone: (path: FieldPath) => boolean): ReadonlySet<FieldPath> => {
  const kept = [...set].filter((path) => !gone(path))
  return kept.length === set.size ? set : new Set(kept)
}

/** The set itself when it has them all. */
const withAll = (set: ReadonlySet<FieldPath>, more: ReadonlySet<FieldPath>): ReadonlySet<FieldPath> =>
  [...more].every((path) => set.has(path)) ? set : new Set([...set, ...more])

const schemas = new WeakMap<AnyKind, StructuralSchema>()

const schemaOf = (kind: AnyKind): StructuralSchema => {
  const known = schemas.get(kind)
  if (known !== undefined) return known
  const schema = withMetadata(structuralSchema(kind))
  schemas.set(kind, schema)
  return schema
}

const leavesIn = (kind: AnyKind, object: KubernetesObject | JsonObject): Map<FieldPath, unknown> =>
  leavesOf(ownable(asJson(object)), schemaOf(kind))

const isSame = (a: unknown, b: unknown): boolean => a === b || equalJson(a, b)

const ownersOf = (entries: ReadonlyArray<ManagedFieldsEntry>): ReadonlyArray<Owner> =>
  entries.map(({ apiVersion, fieldsV1, manager, operation, subresource, time }) => ({
    name: manager,
    operation,
    subresource,
    apiVersion,
    time,
    fields: setOf(fieldsV1)
  }))

const entryOf = ({ apiVersion, fields, name, operation, subresource, time }: Owner): ManagedFieldsEntry => ({
  manager: name,
  operation,
  apiVersion,
  ...(time === undefined ? {} : { time }),
  fieldsType: "FieldsV1",
  fieldsV1: fieldsV1Of(fields),
  ...(subresource === undefined ? {} : { subresource })
})

const isBy = (owner: Owner, manager: Manager, apiVersion: string): boolean =>
  owner.name === manager.name &&
  owner.operation === manager.operation &&
  owner.subresource === manager.subresource &&
  (manager.operation === "Apply" || owner.apiVersion === apiVersion)

/** Applies first, then by time, name, version and subresource. */
const byOperationAndTime = (a: Owner, b: Owner): number => {
  const [left, right] = [sortKeysOf(a), sortKeysOf(b)]
  const at = left.findIndex((key, index) => key !== right[index])
  return at === -1 ? 0 : (left[at] ?? "") < (right[at] ?? "") ? -1 : 1
}

const sortKeysOf = ({ apiVersion, name, operation, subresource = "", time = "" }: Owner): ReadonlyArray<string> => [
  operation,
  time,
  name,
  apiVersion,
  subresource
]

/** The entries, as they were where only times would differ. */
const settled = (
  before: ReadonlyArray<ManagedFieldsEntry>,
  owners: ReadonlyArray<Owner>
): ReadonlyArray<ManagedFieldsEntry> => {
  const next = owners
    .filter(({ fields }) => fields.size > 0)
    .sort(byOperationAndTime)
    .map(entryOf)
  const withoutTime = ({ time: _, ...entry }: ManagedFieldsEntry): object => entry
  const same =
    next.length === before.length &&
    next.every((entry, index) => equalJson(withoutTime(entry), withoutTime(before[index] ?? entry)))
  return same ? before : next
}

/** The fields of a new object, its maker's but for the parts that the server has added of its own accord. */
export const firstFields = (
  kind: AnyKind,
  object: KubernetesObject,
  added: ReadonlyArray<string>,
  manager: Manager,
  time: string
): ReadonlyArray<ManagedFieldsEntry> => {
  const sent = Object.fromEntries(Object.entries(ownable(asJson(object))).filter(([key]) => !added.includes(key)))
  const { changed } = differenceOf({ metadata: {} }, sent, schemaOf(kind))
  return settled([], [{ ...manager, apiVersion: apiVersionOf(kind), time, fields: changed }])
}

/** The fields of an object that was made by applying a configuration. */
export const firstApplied = (
  kind: AnyKind,
  configuration: JsonObject,
  manager: Manager,
  time: string
): ReadonlyArray<ManagedFieldsEntry> =>
  settled(
    [],
    [{ ...manager, apiVersion: apiVersionOf(kind), time, fields: new Set(leavesIn(kind, configuration).keys()) }]
  )

/** The object with these entries, or with none. */
export const withManagedFields = (
  object: KubernetesObject,
  managedFields: ReadonlyArray<ManagedFieldsEntry> | undefined
): KubernetesObject => {
  const { managedFields: _, ...metadata } = object.metadata
  const none = managedFields === undefined || managedFields.length === 0
  return { ...object, metadata: none ? metadata : { ...metadata, managedFields } }
}

/** Entries after a write that is no apply: what it changed is its writer's now, and nobody else's. */
export const fieldsAfterUpdate = (
  kind: AnyKind,
  before: ReadonlyArray<ManagedFieldsEntry>,
  old: KubernetesObject,
  next: KubernetesObject,
  manager: Manager,
  time: string
): ReadonlyArray<ManagedFieldsEntry> => {
  const { changed, gone } = differenceOf(ownable(asJson(old)), ownable(asJson(next)), schemaOf(kind))
  if (changed.size === 0 && gone.size === 0) return before
  const apiVersion = apiVersionOf(kind)
  const owners = ownersOf(before)
  const mine = owners.find((owner) => isBy(owner, manager, apiVersion))
  const others = owners.map((owner): Owner => {
    const left = withoutAny(owner.fields, (path) => gone.has(path) || (owner !== mine && changed.has(path)))
    return owner === mine ? { ...owner, time, fields: withAll(left, changed) } : { ...owner, fields: left }
  })
  const all = mine === undefined ? [...others, { ...manager, apiVersion, time, fields: changed }] : others
  return settled(before, all)
}

/** What somebody sent as managed fields: entries, or a sentence; `undefined` resets. */
export const sentFields = (value: unknown): ReadonlyArray<ManagedFieldsEntry> | undefined | string => {
  if (!Array.isArray(value)) return "managedFields must be a list"
  const entries = value.filter((entry) => !(isObject(entry) && Object.keys(entry).length === 0))
  if (entries.length === 0) return undefined
  const wrong = entries.find((entry) => !isEntry(entry))
  if (wrong !== undefined) return "metadata.managedFields has an entry that is none"
  // Every entry has been looked at.
  return entries as ReadonlyArray<ManagedFieldsEntry>
}

const isEntry = (entry: unknown): boolean =>
  isObject(entry) &&
  typeof entry.manager === "string" &&
  (entry.operation === "Apply" || entry.operation === "Update") &&
  typeof entry.apiVersion === "string" &&
  entry.fieldsType === "FieldsV1" &&
  (entry.time === undefined || typeof entry.time === "string") &&
  (entry.subresource === undefined || typeof entry.subresource === "string") &&
  fromFieldsV1(entry.fieldsV1) !== undefined

export interface Applied {
  /** The object with the configuration merged into it. */
  readonly object: JsonObject
  readonly managedFields: ReadonlyArray<ManagedFieldsEntry>
}

/** Merges a configuration into an object in a manager's name; a conflict when somebody else wants other values. */
export const applyFields = (
  kind: AnyKind,
  live: KubernetesObject,
  configuration: JsonObject,
  options: { readonly manager: Manager; readonly force: boolean; readonly time: string }
): Result.Result<Applied, ApiError> => {
  const { force, manager, time } = options
  const schema = schemaOf(kind)
  const apiVersion = apiVersionOf(kind)
  const before = live.metadata.managedFields ?? []
  const owners = before.length > 0 ? ownersOf(before) : [untilNow(kind, live)]
  const wanted = leavesIn(kind, configuration)
  const present = leavesIn(kind, live)
  const mine = owners.find((owner) => isBy(owner, manager, apiVersion))
  const others = owners.filter((owner) => owner !== mine)
  const disputed = [...wanted].filter(
    ([path, value]) => value !== itemItself && present.has(path) && !isSame(present.get(path), value)
  )
  const conflicts = others.flatMap((owner) =>
    disputed.filter(([path]) => owner.fields.has(path)).map(([path]) => ({ owner, path }))
  )
  if (conflicts.length > 0 && !force) return Result.fail(applyConflict(conflicts))
  const lost = new Set(disputed.map(([path]) => path))
  const remaining = others.map((owner): Owner => ({
    ...owner,
    fields: withoutAny(owner.fields, (path) => lost.has(path))
  }))
  const owned = (path: FieldPath): boolean =>
    remaining.some(({ fields }) => [...fields].some((each) => each === path || each.startsWith(`${path}\u0001`)))
  const dropped = [...(mine?.fields ?? [])].filter((path) => !wanted.has(path) && !owned(path))
  // What is deeper goes first, so that what it leaves empty can go after it.
  const kept = dropped
    .sort((a, b) => b.length - a.length)
    .reduce<unknown>((value, path) => without(value, schema, stepsOf(path)), ownable(asJson(live)))
  const merged = mergeInto(kept, ownable(configuration), schema)
  const { metadata: ownMetadata, ...body } = isObject(merged) ? merged : {}
  const fields = new Set(wanted.keys())
  const entries = settled(before, [...remaining, { ...manager, apiVersion, time, fields }])
  return Result.succeed({
    object: {
      apiVersion,
      kind: kind.kind,
      metadata: { ...callersOnly(live), ...(isObject(ownMetadata) ? ownMetadata : {}) },
      ...body
    },
    managedFields: entries
  })
}

const callersOnly = ({ metadata }: KubernetesObject): JsonObject => {
  const { annotations: _a, finalizers: _f, labels: _l, managedFields: _m, ownerReferences: _o, ...own } = metadata
  return own
}

const untilNow = (kind: AnyKind, live: KubernetesObject): Owner => ({
  name: "before-first-apply",
  operation: "Update",
  subresource: undefined,
  apiVersion: apiVersionOf(kind),
  time: live.metadata.creationTimestamp,
  fields: new Set(leavesIn(kind, live).keys())
})

/** The value without what a path leads to, and without what that leaves empty. */
const without = (value: unknown, schema: StructuralSchema | undefined, steps: ReadonlyArray<string>): unknown => {
  const [step = "", ...rest] = steps
  if (isObject(value) && step.startsWith("f:")) {
    const key = step.slice(2)
    const { [key]: inner, ...others } = value
    if (inner === undefined) return value
    const next = rest.length === 0 ? undefined : without(inner, below(schema, key), rest)
    const result = next === undefined ? others : { ...value, [key]: next }
    return Object.keys(result).length === 0 ? undefined : result
  }
  if (!Array.isArray(value)) return value
  const result = value.flatMap((item: unknown) => {
    if (itemStep(item, schema) !== step) return [item]
    const next = rest.length === 0 ? undefined : without(item, schema?.items, rest)
    return next === undefined ? [] : [next]
  })
  return result.length === 0 ? undefined : result
}

const mergeInto = (live: unknown, wanted: unknown, schema: StructuralSchema | undefined): unknown => {
  if (isGranular(wanted, schema) && isObject(live)) {
    const result: { [key: string]: unknown } = { ...live }
    for (const [key, value] of Object.entries(wanted)) {
      if (value !== undefined) result[key] = mergeInto(live[key], value, below(schema, key))
    }
    return result
  }
  if (!Array.isArray(wanted) || !Array.isArray(live) || listIdentity(schema) === undefined) return wanted
  const byStep = new Map(wanted.map((item: unknown) => [itemStep(item, schema), item]))
  const known = new Map(live.map((item: unknown) => [itemStep(item, schema), item]))
  // Items that others brought stay where they are; the applied ones keep their order behind each other.
  const foreign = live.filter((item: unknown) => !byStep.has(itemStep(item, schema)))
  const applied = [...byStep].map(([step, item]) => mergeInto(known.get(step), item, schema?.items))
  const first = live.findIndex((item: unknown) => byStep.has(itemStep(item, schema)))
  const at = first === -1 ? foreign.length : first
  return [...foreign.slice(0, at), ...applied, ...foreign.slice(at)]
}

interface FieldConflict {
  readonly owner: Owner
  readonly path: FieldPath
}

const nameOf = ({ apiVersion, name, operation, subresource }: Owner): string =>
  `"${name}"${subresource === undefined ? "" : ` with subresource "${subresource}"`}${operation === "Update" ? ` using ${apiVersion}` : ""}`

const applyConflict = (conflicts: ReadonlyArray<FieldConflict>): ApiError => {
  const [first] = conflicts
  const byOwner = Map.groupBy(conflicts, ({ owner }) => nameOf(owner))
  const text =
    conflicts.length === 1 && first !== undefined
      ? `conflict with ${nameOf(first.owner)}: ${readable(first.path)}`
      : [...byOwner]
          .map(([name, list]) => `conflicts with ${name}:\n${list.map(({ path }) => `- ${readable(path)}`).join("\n")}`)
          .join("\n")
  const count = conflicts.length === 1 ? "1 conflict" : `${conflicts.length} conflicts`
  return apiError("Conflict", `Apply failed with ${count}: ${text}`, {
    causes: conflicts.map(({ owner, path }) => ({
      reason: "FieldManagerConflict",
      message: `conflict with ${nameOf(owner)}`,
      field: readable(path)
    }))
  })
}
