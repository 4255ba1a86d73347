import { assert, describe, it } from "@effect/vitest"
import { ReportDesk } from "../../src/output/ReportDesk.ts"
import { ndjsonReporter } from "../../src/report/NdjsonReport.ts"
import { allRecords } from "../../src/report/TestReport.ts"
import { answer, plan, report, result } from "./Canned.ts"

const eventsOf = (text: string) =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { readonly event: string; readonly [name: string]: unknown })

describe("ndjsonReporter", () => {
  it("writes one object a line, each as soon as it is known", () => {
    const failing = answer({ result: result({ seed: 2, passed: false }) })
    const given = report([plan({ seeds: [1, 2] })], [answer(), failing])
    const parts: Array<string> = []
    const desk = new ReportDesk({
      desks: [{ reporter: ndjsonReporter, file: undefined }],
      groups: given.groups,
      print: (text) => void parts.push(text)
    })
    desk.begin(given)
    const seen = allRecords(given).map((record) => {
      desk.record(record)
      return eventsOf(parts.join("")).length
    })
    desk.end(given)
    assert.deepStrictEqual(seen, [3, 6])
    const events = eventsOf(parts.join(""))
    assert.deepStrictEqual(
      events.map(({ event }) => event),
      ["begin", "run-begin", "run", "run-begin", "run", "scenario", "end"]
    )
    assert.deepInclude(events[4], { event: "run", name: "zone-outage", seed: 2, passed: false })
    assert.deepInclude(events.at(-1), { event: "end", exitCode: 1, interrupted: false })
  })
})
