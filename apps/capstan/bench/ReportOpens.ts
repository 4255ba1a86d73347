/**
 * How long a report takes to open: the file is on a disk, Chromium runs already, the page is new each time.
 *
 * From the moment at which the address is asked for to the second frame after the run's timeline, objects and events are there.
 */
import { type Plan, simulate } from "@capstan/engine"
import { packTrace, readShell, renderReport } from "@capstan/report"
import { findChromium, openChromium } from "@capstan/report/testing"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { median } from "./Figure.ts"

const seed = 101
const opensWanted = 9

export interface Opened {
  /** Median. */
  readonly seconds: number
  readonly bytes: number
  readonly events: number
}

/** Undefined where there is no Chromium. */
export const reportOpens = async (plan: Plan): Promise<Opened | undefined> => {
  const program = findChromium()
  if (program === undefined) return undefined
  const html = reportOf(plan)
  const folder = mkdtempSync(join(tmpdir(), "capstan-bench-"))
  const path = join(folder, "report.html")
  writeFileSync(path, html.text)
  const browser = await openChromium(program)
  try {
    const times: Array<number> = []
    for (let count = 0; count < opensWanted; count++) {
      const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } })
      const start = performance.now()
      await page.goto(pathToFileURL(path).href)
      await page.waitForSelector("[role=treeitem]")
      await page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
      times.push((performance.now() - start) / 1000)
      await page.close()
    }
    return { seconds: median(times), bytes: Buffer.byteLength(html.text), events: html.events }
  } finally {
    await browser.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

const reportOf = (plan: Plan): { readonly text: string; readonly events: number } => {
  const { events, result } = simulate({ plan, seed })
  const { plan: _, problem, ...rest } = result
  const text = renderReport({
    shell: readShell(),
    version: "bench",
    runs: [
      {
        summary: {
          ...rest,
          name: plan.name,
          file: plan.file,
          description: plan.description,
          backend: "sim",
          cell: "",
          replay: `npx capstan replay ${plan.file} --seed ${seed}`,
          wallMillis: 0,
          problem,
          defect: undefined
        },
        trace: packTrace(events)
      }
    ]
  })
  return { text, events: events.length }
}
