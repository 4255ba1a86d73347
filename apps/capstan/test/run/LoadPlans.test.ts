import { ExitCode } from "@capstan/command-line"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { runnablePlan } from "../../src/run/LoadPlans.ts"
import { plan as aPlan } from "../report/Canned.ts"

const any = { scenario: undefined, pins: {} }

describe("runnablePlan", () => {
  it.effect("gives the one plan that can run", () =>
    Effect.gen(function* () {
      const plan = aPlan()
      assert.strictEqual(yield* runnablePlan([plan], any), plan)
    })
  )

  it.effect("says what a plan lacks, with code 3", () =>
    Effect.gen(function* () {
      const { code, message } = yield* Effect.flip(runnablePlan([aPlan({ lacking: ["node.health"] })], any))
      assert.strictEqual(code, ExitCode.cannotRun)
      assert.match(message, /cannot run: the simulator lacks node\.health\.$/)
    })
  )

  it.effect("asks for a choice where there are more, with code 2", () =>
    Effect.gen(function* () {
      const plans = [aPlan(), aPlan({ name: "another" })]
      const { code, message } = yield* Effect.flip(runnablePlan(plans, any))
      assert.strictEqual(code, ExitCode.usage)
      assert.include(message, "--scenario")
    })
  )
})
