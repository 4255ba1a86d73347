/** What the seeds of CI draw: the same every time, and something of everything. */
import { assert, describe, it } from "@effect/vitest"
import { inWords, killPlan, phases } from "./KillPlan.ts"

const plans = Array.from({ length: 20 }, (_, seed) => killPlan(seed))
const blows = plans.flatMap((plan) => phases.flatMap((phase) => plan.blows[phase]))

describe("the plans of 20 seeds", () => {
  it("are the same every time, and differ from each other", () => {
    assert.deepStrictEqual(
      plans,
      plans.map((_, seed) => killPlan(seed))
    )
    assert.strictEqual(new Set(plans.map((plan) => JSON.stringify(plan))).size, 20)
  })

  it("have a blow in every phase, and every kind of blow", () => {
    for (const plan of plans) for (const phase of phases) assert.isNotEmpty(plan.blows[phase])
    const seen = new Set(
      blows.flatMap(({ kind, moment, victims }) => [
        kind,
        victims,
        ...(moment.at === "time" ? ["time"] : [moment.server, moment.around])
      ])
    )
    for (const what of [
      "kill",
      "pause",
      "leader",
      "standby",
      "both",
      "time",
      "aws",
      "api",
      "before",
      "served",
      "answered"
    ]) {
      assert.isTrue(seen.has(what), what)
    }
    assert.isTrue(blows.some(({ moment }) => moment.at === "call" && moment.call === "RunInstances"))
  })

  it("can be told", () => {
    assert.strictEqual(
      inWords({
        kind: "kill",
        victims: "leader",
        moment: { at: "call", server: "aws", call: "RunInstances", nth: 1, around: "served" },
        restartSeconds: 0
      }),
      "kill -9 of the leader at RunInstances number 1, done, before its answer arrives"
    )
  })
})
