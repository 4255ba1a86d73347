/**
 * What the SDK throws, as the waist's error: AWS's code and words where AWS answered, `NetworkingError` where nobody did.
 *
 * Missing credentials are neither: the call never went out. They keep the SDK's code and get a remedy. Nothing of a request is
 * repeated in a message, since a request may hold user data.
 *
 * @source https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
import { awsError, type AwsError, type AwsServiceName, networkingError, noAnswer } from "@capstan/aws"

interface Thrown {
  readonly name?: unknown
  readonly message?: unknown
  /** The code of query protocols; of a socket, Node's. */
  readonly Code?: unknown
  readonly code?: unknown
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string }
  /** Whose fault it is: only errors that a service answered with have one. */
  readonly $fault?: unknown
}

const credentialsRemedy =
  "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is attached; `aws sts get-caller-identity` tells whether they work"

const textOf = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined)

export const fromSdk = (service: AwsServiceName, operation: string, thrown: unknown): AwsError => {
  const told = (typeof thrown === "object" && thrown !== null ? thrown : {}) as Thrown
  const name = textOf(told.name) ?? "Error"
  const status = told.$metadata?.httpStatusCode
  if (name === "CredentialsProviderError" || name === "TokenProviderError") {
    return awsError(service, operation, name, `there are no usable AWS credentials: ${credentialsRemedy}`, 0)
  }
  if (status === undefined || told.$fault === undefined) {
    // Node's code of a socket, or a body in no protocol of AWS's: somebody answered, and nobody knows what it did.
    const why = status === undefined ? (textOf(told.code) ?? name) : `an answer with HTTP ${status} that is not AWS's`
    return awsError(service, operation, networkingError, `${noAnswer(service, operation).message} (${why})`, 0)
  }
  const code = textOf(told.Code) ?? name
  return awsError(
    service,
    operation,
    code,
    textOf(told.message) ?? `AWS answered ${code} without a word`,
    status,
    told.$metadata?.requestId
  )
}
