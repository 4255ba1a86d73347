/** An object without the fields that have no value: what an optional field of a Kubernetes object looks like when absent. */
export type Present<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> }

export const present = <T extends { readonly [key: string]: unknown }>(fields: T): Present<T> => {
  const found: { [key: string]: unknown } = {}
  for (const key in fields) if (fields[key] !== undefined) found[key] = fields[key]
  // The fields of `fields`, but for those without a value.
  return found as Present<T>
}
