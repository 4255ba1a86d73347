/** Takes the runs out of the page that carries them. They are packed as `ReportFile.ts` says; the browser unpacks them itself. */
import { parseEvents, type Run, readRun } from "../model/Run.ts"
import type { ReportIndex } from "../RunSummary.ts"

/** A browser that is too old, or a file that was cut: a sentence with what to do. */
export class UnreadableReport extends Error {}

const unpack = async (packed: string): Promise<string> => {
  if (typeof DecompressionStream === "undefined") {
    throw new UnreadableReport(
      "This browser cannot unpack the report. Firefox, Chrome, Edge and Safari can since 2023."
    )
  }
  try {
    const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0))
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))
    return await new Response(stream).text()
  } catch {
    throw new UnreadableReport(
      "This file is damaged: its data cannot be unpacked. Copy it again, or write the report again."
    )
  }
}

const blockNamed = (selector: string): HTMLScriptElement | undefined =>
  document.querySelector<HTMLScriptElement>(selector) ?? undefined

export const readIndex = async (): Promise<ReportIndex> => {
  const block = blockNamed(`script[type="application/x-capstan-index"]`)
  if (block === undefined)
    throw new UnreadableReport("This file holds no runs. It is a report's page without its data.")
  const index = JSON.parse(await unpack(block.text)) as ReportIndex
  if (index.format !== 1)
    throw new UnreadableReport(`This file's data have format ${String(index.format)}, which this page does not know.`)
  return index
}

/** A run with its events; with none when its trace was left out. */
export const readTrace = async (index: ReportIndex, place: number): Promise<Run | undefined> => {
  const summary = index.runs[place]
  if (summary === undefined) return undefined
  const block = blockNamed(`script[type="application/x-capstan-trace"][data-run="${place}"]`)
  return readRun(summary, block === undefined ? [] : parseEvents(await unpack(block.text)))
}
