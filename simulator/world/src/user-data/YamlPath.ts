/** Reads single values out of parsed YAML, without trusting its shape. Pure. */
import type { YamlValue } from "./YamlReader.ts"

type Maybe = YamlValue | undefined

/** The value under a path of keys; `undefined` where it ends early. */
export const valueAt = (value: Maybe, ...path: ReadonlyArray<string>): Maybe => {
  let current = value
  for (const key of path) {
    if (typeof current !== "object" || current === null || isList(current)) return undefined
    current = current[key]
  }
  return current
}

export const isList = (value: Maybe): value is ReadonlyArray<YamlValue> => Array.isArray(value)

/** Text, or a number or boolean as text; `undefined` when it is none of these or empty. */
export const textAt = (value: Maybe, ...path: ReadonlyArray<string>): string | undefined => {
  const found = valueAt(value, ...path)
  if (typeof found === "number" || typeof found === "boolean") return String(found)
  return typeof found === "string" && found !== "" ? found : undefined
}

/** The items of a list; none when it is no list. */
export const listAt = (value: Maybe, ...path: ReadonlyArray<string>): ReadonlyArray<YamlValue> => {
  const found = valueAt(value, ...path)
  return isList(found) ? found : []
}

/** Whether something other than null is there. */
export const isSetAt = (value: Maybe, ...path: ReadonlyArray<string>): boolean => {
  const found = valueAt(value, ...path)
  return found !== undefined && found !== null
}
