/** What the README shows is what happens: its story is told again, its scenario is read, its exit codes are the real ones. */
import { loadScenarios, simulate, simulatedKinds, tellStory } from "@capstan/engine"
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..")
const readme = readFileSync(join(root, "README.md"), "utf8")

/** What a run costs changes with every improvement, and the hash with it; what happens does not. */
const withoutCounts = (line: string): string =>
  line.replace(/\d+ cloud calls, \d+ API writes/, "so many calls and writes")

const fromFile = (file: string) =>
  loadScenarios({
    file,
    text: readFileSync(file, "utf8"),
    kinds: simulatedKinds,
    manifests: {
      read: (path) => {
        const full = join(dirname(file), path)
        return { path: full, text: readFileSync(full, "utf8") }
      }
    }
  })

describe("the README", () => {
  it("tells the story as it is told", () => {
    const [, scenario = "", seed, block = ""] =
      /<!-- story: catalogue:(\S+) --seed (\d+) -->\n```\n([\s\S]*?)\n```/.exec(readme) ?? []
    const { plans } = fromFile(join(root, "scenarios/catalogue", `${scenario}.yaml`))
    const [plan] = plans
    assert.isDefined(plan)
    if (plan === undefined) return
    const { events } = simulate({ plan, seed: Number(seed) })
    const told = tellStory(events).map(withoutCounts)
    const shown = block
      .split("\n")
      .filter((line) => /^ \d\d:\d\d:\d\d /.test(line))
      .map((line) => withoutCounts(line.trim().replace(/…$/, "")))
    assert.isAbove(shown.length, 20)
    let from = 0
    for (const line of shown) {
      const found = told.findIndex((candidate, index) => index >= from && candidate.startsWith(line))
      assert.isAtLeast(found, 0, `not told, or not in this order: ${line}\nRun node scripts/readme-output.mjs.`)
      from = found + 1
    }
    assert.match(block, /Trace .* hash [0-9a-f]{64}/)
  })

  it("shows a scenario that can be read", () => {
    const [, text = ""] = /<!-- scenario -->\n```yaml\n([\s\S]*?)```/.exec(readme) ?? []
    const { diagnostics, plans } = loadScenarios({
      file: "my-scenario.yaml",
      text,
      kinds: simulatedKinds,
      manifests: { read: (path) => ({ path, text: "" }) }
    })
    assert.deepStrictEqual(diagnostics, [])
    assert.strictEqual(plans.length, 1)
  })
})
