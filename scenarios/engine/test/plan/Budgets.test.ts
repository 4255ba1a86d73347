import { clusterApiKinds, makeKindRegistry } from "@capstan/api"
import { assert, describe, it } from "@effect/vitest"
import { formatDiagnostic } from "../../src/language/Diagnostic.ts"
import { loadScenarios } from "../../src/plan/ScenarioFile.ts"

const load = (
  expectation: string,
  world = "{ provider: aws, workloads: [{ name: web, replicas: 3, minAvailable: 2 }] }"
) =>
  loadScenarios({
    file: "a.yaml",
    text: `apiVersion: scenario.capstan.dev/v1alpha1
kind: Scenario
metadata: { name: a }
spec:
  given: { world: ${world}, manifests: [] }
  steps: [{ id: kill, fault: controller.crash }, { id: healed, hold: 5m }]
  expect:
    - ${expectation}
`,
    kinds: makeKindRegistry(clusterApiKinds),
    manifests: { read: () => undefined }
  })

const complaint = (...given: Parameters<typeof load>): string => {
  const [first] = load(...given).diagnostics
  return first === undefined ? "sound" : formatDiagnostic(first)
}

describe("a budget", () => {
  it("is planned apart from what each run is judged by, times in milliseconds", () => {
    const { diagnostics, plans } = load("{ id: soon, metric: timeToHeal, after: kill, until: healed, value: 10m }")
    assert.deepStrictEqual(diagnostics, [])
    assert.deepStrictEqual(plans[0]?.expectations, [])
    assert.deepStrictEqual(plans[0]?.budgets, [
      {
        id: "soon",
        metric: "timeToHeal",
        aggregate: "max",
        op: "<=",
        value: 600_000,
        of: undefined,
        after: "kill",
        until: "healed",
        position: { line: 8, column: 7 }
      }
    ])
  })

  it("is left out where it does not apply", () => {
    const { plans } = load("{ id: cheap, if: '1 > 2', metric: dollars, value: 1 }")
    assert.deepStrictEqual(plans[0]?.budgets, [])
  })

  it.each([
    { rule: "a metric", given: "{ id: x, metric: timeToHeel, value: 1 }", says: "timeToHeal" },
    { rule: "a value", given: "{ id: x, metric: dollars }", says: "a.yaml:8:7 error SCN021 A budget needs a 'value'" },
    {
      rule: "a duration for a time",
      given: "{ id: x, metric: belowBudget, value: 5 }",
      says: "compared with a duration"
    },
    { rule: "a number for a count", given: "{ id: x, metric: cloudCalls, value: 5m }", says: "compared with a number" },
    {
      rule: "both ends",
      given: "{ id: x, metric: timeToHeal, after: kill, value: 5m }",
      says: "'timeToHeal' needs 'after' and 'until'"
    },
    {
      rule: "steps that are there",
      given: "{ id: x, metric: timeToHeal, after: kil, until: healed, value: 5m }",
      says: "There is no step 'kil'. Did you mean 'kill'?"
    },
    { rule: "one kind", given: "{ id: x, metric: dollars, value: 5, always: '1 < 2' }", says: "of one kind" },
    {
      rule: "words that mean something",
      given: "{ id: x, metric: dollars, value: 5, of: web }",
      says: "'of' means nothing to 'dollars'"
    },
    {
      rule: "a metric for its words",
      given: "{ id: x, always: '1 < 2', aggregate: p50 }",
      says: "'aggregate' means nothing to 'always'"
    },
    {
      rule: "calls that exist",
      given: "{ id: x, metric: cloudCalls, of: ec2.RunInstance, value: 5 }",
      says: "'ec2' has no operation 'RunInstance'."
    },
    {
      rule: "a workload that exists",
      given: "{ id: x, metric: belowBudget, of: wob, value: 5m }",
      says: "There is no workload 'wob'. Did you mean 'web'?"
    }
  ])("needs $rule", ({ given, says }) => {
    assert.include(complaint(given), says)
  })

  it("needs a workload, and prices", () => {
    assert.include(complaint("{ id: x, metric: belowBudget, value: 5m }", "{}"), "There is no workload")
    assert.include(
      complaint("{ id: x, metric: dollars, value: 5 }", "{ provider: dev }"),
      "Nothing in the dev cloud has a price"
    )
  })

  it("has an id of its own", () => {
    const twice = "{ id: x, always: '1 < 2' }\n    - { id: x, metric: dollars, value: 5 }"
    assert.include(complaint(twice), "Expectation id 'x' is used twice.")
  })
})
