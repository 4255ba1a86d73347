/** An object without the fields that have no value: what an optional field of a Kubernetes object looks like when absent. */
export type Present<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> }

export const present = <T extends { readonly [key: string]: unknown }>(fields: T): Present<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>
