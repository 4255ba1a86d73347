/**
 * Which failed calls are made again, and after how long. Pure: the caller waits.
 *
 * A call that may have been carried out is only repeated where a repetition changes nothing: it reads, or it carries a client
 * token. "Too many requests" is a refusal, so anything may be repeated after it. The rest is for the controllers, which look
 * before they act again. The waits are the SDK's own standard ones; its own repeating is off.
 *
 * @source https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
import { type AwsError, isThrottled, isUnknownOutcome } from "@capstan/aws"

/** Attempts of one call, the first included. */
export const attemptsMax = 3

const baseMillis = 100
const throttledBaseMillis = 500
const waitMillisMax = 20_000

/** Whether a request carries a token by which AWS knows a repetition. */
const hasToken = (input: object): boolean =>
  ["ClientToken", "ClientRequestToken"].some((field) => typeof Reflect.get(input, field) === "string")

/** Whether the failed call may be made again at all. */
export const isRepeatable = (error: AwsError, mutating: boolean, input: object): boolean => {
  if (isThrottled(error)) return true
  const transient = isUnknownOutcome(error) || error.statusCode >= 500
  return transient && (!mutating || hasToken(input))
}

/** How long to wait before attempt number `next` (from 2), milliseconds; `chance` is from [0, 1). */
export const waitMillis = (error: AwsError, next: number, chance: number): number => {
  const base = isThrottled(error) ? throttledBaseMillis : baseMillis
  return Math.round(chance * Math.min(base * 2 ** (next - 2), waitMillisMax))
}
