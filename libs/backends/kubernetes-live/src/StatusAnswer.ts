/**
 * A server's refusal as the error that controllers know: a `Status` document, or whatever stands between us and the server said.
 *
 * A reason that the waist does not tell apart becomes the general one of its HTTP code, so that nothing is lost but the nuance.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ and https://github.com/kubernetes/apimachinery pkg/api/errors
 */
import type { AnyKind } from "@capstan/api"
import { ApiError, type StatusCause, statusCodes, type StatusReason } from "@capstan/kubernetes"
import { isJsonObject } from "./FrozenJson.ts"

const isReason = (reason: unknown): reason is StatusReason =>
  typeof reason === "string" && Object.hasOwn(statusCodes, reason) && reason !== "Unreachable"

/** What an answer means that says nothing but its code. */
export const reasonOfCode = (code: number): StatusReason => {
  switch (code) {
    case 400:
      return "BadRequest"
    case 401:
      return "Unauthorized"
    case 403:
      return "Forbidden"
    case 404:
      return "NotFound"
    case 405:
      return "MethodNotAllowed"
    case 406:
      return "NotAcceptable"
    case 409:
      return "Conflict"
    case 410:
      return "Expired"
    case 413:
      return "RequestEntityTooLarge"
    case 415:
      return "UnsupportedMediaType"
    case 422:
      return "Invalid"
    case 429:
      return "TooManyRequests"
    case 503:
      return "ServiceUnavailable"
    case 504:
      return "Timeout"
    default:
      return code >= 500 ? "InternalError" : "BadRequest"
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined)

const wholeOf = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isInteger(value) ? value : undefined

const causesOf = (value: unknown): ReadonlyArray<StatusCause> | undefined => {
  if (!Array.isArray(value) || value.length === 0) return undefined
  return value.filter(isJsonObject).map((cause) => {
    const field = textOf(cause["field"])
    const reason = textOf(cause["reason"])
    return {
      message: textOf(cause["message"]) ?? "",
      ...(field === undefined ? {} : { field }),
      ...(reason === undefined ? {} : { reason })
    }
  })
}

/** The error in a `Status` document; `undefined` when the document is something else. */
export const errorOfStatus = (document: unknown, httpCode: number): ApiError | undefined => {
  if (!isJsonObject(document) || document["kind"] !== "Status") return undefined
  const code = wholeOf(document["code"]) ?? httpCode
  const reason = isReason(document["reason"]) ? document["reason"] : reasonOfCode(code)
  const details = isJsonObject(document["details"]) ? document["details"] : {}
  const kind = textOf(details["kind"])
  const group = textOf(details["group"])
  const name = textOf(details["name"])
  const causes = causesOf(details["causes"])
  const retryAfterSeconds = wholeOf(details["retryAfterSeconds"])
  return new ApiError({
    reason,
    code,
    message: textOf(document["message"]) ?? `the server answered with ${code} ${reason}`,
    ...(kind === undefined ? {} : { kind }),
    ...(group === undefined ? {} : { group }),
    ...(name === undefined ? {} : { objectName: name }),
    ...(causes === undefined ? {} : { causes }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds })
  })
}

/** A refusal without a `Status`: a group that is not served, a proxy in between. Its body is not repeated, it may be anything. */
export const errorOfCode = (
  code: number,
  kind: AnyKind | undefined,
  retryAfterSeconds: number | undefined
): ApiError => {
  const reason = reasonOfCode(code)
  const what = kind === undefined ? "" : ` (${kind.plural}${kind.group === "" ? "" : `.${kind.group}`}/${kind.version})`
  const message =
    code === 404
      ? `the server could not find the requested resource${what}: is its CustomResourceDefinition installed, in this version?`
      : code === 401
        ? "Unauthorized"
        : `the server, or a proxy before it, answered with ${code} and no Status${what}`
  return new ApiError({
    reason,
    code,
    message,
    ...(kind === undefined ? {} : { kind: kind.plural, ...(kind.group === "" ? {} : { group: kind.group }) }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds })
  })
}
