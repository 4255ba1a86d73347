/** Calls go out at once while there are tokens, then at the steady rate, in the order in which they came. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { makeTokenBucket } from "../src/TokenBucket.ts"

/** When each of `count` callers that came together was let through. */
const lettingThrough = (count: number) =>
  Effect.gen(function* () {
    const bucket = makeTokenBucket({ callsPerSecond: 10, burst: 2 })
    const times: Array<number> = []
    const callers = yield* Effect.forkChild(
      Effect.forEach(
        Array.from({ length: count }),
        () =>
          Effect.andThen(
            bucket.take,
            Effect.map(Clock.currentTimeMillis, (now) => void times.push(now))
          ),
        { concurrency: "unbounded", discard: true }
      )
    )
    yield* TestClock.adjust("10 seconds")
    yield* Fiber.join(callers)
    return { bucket, times }
  })

describe("TokenBucket", () => {
  it.effect("lets a burst through at once, the rest at the rate", () =>
    Effect.gen(function* () {
      const { times } = yield* lettingThrough(5)
      assert.deepStrictEqual(times, [0, 0, 100, 200, 300])
    })
  )

  it.effect("fills up again to the burst and no further", () =>
    Effect.gen(function* () {
      const { bucket } = yield* lettingThrough(5)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual([yield* bucket.take, yield* bucket.take], [0, 0])
      const third = yield* Effect.forkChild(bucket.take)
      yield* TestClock.adjust("100 millis")
      assert.strictEqual(yield* Fiber.join(third), 100)
    })
  )

  it.effect("gets back the token of a caller that gives up", () =>
    Effect.gen(function* () {
      const bucket = makeTokenBucket({ callsPerSecond: 10, burst: 1 })
      yield* bucket.take
      const impatient = yield* Effect.forkChild(bucket.take)
      yield* Effect.yieldNow
      yield* Fiber.interrupt(impatient)
      const patient = yield* Effect.forkChild(bucket.take)
      yield* TestClock.adjust("100 millis")
      assert.strictEqual(yield* Fiber.join(patient), 100)
    })
  )
})
