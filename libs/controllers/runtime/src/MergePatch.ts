/**
 * The JSON merge patch between two values that share structure. Pure.
 *
 * What is the same reference is not looked into. Lists are values: one that differs is sent whole.
 *
 * @source https://www.rfc-editor.org/rfc/rfc7386
 */
import { isJsonObject, sameJson } from "@capstan/api"

/** What turns `before` into `after`, or `undefined` when nothing does. Fields that are gone become null. */
export const mergePatchOf = (before: unknown, after: unknown): unknown => {
  if (before === after) return undefined
  if (!isJsonObject(before) || !isJsonObject(after))
    return sameJson(before, after) ? undefined : withoutUndefined(after)
  let patch: { [key: string]: unknown } | undefined
  for (const key in after) {
    const value = after[key]
    if (value === undefined || value === before[key]) continue
    const change = before[key] === undefined ? withoutUndefined(value) : mergePatchOf(before[key], value)
    if (change !== undefined) (patch ??= {})[key] = change
  }
  for (const key in before) {
    if (before[key] !== undefined && before[key] !== null && after[key] === undefined) (patch ??= {})[key] = null
  }
  return patch
}

/** JSON has no undefined. The same reference when there is none. */
const withoutUndefined = (value: unknown): unknown => {
  if (Array.isArray(value)) {
    const items = value.map(withoutUndefined)
    return items.every((item, index) => item === value[index]) ? value : items
  }
  if (!isJsonObject(value)) return value
  const entries = Object.entries(value)
  const kept = entries
    .filter(([, field]) => field !== undefined)
    .map(([key, field]) => [key, withoutUndefined(field)] as const)
  return kept.length === entries.length && kept.every(([key, field]) => field === value[key])
    ? value
    : Object.fromEntries(kept)
}
