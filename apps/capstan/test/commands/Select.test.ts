/** Which runs `capstan test` chooses: processes of their own, in folders of their own. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { appendFileSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { folder } from "../CommandLine.ts"
import { capstanIn } from "./CapstanProcess.ts"

/** A scenario that is over at once, and fails unless `wanted` is 1. JSON is YAML, too. */
const scenario = (name: string, tier: string): string =>
  JSON.stringify({
    apiVersion: "scenario.capstan.dev/v1alpha1",
    kind: "Scenario",
    metadata: { name, labels: { tier } },
    spec: {
      seeds: { from: 1, count: 2 },
      vars: { wanted: { type: "integer", default: 1 } },
      given: { world: { provider: "dev" }, manifests: [{ file: `${name}-manifest.yaml` }] },
      let: { machines: { kind: "Machine" } },
      steps: [{ hold: "1s" }],
      expect: [{ id: "machines", finally: "machines.size() == vars.wanted - 1" }]
    }
  })

const manifest = "apiVersion: v1\nkind: Namespace\nmetadata: { name: made }\n"

const capstan = (home: string, ...args: ReadonlyArray<string>) =>
  Effect.promise(() => capstanIn(home, ["test", ...args], { GITHUB_BASE_REF: "", CI: "" }).ended)

const home = Effect.map(folder, (path) => {
  for (const [name, tier] of [
    ["first", "smoke"],
    ["second", "nightly"]
  ] as const) {
    writeFileSync(join(path, `${name}.yaml`), scenario(name, tier))
    writeFileSync(join(path, `${name}-manifest.yaml`), manifest)
  }
  return path
})

const files = ["first.yaml", "second.yaml"]

describe("capstan test", () => {
  it.live("chooses by labels and names", () =>
    Effect.gen(function* () {
      const here = yield* home
      const nightly = yield* capstan(here, ...files, "-l", "tier!=smoke,tier in (nightly, weekly)")
      assert.strictEqual(nightly.code, 0, nightly.stderr)
      assert.include(nightly.stdout, "second")
      assert.notInclude(nightly.stdout, "first")
      const inverted = yield* capstan(here, ...files, "-t", "s", "--grep-invert", "first")
      assert.notInclude(inverted.stdout, "first")
      const wrong = yield* capstan(here, ...files, "--selector", "tier in smoke")
      assert.strictEqual(wrong.code, 2)
      assert.include(wrong.stderr, "--selector 'tier in smoke' is none: found 'smoke' expected: '('.")
      const nothing = yield* capstan(here, ...files, "-l", "tier=weekly")
      assert.strictEqual(nothing.code, 5)
      const allowed = yield* capstan(here, ...files, "-l", "tier=weekly", "--pass-with-no-tests")
      assert.strictEqual(allowed.code, 0)
    })
  )

  it.live("repeats what failed last time, with the values that it had, until nothing fails", () =>
    Effect.gen(function* () {
      const here = yield* home
      const none = yield* capstan(here, "--last-failed")
      assert.strictEqual(none.code, 5)
      assert.include(none.stderr, "Nothing to repeat")
      const first = yield* capstan(here, ...files, "--seed", "7", "--var", "wanted=3", "--bail")
      assert.strictEqual(first.code, 1, first.stderr)
      const again = yield* capstan(here, "--last-failed", "--reporter", "json")
      assert.strictEqual(again.code, 1, again.stderr)
      const { scenarios } = JSON.parse(again.stdout) as {
        readonly scenarios: ReadonlyArray<{
          readonly name: string
          readonly runs: ReadonlyArray<{ readonly seed: number }>
        }>
      }
      assert.deepStrictEqual(
        scenarios.map(({ name, runs }) => [name, runs.map(({ seed }) => seed)]),
        [["first", [7]]]
      )
      const elsewhere = yield* capstan(here, "second.yaml", "--last-failed", "--var", "wanted=3")
      assert.strictEqual(elsewhere.code, 5)
      assert.include(elsewhere.stderr, "none of the 1 run that failed last time is among what was asked for")
      const mended = yield* capstan(here, "--last-failed", "--var", "wanted=1")
      assert.strictEqual(mended.code, 0, mended.stderr)
      const over = yield* capstan(here, "--last-failed")
      assert.strictEqual(over.code, 5)
      assert.strictEqual((yield* capstan(here, "--last-failed", "--sweep", "crash")).code, 2)
    })
  )

  it.live("repeats all runs of a budget that was broken, though each of them passed", () =>
    Effect.gen(function* () {
      const here = yield* folder
      const document = JSON.parse(scenario("first", "smoke")) as { spec: { given: object; expect: Array<object> } }
      document.spec.given = { world: { provider: "dev" }, manifests: [] }
      document.spec.expect = [{ id: "no-calls", metric: "cloudCalls", op: ">=", value: 1 }]
      writeFileSync(join(here, "first.yaml"), JSON.stringify(document))
      const first = yield* capstan(here, "first.yaml")
      assert.strictEqual(first.code, 1, first.stderr)
      assert.include(first.stdout, "✗ no-calls   max of cloudCalls >= 1: 0 over 2 runs   first.yaml:1:")
      const again = yield* capstan(here, "--last-failed")
      assert.strictEqual(again.code, 1, again.stderr)
      assert.include(again.stdout, "Runs  2 passed (2)")
    })
  )

  it.live("runs what changed, and what names a manifest that did", () =>
    Effect.gen(function* () {
      const here = yield* home
      const outside = yield* capstan(here, ...files, "--changed")
      assert.strictEqual(outside.code, 3)
      const git = (...args: ReadonlyArray<string>) =>
        execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], { cwd: here, stdio: "pipe" })
      git("init", "-q")
      git("add", "-A")
      git("commit", "-qm", "a commit")
      const nothing = yield* capstan(here, ...files, "--changed")
      assert.strictEqual(nothing.code, 0, nothing.stderr)
      assert.include(nothing.stderr, "differs from HEAD")
      appendFileSync(join(here, "second-manifest.yaml"), "# changed\n")
      const second = yield* capstan(here, ...files, "--changed=HEAD")
      assert.include(second.stdout, "second")
      assert.notInclude(second.stdout, "first")
      const wrong = yield* capstan(here, ...files, "--changed=nowhere")
      assert.strictEqual(wrong.code, 2)
      assert.include(wrong.stderr, "git knows no commit 'nowhere'")
      assert.strictEqual(readFileSync(join(here, ".capstan/.gitignore"), "utf8"), "*\n")
    })
  )

  it.live("watches on a terminal only", () =>
    Effect.gen(function* () {
      const here = yield* home
      const { code, stderr } = yield* capstan(here, ...files, "--watch")
      assert.strictEqual(code, 2)
      assert.include(stderr, "--watch is for a terminal")
    })
  )
})
