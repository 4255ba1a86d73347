import type { ScenarioDocument } from "@capstan/engine/text"
import { assert, describe, it } from "@effect/vitest"
import { fileURLToPath } from "node:url"
import { parse } from "yaml"
import { catalogueFolder } from "@capstan/catalogue"
import { regressionText } from "../../src/files/RegressionFile.ts"

const document = (...files: ReadonlyArray<string>): ScenarioDocument => ({
  apiVersion: "scenario.capstan.dev/v1alpha1",
  kind: "Scenario",
  metadata: { name: "small" },
  spec: {
    given: { manifests: files.map((file) => ({ file })) },
    steps: [{ parallel: [{ apply: { file: "more/extra.yaml" } }] }],
    expect: []
  }
})

const textOf = (from: { readonly path: string; readonly shown: string }, ...files: ReadonlyArray<string>): string =>
  regressionText("/project/scenarios/regressions", {
    document: document(...files),
    seed: 7,
    reason: "invariant I4",
    detail: "etcd of demo\n   has 1 healthy of 3",
    from
  })

describe("the file of a shrunk scenario", () => {
  it("says in front why it is kept, on lines that fit, and runs with its seed", () => {
    const text = textOf({ path: "/project/scenarios/zones/a.yaml", shown: "scenarios/zones/a.yaml" }, "cluster.yaml")
    assert.match(text, /^# Shrunk from small\. It failed for invariant I4: etcd of demo has 1 healthy of 3\n/)
    assert.isTrue(text.split("\n").every((line) => line.length <= 128))
    const { spec } = parse(text) as ScenarioDocument
    assert.deepStrictEqual(spec.seeds, [7])
  })

  it("names manifests from where it stands itself", () => {
    const own = { path: "/project/scenarios/zones/a.yaml", shown: "scenarios/zones/a.yaml" }
    const { spec } = parse(textOf(own, "../cluster.yaml", "catalogue:manifests/aws-cluster.yaml")) as ScenarioDocument
    assert.deepStrictEqual(spec.given.manifests, [
      { file: "../cluster.yaml" },
      { file: "catalogue:manifests/aws-cluster.yaml" }
    ])
    assert.deepStrictEqual(spec.steps, [{ parallel: [{ apply: { file: "../zones/more/extra.yaml" } }] }])
  })

  it("names manifests beside a scenario of the catalogue by the catalogue", () => {
    const path = fileURLToPath(new URL("scaling/up-and-down.yaml", catalogueFolder))
    const built = { path, shown: "catalogue:scaling/up-and-down.yaml" }
    const { spec } = parse(textOf(built, "../manifests/aws-cluster.yaml")) as ScenarioDocument
    assert.deepStrictEqual(spec.given.manifests, [{ file: "catalogue:manifests/aws-cluster.yaml" }])
  })
})
