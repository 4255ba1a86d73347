import { traceCharactersMax } from "@capstan/report"
import { assert, describe, it } from "@effect/vitest"
import { gunzipSync } from "node:zlib"
import { htmlReporter, TraceRoom } from "../../src/report/HtmlReport.ts"
import { answer, plan, report, result, violated } from "./Canned.ts"

/** What the file's first block holds. */
const indexIn = (html: string) => {
  const [, packed = ""] = /<script type="application\/x-capstan-index">([^<]+)</.exec(html) ?? []
  return JSON.parse(gunzipSync(Buffer.from(packed, "base64")).toString()) as {
    readonly runs: ReadonlyArray<{ readonly [name: string]: unknown }>
    readonly withoutTrace: ReadonlyArray<number>
  }
}

describe("htmlReporter", () => {
  const reporter = htmlReporter()
  const packedTrace = "H4sIAAAAAAAAAwMAAAAAAAAAAAA="

  it("holds every run that was done, with its verdict and the command that does it again", () => {
    const failing = answer({ packedTrace, result: result({ passed: false, expectations: [violated] }) })
    const html = reporter.end(report([plan({ seeds: [1, 2, 3] })], [answer({ packedTrace }), failing, undefined]))
    const { runs, withoutTrace } = indexIn(html)
    assert.deepStrictEqual(
      runs.map(({ cell, passed, replay }) => ({ cell, passed, replay })),
      [1, 2].map((seed) => ({
        cell: "zone=b outage=45m",
        passed: seed === 1,
        replay: `npx capstan replay scenarios/zone.yaml --seed ${seed} --matrix zone=b --matrix outage=45m`
      }))
    )
    assert.deepStrictEqual(withoutTrace, [])
    assert.strictEqual(html.split(packedTrace).length, 3)
  })

  it("tells of a run that ended with a defect of ours, which left no trace", () => {
    const defect = { message: "<boom>", stack: undefined, atMillis: undefined }
    const { runs, withoutTrace } = indexIn(reporter.end(report([plan()], [answer({ result: undefined, defect })])))
    assert.deepStrictEqual([runs[0]?.["passed"], runs[0]?.["defect"]], [false, "<boom>"])
    assert.deepStrictEqual(withoutTrace, [0])
  })
})

describe("TraceRoom", () => {
  const trace = "A".repeat(Math.ceil(traceCharactersMax / 3))
  const passing = answer({ packedTrace: trace })
  const failing = answer({ packedTrace: trace, result: result({ passed: false }) })

  it("keeps as many traces as fit into a file, of runs that passed and of runs that failed apart", () => {
    const answers = [passing, failing, passing, passing, passing, failing, failing, failing]
    const { records } = report([plan({ seeds: answers.map((_, index) => index) })], answers)
    const room = new TraceRoom()
    const kept = [...records.values()].map((record) => room.keep(record))
    assert.deepStrictEqual(
      kept.map((record) => record.answer.packedTrace !== undefined),
      [true, true, true, true, false, true, true, false]
    )
    assert.deepStrictEqual(kept.at(-1)?.answer.result, failing.result)
  })
})
