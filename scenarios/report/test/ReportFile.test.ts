import { assert, describe, it } from "@effect/vitest"
import { gunzipSync } from "node:zlib"
import { dataMark, packTrace, renderReport, type ReportRun } from "../src/ReportFile.ts"
import type { ReportIndex } from "../src/RunSummary.ts"
import { recordedRun, summaryOf } from "./RecordedRun.ts"

const shell = `<body>${dataMark}</body>`
const recorded = recordedRun("worker-instance-kill")
const trace = packTrace(recorded.events)
const runOf = (changes: Parameters<typeof summaryOf>[1] = {}): ReportRun => ({
  summary: summaryOf(recorded, changes),
  trace
})

const blocksOf = (html: string) =>
  [
    ...html.matchAll(/<script type="application\/x-capstan-(index|trace)"(?: data-run="(\d+)")?>([^<]*)<\/script>/g)
  ].map(([, kind, place, packed = ""]) => ({ kind, place, text: gunzipSync(Buffer.from(packed, "base64")).toString() }))
const indexOf = (html: string) => JSON.parse(blocksOf(html)[0]?.text ?? "") as ReportIndex

describe("renderReport", () => {
  it("holds the index and each run's events, which can be unpacked again", () => {
    const html = renderReport({ shell, version: "1.2.3", runs: [runOf(), runOf({ seed: 5 })] })
    const [index, first, second] = blocksOf(html)
    assert.strictEqual(index?.kind, "index")
    assert.deepStrictEqual(
      indexOf(html).runs.map(({ seed }) => seed),
      [0, 5]
    )
    assert.deepStrictEqual([first?.place, second?.place], ["0", "1"])
    assert.strictEqual(first?.text.split("\n").length, recorded.events.length)
  })

  it("lets no name, message or manifest out of its place", () => {
    const evil = `</script><script>alert(1)</script><!-- $& $' <img src=x onerror=alert(1)>`
    const events = [{ t: 0, seq: 1, cause: 0, kind: "mark", text: evil }]
    const html = renderReport({
      shell,
      version: evil,
      runs: [
        { summary: summaryOf(recorded, { name: evil, description: evil, replay: evil }), trace: packTrace(events) }
      ]
    })
    assert.notInclude(html, "alert")
    assert.match(
      html,
      /^<body>(?:<script type="application\/x-capstan-\w+"(?: data-run="0")?>[A-Za-z0-9+/=]+<\/script>\n?){2}<\/body>$/
    )
    assert.strictEqual(indexOf(html).runs[0]?.name, evil)
  })

  it("keeps the traces of runs that failed when there is no room for all", () => {
    const runs = [runOf(), runOf(), runOf({ passed: false }), runOf()]
    const html = renderReport({ shell, version: "1", runs, charactersMax: Math.round(trace.length * 2.5) })
    assert.deepStrictEqual(
      blocksOf(html).flatMap(({ place }) => place ?? []),
      ["0", "2"]
    )
    assert.deepStrictEqual(indexOf(html).withoutTrace, [1, 3])
  })

  it("shows one run whatever its size, and says which left no trace", () => {
    const html = renderReport({
      shell,
      version: "1",
      runs: [{ ...runOf(), trace: undefined }, runOf()],
      charactersMax: 10
    })
    assert.deepStrictEqual(indexOf(html).withoutTrace, [0])
  })

  it("holds nothing that a Secret of the run held, nor its join tokens", () => {
    const secrets = recorded.events
      .filter((event) => String(event["resource"]).split(".")[0] === "Secret")
      .flatMap((event) => Object.values((event["patch"] as { readonly data?: object } | undefined)?.data ?? {}))
      .map(String)
    const tokens = recorded.events.flatMap((event) => JSON.stringify(event).match(/(?<="token":")[^"]+/g) ?? [])
    assert.isAbove(secrets.length, 5)
    const text = blocksOf(renderReport({ shell, version: "1", runs: [runOf()] }))
      .map((block) => block.text)
      .join("\n")
    for (const secret of [...secrets, ...tokens]) assert.notInclude(text, secret)
  })

  it("redacts what the verdict says, too", () => {
    const html = renderReport({
      shell,
      version: "1",
      runs: [runOf({ defect: "join with abcdef.0123456789abcdef failed" })]
    })
    assert.strictEqual(indexOf(html).runs[0]?.defect, "join with [redacted] failed")
  })
})
