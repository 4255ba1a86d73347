/**
 * Reading and rebuilding plain JSON by dotted paths. Nothing is mutated; untouched parts are shared.
 *
 * Paths go through objects only; `[]` stands for every item of a list and is understood by `mapAt` alone.
 *
 * @source https://kubernetes.io/docs/reference/kubectl/jsonpath/
 */
import type { Unstructured } from "../Kind.ts"
import type { StringMap } from "../meta/ObjectMeta.ts"

export const isJsonObject = (value: unknown): value is Unstructured =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The strings of a map; other values, and what is no map, are left out. */
export const stringsOf = (value: unknown): StringMap =>
  isJsonObject(value)
    ? Object.fromEntries(
        Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string")
      )
    : {}

/** The object that the text is in JSON; undefined for any other text. */
export const parseJsonObject = (text: string | undefined): Unstructured | undefined => {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

export const getAt = (value: unknown, path: string): unknown => {
  let current = value
  for (const key of path.split(".")) {
    if (!isJsonObject(current)) return undefined
    current = current[key]
  }
  return current
}

const setKeys = (value: unknown, keys: ReadonlyArray<string>, leaf: unknown): unknown => {
  const [key, ...rest] = keys
  if (key === undefined) return leaf
  const before = isJsonObject(value) ? value : {}
  return { ...before, [key]: setKeys(before[key], rest, leaf) }
}

const asObject = (value: unknown): Unstructured => (isJsonObject(value) ? value : {})

/** The object with a value at the path; missing objects on the way are made. */
export const setAt = (object: Unstructured, path: string, leaf: unknown): Unstructured =>
  asObject(setKeys(object, path.split("."), leaf))

const withoutKey = (object: Unstructured, key: string): Unstructured => {
  const { [key]: _gone, ...rest } = object
  return rest
}

const removeKeys = (value: unknown, keys: ReadonlyArray<string>): unknown => {
  const [key, ...rest] = keys
  if (key === undefined || !isJsonObject(value) || !(key in value)) return value
  if (rest.length === 0) return withoutKey(value, key)
  const child = removeKeys(value[key], rest)
  if (child === value[key]) return value
  return isJsonObject(child) && Object.keys(child).length === 0 ? withoutKey(value, key) : { ...value, [key]: child }
}

/** The object without the value at the path, and without the objects that thereby become empty. */
export const removeAt = (object: Unstructured, path: string): Unstructured =>
  asObject(removeKeys(object, path.split(".")))

const mapKeys = (value: unknown, keys: ReadonlyArray<string>, change: (value: unknown) => unknown): unknown => {
  const [key, ...rest] = keys
  if (key === undefined) return change(value)
  if (key === "[]") return Array.isArray(value) ? value.map((item) => mapKeys(item, rest, change)) : value
  if (!isJsonObject(value) || value[key] === undefined) return value
  const next = mapKeys(value[key], rest, change)
  return next === value[key] ? value : { ...value, [key]: next }
}

/** The object with every value at the path changed; `[]` as a step goes through a list. */
export const mapAt = (object: Unstructured, path: string, change: (value: unknown) => unknown): Unstructured =>
  asObject(mapKeys(object, path.split("."), change))

/** The value without keys whose value is null, at any depth. In an API document null means absent. */
export const withoutNulls = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isJsonObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, child]) => child !== null && child !== undefined)
      .map(([key, child]) => [key, withoutNulls(child)])
  )
}

/** Whether two JSON values are equal. A field that is undefined is as good as absent. */
export const sameJson = (a: unknown, b: unknown): boolean => {
  if (a === b) return true
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => sameJson(item, b[index]))
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false
  for (const key in a) if (!sameJson(a[key], b[key])) return false
  for (const key in b) if (b[key] !== undefined && a[key] === undefined) return false
  return true
}

/**
 * Both sets of changes to `base`: where `mine` left it as it was, `theirs` counts, elsewhere `mine`.
 * Lists are merged item by item when all three are equally long, as one value otherwise.
 */
export const mergeChanges = (base: unknown, mine: unknown, theirs: unknown): unknown => {
  if (sameJson(base, mine)) return theirs
  if (isJsonObject(base) && isJsonObject(mine) && isJsonObject(theirs)) {
    const keys = new Set([...Object.keys(theirs), ...Object.keys(mine)])
    return Object.fromEntries(
      [...keys]
        .map((key) => [key, mergeChanges(base[key], mine[key], theirs[key])] as const)
        .filter(([, value]) => value !== undefined)
    )
  }
  if (Array.isArray(base) && Array.isArray(mine) && Array.isArray(theirs)) {
    return base.length === mine.length && mine.length === theirs.length
      ? mine.map((item, index) => mergeChanges(base[index], item, theirs[index]))
      : mine
  }
  return mine
}
