import { Kernel } from "@capstan/kernel"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { RealTime } from "../../src/live/RealTime.ts"

/** A world of ticks, one every virtual second, driven by the test's clock. */
const ticking = (speed: number) =>
  Effect.gen(function* () {
    const kernel = new Kernel({ seed: 0, epochMillis: 0 })
    const ticks: Array<number> = []
    const ticker = kernel.component<"tick">({
      name: "ticker",
      handle: () => {
        ticks.push(kernel.now())
        ticker.after(1000, "tick")
      },
      save: () => null,
      restore: () => {}
    })
    ticker.after(1000, "tick")
    const time = new RealTime(kernel, speed)
    yield* Effect.forkScoped(time.run)
    yield* TestClock.adjust("0 millis")
    return { kernel, ticks, time }
  })

describe("RealTime", () => {
  it.effect("time in the world goes at the speed that was asked for", () =>
    Effect.gen(function* () {
      const { kernel, ticks } = yield* ticking(50)
      yield* TestClock.adjust("59 millis")
      assert.deepStrictEqual(ticks, [1000, 2000])
      yield* TestClock.adjust("41 millis")
      assert.deepStrictEqual(ticks, [1000, 2000, 3000, 4000, 5000])
      assert.isAtLeast(kernel.now(), 5000)
    })
  )

  it.effect("what is done between two steps is done at the world's present time", () =>
    Effect.gen(function* () {
      const { kernel, time } = yield* ticking(50)
      yield* TestClock.adjust("50 millis")
      const seen: Array<number> = []
      time.enter(() => seen.push(kernel.now()))
      yield* TestClock.adjust("1 millis")
      assert.lengthOf(seen, 1)
      assert.isAtLeast(seen[0] ?? 0, 2500)
    })
  )

  it.effect("what comes from outside happens at the world's present time and takes its time there", () =>
    Effect.gen(function* () {
      const { time } = yield* ticking(10)
      yield* TestClock.adjust("150 millis")
      const asked = yield* Effect.forkChild(
        time.within(
          Effect.gen(function* () {
            const began = yield* Clock.currentTimeMillis
            yield* Effect.sleep("3 seconds")
            return { began, ended: yield* Clock.currentTimeMillis }
          })
        )
      )
      yield* TestClock.adjust("299 millis")
      assert.isUndefined(asked.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* Fiber.join(asked), { began: 1500, ended: 4500 })
    })
  )

  it.effect("what has entered the world goes on when nobody waits for it any more", () =>
    Effect.gen(function* () {
      const { time } = yield* ticking(1)
      let done = false
      const asked = yield* Effect.forkChild(
        time.within(
          Effect.andThen(
            Effect.sleep("1 seconds"),
            Effect.sync(() => void (done = true))
          )
        )
      )
      yield* TestClock.adjust("500 millis")
      yield* Fiber.interrupt(asked)
      yield* TestClock.adjust("500 millis")
      assert.isTrue(done)
    })
  )

  it.effect("an error comes out as it was", () =>
    Effect.gen(function* () {
      const { time } = yield* ticking(1)
      const asked = yield* Effect.forkChild(Effect.exit(time.within(Effect.fail("no" as const))))
      yield* TestClock.adjust("0 millis")
      const exit = yield* Fiber.join(asked)
      assert.deepStrictEqual(Exit.isFailure(exit) && Cause.squash(exit.cause), "no")
    })
  )

  it.live("a world without timers waits for whoever comes", () =>
    Effect.gen(function* () {
      const kernel = new Kernel({ seed: 0, epochMillis: 0 })
      const time = new RealTime(kernel, 1000)
      yield* Effect.forkScoped(time.run)
      yield* Effect.sleep("5 millis")
      const at = yield* time.within(Effect.delay(Clock.currentTimeMillis, "1 seconds"))
      // Timers of the machine may be a millisecond early.
      assert.isAtLeast(at, 4000)
      assert.isAtMost(at, kernel.now())
    })
  )

  it.live("a world with too much to do goes slower and lets the process have its turn", () =>
    Effect.gen(function* () {
      const kernel = new Kernel({ seed: 0, epochMillis: 0, maxStepsPerInstant: 1_000_000 })
      let handled = 0
      const busy = kernel.component<"work">({
        name: "busy",
        handle: () => {
          for (let i = 0; i < 20_000; i++) handled += 1
          busy.after(1, "work")
        },
        save: () => null,
        restore: () => {}
      })
      busy.after(1, "work")
      const time = new RealTime(kernel, 1_000_000)
      yield* Effect.forkScoped(time.run)
      const answers = yield* Effect.forEach([1, 2, 3], (n) => time.within(Effect.succeed(n)))
      assert.deepStrictEqual(answers, [1, 2, 3])
      assert.isAbove(handled, 0)
    })
  )
})
