/**
 * The `Accept` header: which of the forms that the server can give a caller would like best.
 *
 * Entries are taken in their order; quality values count for nothing, as nobody who calls this API sends them.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources
 * @fidelity observed kube-apiserver-1.36 — Mixed lists, transformations that cannot be made are passed over.
 */
import { apiError, type ApiError } from "@capstan/kubernetes"
import { Result } from "effect"

/** How objects are shown. */
export type Representation = "Object" | "Table" | "PartialObjectMetadata"

interface MediaRange {
  readonly type: string
  readonly parameters: { readonly [name: string]: string }
}

/** A header longer than this is cut: the rest is nobody's first choice. Characters. */
const lengthMax = 4096

const rangesOf = (header: string): ReadonlyArray<MediaRange> =>
  header
    .slice(0, lengthMax)
    .split(",")
    .map((entry) => {
      const [type = "", ...parameters] = entry.split(";").map((part) => part.trim())
      const pairs = parameters.map((parameter): [string, string] => {
        const at = parameter.indexOf("=")
        return at === -1 ? [parameter, ""] : [parameter.slice(0, at), parameter.slice(at + 1)]
      })
      return { type: type.toLowerCase(), parameters: Object.fromEntries(pairs) }
    })
    .filter(({ type }) => type !== "")

const isJson = (type: string): boolean => type === "application/json" || type === "application/*" || type === "*/*"

const shown: { readonly [as: string]: Representation } = {
  Table: "Table",
  PartialObjectMetadata: "PartialObjectMetadata",
  PartialObjectMetadataList: "PartialObjectMetadata"
}

/** How to show objects to who sent this header. */
export const acceptedRepresentation = (header: string | undefined): Result.Result<Representation, ApiError> => {
  const ranges = rangesOf(header ?? "*/*")
  if (ranges.length === 0) return Result.succeed("Object")
  for (const { parameters, type } of ranges) {
    if (!isJson(type)) continue
    const { as, g, v } = parameters
    if (as === undefined) return Result.succeed("Object")
    const representation = shown[as]
    if (representation !== undefined && g === "meta.k8s.io" && v === "v1") return Result.succeed(representation)
  }
  return Result.fail(apiError("NotAcceptable", "only the following media types are accepted: application/json"))
}

/** Whether discovery may be given as one document. */
export const acceptsAggregatedDiscovery = (header: string | undefined): boolean => {
  for (const { parameters, type } of rangesOf(header ?? "")) {
    if (!isJson(type)) continue
    if (parameters["as"] === undefined) return false
    if (parameters["as"] === "APIGroupDiscoveryList" && parameters["v"] === "v2") return true
  }
  return false
}
