/** Shards and their blobs as the command line makes and merges them: processes of their own, real runs, files on a disk. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { folder } from "../CommandLine.ts"
import { capstanIn } from "./CapstanProcess.ts"

const scenario = ["catalogue:instance-kill/worker", "--seed", "1..2"]

const capstan = (home: string, ...args: ReadonlyArray<string>) =>
  Effect.promise(() => capstanIn(home, args, { GITHUB_STEP_SUMMARY: join(home, "summary.md") }).ended)

const hashOf = (text: string): string | undefined => /trace hash ([0-9a-f]{64})/.exec(text)?.[1]

describe("capstan report merge", () => {
  it.live("makes of shards what the whole would have been", () =>
    Effect.gen(function* () {
      const home = yield* folder
      const whole = yield* capstan(home, "test", ...scenario, "--reporter", "dot")
      assert.match(whole.stdout, /^····$/m)
      for (const shard of ["1/2", "2/2"]) {
        const { code, stderr } = yield* capstan(home, "test", ...scenario, "--shard", shard, "--reporter", "blob")
        assert.strictEqual(code, 0, stderr)
      }
      const reporters = ["--reporter", "github", "--reporter", "list", "--reporter", "html=page.html"]
      const merged = yield* capstan(home, "report", "merge", ".", ...reporters)
      assert.strictEqual(merged.code, 0, merged.stderr)
      assert.isDefined(hashOf(whole.stdout))
      assert.strictEqual(hashOf(merged.stdout), hashOf(whole.stdout))
      assert.include(readFileSync(join(home, "page.html"), "utf8"), 'data-run="3"')
      assert.include(readFileSync(join(home, "summary.md"), "utf8"), "| ✅ | worker-instance-kill | 4 | 0 |")

      const half = yield* capstan(home, "report", "merge", "capstan-blob-2-of-2.ndjson")
      assert.strictEqual(half.code, 3)
      assert.include(half.stderr, "of 2 shards there is no blob of 1")

      const blob = readFileSync(join(home, "capstan-blob-1-of-2.ndjson"), "utf8")
      writeFileSync(join(home, "cut.ndjson"), blob.slice(0, -20))
      const cut = yield* capstan(home, "report", "merge", "cut.ndjson", "--reporter", "json=report.json")
      assert.strictEqual(cut.code, 2)
      assert.include(cut.stderr, "'cut.ndjson' was cut")
      assert.isFalse(existsSync(join(home, "report.json")))
    })
  )
})
