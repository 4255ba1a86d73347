import { assert, describe, it } from "@effect/vitest"
import { plain } from "../../src/report/Paint.ts"
import { storyReporter } from "../../src/report/StoryReport.ts"
import { allRecords } from "../../src/report/TestReport.ts"
import { answer, plan, report, result, violated } from "./Canned.ts"

describe("storyReporter", () => {
  it("tells the story, then a verdict on each expectation, then figures and the replay line", () => {
    const expectations = [
      { ...violated, id: "heals", kind: "eventually", text: "all\n  ready", status: "met", atMillis: 700_000 },
      { ...violated, id: "quorum", kind: "always", status: "met", atMillis: undefined }
    ] as const
    const given = report([plan()], [answer({ result: result({ expectations }) })])
    const [record] = allRecords(given)
    const [group] = given.groups
    assert(record !== undefined && group !== undefined)
    const { open, run, story } = storyReporter(plain)
    const told = [
      open?.(record.job, group),
      story?.(["00:09:49  fault     compute.terminate of m-1"]),
      run?.(record, group)
    ]
    assert.deepStrictEqual(told.join("").split("\n"), [
      " zone-outage  scenarios/zone.yaml · zone=b outage=45m · seed 7",
      " A zone goes dark.",
      "",
      " 00:09:49  fault     compute.terminate of m-1",
      "",
      " ✓ heals    eventually all ready, at 00:11:40",
      " ✓ quorum   always cps.filter(m, deleting(m)).size() > 1",
      " ✓ invariants all 1 held",
      "",
      " Time      1h virtual in 800ms",
      " Effort    6 cloud calls, 200 API writes, 300 reconciles",
      ` Trace     1,200 events, hash ${"ab".repeat(32)}`,
      " Replay    npx capstan replay scenarios/zone.yaml --seed 7 --matrix zone=b --matrix outage=45m",
      "",
      ""
    ])
  })
})
