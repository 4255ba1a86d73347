/** Reports written to a temporary folder and opened in Chromium from there, as a person would. */
import type { TraceEvent } from "@capstan/kernel"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import type { Browser, Page } from "playwright-core"
import { packTrace, readShell, renderReport, type ReportRun } from "../../src/index.ts"
import { findChromium, openChromium } from "../../src/testing/index.ts"

export interface Opened {
  readonly page: Page
  /** What the page asked for beside itself, and what it complained of. Both stay empty. */
  readonly asked: ReadonlyArray<string>
  readonly complaints: ReadonlyArray<string>
}

export class Reader {
  private readonly folder = mkdtempSync(join(tmpdir(), "capstan-report-"))
  private readonly browser: Promise<Browser>
  private written = 0

  constructor() {
    const chromium = findChromium()
    if (chromium === undefined) throw new Error("There is no Chromium: npm run test:browser says how to get one.")
    this.browser = openChromium(chromium)
  }

  /** The file's address. */
  write(runs: ReadonlyArray<ReportRun>): string {
    const path = join(this.folder, `report-${this.written++}.html`)
    writeFileSync(path, renderReport({ shell: readShell(), version: "0.0.0", runs }))
    return pathToFileURL(path).href
  }

  async open(address: string, options: { readonly colorScheme?: "light" | "dark" } = {}): Promise<Opened> {
    const page = await (await this.browser).newPage({ viewport: { width: 1440, height: 1000 }, ...options })
    const asked: Array<string> = []
    const complaints: Array<string> = []
    page.on("request", (request) => void (request.url() === address.split("#")[0] || asked.push(request.url())))
    page.on("console", (message) => void complaints.push(message.text()))
    page.on("pageerror", (error) => void complaints.push(String(error)))
    page.on("dialog", (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    await page.goto(address)
    await page.waitForSelector("main")
    return { page, asked, complaints }
  }

  async close(): Promise<void> {
    await (await this.browser).close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** The events so many times one after the other, each time of a cluster with another name: a long trace of the right shape. */
export const longTrace = (events: ReadonlyArray<TraceEvent>, times: number): string => {
  const text = events.map((event) => JSON.stringify(event)).join("\n")
  const end = events.at(-1)?.t ?? 0
  const copies = Array.from({ length: times }, (_, copy) => {
    const renamed = text
      .replaceAll(/(?<=[\w"/|-])(i-[0-9a-f]{15})[0-9a-f]{2}/g, `$1${String(copy).padStart(2, "0")}`)
      .replaceAll(/"uid":"([0-9a-f-]{34})[0-9a-f]{2}"/g, `"uid":"$1${String(copy).padStart(2, "0")}"`)
      .replaceAll(/"(namespace|name|object)":"([^"]*)"/g, (_match, field, name) => `"${field}":"c${copy}-${name}"`)
      .replaceAll(/"object":"(c\d+-)([^"/]*)\/([^"]*)"/g, `"object":"$1$2/$1$3"`)
    return (JSON.parse(`[${renamed.replaceAll("\n", ",")}]`) as ReadonlyArray<TraceEvent>).map((event) => ({
      ...event,
      t: event.t + copy * end,
      seq: event.seq + copy * events.length,
      cause: event.cause === 0 ? 0 : event.cause + copy * events.length
    }))
  })
  return packTrace(copies.flat())
}
