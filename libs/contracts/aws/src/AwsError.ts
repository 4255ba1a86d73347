/**
 * Everything an AWS call can answer instead of a result: AWS's error code, or no answer at all.
 *
 * One error for all services, told apart by `code`, as AWS itself does. The classes of codes that callers act upon
 * (absent, already there, throttled, …) are tables here, so that no controller keeps a list of its own.
 * Left out: retry advice. Retrying belongs to whoever calls.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 * @source https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/CommonErrors.html
 */
import { Effect, Schema } from "effect"

export const awsServices = ["ec2", "elb", "secretsmanager", "iam", "sts"] as const
export type AwsServiceName = (typeof awsServices)[number]

export class AwsError extends Schema.TaggedError<AwsError>()("AwsError", {
  service: Schema.Literals(awsServices),
  /** AWS's name for the operation, as `RunInstances`. */
  operation: Schema.String,
  /** AWS's error code, as `InvalidVpcID.NotFound`; `NetworkingError` when no answer came back. */
  code: Schema.String,
  message: Schema.String,
  /** HTTP status; 0 when no answer came back. */
  statusCode: Schema.Int,
  requestId: Schema.optionalKey(Schema.String)
}) {}

/** The code of a call whose answer never came: refused, reset, timed out on the way. It may have been carried out. */
export const networkingError = "NetworkingError"

/** The classes of error codes that a caller handles alike. Codes that belong to no class are plain refusals. */
export const errorClasses = {
  notFound: [
    "NatGatewayNotFound",
    "LoadBalancerNotFound",
    "TargetGroupNotFound",
    "ListenerNotFound",
    "NoSuchEntity",
    "NoSuchBucket",
    "NoSuchKey",
    "NotFound",
    "ParameterNotFound",
    "ResourceNotFoundException"
  ],
  alreadyExists: [
    "InvalidGroup.Duplicate",
    "InvalidPermission.Duplicate",
    "RouteAlreadyExists",
    "Resource.AlreadyAssociated",
    "DuplicateLoadBalancerName",
    "DuplicateTargetGroupName",
    "ResourceExistsException",
    "EntityAlreadyExists",
    "BucketAlreadyOwnedByYou",
    "ParameterAlreadyExists",
    "AlreadyExists"
  ],
  throttled: [
    "RequestLimitExceeded",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "SlowDown",
    "DependencyThrottle",
    "RequestThrottled"
  ],
  /** Refused because of another resource that is still there or still moving: the same call succeeds later. */
  dependency: [
    "DependencyViolation",
    "ResourceInUse",
    "ResourceInUseException",
    "InvalidIPAddress.InUse",
    "DeleteConflict",
    "IncorrectState",
    "IncorrectInstanceState"
  ],
  capacity: [
    "InsufficientInstanceCapacity",
    "InsufficientHostCapacity",
    "InsufficientFreeAddressesInSubnet",
    "MaxSpotInstanceCountExceeded",
    "Unsupported"
  ],
  quota: [
    "VcpuLimitExceeded",
    "InstanceLimitExceeded",
    "AddressLimitExceeded",
    "VpcLimitExceeded",
    "SubnetLimitExceeded",
    "InternetGatewayLimitExceeded",
    "NatGatewayLimitExceeded",
    "RouteTableLimitExceeded",
    "RouteLimitExceeded",
    "SecurityGroupLimitExceeded",
    "RulesPerSecurityGroupLimitExceeded",
    "SecurityGroupsPerInterfaceLimitExceeded",
    "TagLimitExceeded",
    "TooManyLoadBalancers",
    "TooManyTags",
    "LimitExceededException"
  ],
  unauthorized: ["UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "AuthFailure", "OptInRequired"],
  /** Nobody knows who is calling: no credentials (the SDK's words), or ones that are unknown, expired or signed wrongly. */
  credentials: [
    "CredentialsProviderError",
    "TokenProviderError",
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "MissingAuthenticationToken",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "IncompleteSignature"
  ],
  /** Nobody knows whether the call was carried out: read before repeating anything that is not idempotent. */
  unknownOutcome: [networkingError, "RequestTimeout", "TimeoutError"]
} as const

export type ErrorClass = keyof typeof errorClasses

const classOfCode: ReadonlyMap<string, ErrorClass> = new Map(
  (Object.keys(errorClasses) as Array<ErrorClass>).flatMap((name) =>
    errorClasses[name].map((code) => [code, name] as const)
  )
)

/**
 * The class of an error, or `undefined` for a plain refusal.
 *
 * EC2's many `Invalid….NotFound` codes are absent resources without standing in the table one by one. `AuthFailure`
 * on `ReleaseAddress` and `DisassociateAddress` is `dependency`: EC2 says it while another service still holds the address.
 */
export const errorClass = (error: AwsError): ErrorClass | undefined => {
  if (error.code === "InvalidPermission.NotFound" || error.code.endsWith(".NotFound")) return "notFound"
  if (error.code === "AuthFailure" && addressOperations.has(error.operation)) return "dependency"
  return classOfCode.get(error.code)
}

const addressOperations: ReadonlySet<string> = new Set(["ReleaseAddress", "DisassociateAddress"])

/** Whether the error carries one of these codes. */
export const isCode = (error: AwsError, ...codes: ReadonlyArray<string>): boolean => codes.includes(error.code)

export const isNotFound = (error: AwsError): boolean => errorClass(error) === "notFound"
export const isThrottled = (error: AwsError): boolean => errorClass(error) === "throttled"
export const isDependency = (error: AwsError): boolean => errorClass(error) === "dependency"
export const isCapacity = (error: AwsError): boolean => errorClass(error) === "capacity"
export const isQuota = (error: AwsError): boolean => errorClass(error) === "quota"
export const isUnauthorized = (error: AwsError): boolean => errorClass(error) === "unauthorized"
export const isUnknownOutcome = (error: AwsError): boolean => errorClass(error) === "unknownOutcome"

/** Builds the error that a service answers with; HTTP status 400 is what AWS gives to almost every refusal. */
export const awsError = (
  service: AwsServiceName,
  operation: string,
  code: string,
  message: string,
  statusCode = 400,
  requestId?: string
): AwsError =>
  new AwsError({
    service,
    operation,
    code,
    message,
    statusCode,
    ...(requestId === undefined ? {} : { requestId })
  })

/** The error of a call that went out and to which no answer came back. */
export const noAnswer = (service: AwsServiceName, operation: string): AwsError =>
  awsError(
    service,
    operation,
    networkingError,
    `No answer came back for ${operation}; it may have been carried out.`,
    0
  )

/** Handles one or more codes and lets every other failure pass. */
export const catchCode =
  <B, E2 = never, R2 = never>(
    codes: string | ReadonlyArray<string>,
    handle: (error: AwsError) => Effect.Effect<B, E2, R2>
  ) =>
  <A, E, R>(effect: Effect.Effect<A, E | AwsError, R>): Effect.Effect<A | B, E | AwsError | E2, R | R2> =>
    Effect.catchIf(
      effect,
      (error): error is AwsError & (E | AwsError) =>
        error instanceof AwsError && (typeof codes === "string" ? error.code === codes : codes.includes(error.code)),
      handle
    ) as Effect.Effect<A | B, E | AwsError | E2, R | R2>

/** Handles a whole class of codes and lets every other failure pass. */
export const catchClass =
  <B, E2 = never, R2 = never>(wanted: ErrorClass, handle: (error: AwsError) => Effect.Effect<B, E2, R2>) =>
  <A, E, R>(effect: Effect.Effect<A, E | AwsError, R>): Effect.Effect<A | B, E | AwsError | E2, R | R2> =>
    Effect.catchIf(
      effect,
      (error): error is AwsError & (E | AwsError) => error instanceof AwsError && errorClass(error) === wanted,
      handle
    ) as Effect.Effect<A | B, E | AwsError | E2, R | R2>
