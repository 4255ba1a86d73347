/** Reports as the command line writes them: processes of their own, a real run, a file on a disk. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { folder } from "../CommandLine.ts"
import { capstanIn } from "./CapstanProcess.ts"

const scenario = ["catalogue:instance-kill/worker", "--matrix", "provider=aws"]
const traces = (html: string) =>
  [...html.matchAll(/<script type="application\/x-capstan-trace" data-run="(\d+)">/g)].length

describe("capstan test --reporter html", () => {
  it.live("writes all runs into one file and says where, beside the list", () =>
    Effect.gen(function* () {
      const home = yield* folder
      const { code, stdout } = yield* Effect.promise(
        () => capstanIn(home, ["test", ...scenario, "--seed", "1..2", "--reporter", "html"]).ended
      )
      assert.strictEqual(code, 0, stdout)
      assert.include(stdout, "2 passed")
      assert.match(stdout, /Report {2}capstan-report\.html\n/)
      assert.strictEqual(traces(readFileSync(join(home, "capstan-report.html"), "utf8")), 2)
    })
  )

  it.live("goes beside a report for programs without a word on stdout", () =>
    Effect.gen(function* () {
      const home = yield* folder
      const { stdout } = yield* Effect.promise(
        () =>
          capstanIn(home, ["test", ...scenario, "--seed", "1", "--reporter", "html=a.html", "--reporter", "json"]).ended
      )
      assert.strictEqual((JSON.parse(stdout) as { readonly exitCode: number }).exitCode, 0)
      assert.strictEqual(traces(readFileSync(join(home, "a.html"), "utf8")), 1)
    })
  )
})

describe("capstan replay --report", () => {
  it.live("writes the run, and names the moment that was asked for", () =>
    Effect.gen(function* () {
      const home = yield* folder
      const { code, stdout } = yield* Effect.promise(
        () => capstanIn(home, ["replay", ...scenario, "--seed", "1", "--until", "5m", "--report", "run.html"]).ended
      )
      assert.strictEqual(code, 0, stdout)
      assert.include(stdout, "Report    run.html#t=00:05:00\n")
      assert.strictEqual(traces(readFileSync(join(home, "run.html"), "utf8")), 1)
    })
  )

  it.live("does nothing at all when the file cannot be written", () =>
    Effect.gen(function* () {
      const home = yield* folder
      const { code, stderr, stdout } = yield* Effect.promise(
        () => capstanIn(home, ["replay", ...scenario, "--seed", "1", "--report", "no/such/run.html"]).ended
      )
      assert.strictEqual(code, 3)
      assert.include(stderr, "cannot write no/such/run.html: there is no folder")
      assert.notInclude(stdout, "created")
      assert.deepStrictEqual(readdirSync(home), [])
      assert.isFalse(existsSync(join(home, "no")))
    })
  )
})
