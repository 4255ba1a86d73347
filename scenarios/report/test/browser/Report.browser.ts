/** The report as a person meets it: in Chromium, from a disk. */
import axe from "axe-core"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { packTrace, type ReportRun } from "../../src/index.ts"
import { recordedRun, summaryOf } from "../RecordedRun.ts"
import { longTrace, type Opened, Reader } from "./OpenReport.ts"

const recorded = recordedRun("worker-instance-kill")
const run: ReportRun = { summary: summaryOf(recorded), trace: packTrace(recorded.events) }
const fault = recorded.events.find(({ kind }) => kind === "fault")
const victim = String((fault?.["targets"] as ReadonlyArray<string> | undefined)?.[0])

let reader: Reader
let address: string
const opened = new Set<Opened>()

beforeAll(() => {
  reader = new Reader()
  address = reader.write([run])
})
afterAll(() => reader.close())

const open = async (hash = "", options: Parameters<Reader["open"]>[1] = {}): Promise<Opened["page"]> => {
  const { asked, complaints, page } = await reader.open(`${address}${hash}`, options)
  opened.add({ asked, complaints, page })
  return page
}

const clockOf = (page: Opened["page"]) => page.locator("output.clock").innerText()
const slider = (page: Opened["page"]) => page.getByRole("slider", { name: "Time in the run" })
const paneOf = (page: Opened["page"], name: string) => page.getByRole("region", { name, exact: false })

describe("a report", () => {
  it("opens from a disk at the first fault, with its victim and why", async () => {
    const page = await open()
    assert.include(await page.locator("h1").innerText(), recorded.result.plan.name)
    assert.include(await page.locator(".replay").innerText(), "npx capstan replay scenario.yaml --seed 0")
    assert.strictEqual(Number(await slider(page).getAttribute("aria-valuenow")), fault?.t)
    assert.include(await page.locator("#object").innerText(), victim)
    assert.include(await page.locator(".chain [aria-current=true]").innerText(), `fault ${String(fault?.["fault"])}`)
  })

  it("opens where its address says", async () => {
    const cluster = [...recorded.objectsAt(recorded.startMillis + 60_000)].find(({ kind }) => kind === "Cluster")
    const name = `Cluster/${cluster?.metadata.namespace}/${cluster?.metadata.name}`
    const page = await open(`#t=00:01:00.000&object=${name}`)
    assert.strictEqual(await clockOf(page), "00:01:00.000")
    assert.strictEqual(await page.locator("#object").innerText(), name)
    assert.include(await page.getByLabel("The object as YAML").innerText(), "kind: Cluster")
    await page.evaluate(() => void (location.hash = "#t=00:00:30.000"))
    await page.waitForFunction(() => document.querySelector("output.clock")?.textContent === "00:00:30.000")
  })

  it("moves in time with the pointer, and its address follows", async () => {
    const page = await open()
    const box = await page.locator("canvas").first().boundingBox()
    assert.isNotNull(box)
    if (box === null) return
    await page.mouse.move(box.x + box.width * 0.2, box.y + 60)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.5, box.y + 60, { steps: 8 })
    await page.mouse.up()
    const t = Number(await slider(page).getAttribute("aria-valuenow"))
    assert.approximately(t / recorded.result.virtualMillis, 0.5, 0.02)
    const clock = await clockOf(page)
    await page.waitForFunction((wanted) => location.hash.includes(`t=${wanted}`), clock)
  })

  it("selects what a bar belongs to, and shows it as it was then", async () => {
    const page = await open("#t=0")
    const names = page.locator(".name .part:nth-child(2)")
    const name = await names.first().innerText()
    await names.first().click()
    assert.include(await page.locator("#object").innerText(), name)
    assert.include(await page.locator(".version").innerText(), "does not exist yet")
    await slider(page).press("End")
    assert.include(
      await page.getByLabel("The object as YAML").or(page.locator(".version")).first().innerText(),
      "write"
    )
  })

  it("zooms into a span that is drawn with Shift", async () => {
    const page = await open()
    const box = await page.locator("canvas").first().boundingBox()
    if (box === null) return assert.fail("there is no canvas")
    await page.keyboard.down("Shift")
    await page.mouse.move(box.x + box.width * 0.25, box.y + 60)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.5, box.y + 60, { steps: 4 })
    await page.mouse.up()
    await page.keyboard.up("Shift")
    await page.mouse.click(box.x + box.width * 0.5, box.y + 60)
    const t = Number(await slider(page).getAttribute("aria-valuenow"))
    assert.approximately(t / recorded.result.virtualMillis, 0.375, 0.02)
  })

  it("can be walked with the keyboard alone", async () => {
    const page = await open("#t=0")
    await slider(page).focus()
    await page.keyboard.press("ArrowUp")
    const first = await clockOf(page)
    assert.notStrictEqual(first, "00:00:00.000")
    assert.match((await slider(page).getAttribute("aria-valuetext")) ?? "", /\d+ of \d+ machines ready/)
    await page.keyboard.press("End")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Home")
    assert.strictEqual(await clockOf(page), "00:00:00.000")
    await page.keyboard.press("End")

    const tree = page.getByRole("tree")
    await tree.getByRole("treeitem").first().focus()
    await page.keyboard.press("ArrowDown")
    const second = await tree.getByRole("treeitem").nth(1).getAttribute("data-key")
    assert.strictEqual(await page.evaluate(() => document.activeElement?.getAttribute("data-key")), second)
    const count = await tree.getByRole("treeitem").count()
    await page.keyboard.press("Home")
    await page.keyboard.press("ArrowLeft")
    assert.isBelow(await tree.getByRole("treeitem").count(), count)

    await page.getByRole("tab", { name: "YAML" }).focus()
    await page.keyboard.press("ArrowRight")
    assert.strictEqual(await page.getByRole("tab", { name: "Change" }).getAttribute("aria-selected"), "true")

    const log = page.getByRole("listbox")
    await log.focus()
    await page.keyboard.press("Home")
    await page.keyboard.press("ArrowDown")
    const active = await log.getAttribute("aria-activedescendant")
    assert.strictEqual(await page.locator(`#${active}`).getAttribute("aria-selected"), "true")
    assert.strictEqual(await page.locator(`#${active}`).getAttribute("aria-posinset"), "2")
  })

  it("leads from an event to its causes and its effects", async () => {
    const middle = recorded.events.find(
      ({ cause, seq }) => cause > 1 && recorded.events.some((other) => other.cause === seq)
    )
    const page = await open(`#event=${middle?.seq}`)
    const pane = paneOf(page, "Why, and what came of it")
    const links = pane.locator(".chain button")
    assert.isAbove(await links.count(), 1)
    const before = await page.locator(".chain [aria-current=true]").innerText()
    await links.first().click()
    assert.notStrictEqual(await page.locator(".chain [aria-current=true]").innerText(), before)
    assert.include(await pane.innerText(), "It caused")
  })

  it("shows what a write changed, and what changed since a marked time", async () => {
    const page = await open()
    await page.getByRole("tab", { name: "Change" }).click()
    await page.getByRole("button", { name: "Compare with this time from here on" }).click()
    await slider(page).press("ArrowUp")
    await slider(page).press("PageUp")
    assert.include(await page.locator(".compare").innerText(), "Changed since")
    assert.isAbove(await page.locator(".diff .added, .diff .removed").count(), 0)
  })

  it("lists only what was searched for, and only of the selected object", async () => {
    const page = await open()
    await page.getByRole("tab", { name: "All", exact: true }).click()
    const count = async () =>
      Number(/^\d+/.exec((await page.getByRole("listbox").getAttribute("aria-label")) ?? "")?.[0])
    const all = await count()
    assert.strictEqual(all, recorded.events.length)
    await page.getByRole("checkbox", { name: "only the selected object" }).check()
    const own = await count()
    assert.isBelow(own, all)
    await page.getByRole("searchbox").fill("no such thing anywhere")
    assert.strictEqual(await count(), 0)
  })

  it.each(["light", "dark"] as const)("has nothing that axe finds wrong, in %s", async (colorScheme) => {
    const page = await open("", { colorScheme })
    await page.locator("details").evaluateAll((all) => all.forEach((each) => each.setAttribute("open", "")))
    await page.evaluate(axe.source)
    for (const tab of ["Change", "Conditions", "Events", "Writes", "YAML"]) {
      await page.getByRole("tab", { name: tab, exact: true }).click()
      const { violations } = (await page.evaluate("axe.run()")) as axe.AxeResults
      assert.deepStrictEqual(
        violations.map(
          ({ id, nodes }) =>
            `${id}: ${nodes
              .map(({ html }) => html.slice(0, 160))
              .slice(0, 3)
              .join(" | ")}`
        ),
        []
      )
    }
  })

  it("shows the runs of a suite, those without a trace by their verdict", async () => {
    const suite = reader.write([
      run,
      {
        summary: summaryOf(recorded, {
          seed: 7,
          passed: false,
          problem: { kind: "timeout", atMillis: 5, message: "it took too long", waitingFor: [] }
        }),
        trace: undefined
      }
    ])
    const { page } = await reader.open(suite)
    // The run that failed comes first to the eye.
    assert.include(await page.locator("header").innerText(), "it took too long")
    assert.include(await page.locator(".notice").innerText(), "not in this file")
    await page.getByText("All 2 runs").click()
    const rows = page.getByRole("region", { name: "All runs" }).getByRole("row")
    assert.match(await rows.nth(1).innerText(), /failed[\s\S]*it took too long/)
    assert.match(await rows.nth(2).innerText(), /passed/)
    await page.getByRole("combobox").selectOption({ index: 0 })
    await page.waitForSelector("canvas")
    assert.include(await page.locator("header").innerText(), "passed")
    await page.waitForFunction(() => !location.hash.includes("run=1"))
  })

  it("runs nothing that a name holds", async () => {
    const evil = `<img src=x onerror=alert(1)></script><script>alert(2)</script>`
    const events = recorded.events.map((event) =>
      JSON.parse(JSON.stringify(event).replaceAll(victim, evil.replaceAll('"', "'")))
    )
    const hostile = reader.write([
      { summary: summaryOf(recorded, { name: evil, description: evil, replay: evil }), trace: packTrace(events) }
    ])
    const { complaints, page } = await reader.open(hostile)
    assert.include(await page.locator("#object").innerText(), "<img src=x")
    await page.getByRole("tab", { name: "All", exact: true }).click()
    await page.getByRole("tab", { name: "Change" }).click()
    assert.deepStrictEqual(complaints, [])
    assert.strictEqual(await page.locator("img").count(), 0)
  })

  it("stays in hand with a trace of 10 MB", async () => {
    const story = recordedRun("quick-start-story")
    const copies = Math.ceil(
      10_000_000 / story.events.reduce((sum, event) => sum + JSON.stringify(event).length + 1, 0)
    )
    const virtualMillis = copies * story.result.virtualMillis
    const long = reader.write([
      { summary: summaryOf(story, { virtualMillis }), trace: longTrace(story.events, copies) }
    ])
    const { asked, complaints, page } = await reader.open(long)
    const machines = new Set(
      story.events
        .filter(({ resource, verb }) => verb === "create" && resource === "Machine.cluster.x-k8s.io")
        .map(({ name }) => name)
    )
    assert.strictEqual(await page.locator(".name:not(.zone)").count(), copies * machines.size + 1)
    await page.getByRole("tab", { name: "All", exact: true }).click()
    assert.isBelow(await page.locator(".row").count(), 100)
    await page.locator("h1").scrollIntoViewIfNeeded()
    const box = await page.locator("canvas").first().boundingBox()
    if (box === null) return assert.fail("there is no canvas")
    await page.mouse.move(box.x + 10, box.y + 60)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width - 10, box.y + 60, { steps: 40 })
    await page.mouse.up()
    const end = 0.97 * virtualMillis
    await page.waitForFunction(
      (least) => Number(document.querySelector("[role=slider]")?.getAttribute("aria-valuenow")) > least,
      end
    )
    assert.deepStrictEqual([...asked, ...complaints], [])
  })

  it("says what is wrong with a file that was cut", async () => {
    const { page } = await reader.open(address)
    const text = await page.evaluate(async () => {
      const block = document.querySelector('script[type="application/x-capstan-index"]')
      return block?.textContent ?? ""
    })
    const cut = reader.write([run])
    const { readFileSync, writeFileSync } = await import("node:fs")
    const { fileURLToPath } = await import("node:url")
    const html = readFileSync(fileURLToPath(cut), "utf8")
    writeFileSync(fileURLToPath(cut), html.replace(text, text.slice(0, 40)))
    await page.goto(cut)
    await page.waitForSelector("[role=alert]")
    assert.include(await page.locator("[role=alert]").innerText(), "This file is damaged")
  })

  it("has asked nothing of anybody all the while, and has not complained", () => {
    for (const { asked, complaints } of opened) assert.deepStrictEqual([...asked, ...complaints], [])
    assert.isAbove(opened.size, 5)
  })
})
