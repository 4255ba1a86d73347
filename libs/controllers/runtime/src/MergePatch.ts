/**
 * The JSON merge patch between two values that share structure. Pure.
 *
 * What is the same reference is not looked into. Lists are values: one that differs is sent whole.
 *
 * @source https://www.rfc-editor.org/rfc/rfc7386
 */

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Whether two JSON values are equal. A field that is undefined is as good as absent. */
export const sameJson = (a: unknown, b: unknown): boolean => {
  if (a === b) return true
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => sameJson(item, b[index]))
  }
  if (!isRecord(a) || !isRecord(b)) return false
  for (const key in a) if (!sameJson(a[key], b[key])) return false
  for (const key in b) if (b[key] !== undefined && a[key] === undefined) return false
  return true
}

/** What turns `before` into `after`, or `undefined` when nothing does. Fields that are gone become null. */
export const mergePatchOf = (before: unknown, after: unknown): unknown => {
  if (before === after) return undefined
  if (!isRecord(before) || !isRecord(after)) return sameJson(before, after) ? undefined : withoutUndefined(after)
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
  if (!isRecord(value)) return value
  const entries = Object.entries(value)
  const kept = entries
    .filter(([, field]) => field !== undefined)
    .map(([key, field]) => [key, withoutUndefined(field)] as const)
  return kept.length === entries.length && kept.every(([key, field]) => field === value[key])
    ? value
    : Object.fromEntries(kept)
}
