/** Reads of provider objects, whose shape only their provider knows: a value at a path, or nothing. Pure and total. */

export type Path = ReadonlyArray<string>

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const valueAt = (value: unknown, path: Path): unknown => {
  let at = value
  for (const key of path) {
    if (!isRecord(at)) return undefined
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
export const stringsAt = (value: unknown, path: Path): { readonly [key: string]: string } => {
  const found = valueAt(value, path)
  if (!isRecord(found)) return {}
  return Object.fromEntries(
    Object.entries(found).filter((entry): entry is [string, string] => typeof entry[1] === "string")
  )
}
