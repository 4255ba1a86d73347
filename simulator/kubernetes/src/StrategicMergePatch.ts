/**
 * Strategic merge patch: a merge patch that knows which lists are maps in disguise.
 *
 * Lists of Kubernetes' own kinds are merged item by item where their schema or the table below names a key; all others are
 * replaced whole. Left out: `$retainKeys` and merging by more than one key.
 *
 * @source https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
 * @fidelity observed kube-apiserver-1.36 — Keys of lists, directives, what custom resources answer.
 */
import { type AnyKind, structuralSchema, type StructuralSchema } from "@capstan/api"
import { Result } from "effect"
import type { Answer } from "./Decoding.ts"
import { equalJson, isObject, type JsonObject } from "./FrozenValue.ts"
import { badRequest } from "./StatusErrors.ts"

/** Merge keys that no schema of ours states, by the path of the list without indexes. */
const mergeKeys: { readonly [path: string]: string } = {
  "metadata.ownerReferences": "uid",
  "spec.template.spec.containers": "name",
  "spec.template.spec.volumes": "name",
  env: "name",
  ports: "containerPort",
  volumeMounts: "mountPath",
  initContainers: "name",
  imagePullSecrets: "name",
  secrets: "name",
  "status.addresses": "type",
  "status.conditions": "type"
}

/** Lists of plain values that are sets, by their path. */
const sets = ["metadata.finalizers"]

const directive = "$patch"
const orderPrefix = "$setElementOrder/"
const deletePrefix = "$deleteFromPrimitiveList/"

interface Place {
  readonly path: string
  readonly schema: StructuralSchema | undefined
}

/** What a strategic merge patch makes of an object of a kind. */
export const applyStrategicPatch = (kind: AnyKind, target: JsonObject, patch: unknown): Answer<unknown> => {
  if (!isObject(patch)) return Result.fail(badRequest("a strategic merge patch of an object must be an object"))
  return Result.succeed(mergeObject(target, patch, { path: "", schema: structuralSchema(kind) }) ?? {})
}

const below = (place: Place, key: string): Place => ({
  path: place.path === "" ? key : `${place.path}.${key}`,
  schema: place.schema?.properties?.[key] ?? place.schema?.additionalProperties
})

const keyOfList = ({ path, schema }: Place): string | undefined => {
  const stated = schema?.["x-kubernetes-list-map-keys"]
  if (stated !== undefined && stated.length === 1) return stated[0]
  return mergeKeys[path] ?? mergeKeys[path.slice(path.lastIndexOf(".") + 1)]
}

/** `undefined` when the patch takes the whole object away. */
const mergeObject = (target: unknown, patch: JsonObject, place: Place): JsonObject | undefined => {
  if (patch[directive] === "delete") return undefined
  const { [directive]: how, ...fields } = patch
  if (how === "replace") return fields
  const result: { [key: string]: unknown } = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(fields)) {
    if (key.startsWith(orderPrefix)) continue
    if (key.startsWith(deletePrefix)) {
      const name = key.slice(deletePrefix.length)
      const [present, gone] = [result[name], value]
      if (Array.isArray(present) && Array.isArray(gone)) {
        result[name] = present.filter((item) => !gone.some((each) => equalJson(each, item)))
      }
    } else if (value === null) delete result[key]
    else {
      const next = mergeValue(result[key], value, below(place, key))
      if (next === undefined) delete result[key]
      else result[key] = next
    }
  }
  for (const [key, order] of Object.entries(fields)) {
    if (!key.startsWith(orderPrefix) || !Array.isArray(order)) continue
    const name = key.slice(orderPrefix.length)
    const list = result[name]
    if (Array.isArray(list)) result[name] = inOrder(list, order, keyOfList(below(place, name)))
  }
  return result
}

const mergeValue = (target: unknown, patch: unknown, place: Place): unknown => {
  if (isObject(patch)) return mergeObject(target, patch, place)
  if (!Array.isArray(patch)) return patch
  const key = keyOfList(place)
  if (key !== undefined && patch.every(isObject)) return mergeList(target, patch, key, place)
  if (sets.includes(place.path)) return [...new Set<unknown>([...(Array.isArray(target) ? target : []), ...patch])]
  return patch
}

const mergeList = (
  target: unknown,
  patch: ReadonlyArray<JsonObject>,
  key: string,
  place: Place
): ReadonlyArray<unknown> => {
  const replaces = patch.some((item) => item[directive] === "replace")
  const items = patch.filter((item) => item[directive] !== "replace")
  const result: Array<unknown> = replaces || !Array.isArray(target) ? [] : [...target]
  const itemPlace: Place = { path: place.path, schema: place.schema?.items }
  for (const item of items) {
    const at = result.findIndex((present) => isObject(present) && equalJson(present[key], item[key]))
    const merged = mergeObject(at === -1 ? undefined : result[at], item, itemPlace)
    if (merged === undefined) {
      if (at !== -1) result.splice(at, 1)
    } else if (at === -1) result.push(merged)
    else result[at] = merged
  }
  return result
}

/** The named items in their order; what is not named stays behind them. */
const inOrder = (
  list: ReadonlyArray<unknown>,
  order: ReadonlyArray<unknown>,
  key: string | undefined
): ReadonlyArray<unknown> => {
  const identity = (item: unknown): unknown => (key !== undefined && isObject(item) ? item[key] : item)
  const rank = (item: unknown): number => {
    const at = order.findIndex((each) => equalJson(identity(each), identity(item)))
    return at === -1 ? order.length : at
  }
  return list
    .map((item, index) => ({ item, index, rank: rank(item) }))
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
    .map(({ item }) => item)
}
