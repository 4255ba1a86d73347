import { assert, describe, it } from "@effect/vitest"
import { combinedHash, exitCodeOf, groupsOf, totalsOf } from "../../src/report/TestReport.ts"
import { answer, plan, report, result, violated } from "./Canned.ts"

const problem = (kind: "ready" | "step" | "timeout" | "settle" | "defect", atMillis = 9_000_000) =>
  ({ kind, atMillis, message: "", waitingFor: [] }) as const
const failing = answer({ result: result({ passed: false, expectations: [violated] }) })
const diverging = {
  answer: answer(),
  divergence: { hashes: ["a", "b"], seq: 0, events: [undefined, undefined] }
} as const
const defective = answer({ result: undefined, defect: { message: "boom", stack: undefined, atMillis: undefined } })
const stranded = answer({
  result: undefined,
  defect: { message: "the emulator is gone", stack: undefined, atMillis: undefined, outside: true }
})
const endingBy = (kind: "ready" | "step" | "timeout" | "settle", atMillis?: number) =>
  answer({ result: result({ passed: false, problem: problem(kind, atMillis), expectations: [violated] }) })

const cases = [
  { rule: "is 0 when every run passed", answers: [answer(), answer()], code: 0 },
  { rule: "is 1 when an expectation failed", answers: [answer(), failing], code: 1 },
  { rule: "is 1 when a step failed", answers: [endingBy("step")], code: 1 },
  { rule: "is 4 when a run was never ready, whatever that left open", answers: [endingBy("ready", 60_000)], code: 4 },
  { rule: "is 1 when something was broken before the time-out", answers: [endingBy("timeout")], code: 1 },
  { rule: "is 6 when a trace differs, even where something else failed", answers: [failing, diverging], code: 6 },
  { rule: "is 70 for a defect, whatever else there is", answers: [diverging, defective], code: 70 },
  { rule: "is 3 when the backend gave out in the middle of a run", answers: [answer(), stranded], code: 3 },
  { rule: "is 1 rather than 4", answers: [endingBy("settle", 60_000), failing], code: 1 }
]

describe("exitCodeOf", () => {
  it.each(cases)("$rule", ({ answers, code }) => {
    assert.strictEqual(exitCodeOf(report([plan({ seeds: [1, 2] })], answers)), code)
  })

  it("is 130 when interrupted, whatever was found until then", () => {
    assert.strictEqual(exitCodeOf(report([plan()], [failing], { interrupted: true })), 130)
  })
})

describe("groupsOf", () => {
  it("puts a scenario's cells and seeds together and numbers the runs in their order", () => {
    const other = { ...plan().plan, index: 1 }
    const groups = groupsOf([plan(), plan({ cell: { zone: "c" }, plan: other }), plan({ name: "b" })], [1, 2])
    assert.deepStrictEqual(
      groups.map(({ jobs, name }) => [name, jobs.map(({ index }) => index)]),
      [
        ["zone-outage", [0, 1, 2, 3]],
        ["b", [4, 5]]
      ]
    )
  })
})

describe("combinedHash", () => {
  const two = [answer(), answer({ result: result({ traceHash: "cd".repeat(32) }) })]

  it("does not depend on the order in which runs finished, nor on real time", () => {
    const first = report([plan({ seeds: [1, 2] })], two)
    const records = new Map([...first.records].reverse())
    assert.strictEqual(combinedHash({ ...first, records, wallMillis: 5 }), combinedHash(first))
  })

  it("changes when one trace changes", () => {
    const changed = report([plan({ seeds: [1, 2] })], [two[0], two[0]])
    assert.notStrictEqual(combinedHash(changed), combinedHash(report([plan({ seeds: [1, 2] })], two)))
  })
})

describe("totalsOf", () => {
  it("counts a scenario as failed when one of its runs failed, and runs that were not done apart", () => {
    const totals = totalsOf(report([plan({ seeds: [1, 2, 3] })], [answer(), failing, undefined]))
    assert.deepStrictEqual(totals.scenarios, { passed: 0, failed: 1, skipped: 0 })
    assert.deepStrictEqual(totals.runs, { passed: 1, failed: 1, notRun: 1 })
  })

  it("counts a scenario of which not all runs were done as not run, unless one failed", () => {
    const totals = totalsOf(report([plan({ seeds: [1, 2] })], [answer(), undefined], { interrupted: true }))
    assert.deepStrictEqual(totals.scenarios, { passed: 0, failed: 0, skipped: 1 })
  })
})
