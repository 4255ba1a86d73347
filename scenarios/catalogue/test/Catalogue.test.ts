import { catalogue, catalogueFolder } from "@capstan/catalogue"
import { formatDiagnostic, validateManifests } from "@capstan/engine"
import { assert, describe, it } from "@effect/vitest"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { loadFile, scenarioFiles } from "./CatalogueFiles.ts"

describe("the list of scenarios", () => {
  it("names every scenario file, and nothing else", () => {
    assert.deepStrictEqual(catalogue.map(({ file }) => file).sort(), scenarioFiles())
  })
})

describe("every scenario", () => {
  it.each(catalogue)(
    "$file is sound, called $name, says what it is about and runs on several seeds",
    ({ file, name }) => {
      const { diagnostics, plans } = loadFile(file)
      assert.deepStrictEqual(diagnostics.map(formatDiagnostic), [])
      assert.isAbove(plans.length, 0)
      for (const plan of plans) {
        assert.strictEqual(plan.name, name)
        assert.match(plan.description, /^[A-Z].{60,}\.$/s)
        assert.isAtLeast(plan.seeds.length, 3)
        assert.isAtLeast(plan.expectations.length, 3)
      }
    }
  )

  it.each(catalogue)("$file has manifests that the API accepts", ({ file }) => {
    const refusals = loadFile(file).plans.flatMap(validateManifests)
    assert.deepStrictEqual(refusals.map(formatDiagnostic), [])
  })
})

describe("the quick start's manifest", () => {
  it("is the one of 2021, byte for byte", () => {
    const file = new URL("quick-start/capi-quickstart-v1alpha3.yaml", catalogueFolder)
    const digest = createHash("sha256").update(readFileSync(file)).digest("hex")
    assert.strictEqual(digest, "a39e01102c12ac20534425403f444af8020d82085ffe3d7184ad905f0ab03a53")
  })
})
