/**
 * JSON values that nothing changes any more: frozen once when they are stored, shared by every later version.
 *
 * `share` is the idea that keeps writes cheap: it gives a new value the old one's parts wherever they are equal, so that
 * "did the spec change" becomes a comparison of references and an unchanged object is the old object itself.
 *
 * @source https://en.wikipedia.org/wiki/Persistent_data_structure
 */

export type JsonObject = { readonly [key: string]: unknown }

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Freezes a value and everything below it. What is frozen already counts as frozen all the way down. */
export const deepFreeze = <A>(value: A): A => {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  if (Array.isArray(value)) for (const item of value) deepFreeze(item)
  else for (const key in value) deepFreeze(value[key])
  return value
}

/** Whether two JSON values are the same, whatever the order of keys. */
export const equalJson = (a: unknown, b: unknown): boolean => {
  if (a === b) return true
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => equalJson(item, b[index]))
  }
  if (!isObject(a) || !isObject(b)) return false
  let count = 0
  for (const key in a) {
    if (!(key in b) || !equalJson(a[key], b[key])) return false
    count++
  }
  for (const _ in b) count--
  return count === 0
}

/** `next` with the parts of `old` wherever both are equal; `old` itself when nothing differs. */
export const share = (old: unknown, next: unknown): unknown => {
  if (old === next) return old
  if (Array.isArray(next)) return Array.isArray(old) ? shareArray(old, next) : next
  return isObject(next) && isObject(old) ? shareObject(old, next) : next
}

const shareObject = (old: JsonObject, next: JsonObject): JsonObject => {
  let same = true
  let replaced: { [key: string]: unknown } | undefined
  let count = 0
  for (const key in next) {
    count++
    const value = share(old[key], next[key])
    if (value !== old[key] || !(key in old)) same = false
    if (value !== next[key]) (replaced ??= { ...next })[key] = value
  }
  if (same) {
    for (const _ in old) count--
    if (count === 0) return old
  }
  return replaced ?? next
}

const shareArray = (old: ReadonlyArray<unknown>, next: ReadonlyArray<unknown>): ReadonlyArray<unknown> => {
  let same = old.length === next.length
  let replaced: Array<unknown> | undefined
  for (let i = 0; i < next.length; i++) {
    const value = share(old[i], next[i])
    if (value !== old[i]) same = false
    if (value !== next[i]) (replaced ??= [...next])[i] = value
  }
  return same ? old : (replaced ?? next)
}

/** The value as it would come out of JSON text: no absent properties. The same reference when it is so already. */
export const withoutUndefined = (value: unknown): unknown => {
  if (Array.isArray(value)) {
    let replaced: Array<unknown> | undefined
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i] === undefined ? null : withoutUndefined(value[i])
      if (item !== value[i]) (replaced ??= [...value])[i] = item
    }
    return replaced ?? value
  }
  if (!isObject(value)) return value
  let replaced: { [key: string]: unknown } | undefined
  for (const key in value) {
    const part = value[key]
    if (part === undefined) {
      replaced ??= { ...value }
      delete replaced[key]
      continue
    }
    const plain = withoutUndefined(part)
    if (plain !== part) (replaced ??= { ...value })[key] = plain
  }
  return replaced ?? value
}
