/**
 * Request limits: token buckets for every operation of the account in its region.
 *
 * A call takes one token from its operation's request bucket, and for a few operations as many from a resource bucket as
 * resources are affected; both must hold enough. A refused call takes nothing. Buckets fill continuously.
 *
 * @fidelity documented https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html — EC2 bucket sizes, refill rates and resource buckets.
 * @fidelity documented https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html — Secrets Manager rates.
 * @fidelity observed — Classic load balancer budgets; AWS publishes none.
 * @fidelity assumed — A refused call costs nothing; IAM and STS are never throttled at these rates.
 * @source https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
 */

export interface Bucket {
  /** Tokens the bucket holds when full. */
  readonly size: number
  readonly refillPerSecond: number
}

export interface BucketLevel {
  readonly tokens: number
  /** When the level was taken, in virtual milliseconds. */
  readonly at: number
}

/** The level after taking `cost` tokens, or `undefined` when there are too few. A bucket never used is full. */
export const take = (
  bucket: Bucket,
  level: BucketLevel | undefined,
  now: number,
  cost: number
): BucketLevel | undefined => {
  const tokens =
    level === undefined
      ? bucket.size
      : Math.min(bucket.size, level.tokens + ((now - level.at) * bucket.refillPerSecond) / 1000)
  return tokens < cost ? undefined : { tokens: tokens - cost, at: now }
}

const bucket = (size: number, refillPerSecond: number): Bucket => ({ size, refillPerSecond })

const ec2Buckets: { readonly [operation: string]: Bucket } = {
  RunInstances: bucket(5, 2),
  StartInstances: bucket(5, 2),
  TerminateInstances: bucket(100, 5),
  CreateTags: bucket(100, 10),
  DeleteTags: bucket(100, 10),
  CreateNatGateway: bucket(10, 1),
  DeleteNatGateway: bucket(10, 1),
  ModifyNetworkInterfaceAttribute: bucket(100, 5)
}

/** Describes that cost more when nothing narrows them: no filter, no ids, no page size. */
const unfilteredOperations: ReadonlySet<string> = new Set([
  "DescribeInstances",
  "DescribeInstanceStatus",
  "DescribeNetworkInterfaces",
  "DescribeSecurityGroups"
])

const narrowing: ReadonlyArray<string> = [
  "Filters",
  "MaxResults",
  "InstanceIds",
  "NetworkInterfaceIds",
  "GroupIds",
  "GroupNames"
]

const narrowed = (request: object): boolean =>
  narrowing.some((key) => {
    const value: unknown = Reflect.get(request, key)
    return Array.isArray(value) ? value.length > 0 : value !== undefined
  })

/** The request bucket of a call: a name to keep its level under, and its size. `undefined`: not limited. */
export const requestBucket = (
  service: string,
  operation: string,
  request: object
): { readonly name: string; readonly bucket: Bucket } | undefined => {
  const reading = /^(Describe|Get|List)/.test(operation)
  if (service === "ec2") {
    if (unfilteredOperations.has(operation) && !narrowed(request)) {
      return { name: `ec2.${operation}/unfiltered`, bucket: bucket(50, 10) }
    }
    return { name: `ec2.${operation}`, bucket: ec2Buckets[operation] ?? (reading ? bucket(100, 20) : bucket(50, 5)) }
  }
  if (service === "elb") return { name: `elb.${operation}`, bucket: reading ? bucket(40, 20) : bucket(20, 5) }
  if (service === "secretsmanager") {
    return operation === "GetSecretValue"
      ? { name: "secretsmanager.GetSecretValue", bucket: bucket(10_000, 10_000) }
      : { name: "secretsmanager.management", bucket: bucket(50, 50) }
  }
  return undefined
}

/** The resource bucket of an operation. */
export const resourceBuckets: { readonly [operation: string]: Bucket } = {
  RunInstances: bucket(1000, 2),
  StartInstances: bucket(1000, 2),
  TerminateInstances: bucket(1000, 20),
  StopInstances: bucket(1000, 20)
}

/** How a service says that it was asked too often. */
export const throttledAnswer = (
  service: string
): { readonly code: string; readonly message: string; readonly statusCode: number } =>
  service === "ec2"
    ? { code: "RequestLimitExceeded", message: "Request limit exceeded.", statusCode: 503 }
    : service === "elb"
      ? { code: "Throttling", message: "Rate exceeded", statusCode: 400 }
      : { code: "ThrottlingException", message: "Rate exceeded", statusCode: 400 }
