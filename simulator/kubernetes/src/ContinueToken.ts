/**
 * Where the next page of a list begins: the walk's version and the last key that was given.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
 * @fidelity observed kube-apiserver-1.36 — Every page shows the state of the first one's version.
 */
import { Result } from "effect"
import { Base64Url } from "effect/encoding"

export interface ContinuePoint {
  readonly version: number
  /** Store key of the last object given. */
  readonly after: string
}

export const continueToken = (point: ContinuePoint): string =>
  Base64Url.encode(JSON.stringify({ v: "meta.k8s.io/v1", rv: point.version, start: point.after }))

/** `null` when the token is not one of ours. */
export const parseContinueToken = (token: string): ContinuePoint | null => {
  const text = Base64Url.decodeString(token)
  if (Result.isFailure(text)) return null
  const fields = /^\{"v":"meta\.k8s\.io\/v1","rv":(\d+),"start":"([^"\\]*)"\}$/.exec(text.success)
  return fields === null ? null : { version: Number(fields[1]), after: fields[2] ?? "" }
}
