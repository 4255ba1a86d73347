import { assert, describe, it } from "@effect/vitest"
import { gunzipSync } from "node:zlib"
import { htmlReporter } from "../../src/report/HtmlReport.ts"
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
