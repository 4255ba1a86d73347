/**
 * Which failed calls are made again, and after how long. Pure: the caller waits.
 *
 * What was refused for being too much, or never sent, was not carried out, so anything may be repeated after it. A call that may
 * have been carried out is only repeated where a repetition changes nothing: it reads, it carries a client token, or AWS says
 * that doing it twice is doing it once. The rest is for the controllers, which look before they act again; so is a lack of
 * capacity, though it comes as a fault of the server. The waits are the SDK's own standard ones; its own repeating is off.
 *
 * @source https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 * @source https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
 * @source https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DeleteLoadBalancer.html
 */
import { type AwsError, isThrottled } from "@capstan/aws"
import type { Failed } from "./SdkError.ts"

/** Attempts of one call, the first included. */
export const attemptsMax = 3

const baseMillis = 100
const throttledBaseMillis = 500
const waitMillisMax = 20_000

/** Changes that AWS calls idempotent without a token. */
const twiceIsOnce: ReadonlySet<string> = new Set(["TerminateInstances", "DisassociateAddress", "DeleteLoadBalancer"])

/** Whether a request carries a token by which AWS knows a repetition. */
const hasToken = (input: object): boolean =>
  ["ClientToken", "ClientRequestToken"].some((field) => typeof Reflect.get(input, field) === "string")

/** Whether the failed call may be made again at all. */
export const isRepeatable = ({ error, outcome }: Failed, mutating: boolean, input: object): boolean => {
  if (isThrottled(error)) return true
  if (outcome === "refused") return false
  return outcome === "unsent" || !mutating || hasToken(input) || twiceIsOnce.has(error.operation)
}

/** How long to wait before attempt number `next` (from 2), milliseconds; `chance` is from [0, 1). */
export const waitMillis = (error: AwsError, next: number, chance: number): number => {
  const base = isThrottled(error) ? throttledBaseMillis : baseMillis
  return Math.round(chance * Math.min(base * 2 ** (next - 2), waitMillisMax))
}
