import { assert, describe, it } from "@effect/vitest"
import { formatDiagnostic } from "../../src/language/Diagnostic.ts"
import { atItsPlace } from "../../src/plan/RefusalPlace.ts"
import { loadScenarios } from "../../src/plan/ScenarioFile.ts"
import { validateManifests } from "../../src/simulated/Simulate.ts"
import { simulatedKinds } from "../../src/simulated/SimulatedKinds.ts"

const cluster = `apiVersion: cluster.x-k8s.io/v1beta2
kind: Cluster
metadata:
  name: demo
spec:
  clusterNetwork:
    pods:
      cidrBlocks: [10.0.0.0/16]
  controlPlaneRef: { apiGroup: controlplane.cluster.x-k8s.io, kind: KubeadmControlPlane, name: demo }
  infrastructureRef: { apiGroup: infrastructure.cluster.x-k8s.io, kind: AWSCluster, name: demo }
---
apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
kind: AWSCluster
metadata: { name: demo }
spec:
  region: eu-west-1
`

const scenario = `apiVersion: scenario.capstan.dev/v1alpha1
kind: Scenario
metadata: { name: a }
spec:
  given:
    manifests: [{ file: cluster.yaml }]
  steps: []
  expect: []
`

/** What the API and the cloud refuse, with its place. */
const refusals = (given: { readonly scenario?: string; readonly cluster?: string }): ReadonlyArray<string> => {
  const { plans } = loadScenarios({
    file: "a.yaml",
    text: given.scenario ?? scenario,
    kinds: simulatedKinds,
    manifests: { read: (path) => ({ path, text: given.cluster ?? cluster }) }
  })
  // The beginning is the place and the code; what follows is the API's to say.
  return plans.flatMap((plan) =>
    validateManifests(plan).map((refusal) =>
      formatDiagnostic(atItsPlace(plan, refusal)).split(" ").slice(0, 3).join(" ")
    )
  )
}

describe("atItsPlace", () => {
  const cases = [
    { rule: "nothing is wrong", given: {}, expected: [] },
    {
      rule: "the API names an element of a list",
      given: { cluster: cluster.replace("10.0.0.0/16", "banana") },
      expected: ["cluster.yaml:8:20 error MAN005"]
    },
    {
      rule: "the API names a field",
      given: { cluster: cluster.replace("name: demo", "name: Not_A_Name") },
      expected: ["cluster.yaml:4:9 error MAN005"]
    },
    {
      rule: "a manifest names a region that there is not",
      given: { cluster: cluster.replace("eu-west-1", "mars-north-1") },
      expected: ["cluster.yaml:16:11 error WLD001"]
    },
    {
      rule: "the scenario names a zone that the region has not",
      given: { scenario: scenario.replace("    manifests", "    world: { zones: [us-east-1a] }\n    manifests") },
      expected: ["a.yaml:6:12 error WLD001"]
    }
  ]
  it.each(cases)("says where, when $rule", ({ expected, given }) => {
    assert.deepStrictEqual(refusals(given), expected)
  })
})
