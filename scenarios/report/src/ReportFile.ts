/**
 * A report as one HTML file: the page's shell, and behind it the runs, compressed.
 *
 * All that comes from a run stands in the file as gzip in base64, whose alphabet has no character that means something in HTML: so no
 * name, message or manifest can end a script or begin one. The page unpacks it in the browser. A trace is packed where the run was
 * done; of many runs those that failed come first into the file, and when it grows too large the others keep their verdict and lose
 * their trace.
 *
 * @source https://html.spec.whatwg.org/multipage/scripting.html#restrictions-for-contents-of-script-elements
 * @source https://developer.mozilla.org/en-US/docs/Web/API/DecompressionStream
 */
import type { TraceEvent } from "@capstan/kernel"
import { gzipSync } from "node:zlib"
import { redactEvent, redactValue } from "./Redaction.ts"
import type { ReportIndex, RunSummary } from "./RunSummary.ts"

/** A trace without secrets, as gzip in base64. */
export type PackedTrace = string

export interface ReportRun {
  readonly summary: RunSummary
  /** Undefined when the run left none, such as one that ended with a defect of ours. */
  readonly trace: PackedTrace | undefined
}

/** Characters of packed traces in one file. */
export const traceCharactersMax = 24 * 1024 * 1024

/** Where the runs go in a shell. */
export const dataMark = "<!-- runs -->"

const pack = (text: string): string => gzipSync(text).toString("base64")

/** Canonical lines of the events, their secrets taken out. */
export const packTrace = (events: ReadonlyArray<TraceEvent>): PackedTrace =>
  pack(events.map((event) => JSON.stringify(redactEvent(event))).join("\n"))

/** Places of the runs whose traces go into the file: those that failed first, then in their order, as far as there is room. */
const tracesToKeep = (runs: ReadonlyArray<ReportRun>, charactersMax: number): ReadonlySet<number> => {
  const kept = new Set<number>()
  let room = charactersMax
  const places = [...runs.keys()]
  const failed = places.filter((place) => runs[place]?.summary.passed === false)
  for (const place of [...failed, ...places.filter((each) => !failed.includes(each))]) {
    const length = runs[place]?.trace?.length
    // The first one is shown whatever its size: a report without any trace says little.
    if (length === undefined || (length > room && kept.size > 0)) continue
    kept.add(place)
    room -= length
  }
  return kept
}

/** The whole file. */
export const renderReport = (options: {
  readonly shell: string
  readonly version: string
  readonly runs: ReadonlyArray<ReportRun>
  readonly charactersMax?: number
}): string => {
  const { charactersMax = traceCharactersMax, runs, shell, version } = options
  const kept = tracesToKeep(runs, charactersMax)
  const index: ReportIndex = {
    format: 1,
    version,
    runs: runs.map(({ summary }) => summary),
    withoutTrace: [...runs.keys()].filter((place) => !kept.has(place))
  }
  const blocks = [
    `<script type="application/x-capstan-index">${pack(JSON.stringify(redactValue(index)))}</script>`,
    ...[...kept]
      .sort((a, b) => a - b)
      .map((place) => `<script type="application/x-capstan-trace" data-run="${place}">${runs[place]?.trace}</script>`)
  ]
  return shell.replace(dataMark, () => blocks.join("\n"))
}
