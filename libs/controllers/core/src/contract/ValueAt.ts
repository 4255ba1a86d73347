/** Reads of provider objects, whose shape only their provider knows: a value at a path, or nothing. Pure and total. */

import { isJsonObject, type StringMap, stringsOf } from "@capstan/api"

export type Path = ReadonlyArray<string>

export const valueAt = (value: unknown, path: Path): unknown => {
  let at = value
  for (const key of path) {
    if (!isJsonObject(at)) return undefined
    at = at[key]
  }
  return at
}

/** The text there; `undefined` when it is missing, empty or no text. */
export const textAt = (value: unknown, path: Path): string | undefined => {
  const found = valueAt(value, path)
  return typeof found === "string" && found !== "" ? found : undefined
}

export const flagAt = (value: unknown, path: Path): boolean => valueAt(value, path) === true

export const countAt = (value: unknown, path: Path): number | undefined => {
  const found = valueAt(value, path)
  return typeof found === "number" ? found : undefined
}

export const listAt = (value: unknown, path: Path): ReadonlyArray<unknown> => {
  const found = valueAt(value, path)
  return Array.isArray(found) ? found : []
}

/** The strings of a map there; other values are left out. */
export const stringsAt = (value: unknown, path: Path): StringMap => stringsOf(valueAt(value, path))
