/** JSON text as values that nobody can change: what the waist promises of every object that it hands out. */

/** Parses and freezes all the way down. Throws a `SyntaxError` when the text is no JSON. */
export const parseFrozen = (text: string): unknown => freeze(JSON.parse(text))

/** Freezes a value that came out of JSON. What is frozen already counts as frozen all the way down. */
export const freeze = <A>(value: A): A => {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value
  if (Array.isArray(value)) for (const item of value) freeze(item)
  else for (const key in value) freeze(value[key])
  return Object.freeze(value)
}

export const isJsonObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)
