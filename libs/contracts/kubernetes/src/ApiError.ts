/**
 * Everything a Kubernetes API call can answer instead of a result: the server's `Status`, or no answer at all.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/ and https://github.com/kubernetes/apimachinery pkg/api/errors
 */
import { Effect, Schema } from "effect"

/** The `reason` values of a Status that callers tell apart, with the HTTP code of each. */
export const statusCodes = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  ServerTimeout: 500,
  Timeout: 504,
  /** No answer: refused, reset, timed out on the way. The call may have been carried out. */
  Unreachable: 0
} as const

export type StatusReason = keyof typeof statusCodes

export const StatusCause = Schema.Struct({
  field: Schema.optionalKey(Schema.String),
  reason: Schema.optionalKey(Schema.String),
  message: Schema.String
})
export type StatusCause = typeof StatusCause.Type

export class ApiError extends Schema.TaggedError<ApiError>()("ApiError", {
  reason: Schema.Literals(Object.keys(statusCodes) as ReadonlyArray<StatusReason>),
  message: Schema.String,
  code: Schema.Int,
  kind: Schema.optionalKey(Schema.String),
  group: Schema.optionalKey(Schema.String),
  /** `details.name` of the Status. An error's own `name` is what it is printed by. */
  objectName: Schema.optionalKey(Schema.String),
  causes: Schema.optionalKey(Schema.Array(StatusCause)),
  retryAfterSeconds: Schema.optionalKey(Schema.Int),
  /** With `Unreachable`: somebody did answer, whose certificate is not trusted. Nothing was sent. */
  untrusted: Schema.optionalKey(Schema.Literal(true))
}) {}

/** Builds the error for a reason; the code follows from it. `details` as in a Status. */
export const apiError = (
  reason: StatusReason,
  message: string,
  details: {
    readonly kind?: string
    readonly group?: string
    readonly name?: string
    readonly causes?: ReadonlyArray<StatusCause>
    readonly retryAfterSeconds?: number
  } = {}
): ApiError => {
  const { name, ...others } = details
  const named = name === undefined ? {} : { objectName: name }
  return new ApiError({ reason, message, code: statusCodes[reason], ...others, ...named })
}

const ambiguous: ReadonlyArray<StatusReason> = [
  "Unreachable",
  "Timeout",
  "ServerTimeout",
  "InternalError",
  "ServiceUnavailable"
]

/** Whether the call may have been carried out all the same: with no answer, and with every answer that speaks of the server's own trouble. */
export const isAmbiguous = (error: ApiError): boolean => ambiguous.includes(error.reason)

/** Handles one or more reasons and lets every other failure pass. */
export const catchReason =
  <B, E2 = never, R2 = never>(
    reasons: StatusReason | ReadonlyArray<StatusReason>,
    handle: (error: ApiError) => Effect.Effect<B, E2, R2>
  ) =>
  <A, E, R>(effect: Effect.Effect<A, E | ApiError, R>): Effect.Effect<A | B, E | ApiError | E2, R | R2> =>
    Effect.catchIf(
      effect,
      (error): error is ApiError & (E | ApiError) =>
        error instanceof ApiError &&
        (typeof reasons === "string" ? error.reason === reasons : reasons.includes(error.reason)),
      handle
    ) as Effect.Effect<A | B, E | ApiError | E2, R | R2>
