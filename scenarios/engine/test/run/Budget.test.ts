import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { budgetText, formatMeasure, judgeBudget, type PlannedBudget } from "../../src/index.ts"

const minute = 60_000
const budget: PlannedBudget = {
  id: "heals-soon",
  metric: "timeToHeal",
  aggregate: "p95",
  op: "<=",
  value: 10 * minute,
  of: undefined,
  after: "kill",
  until: "replaced",
  position: { line: 1, column: 1 }
}
const counting: PlannedBudget = { ...budget, metric: "cloudCalls", value: 4, after: undefined, until: undefined }

describe("judgeBudget", () => {
  it.each([
    { aggregate: "min", expected: 1 },
    { aggregate: "max", expected: 20 },
    { aggregate: "avg", expected: 10.5 },
    { aggregate: "p50", expected: 10 },
    { aggregate: "p95", expected: 19 },
    { aggregate: "p99", expected: 20 }
  ] as const)("puts 1 to 20 together as $expected by $aggregate, in any order", ({ aggregate, expected }) => {
    const values = Array.from({ length: 20 }, (_, index) => ((index * 7) % 20) + 1)
    assert.strictEqual(judgeBudget({ ...counting, aggregate }, values).value, expected)
  })

  it.each([
    { op: "<", met: [3] },
    { op: "<=", met: [3, 4] },
    { op: "==", met: [4] },
    { op: ">=", met: [4, 5] },
    { op: ">", met: [5] }
  ] as const)("compares by $op", ({ met, op }) => {
    const kept = [3, 4, 5].filter((value) => judgeBudget({ ...counting, op }, [value]).status === "met")
    assert.deepStrictEqual(kept, [...met])
  })

  it("is broken by a run in which there was nothing to measure", () => {
    assert.deepStrictEqual(judgeBudget(counting, [1, undefined, 3]), { status: "violated", value: 3, missing: 1 })
    assert.deepStrictEqual(judgeBudget(counting, [undefined]), { status: "violated", value: undefined, missing: 1 })
  })

  it.prop(
    "finds a percentile that so many of the values do not exceed, and one less would not do",
    { values: Schema.NonEmptyArray(Schema.Int) },
    ({ values }) => {
      const { value = Number.NaN } = judgeBudget({ ...counting, aggregate: "p95" }, values)
      assert.isAtLeast(values.filter((each) => each <= value).length / values.length, 0.95)
      assert.isBelow(values.filter((each) => each < value).length / values.length, 0.95)
    }
  )
})

describe("a budget in words", () => {
  it("says what is measured and what it may come to", () => {
    assert.strictEqual(budgetText(budget), "p95 of timeToHeal after kill until replaced <= 10m")
    assert.strictEqual(budgetText({ ...counting, of: "ec2.*" }), "p95 of cloudCalls of ec2.* <= 4")
  })

  it("writes values with their units", () => {
    assert.strictEqual(formatMeasure("timeToHeal", 432_000), "7m12s")
    assert.strictEqual(formatMeasure("dollars", 0.3656), "$0.37")
    assert.strictEqual(formatMeasure("dollars", 0.0042), "$0.0042")
    assert.strictEqual(formatMeasure("cloudCalls", 33.333), "33.33")
  })
})
