import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openReportFile } from "../../src/files/ReportFile.ts"

const folder = (): string => mkdtempSync(join(tmpdir(), "capstan-report-"))

describe("openReportFile", () => {
  it("puts the whole report in place at the end, and nothing before", () => {
    const here = folder()
    writeFileSync(join(here, "report.xml"), "old")
    const file = Result.getOrThrow(openReportFile(here, "report.xml"))
    assert.strictEqual(readFileSync(join(here, "report.xml"), "utf8"), "old")
    assert.isTrue(Result.isSuccess(file.write("new")))
    assert.strictEqual(readFileSync(join(here, "report.xml"), "utf8"), "new")
    assert.deepStrictEqual(readdirSync(here), ["report.xml"])
  })

  it("leaves nothing behind when the command ends early", () => {
    const here = folder()
    Result.getOrThrow(openReportFile(here, "report.xml")).discard()
    assert.deepStrictEqual(readdirSync(here), [])
  })

  it("writes through a link instead of replacing it", () => {
    const here = folder()
    writeFileSync(join(here, "real.xml"), "")
    symlinkSync(join(here, "real.xml"), join(here, "link.xml"))
    Result.getOrThrow(Result.getOrThrow(openReportFile(here, "link.xml")).write("text"))
    assert.strictEqual(readFileSync(join(here, "real.xml"), "utf8"), "text")
  })

  it("lets others read along, or adds to what is there, where that is asked for", () => {
    const here = folder()
    const events = Result.getOrThrow(openReportFile(here, "events.ndjson", "growing"))
    Result.getOrThrow(events.append("1\n"))
    assert.strictEqual(readFileSync(join(here, "events.ndjson"), "utf8"), "1\n")
    Result.getOrThrow(events.write("2\n"))
    events.discard()
    assert.strictEqual(readFileSync(join(here, "events.ndjson"), "utf8"), "1\n2\n")
    Result.getOrThrow(Result.getOrThrow(openReportFile(here, "events.ndjson", "added")).write("3\n"))
    assert.strictEqual(readFileSync(join(here, "events.ndjson"), "utf8"), "1\n2\n3\n")
    assert.deepStrictEqual(readdirSync(here), ["events.ndjson"])
  })

  it("says what is in the way before anything runs", () => {
    const here = folder()
    const missing = openReportFile(here, "no/report.xml")
    assert.deepStrictEqual(missing, Result.fail("cannot write no/report.xml: there is no folder no."))
    assert.deepStrictEqual(openReportFile(here, "."), Result.fail("cannot write .: it is a folder."))
  })
})
