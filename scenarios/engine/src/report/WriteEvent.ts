/**
 * What a write's event says: the kind that was written, the fields of its patch and the conditions among them. Pure.
 *
 * A trace may come from a file and hold anything: what is not as expected reads as nothing.
 */
export type Fields = { readonly [name: string]: unknown }

/** The fields of an object; none of anything else. */
export const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {}

/** `Machine` of `Machine.cluster.x-k8s.io`. */
export const kindOf = (resource: unknown): string => String(resource).split(".")[0] ?? ""

/** A condition as text; empty what it does not say. */
export interface ConditionFields {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

/** The conditions of an object, or of a patch, which names all of them when one has changed. */
export const conditionsIn = (object: unknown): ReadonlyArray<ConditionFields> => {
  const { conditions } = fieldsOf(fieldsOf(object)["status"])
  if (!Array.isArray(conditions)) return []
  return conditions.map(fieldsOf).map(({ message, reason, status, type }) => ({
    type: String(type),
    status: String(status),
    reason: typeof reason === "string" ? reason : "",
    message: typeof message === "string" ? message : ""
  }))
}
