import { assert, describe, it } from "@effect/vitest"
import { makeCompiler } from "../../src/language/Expression.ts"
import type { PlannedExpectation } from "../../src/plan/Plan.ts"
import { ExpectationTracker } from "../../src/run/ExpectationTracker.ts"
import { ScriptedStage } from "./ScriptedStage.ts"

const { compile } = makeCompiler({ bindings: [{ name: "vms", one: false }], constants: {} })

interface Look {
  readonly at: number
  readonly count: number
  readonly finish?: boolean
}

/** Ten and twenty minutes: when `a` and `b` are reached. */
const anchorTimes: { readonly [anchor: string]: number } = { begin: 0, a: 10, b: 20 }

const judge = (
  expectation: Partial<PlannedExpectation> & Pick<PlannedExpectation, "kind">,
  looks: ReadonlyArray<Look>
) => {
  const { expression } = compile("vms.size() > 0")
  if (expression === undefined) throw new Error("the expression of the test does not compile")
  const script = new ScriptedStage()
  const tracker = new ExpectationTracker(
    {
      id: "x",
      expression,
      position: { line: 1, column: 1 },
      from: undefined,
      until: undefined,
      after: undefined,
      withinMillis: undefined,
      tolerateMillis: 0,
      ...expectation
    },
    (anchor) => {
      const time = anchorTimes[anchor]
      return time === undefined || time > script.now ? undefined : time
    },
    () => {}
  )
  for (const { at, count, finish } of looks) {
    script.now = at
    script.members = Array.from({ length: count }, (_, id) => ({ id }))
    if (finish === true) tracker.finish(script.scene())
    else tracker.look(script.scene())
  }
  return tracker.state.status
}

describe("expectations", () => {
  const cases: ReadonlyArray<{
    readonly rule: string
    readonly given: Parameters<typeof judge>[0]
    readonly looks: ReadonlyArray<Look>
    readonly expected: string
  }> = [
    {
      rule: "always: is violated the moment it does not hold",
      given: { kind: "always" },
      looks: [
        { at: 1, count: 1 },
        { at: 2, count: 0 }
      ],
      expected: "violated"
    },
    {
      rule: "always: is met when it held to the end",
      given: { kind: "always" },
      looks: [
        { at: 1, count: 1 },
        { at: 9, count: 1, finish: true }
      ],
      expected: "met"
    },
    {
      rule: "always: does not look before its beginning",
      given: { kind: "always", from: "a" },
      looks: [
        { at: 9, count: 0 },
        { at: 11, count: 1 },
        { at: 12, count: 1, finish: true }
      ],
      expected: "met"
    },
    {
      rule: "always: does not look after its end",
      given: { kind: "always", from: "a", until: "b" },
      looks: [
        { at: 11, count: 1 },
        { at: 21, count: 0 }
      ],
      expected: "met"
    },
    {
      rule: "always: proves nothing when its beginning never came",
      given: { kind: "always", from: "never" },
      looks: [{ at: 30, count: 1, finish: true }],
      expected: "violated"
    },
    {
      rule: "always: forgives what lasts no longer than tolerated",
      given: { kind: "always", tolerateMillis: 5 },
      looks: [
        { at: 1, count: 0 },
        { at: 6, count: 0 },
        { at: 7, count: 1 },
        { at: 8, count: 0 },
        { at: 9, count: 1, finish: true }
      ],
      expected: "met"
    },
    {
      rule: "always: does not forgive what lasts longer",
      given: { kind: "always", tolerateMillis: 5 },
      looks: [
        { at: 1, count: 0 },
        { at: 7, count: 0 }
      ],
      expected: "violated"
    },
    {
      rule: "never: is violated when it happens",
      given: { kind: "never" },
      looks: [
        { at: 1, count: 0 },
        { at: 2, count: 1 }
      ],
      expected: "violated"
    },
    {
      rule: "never: is met when it did not happen",
      given: { kind: "never" },
      looks: [
        { at: 1, count: 0 },
        { at: 2, count: 0, finish: true }
      ],
      expected: "met"
    },
    {
      rule: "eventually: is met in time",
      given: { kind: "eventually", after: "a", withinMillis: 5 },
      looks: [
        { at: 12, count: 0 },
        { at: 15, count: 1 }
      ],
      expected: "met"
    },
    {
      rule: "eventually: is violated when it comes too late",
      given: { kind: "eventually", after: "a", withinMillis: 5 },
      looks: [
        { at: 12, count: 0 },
        { at: 16, count: 1 }
      ],
      expected: "violated"
    },
    {
      rule: "eventually: what was true before counts only if it still is",
      given: { kind: "eventually", after: "a", withinMillis: 5 },
      looks: [
        { at: 5, count: 1 },
        { at: 12, count: 0 },
        { at: 15, count: 0 }
      ],
      expected: "violated"
    },
    {
      rule: "eventually: is violated when its step never came",
      given: { kind: "eventually", after: "never", withinMillis: 5 },
      looks: [{ at: 30, count: 1, finish: true }],
      expected: "violated"
    },
    {
      rule: "finally: looks only at the end",
      given: { kind: "finally" },
      looks: [
        { at: 1, count: 0 },
        { at: 2, count: 1, finish: true }
      ],
      expected: "met"
    },
    {
      rule: "finally: is violated when the end is not so",
      given: { kind: "finally" },
      looks: [
        { at: 1, count: 1 },
        { at: 2, count: 0, finish: true }
      ],
      expected: "violated"
    },
    {
      rule: "sometimes: is met once it was seen",
      given: { kind: "sometimes" },
      looks: [
        { at: 1, count: 1 },
        { at: 2, count: 0, finish: true }
      ],
      expected: "met"
    },
    {
      rule: "sometimes: stays open when it was not",
      given: { kind: "sometimes" },
      looks: [
        { at: 1, count: 0 },
        { at: 2, count: 0, finish: true }
      ],
      expected: "waiting"
    }
  ]
  it.each(cases)("$rule", ({ expected, given, looks }) => {
    assert.strictEqual(judge(given, looks), expected)
  })
})
