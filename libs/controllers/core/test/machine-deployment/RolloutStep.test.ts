import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  resolveUnavailableMax,
  rolloutStep,
  type RolloutInput,
  type SetCounts
} from "../../src/machine-deployment/RolloutStep.ts"

const set = (name: string, wanted: number, existing = wanted, available = existing): SetCounts => ({
  name,
  wanted,
  existing,
  available
})

const base: RolloutInput = {
  desired: 3,
  surgeMax: 1,
  unavailableMax: 0,
  current: set("new", 0),
  outdated: [set("old", 3)]
}

const cases: ReadonlyArray<{ rule: string; given: RolloutInput; expected: ReadonlyArray<number> }> = [
  { rule: "surges by one before it removes anything", given: base, expected: [1, 3] },
  {
    rule: "without surge, gives up one Machine first",
    given: { ...base, surgeMax: 0, unavailableMax: 1 },
    expected: [0, 2]
  },
  {
    rule: "stands still while the new Machine is not available",
    given: { ...base, current: set("new", 1, 1, 0) },
    expected: [1, 3]
  },
  {
    rule: "removes an old one once the new one is available",
    given: { ...base, current: set("new", 1) },
    expected: [1, 2]
  },
  {
    rule: "counts a Machine that is still being deleted against the ceiling",
    given: { ...base, current: set("new", 1), outdated: [set("old", 2, 3, 2)] },
    expected: [1, 2]
  },
  {
    rule: "drops the current set to the wished number at once, whatever is available",
    given: { ...base, desired: 1, current: set("new", 3, 3, 0), outdated: [] },
    expected: [1]
  },
  {
    rule: "shrinks the oldest set first",
    given: { ...base, desired: 6, surgeMax: 3, unavailableMax: 1, outdated: [set("a", 3), set("b", 3)] },
    expected: [3, 2, 3]
  },
  {
    rule: "assumes that a set with broken Machines deletes a good one, unless nothing else moves",
    given: { ...base, current: set("new", 1), outdated: [set("old", 3, 3, 2)] },
    expected: [1, 2]
  },
  {
    rule: "removes a set without any available Machine below the floor's reach",
    given: { ...base, desired: 3, surgeMax: 3, current: set("new", 3), outdated: [set("old", 3, 3, 0)] },
    expected: [3, 0]
  },
  { rule: "empties everything when nothing is desired", given: { ...base, desired: 0 }, expected: [0, 0] }
]

describe("rolloutStep", () => {
  it.each(cases)("$rule", ({ expected, given }) => {
    assert.deepStrictEqual(
      rolloutStep(given).map((intent) => intent.to),
      expected
    )
  })

  const count = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 8 })))
  const rollout = Schema.Struct({
    desired: count,
    surge: count,
    unavailable: count,
    oldA: count,
    oldB: count,
    brokenA: count
  })
  type Rollout = typeof rollout.Type

  const start = (given: Rollout): RolloutInput => ({
    desired: given.desired,
    surgeMax: given.surge,
    unavailableMax: resolveUnavailableMax({
      desired: given.desired,
      surgeMax: given.surge,
      unavailableMax: given.unavailable
    }),
    current: set("new", 0),
    outdated: [set("a", given.oldA, given.oldA, Math.max(given.oldA - given.brokenA, 0)), set("b", given.oldB)]
  })

  /** The sets do as they were told at once; new Machines become available, broken ones leave last. */
  const obey = (input: RolloutInput): RolloutInput => {
    const [current, ...outdated] = rolloutStep(input)
    return {
      ...input,
      current: set("new", current?.to ?? 0),
      outdated: input.outdated.map((old, index) => {
        const to = outdated[index]?.to ?? 0
        return set(old.name, to, to, Math.max(0, Math.min(to, old.available - (old.wanted - to))))
      })
    }
  }

  it.prop("never asks for more than the ceiling, except for what was there before", [rollout], ([given]) => {
    let input = start(given)
    const before = given.oldA + given.oldB
    for (let step = 0; step < 60; step++) {
      input = obey(input)
      const total = input.current.wanted + input.outdated.reduce((n, old) => n + old.wanted, 0)
      assert.isAtMost(total, Math.max(input.desired + input.surgeMax, before))
    }
  })

  it.prop("takes no available Machine below the floor but by the deadlock breaker's one", [rollout], ([given]) => {
    let input = start(given)
    const floor = Math.max(input.desired - input.unavailableMax, 0)
    for (let step = 0; step < 60; step++) {
      const available = input.current.available + input.outdated.reduce((n, old) => n + old.available, 0)
      const intents = rolloutStep(input)
      const broken = intents.some((intent) => intent.reason.startsWith("old replicas are not available")) ? 1 : 0
      const worst =
        available -
        intents.slice(1).reduce((n, intent, index) => {
          const old = input.outdated[index]
          return n + Math.min(old?.available ?? 0, intent.from - intent.to)
        }, 0)
      assert.isAtLeast(worst, Math.min(floor, available) - broken)
      input = obey(input)
    }
  })

  it.prop("ends with the current set alone, at the wished number", [rollout], ([given]) => {
    let input = start(given)
    for (let step = 0; step < 60; step++) input = obey(input)
    assert.strictEqual(input.current.wanted, input.desired)
    assert.deepStrictEqual(
      input.outdated.map((old) => old.wanted),
      [0, 0]
    )
  })
})
