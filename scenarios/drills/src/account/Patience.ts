/**
 * Waiting for EC2: what was just made is not in sight yet, and what was just asked for is under way.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/query-api-troubleshooting.html#eventual-consistency
 */
import { type AwsError, awsError, type AwsServiceName, isNotFound, isThrottled, isUnknownOutcome } from "@capstan/aws"
import { Effect } from "effect"

const pauseMillis = 5000

/** Asks again every few seconds until there is an answer; fails with `TimeoutError` after `limitMillis`. */
export const until = <A, R>(
  what: string,
  ask: Effect.Effect<A | undefined, AwsError, R>,
  limitMillis = 10 * 60_000
): Effect.Effect<A, AwsError, R> =>
  Effect.gen(function* () {
    for (let waited = 0; ; waited += pauseMillis) {
      const answer = yield* ask
      if (answer !== undefined) return answer
      if (waited >= limitMillis) return yield* late("ec2", what, limitMillis)
      yield* Effect.sleep(pauseMillis)
    }
  })

const late = (service: AwsServiceName, what: string, millis: number): AwsError =>
  awsError(service, "Describe", "TimeoutError", `${what}: not so after ${millis / 1000} s`, 0)

/** Repeats a call for as long as it does not see yet what was just made, is throttled, or got no answer. For calls that may be repeated. */
export const patiently = <A, R>(
  call: Effect.Effect<A, AwsError, R>,
  limitMillis = 120_000
): Effect.Effect<A, AwsError, R> =>
  Effect.gen(function* () {
    for (let waited = 0; ; waited += pauseMillis) {
      const answer = yield* Effect.result(call)
      if (answer._tag === "Success") return answer.success
      const error = answer.failure
      const passes = isNotFound(error) || isThrottled(error) || isUnknownOutcome(error)
      if (!passes || waited >= limitMillis) return yield* error
      yield* Effect.sleep(pauseMillis)
    }
  })
