import { type AwsError, awsError } from "@capstan/aws"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import { limitOf, takeToken, withCallLimits } from "../src/CallLimits.ts"

describe("limitOf", () => {
  const cases = [
    { operation: "RunInstances", expected: { burst: 5, perSecond: 2 } },
    { operation: "DescribeInstances", expected: { burst: 100, perSecond: 20 } },
    { operation: "CreateSubnet", expected: { burst: 50, perSecond: 5 } }
  ]
  it.each(cases)("knows $operation", ({ expected, operation }) => assert.deepStrictEqual(limitOf(operation), expected))
})

describe("takeToken", () => {
  it.prop(
    "never lets more calls start in a time than the burst and what comes in meanwhile",
    { gaps: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 700 }))) },
    ({ gaps }) => {
      const limit = { burst: 3, perSecond: 2 }
      let bucket = { tokens: 3, at: 0 }
      let now = 0
      const starts: Array<number> = []
      for (const gap of gaps) {
        now += gap
        const taken = takeToken(bucket, limit, now)
        bucket = taken.bucket
        starts.push(now + taken.waitMillis)
      }
      for (const [index, start] of starts.entries()) {
        assert.isAtMost(index + 1, limit.burst + (start / 1000) * limit.perSecond + 1e-6)
      }
    }
  )
})

describe("withCallLimits", () => {
  const starts = (refuse: boolean) =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      const client = withCallLimits({
        runInstances: (_: object): Effect.Effect<void, AwsError> =>
          Effect.flatMap(Clock.currentTimeMillis, (now) => {
            seen.push(now)
            return refuse && seen.length === 1
              ? Effect.fail(awsError("ec2", "RunInstances", "RequestLimitExceeded", "slow down", 503))
              : Effect.void
          })
      })
      const calls = Effect.forEach(Array.from({ length: 7 }), () => Effect.ignore(client.runInstances({})))
      const fiber = yield* Effect.forkChild(calls)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
      return seen
    })

  it.effect("lets a burst through and spaces out the rest", () =>
    Effect.map(starts(false), (seen) => assert.deepStrictEqual(seen, [0, 0, 0, 0, 0, 500, 1000]))
  )

  it.effect("waits for new tokens once AWS says that it is too much", () =>
    Effect.map(starts(true), (seen) => assert.deepStrictEqual(seen, [0, 500, 1000, 1500, 2000, 2500, 3000]))
  )
})
