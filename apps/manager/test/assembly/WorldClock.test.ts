import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { worldClock } from "../../src/assembly/WorldClock.ts"

describe("worldClock", () => {
  it.live("goes as fast as the world, from the moment that both began", () =>
    Effect.gen(function* () {
      const startMillis = Date.now() - 1000
      const clock = worldClock({ speed: 60, startMillis })
      assert.closeTo(clock.currentTimeMillisUnsafe() - startMillis, 60_000, 6_000)
      const before = clock.currentTimeMillisUnsafe()
      yield* Effect.provideService(Effect.sleep("6 seconds"), Clock.Clock, clock)
      assert.isAtLeast(clock.currentTimeMillisUnsafe() - before, 5_900)
      assert.isBelow(Date.now() - startMillis, 5_000)
    })
  )
})
