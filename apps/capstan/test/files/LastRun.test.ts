import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type LastRun, lastRunFile, readLastRun, writeLastRun } from "../../src/files/LastRun.ts"

const folder = (): string => mkdtempSync(join(tmpdir(), "capstan-last-run-"))

const lastRun: LastRun = {
  format: 1,
  variables: { workers: "5" },
  failed: [
    { file: "a.yaml", name: "a", backend: "sim", cell: { zone: "b", count: 3, on: true }, seed: 107 },
    { file: "a.yaml", name: "a", backend: "sim", cell: {}, seed: 0, perturbation: "crash@after:ec2.RunInstances:1" }
  ]
}

describe("the record of the last test run", () => {
  it("is read back as it was written, and is nothing for git", () => {
    const here = folder()
    Result.getOrThrow(writeLastRun(here, lastRun))
    assert.deepStrictEqual(readLastRun(here), Result.succeed(lastRun))
    assert.strictEqual(readFileSync(join(here, ".capstan/.gitignore"), "utf8"), "*\n")
  })

  it("may be missing", () => {
    assert.deepStrictEqual(readLastRun(folder()), Result.succeed(undefined))
  })

  it.each(["", "{", '{"format":2,"variables":{},"failed":[]}', '{"format":1,"variables":{},"failed":[{}]}'])(
    "is not guessed at when it reads %j",
    (text) => {
      const here = folder()
      mkdirSync(join(here, ".capstan"))
      writeFileSync(join(here, lastRunFile), text)
      assert.deepStrictEqual(
        readLastRun(here),
        Result.fail(
          ".capstan/last-run.json cannot be read: delete it, and run capstan test once without --last-failed."
        )
      )
    }
  )

  it("says why it cannot be written", () => {
    const here = folder()
    writeFileSync(join(here, ".capstan"), "")
    assert.include(Result.getOrUndefined(Result.flip(writeLastRun(here, lastRun))), "cannot make the folder .capstan")
  })
})
