import { assert, describe, it } from "@effect/vitest"
import { githubReporter, stepSummaryReporter } from "../../src/report/GithubReport.ts"
import { answer, plan, report, result, violated } from "./Canned.ts"

const failing = (given: Parameters<typeof result>[0] = {}) =>
  answer({ result: result({ passed: false, expectations: [violated], ...given }) })

const annotations = (...given: Parameters<typeof report>): ReadonlyArray<string> =>
  githubReporter("/work")
    .end(report(...given))
    .split("\n")
    .slice(0, -1)

describe("githubReporter", () => {
  it("says nothing when nothing failed", () => {
    assert.deepStrictEqual(annotations([plan()], [answer()]), [])
  })

  it("annotates the place of an expectation once, however many runs it failed in", () => {
    assert.deepStrictEqual(annotations([plan({ seeds: [1, 2, 3] })], [failing(), answer(), failing()]), [
      "::error file=zone.yaml,line=58,col=7,title=zone-outage%3A one-at-a-time::never cps.filter(m, deleting(m)).size() > 1: it is so, at 01:04:12 (and in 1 more run)%0Anpx capstan replay scenarios/zone.yaml --seed 1 --matrix zone=b --matrix outage=45m"
    ])
  })

  it("escapes what would end or change the command", () => {
    const nasty = { ...violated, text: "a % b\r\n::error::c", message: "100%,\nno: really", id: "a,b:c%" }
    const [line = "", ...others] = annotations([plan()], [failing({ expectations: [nasty] })])
    assert.deepStrictEqual(others, [])
    assert.include(line, "title=zone-outage%3A a%2Cb%3Ac%25::")
    assert.include(line, "::never a %25 b ::error::c: 100%25,%0Ano: really")
    assert.notMatch(line, /[\r\n]/)
  })

  it("names no file for a scenario of the catalogue, or outside of the repository", () => {
    const built = plan({
      plan: { input: { path: "/work/zone.yaml", shown: "catalogue:zone.yaml", variables: {} }, index: 0 }
    })
    const outside = plan({
      plan: { input: { path: "/else/zone.yaml", shown: "/else/zone.yaml", variables: {} }, index: 0 }
    })
    for (const each of [built, outside]) {
      assert.match(annotations([each], [failing()])[0] ?? "", /^::error title=/)
    }
  })

  it("keeps to what GitHub shows, and says how much more there is", () => {
    const expectations = Array.from({ length: 14 }, (_, line) => ({ ...violated, id: `e${line}`, line }))
    const lines = annotations([plan()], [failing({ expectations })])
    assert.strictEqual(lines.length, 10)
    assert.strictEqual(lines[9], "::error title=capstan::5 more failures: see the job's summary.")
  })

  it("annotates a run that was never done with its file alone", () => {
    const problem = {
      kind: "step",
      atMillis: 60_000,
      message: "step kill (line 30) hit nothing",
      waitingFor: []
    } as const
    assert.include(
      annotations([plan()], [failing({ expectations: [], problem })])[0],
      "::error file=zone.yaml,title=zone-outage%3A step::step kill (line 30) hit nothing, at 00:01:00"
    )
  })
})

describe("stepSummaryReporter", () => {
  it("shows a table, and what failed in code blocks that nothing in them can end", () => {
    const text = stepSummaryReporter.end(
      report(
        [plan({ name: "a|b", seeds: [1, 2] })],
        [answer(), failing({ expectations: [{ ...violated, text: "```" }] })]
      )
    )
    assert.include(text, "## ❌ Capstan")
    assert.include(text, "| ❌ | a\\|b | 2 | 1 | 2h |")
    assert.match(text, /^````text\n[^]*✗ one-at-a-time[^]*\n````$/m)
  })

  it("stays below what GitHub takes", () => {
    const seeds = Array.from({ length: 3 }, (_, seed) => seed)
    const long = failing({ expectations: [{ ...violated, message: "x".repeat(500_000) }] })
    const text = stepSummaryReporter.end(
      report(
        [plan({ seeds })],
        seeds.map(() => long)
      )
    )
    assert.isBelow(Buffer.byteLength(text), 1024 * 1024)
    assert.include(text, "More did not fit into this summary.")
  })
})
