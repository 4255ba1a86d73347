import { catalogueFolder } from "@capstan/catalogue"
import {
  expectationKinds,
  formatDiagnostic,
  library,
  metrics,
  loadScenarios,
  simulatedKinds,
  stepActions
} from "@capstan/engine"
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"

const guide = readFileSync(new URL("../../docs/guides/scenarios.md", catalogueFolder), "utf8")
const example = /```yaml\n(apiVersion: scenario[\s\S]*?)```/.exec(guide)?.[1] ?? ""

/** First cells of the tables' rows. */
const rows = guide.split("\n").flatMap((line) => /^\| `([^`]+)` \| /.exec(line)?.[1] ?? [])

describe("docs/guides/scenarios.md", () => {
  it("shows a whole scenario that can be loaded", () => {
    const { diagnostics, plans } = loadScenarios({
      file: "docs/guides/scenarios.md",
      text: example,
      kinds: simulatedKinds,
      manifests: {
        read: (path) => ({
          path,
          text: readFileSync(new URL(path.replace("./manifests/", "manifests/"), catalogueFolder), "utf8")
        })
      }
    })
    assert.deepStrictEqual(diagnostics.map(formatDiagnostic), [])
    assert.strictEqual(plans.length, 3)
  })

  it("explains every step, every kind of expectation, every metric and every function, in this order", () => {
    const functions = library.map(({ signature }) => signature)
    assert.deepStrictEqual(rows, [...stepActions, ...expectationKinds, ...metrics, ...functions])
  })

  it("says of every function what the library says", () => {
    for (const { description, signature } of library) assert.include(guide, `| \`${signature}\` | ${description} |`)
  })
})
