import { describe, expect, it } from "vitest"
import { comparison } from "../../src/report/Comparison.ts"
import { groupsOf } from "../../src/report/TestReport.ts"
import type { RunRecord } from "../../src/run/TestRun.ts"
import { answer, plan } from "./Canned.ts"

const emulator = { endpoint: "http://127.0.0.1:5000", speed: 60 }
const groups = [...groupsOf([plan()], [7]), ...groupsOf([plan()], [7], emulator, 1)]
const compared = (...histories: ReadonlyArray<{ readonly [fact: string]: number } | undefined>) => {
  const jobs = groups.flatMap((group) => group.jobs)
  const records = new Map(
    histories.flatMap((history, index): ReadonlyArray<[number, RunRecord]> => {
      const job = jobs[index]
      if (job === undefined) return []
      return [[index, { job, answer: answer(history === undefined ? {} : { history }), divergence: undefined }]]
    })
  )
  return comparison(groups, records)
}

describe("comparison", () => {
  it("says what was not so equally often on both", () => {
    expect(compared({ "Machine a: created": 1, b: 2 }, { "Machine a: created": 3, b: 2 })).toBe(
      [
        "",
        " scenarios/zone.yaml zone-outage zone=b outage=45m seed=7: 1 difference (sim | emulated)",
        "     1 |   3  Machine a: created",
        ""
      ].join("\n")
    )
  })

  it("says that there is no difference, or nothing to compare", () => {
    expect(compared({ a: 1 }, { a: 1 })).toContain("the objects have the same history on both")
    expect(compared({ a: 1 })).toContain("there is nothing to compare")
  })
})
