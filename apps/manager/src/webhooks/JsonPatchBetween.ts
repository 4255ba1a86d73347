/**
 * The JSON patch that makes one document out of another. Pure.
 *
 * Lists that differ in length are replaced whole: what defaulting changes in them is small.
 *
 * @source https://www.rfc-editor.org/rfc/rfc6902
 */
import { isJsonObject } from "@capstan/api"
import type { JsonPatchOperation } from "@capstan/kubernetes"

const below = (path: string, key: string): string => `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`

/** Empty when both are the same. */
export const jsonPatchBetween = (before: unknown, after: unknown, path = ""): ReadonlyArray<JsonPatchOperation> => {
  if (before === after) return []
  if (isJsonObject(before) && isJsonObject(after)) {
    const gone = Object.keys(before).filter((key) => after[key] === undefined)
    const kept = Object.entries(after).filter(([, value]) => value !== undefined)
    return [
      ...gone.map((key) => ({ op: "remove" as const, path: below(path, key) })),
      ...kept.flatMap(([key, value]): ReadonlyArray<JsonPatchOperation> =>
        Object.hasOwn(before, key)
          ? jsonPatchBetween(before[key], value, below(path, key))
          : [{ op: "add", path: below(path, key), value }]
      )
    ]
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length)
    return after.flatMap((value, index) => jsonPatchBetween(before[index], value, `${path}/${index}`))
  return [{ op: "replace", path, value: after }]
}
