/**
 * ConversionReview (apiextensions.k8s.io/v1): objects in one version asked for in another, and our answer. Pure.
 *
 * The conversions are the kinds' own, which the simulated API calls in process; two older versions meet at the storage version.
 *
 * @source https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#webhook-request-and-response
 */
import { convertFromStorage, convertToStorage, isJsonObject, type KindRegistry, type Unstructured } from "@capstan/api"
import { Result, Schema } from "effect"

const ConversionReview = Schema.Struct({
  apiVersion: Schema.Literal("apiextensions.k8s.io/v1"),
  kind: Schema.Literal("ConversionReview"),
  request: Schema.Struct({
    uid: Schema.String,
    desiredAPIVersion: Schema.String,
    objects: Schema.Array(Schema.Record(Schema.String, Schema.Unknown))
  })
})

const convert = (kinds: KindRegistry, object: Unstructured, desired: string): Result.Result<Unstructured, string> => {
  const { apiVersion, kind: name } = object
  const what = `${String(name)} of ${String(apiVersion)}`
  const [group = "", version = ""] = desired.split("/")
  const kind = typeof name === "string" ? kinds.find({ group, kind: name }) : undefined
  const known = kind === undefined ? [] : [kind.version, ...kind.versions.map((each) => each.name)]
  if (kind === undefined || typeof apiVersion !== "string" || !known.some((each) => apiVersion === `${group}/${each}`))
    return Result.fail(`${what} is not converted to ${desired} here`)
  if (!isJsonObject(object["metadata"])) return Result.fail(`${what} has no metadata`)
  try {
    const converted = convertFromStorage(kind, convertToStorage(kind, object), version)
    if (converted === undefined) return Result.fail(`${what} is not written in ${desired}`)
    // Who converts may change labels and annotations; everything else stays as it came.
    const metadata = isJsonObject(converted["metadata"]) ? converted["metadata"] : {}
    const { annotations: _annotations, labels: _labels, ...own } = object["metadata"]
    const { annotations, labels } = metadata
    return Result.succeed({
      ...converted,
      metadata: {
        ...own,
        ...(labels === undefined ? {} : { labels }),
        ...(annotations === undefined ? {} : { annotations })
      }
    })
  } catch {
    return Result.fail(`${what} has not the shape of its version`)
  }
}

/** All objects or none: with one that cannot be converted the answer is a failure. Fails with what is wrong with the question. */
export const answerConversion = (kinds: KindRegistry, question: unknown): Result.Result<object, string> =>
  Result.map(
    Result.mapError(
      Schema.decodeUnknownResult(ConversionReview)(question),
      () => "this is no ConversionReview of apiextensions.k8s.io/v1 with a request"
    ),
    ({ request: { desiredAPIVersion, objects, uid } }) => {
      const all = Result.all(objects.map((object) => convert(kinds, object, desiredAPIVersion)))
      const response = Result.isSuccess(all)
        ? { uid, convertedObjects: all.success, result: { status: "Success" } }
        : { uid, convertedObjects: [], result: { status: "Failure", message: all.failure } }
      return { apiVersion: "apiextensions.k8s.io/v1", kind: "ConversionReview", response }
    }
  )
