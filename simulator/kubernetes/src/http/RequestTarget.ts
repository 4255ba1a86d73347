/**
 * A request's path read as what it is about: one of the server's own documents, or objects of a kind.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
 * @fidelity observed kube-apiserver-1.36 — `Namespace` shares its path with everything that is in a namespace.
 */
import type { ServedKind, ServedKinds } from "./ServedKinds.ts"

/** Objects of one kind: a collection, or with a name one of them. */
export interface ResourceTarget {
  readonly _tag: "Resource"
  readonly served: ServedKind
  /** Empty: all namespaces, or a kind without. */
  readonly namespace: string
  readonly name: string | undefined
  readonly subresource: string | undefined
}

/** What the server says of itself: discovery, health, version, schemas; or what it only answers to. */
export interface DocumentTarget {
  readonly _tag: "Document"
  /** Not empty; decoded. */
  readonly segments: ReadonlyArray<string>
}

/** A path in a group and version of which there is no such resource. */
export interface UnknownTarget {
  readonly _tag: "Unknown"
  readonly segments: ReadonlyArray<string>
}

export type RequestTarget = ResourceTarget | DocumentTarget | UnknownTarget

const namespaceSubresources = ["status", "finalize"]

/** `undefined` when the path is no path. */
export const requestTarget = (path: string, served: ServedKinds): RequestTarget | undefined => {
  const segments = segmentsOf(path)
  if (segments === undefined) return undefined
  const [root, ...rest] = segments
  if (root === "api" && rest.length >= 2) return inVersion("", rest[0] ?? "", rest.slice(1), segments, served)
  if (root === "apis" && rest.length >= 3) {
    return inVersion(rest[0] ?? "", rest[1] ?? "", rest.slice(2), segments, served)
  }
  return { _tag: "Document", segments }
}

const segmentsOf = (path: string): ReadonlyArray<string> | undefined => {
  if (!path.startsWith("/")) return undefined
  try {
    const segments = path.slice(1).split("/").map(decodeURIComponent)
    if (segments.at(-1) === "") segments.pop()
    return segments.includes("") ? undefined : segments
  } catch {
    return undefined
  }
}

const inVersion = (
  group: string,
  version: string,
  rest: ReadonlyArray<string>,
  segments: ReadonlyArray<string>,
  kinds: ServedKinds
): RequestTarget => {
  const [first = "", second, third] = rest
  const isInNamespace =
    first === "namespaces" &&
    third !== undefined &&
    !(group === "" && namespaceSubresources.includes(third) && rest.length === 3)
  const [resource = "", name, subresource, ...more] = isInNamespace ? rest.slice(2) : rest
  const served = kinds.find(group, version, resource)
  const namespace = isInNamespace ? (second ?? "") : ""
  const fits = served !== undefined && more.length === 0 && isPlace(served, namespace, name)
  return fits ? { _tag: "Resource", served, namespace, name, subresource } : { _tag: "Unknown", segments }
}

/** Objects of a cluster-scoped kind are in no namespace, single ones of the others in one. */
const isPlace = ({ kind }: ServedKind, namespace: string, name: string | undefined): boolean =>
  kind.scope === "Cluster" ? namespace === "" : namespace !== "" || name === undefined
