import { assert, describe, it } from "@effect/vitest"
import { ReportDesk } from "../../src/output/ReportDesk.ts"
import type { Reporter } from "../../src/report/Reporter.ts"
import { answer, plan, report } from "../report/Canned.ts"

const reporter: Reporter = {
  open: ({ index }) => `open ${index}\n`,
  story: (lines) => lines.map((line) => `${line}\n`).join(""),
  broken: () => "broken\n",
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
  const story = (index: number, ...lines: ReadonlyArray<string>): void => {
    const job = jobs[index]
    if (job !== undefined) made.story(job, lines)
  }
  return { finish, story, end: () => made.end(given), said: () => text.split("\n").slice(0, -1) }
}

describe("ReportDesk", () => {
  it("tells runs and scenarios in the order in which they were asked for", () => {
    const { end, finish, said } = desk()
    finish(2, 1)
    assert.deepStrictEqual(said(), [])
    finish(0)
    end()
    assert.deepStrictEqual(
      said().filter((line) => !line.startsWith("open")),
      ["run 0", "run 1", "zone-outage: 2", "run 2", "second: 1", "end"]
    )
  })

  it("tells what was done when it ends early", () => {
    const { end, finish, said } = desk()
    finish(1)
    end()
    assert.deepStrictEqual(said(), ["open 1", "run 1", "zone-outage: 1", "second: 0", "end"])
  })

  it("tells the story of the first run that is not done while it goes on, and keeps the others' until then", () => {
    const { end, finish, said, story } = desk()
    story(0)
    assert.deepStrictEqual(said(), ["open 0"])
    story(1)
    story(1, "b1")
    story(0, "a1", "a2")
    assert.deepStrictEqual(said(), ["open 0", "a1", "a2"])
    finish(0)
    assert.deepStrictEqual(said().slice(3), ["run 0", "open 1", "b1"])
    story(1, "b2")
    story(2, "c1")
    finish(2)
    assert.deepStrictEqual(said().slice(6), ["b2"])
    finish(1)
    end()
    assert.deepStrictEqual(said().slice(7), ["run 1", "zone-outage: 2", "open 2", "c1", "run 2", "second: 1", "end"])
  })

  it("says that a story breaks off, before what others came to", () => {
    const { end, finish, said, story } = desk()
    story(0, "a1")
    story(1, "b1")
    story(2, "c1")
    finish(2)
    end()
    assert.deepStrictEqual(said(), [
      "open 0",
      "a1",
      "broken",
      "open 2",
      "c1",
      "run 2",
      "zone-outage: 0",
      "second: 1",
      "end"
    ])
  })
})
