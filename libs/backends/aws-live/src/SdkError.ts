/**
 * What the SDK throws, as the waist's error, and what is known of whether the call was carried out.
 *
 * AWS's code where AWS answered (`LoadBalancerNotFound`, where the SDK's class has another name), `NetworkingError` where nobody
 * did, the SDK's own code where there are no credentials, and a remedy where there is one. Nothing secret gets through: not the
 * request's user data or secret, not what a credential process printed, not the headers that AWS repeats when a signature is wrong.
 *
 * @source https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 * @source https://nodejs.org/api/errors.html#common-system-errors
 */
import {
  awsError,
  type AwsError,
  type AwsServiceName,
  isCapacity,
  isQuota,
  isThrottled,
  isUnknownOutcome,
  networkingError,
  noAnswer
} from "@capstan/aws"

/** One try of a call that did not succeed. */
export interface Failed {
  readonly error: AwsError
  /**
   * - `refused`: AWS said no and did nothing, or there was nobody to sign the call;
   * - `unsent`: no connection came about, so nothing was done;
   * - `unknown`: nobody answered, or AWS failed on its side: it may have been carried out.
   */
  readonly outcome: "refused" | "unsent" | "unknown"
}

/** Which call it was. */
export interface Called {
  readonly service: AwsServiceName
  readonly operation: string
  readonly input: object
}

/** Sorts what the SDK threw. */
export const fromSdk = (called: Called, thrown: unknown): Failed => {
  const { operation, service } = called
  const name = textAt(thrown, "name") ?? "Error"
  if (credentialsTrouble.has(name) || textAt(thrown, "message") === "Resolved credential object is not valid") {
    const code = credentialsTrouble.has(name) ? name : "CredentialsProviderError"
    return { error: awsError(service, operation, code, credentialsRemedy(), 0), outcome: "refused" }
  }
  const metadata = at(thrown, "$metadata")
  const status = at(metadata, "httpStatusCode")
  if (typeof status !== "number") return withoutAnswer(called, name, thrown)
  // Only errors that a service answered with say whose fault it is. Another body is in no protocol of AWS's.
  if (at(thrown, "$fault") === undefined) return silent(called, `an answer with HTTP ${status} that is not AWS's`)
  const code = textAt(thrown, "Code") ?? textAt(at(thrown, "Error"), "Code") ?? name
  const message = messageOf(called, code, textAt(thrown, "message"))
  const error = awsError(service, operation, code, message, status, textAt(metadata, "requestId"))
  return { error, outcome: isUnknownOutcome(error) || isTroubleOfAws(error) ? "unknown" : "refused" }
}

/** Nothing came back in time. */
export const late = (called: Called, seconds: number): Failed => silent(called, `deadline of ${seconds} s`)

const silent = ({ operation, service }: Called, why: string): Failed => ({
  error: awsError(service, operation, networkingError, `${noAnswer(service, operation).message} (${why})`, 0),
  outcome: "unknown"
})

/** Lack of capacity and too many calls have status 5xx, too, and are refusals. */
const isTroubleOfAws = (error: AwsError): boolean =>
  error.statusCode >= 500 && !isCapacity(error) && !isQuota(error) && !isThrottled(error)

const withoutAnswer = (called: Called, name: string, thrown: unknown): Failed => {
  // A name with several addresses fails with one error for each.
  const several = at(thrown, "errors")
  const causes: ReadonlyArray<unknown> = Array.isArray(several) && several.length > 0 ? several : [thrown]
  const [first] = causes
  const code = textAt(first, "code")
  if (!causes.every((cause) => beforeSending.has(textAt(cause, "syscall") ?? ""))) return silent(called, code ?? name)
  const { operation, service } = called
  const port = at(first, "port")
  const host = textAt(first, "hostname") ?? textAt(first, "address") ?? "the endpoint"
  const place = typeof port === "number" ? `${host}:${port}` : host
  const message = `${operation} was not sent: no connection to ${place} (${code ?? name}); check the endpoint, the region and the network`
  return { error: awsError(service, operation, networkingError, message, 0), outcome: "unsent" }
}

/** What a socket does before the first byte of a request leaves. */
const beforeSending: ReadonlySet<string> = new Set(["connect", "getaddrinfo"])

const credentialsTrouble: ReadonlySet<string> = new Set([
  "CredentialsProviderError",
  "TokenProviderError",
  "ProviderError"
])

const waysToCredentials =
  "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is attached; `aws sts get-caller-identity` tells whether they work"

const credentialsRemedy = (): string => {
  const { AWS_ACCESS_KEY_ID, AWS_PROFILE, AWS_SECRET_ACCESS_KEY } = process.env
  const has = (value: string | undefined) => value !== undefined && value !== ""
  if (has(AWS_ACCESS_KEY_ID) !== has(AWS_SECRET_ACCESS_KEY)) {
    const [set, missing] = has(AWS_ACCESS_KEY_ID)
      ? ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
      : ["AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"]
    return `there are no usable AWS credentials: ${set} is set without ${missing}; set both, or neither`
  }
  const profile = has(AWS_PROFILE)
    ? `the profile "${AWS_PROFILE}" of AWS_PROFILE has none, or they have expired (\`aws sso login\` renews them); `
    : ""
  return `there are no usable AWS credentials: ${profile}${waysToCredentials}`
}

const expired = "the credentials have expired: renew them (`aws sso login`, or a new session token)"
const unknownKeys =
  "AWS does not know the credentials: check the access key, the session token that belongs to it, and that they are of the region's partition"
const remedies: ReadonlyMap<string, string> = new Map([
  ["ExpiredToken", expired],
  ["ExpiredTokenException", expired],
  ["RequestExpired", `${expired}; or this machine's clock is off`],
  ["InvalidClientTokenId", unknownKeys],
  ["UnrecognizedClientException", unknownKeys],
  ["AuthFailure", unknownKeys],
  ["OptInRequired", "the account is not signed up for this service or region: enable it in the account's settings"]
])

/** For these AWS repeats the headers that it has signed itself, session token and all. */
const repeatsHeaders: ReadonlySet<string> = new Set([
  "SignatureDoesNotMatch",
  "InvalidSignatureException",
  "IncompleteSignature"
])

const messageOf = ({ input, operation }: Called, code: string, told: string | undefined): string => {
  if (repeatsHeaders.has(code)) {
    return "AWS does not accept the signature: the secret access key is not the access key's, or this machine's clock is off"
  }
  const words = secretsOf(input).reduce(
    (text, secret) => text.replaceAll(secret, "…"),
    told ?? `AWS answered ${code} without a word`
  )
  const remedy = remedies.get(code)
  // On addresses it says that another service still holds them, and nothing of credentials.
  const aboutAddress = code === "AuthFailure" && /^(?:Release|Disassociate)Address$/.test(operation)
  return remedy === undefined || aboutAddress ? words : `${words} (${remedy})`
}

/** What stands in a request and may stand nowhere else. */
const secretsOf = (input: object): ReadonlyArray<string> =>
  ["UserData", "SecretString"].flatMap((field) => textAt(input, field) ?? [])

const at = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined

const textAt = (value: unknown, key: string): string | undefined => {
  const text = at(value, key)
  return typeof text === "string" && text !== "" ? text : undefined
}
