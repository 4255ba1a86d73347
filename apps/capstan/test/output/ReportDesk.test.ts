import { assert, describe, it } from "@effect/vitest"
import { ReportDesk } from "../../src/output/ReportDesk.ts"
import type { Reporter } from "../../src/report/Reporter.ts"
import { answer, plan, report } from "../report/Canned.ts"

const reporter: Reporter = {
  run: ({ job }) => `run ${job.index}\n`,
  group: ({ name }, records) => `${name}: ${records.length}\n`,
  end: () => "end\n"
}

const desk = () => {
  const given = report([plan({ seeds: [1, 2] }), plan({ name: "second", seeds: [1] })], [])
  let text = ""
  const made = new ReportDesk({
    desks: [{ reporter, file: undefined }],
    groups: given.groups,
    print: (more) => (text += more)
  })
  const jobs = given.groups.flatMap((group) => group.jobs)
  const finish = (...order: ReadonlyArray<number>): void => {
    for (const index of order) {
      const job = jobs[index]
      if (job !== undefined) made.record({ job, answer: answer(), divergence: undefined })
    }
  }
  return { finish, end: () => made.end(given), said: () => text.split("\n").slice(0, -1) }
}

describe("ReportDesk", () => {
  it("tells runs and scenarios in the order in which they were asked for", () => {
    const { end, finish, said } = desk()
    finish(2, 1)
    assert.deepStrictEqual(said(), [])
    finish(0)
    end()
    assert.deepStrictEqual(said(), ["run 0", "run 1", "zone-outage: 2", "run 2", "second: 1", "end"])
  })

  it("tells what was done when it ends early", () => {
    const { end, finish, said } = desk()
    finish(1)
    end()
    assert.deepStrictEqual(said(), ["run 1", "zone-outage: 1", "second: 0", "end"])
  })
})
