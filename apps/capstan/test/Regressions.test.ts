import { failureReasons, loadScenarios, simulate, simulatedKinds } from "@capstan/engine"
import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { readerBeside } from "../src/files/ManifestsBeside.ts"

const folder = fileURLToPath(new URL("../../../scenarios/regressions/", import.meta.url))

const runs = readdirSync(folder)
  .filter((name) => name.endsWith(".yaml"))
  .flatMap((name) => {
    const path = join(folder, name)
    const source = { path, shown: `scenarios/regressions/${name}` }
    const { diagnostics, plans } = loadScenarios({
      file: source.shown,
      text: readFileSync(path, "utf8"),
      manifests: readerBeside(source),
      kinds: simulatedKinds
    })
    assert.deepStrictEqual(diagnostics, [])
    return plans.flatMap((plan) => plan.seeds.map((seed) => ({ name, plan, seed })))
  })

describe("what failed once does not fail again", () => {
  it.each(runs)("$name with seed $seed", { timeout: 120_000 }, ({ plan, seed }) => {
    assert.deepStrictEqual(failureReasons(simulate({ plan, seed, keepTrace: "hash" }).result), [])
  })
})
