import { faultCatalogue, formatDiagnostic, loadScenarios, simulatedKinds } from "@capstan/engine"
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { impossibleFault, obstacles, strikesCalls } from "../src/index.ts"

const guide = readFileSync(new URL("../../../docs/guides/real-aws.md", import.meta.url), "utf8")

describe("docs/guides/real-aws.md", () => {
  it("shows a scenario that can be a drill", () => {
    const [, text = ""] = /<!-- drill -->\n```yaml\n([\s\S]*?)```/.exec(guide) ?? []
    const { diagnostics, plans } = loadScenarios({
      file: "drill.yaml",
      text,
      kinds: simulatedKinds,
      manifests: { read: () => undefined }
    })
    assert.deepStrictEqual(diagnostics.map(formatDiagnostic), [])
    assert.deepStrictEqual(
      plans.flatMap((plan) => obstacles(plan, { objects: false, calls: false })),
      []
    )
    assert.strictEqual(plans.length, 1)
  })

  it("names every fault that an account can be asked for, and no other", () => {
    const possible = faultCatalogue.filter((fault) => {
      const parameters = fault.name === "zone.outage" ? { zone: "a", effects: ["network-cut"] } : { service: "ec2" }
      return impossibleFault({ fault, parameters }) === undefined
    })
    const table = guide.split("\n").filter((line) => /^\| `[a-z]+\.[a-z]+`/.test(line))
    const named = table.flatMap((line) =>
      [...(line.split(" | ")[0] ?? "").matchAll(/`([a-z]+\.[a-z]+)`/g)].map(([, name]) => name)
    )
    assert.sameMembers(
      named,
      possible.map(({ name }) => name)
    )
    assert.strictEqual(
      possible.filter((fault) => strikesCalls({ fault, parameters: { effects: [] } }) !== undefined).length,
      4
    )
  })
})
