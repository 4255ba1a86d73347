/**
 * Which fields of an object somebody speaks of: a set of paths, read off a value with the help of its schema.
 *
 * A path is a text of steps, as managed fields write them: `f:spec`, `k:{"name":"a"}`, `v:"x"`. Maps are taken apart, lists only
 * where the schema says how to tell their items from each other; everything else is one leaf.
 *
 * @source https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
 * @fidelity observed kube-apiserver-1.36 — Forms of steps, what nobody owns, lists without a schema are atomic.
 */
import type { StructuralSchema } from "@capstan/api"
import { equalJson, isObject, type JsonObject } from "./FrozenValue.ts"

/** Steps joined by a character that no JSON text of a key holds. */
export type FieldPath = string

const separator = "\u0001"

export const stepsOf = (path: FieldPath): ReadonlyArray<string> => path.split(separator)

export const join = (path: FieldPath, step: string): FieldPath => (path === "" ? step : `${path}${separator}${step}`)

const metadataSchema: StructuralSchema = {
  type: "object",
  properties: {
    labels: { type: "object", additionalProperties: { type: "string" } },
    annotations: { type: "object", additionalProperties: { type: "string" } },
    finalizers: { type: "array", items: { type: "string" }, "x-kubernetes-list-type": "set" },
    ownerReferences: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["uid"],
      items: { type: "object", "x-kubernetes-map-type": "atomic" }
    }
  }
}

/** The schema of a whole object, with what every object's metadata is like. */
export const withMetadata = (schema: StructuralSchema): StructuralSchema => ({
  ...schema,
  properties: { ...schema.properties, metadata: metadataSchema }
})

const ownedMetadata = Object.keys(metadataSchema.properties ?? {})

/** What managers can own of an object: neither its type nor what the server says of it. */
export const ownable = (object: JsonObject): JsonObject => {
  const { apiVersion: _a, kind: _k, metadata, ...body } = object
  const own = isObject(metadata)
    ? Object.fromEntries(ownedMetadata.flatMap((key) => (metadata[key] === undefined ? [] : [[key, metadata[key]]])))
    : {}
  return Object.keys(own).length === 0 ? body : { metadata: own, ...body }
}

export const below = (schema: StructuralSchema | undefined, key: string): StructuralSchema | undefined =>
  schema?.properties?.[key] ?? schema?.additionalProperties

export const isGranular = (value: unknown, schema: StructuralSchema | undefined): value is JsonObject =>
  isObject(value) && schema?.["x-kubernetes-map-type"] !== "atomic"

/** How the items of a list are told apart: by the values of these keys, as values of a set, or not at all. */
export const listIdentity = (
  schema: StructuralSchema | undefined
): { readonly keys: ReadonlyArray<string> } | "set" | undefined => {
  if (schema?.["x-kubernetes-list-type"] === "set") return "set"
  const keys = schema?.["x-kubernetes-list-map-keys"]
  return schema?.["x-kubernetes-list-type"] === "map" && keys !== undefined ? { keys } : undefined
}

const sorted = (item: JsonObject, keys: ReadonlyArray<string>, items: StructuralSchema | undefined): JsonObject =>
  Object.fromEntries([...keys].sort().map((key) => [key, item[key] ?? items?.properties?.[key]?.default ?? null]))

/** The step that leads to an item of a list. */
export const itemStep = (item: unknown, schema: StructuralSchema | undefined): string => {
  const identity = listIdentity(schema)
  return identity === undefined || identity === "set" || !isObject(item)
    ? `v:${JSON.stringify(item)}`
    : `k:${JSON.stringify(sorted(item, identity.keys, schema?.items))}`
}

/** Every leaf of a value, and every item of a list by itself, with what stands there. */
export const leavesOf = (
  value: unknown,
  schema: StructuralSchema | undefined,
  path: FieldPath = ""
): Map<FieldPath, unknown> => {
  const leaves = new Map<FieldPath, unknown>()
  collect(value, schema, path, leaves)
  return leaves
}

/** Stands for a list's item itself, whatever is in it. */
export const itemItself = Symbol("item")

const collect = (
  value: unknown,
  schema: StructuralSchema | undefined,
  path: FieldPath,
  leaves: Map<FieldPath, unknown>
): void => {
  if (isGranular(value, schema)) {
    const keys = Object.keys(value)
    if (keys.length === 0 && path !== "") leaves.set(path, value)
    for (const key of keys) {
      if (value[key] !== undefined) collect(value[key], below(schema, key), join(path, `f:${key}`), leaves)
    }
    return
  }
  if (Array.isArray(value) && listIdentity(schema) !== undefined) {
    if (value.length === 0) leaves.set(path, value)
    for (const item of value) {
      const place = join(path, itemStep(item, schema))
      if (isGranular(item, schema?.items)) {
        leaves.set(place, itemItself)
        collect(item, schema?.items, place, leaves)
      } else leaves.set(place, item)
    }
    return
  }
  leaves.set(path, value)
}

/** What is other in the second value than in the first, and what is not in it any more. Parts that are the same reference cost nothing. */
export interface FieldDifference {
  readonly changed: Set<FieldPath>
  readonly gone: Set<FieldPath>
}

export const differenceOf = (old: unknown, next: unknown, schema: StructuralSchema | undefined): FieldDifference => {
  const difference: FieldDifference = { changed: new Set(), gone: new Set() }
  compare(old, next, schema, "", difference)
  return difference
}

const compare = (
  old: unknown,
  next: unknown,
  schema: StructuralSchema | undefined,
  path: FieldPath,
  difference: FieldDifference
): void => {
  if (old === next) return
  if (isGranular(old, schema) && isGranular(next, schema)) {
    compareParts(partsOfMap(old, schema), partsOfMap(next, schema), path, difference)
  } else if (Array.isArray(old) && Array.isArray(next) && listIdentity(schema) !== undefined) {
    compareParts(partsOfList(old, schema), partsOfList(next, schema), path, difference)
  } else if (!equalJson(old, next)) {
    const is = leavesAt(next, schema, path)
    for (const each of is) difference.changed.add(each)
    for (const each of leavesAt(old, schema, path)) if (!is.has(each)) difference.gone.add(each)
  }
}

/** A map's fields or a list's items, by their steps. */
type Parts = ReadonlyMap<string, { readonly value: unknown; readonly schema: StructuralSchema | undefined }>

const partsOfMap = (value: JsonObject, schema: StructuralSchema | undefined): Parts =>
  new Map(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([key, part]) => [`f:${key}`, { value: part, schema: below(schema, key) }])
  )

const partsOfList = (items: ReadonlyArray<unknown>, schema: StructuralSchema | undefined): Parts =>
  new Map(items.map((item) => [itemStep(item, schema), { value: item, schema: schema?.items }]))

const compareParts = (old: Parts, next: Parts, path: FieldPath, difference: FieldDifference): void => {
  if (path !== "" && old.size === 0 && next.size > 0) difference.gone.add(path)
  if (path !== "" && old.size > 0 && next.size === 0) difference.changed.add(path)
  for (const [step, { schema, value }] of next) {
    const place = join(path, step)
    const before = old.get(step)
    if (before === undefined) for (const each of leavesAt(value, schema, place)) difference.changed.add(each)
    else compare(before.value, value, schema, place, difference)
  }
  for (const [step, { schema, value }] of old) {
    if (!next.has(step)) for (const each of leavesAt(value, schema, join(path, step))) difference.gone.add(each)
  }
}

/** The leaves at a place, with every map, list and item on the way to them: whoever brings something brings all of it. */
const leavesAt = (value: unknown, schema: StructuralSchema | undefined, path: FieldPath): Set<FieldPath> => {
  const nodes = new Set<FieldPath>()
  if (value === undefined) return nodes
  for (const leaf of leavesOf(value, schema, path).keys()) {
    nodes.add(leaf)
    for (let at = leaf.lastIndexOf(separator); at > path.length; at = leaf.lastIndexOf(separator, at - 1)) {
      nodes.add(leaf.slice(0, at))
    }
  }
  return nodes.add(path)
}

type Nested = { [step: string]: Nested }

/** The set in the form of `fieldsV1`. */
export const toFieldsV1 = (paths: Iterable<FieldPath>): Nested => {
  const root: Nested = {}
  const all = [...paths].sort()
  for (const path of all) {
    let at = root
    for (const step of stepsOf(path)) at = at[step] ??= {}
  }
  // A member that has members below it says so of itself.
  for (const path of all) {
    let at = root
    for (const step of stepsOf(path)) at = at[step] ?? {}
    if (Object.keys(at).length > 0) at["."] = {}
  }
  return root
}

/** How deep managed fields may go. */
const depthMax = 128

/** The paths in `fieldsV1`; `undefined` when it is none. */
export const fromFieldsV1 = (fields: unknown): Set<FieldPath> | undefined => {
  const paths = new Set<FieldPath>()
  return readFields(fields, "", paths, depthMax) ? paths : undefined
}

const readFields = (fields: unknown, path: FieldPath, paths: Set<FieldPath>, left: number): boolean => {
  if (!isObject(fields) || left === 0) return false
  const steps = Object.keys(fields)
  if (path !== "" && (steps.length === 0 || steps.includes("."))) paths.add(path)
  return steps.every(
    (step) => step === "." || (isStep(step) && readFields(fields[step], join(path, step), paths, left - 1))
  )
}

const isStep = (step: string): boolean => {
  if (step.includes(separator)) return false
  if (step.startsWith("f:")) return true
  if (!/^[kvi]:/.test(step)) return false
  try {
    const value: unknown = JSON.parse(step.slice(2))
    return !step.startsWith("k:") || isObject(value)
  } catch {
    return false
  }
}

/** `.spec.ports[name="b"].number`: a path as people read it. */
export const readable = (path: FieldPath): string =>
  stepsOf(path)
    .map((step) => {
      const text = step.slice(2)
      if (step.startsWith("f:")) return `.${text}`
      if (step.startsWith("v:")) return `[=${text}]`
      if (step.startsWith("i:")) return `[${text}]`
      const keys = Object.entries(JSON.parse(text) as JsonObject)
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(",")}]`
    })
    .join("")
