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
  let result: { [key: string]: unknown } | undefined = base === target ? undefined : {}
  for (const key in patch) {
    const part = patch[key]
    if (part === undefined) continue
    if (part === null) {
      if (key in base) {
        result ??= { ...base }
        delete result[key]
      }
      continue
    }
    const value = applyMergePatch(base[key], part)
    if (value !== base[key]) (result ??= { ...base })[key] = value
  }
  return result ?? base
}

/** The merge patch that makes `next` of `old`, or `undefined` when they are equal. */
export const diffMergePatch = (old: unknown, next: unknown): unknown => {
  if (old === next) return undefined
  if (!isObject(old) || !isObject(next)) return equalJson(old, next) ? undefined : next
  const patch: { [key: string]: unknown } = {}
  let empty = true
  for (const key in next) {
    if (!(key in old)) patch[key] = next[key]
    else {
      const part = diffMergePatch(old[key], next[key])
      if (part === undefined) continue
      patch[key] = part
    }
    empty = false
  }
  for (const key in old) {
    if (key in next) continue
    patch[key] = null
    empty = false
  }
  return empty ? undefined : patch
}
