import { assert, describe, it } from "@effect/vitest"
import { dotReporter } from "../../src/report/DotReport.ts"
import { plain } from "../../src/report/Paint.ts"
import { allRecords, type TestReport } from "../../src/report/TestReport.ts"
import { answer, plan, report, result, violated } from "./Canned.ts"

const told = (given: TestReport): string => {
  const reporter = dotReporter(plain)
  const [group] = given.groups
  const runs = group === undefined ? [] : allRecords(given).map((record) => reporter.run?.(record, group) ?? "")
  return runs.join("") + reporter.end(given)
}

describe("dotReporter", () => {
  it("writes a character a run, and at the end what failed", () => {
    const failing = answer({ result: result({ passed: false, expectations: [violated] }) })
    const [first, , ...rest] = told(report([plan({ seeds: [1, 2, 3] })], [answer(), failing, answer()])).split("\n")
    assert.strictEqual(first, "·F·")
    assert.include(rest.join("\n"), "✗ one-at-a-time")
    assert.include(rest.join("\n"), "2 passed | 1 failed (3)")
  })

  it("begins a new line after eighty runs", () => {
    const seeds = Array.from({ length: 81 }, (_, seed) => seed)
    const lines = told(
      report(
        [plan({ seeds })],
        seeds.map(() => answer())
      )
    ).split("\n")
    assert.deepStrictEqual(
      lines.slice(0, 2).map(({ length }) => length),
      [80, 1]
    )
  })
})
