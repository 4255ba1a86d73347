/**
 * JSON merge patch, both ways: apply one, and find the one that leads from a value to another.
 *
 * Applying shares every part that the patch leaves alone; finding skips parts that are the same reference. A patch has no
 * way to set a null, so the difference between values that hold nulls inside objects loses them, as RFC 7386 says.
 *
 * @source https://www.rfc-editor.org/rfc/rfc7386
 * @fidelity documented https://www.rfc-editor.org/rfc/rfc7386 — Objects merge, null deletes, everything else replaces whole.
 */
import { equalJson, isObject, type JsonObject } from "./FrozenValue.ts"

/** The target after the patch; the same reference when the patch changes nothing by reference. */
export const applyMergePatch = (target: unknown, patch: unknown): unknown => {
  if (!isObject(patch)) return patch
  const base: JsonObject = isObject(target) ? target : {}
  let result: Changing | undefined = base === target ? undefined : {}
  for (const key in patch) {
    const part = patch[key]
    if (part === undefined) continue
    const there = Object.hasOwn(base, key)
    if (part === null) {
      if (there) delete (result ??= { ...base })[key]
      continue
    }
    const before = there ? base[key] : undefined
    const value = applyMergePatch(before, part)
    if (value !== before) put((result ??= { ...base }), key, value)
  }
  return result ?? base
}

/** The merge patch that makes `next` of `old`, or `undefined` when they are equal. */
export const diffMergePatch = (old: unknown, next: unknown): unknown => {
  if (old === next) return undefined
  if (!isObject(old) || !isObject(next)) return equalJson(old, next) ? undefined : next
  const patch: Changing = {}
  let empty = true
  for (const key in next) {
    const part = Object.hasOwn(old, key) ? diffMergePatch(old[key], next[key]) : next[key]
    if (part === undefined) continue
    put(patch, key, part)
    empty = false
  }
  for (const key in old) {
    if (Object.hasOwn(next, key)) continue
    put(patch, key, null)
    empty = false
  }
  return empty ? undefined : patch
}

type Changing = { [key: string]: unknown }

/** A field may be called `__proto__`: assigning to that would do something else. */
const put = (object: Changing, key: string, value: unknown): void => {
  if (key !== "__proto__") object[key] = value
  else Object.defineProperty(object, key, { value, configurable: true, enumerable: true, writable: true })
}
