import { clusterApiKinds, makeKindRegistry } from "@capstan/api"
import { assert, describe, it } from "@effect/vitest"
import { loadScenarios } from "../../src/plan/ScenarioFile.ts"
import { StepMachine } from "../../src/run/StepMachine.ts"
import { ScriptedStage } from "./ScriptedStage.ts"

const minutes = (n: number): number => n * 60_000

const machine = (steps: string) => {
  const { diagnostics, plans } = loadScenarios({
    file: "a.yaml",
    kinds: makeKindRegistry(clusterApiKinds),
    manifests: { read: () => undefined },
    text: `apiVersion: scenario.capstan.dev/v1alpha1
kind: Scenario
metadata: { name: a }
spec:
  given: { manifests: [] }
  let: { vms: { resource: instance } }
  expect: []
  steps: ${steps}
`
  })
  assert.deepStrictEqual(diagnostics, [])
  const script = new ScriptedStage()
  const stepMachine = new StepMachine({
    steps: plans[0]?.steps ?? [],
    stage: script.stage,
    scene: () => script.scene(),
    members: () => script.members
  })
  return {
    script,
    stepMachine,
    at: (millis: number) => {
      script.now = millis
      stepMachine.advance(0)
    }
  }
}

describe("steps", () => {
  it("run in order, each after the one before", () => {
    const { at, script, stepMachine } = machine("[{ mark: one }, { hold: 5m }, { delete: { kind: Machine, name: m } }]")
    at(0)
    assert.deepStrictEqual(script.done, [])
    assert.isFalse(stepMachine.finished)
    at(minutes(5))
    assert.deepStrictEqual(script.done, ["delete m"])
    assert.isTrue(stepMachine.finished)
  })

  it("wait for their offset from readiness", () => {
    const { at, script } = machine("[{ at: +5m, delete: { kind: Machine, name: m } }]")
    at(minutes(4))
    assert.deepStrictEqual(script.done, [])
    assert.deepStrictEqual(script.wakes, [minutes(5)])
    at(minutes(5))
    assert.deepStrictEqual(script.done, ["delete m"])
  })

  it("begin when their condition is true for the first time", () => {
    const { at, script } = machine("[{ when: vms.size() > 0, delete: { kind: Machine, name: m } }]")
    at(0)
    assert.deepStrictEqual(script.done, [])
    script.members = [{ id: "i-1" }]
    at(minutes(1))
    assert.deepStrictEqual(script.done, ["delete m"])
  })

  it("do not wait for a fault to heal, which happens by itself", () => {
    const { at, script, stepMachine } = machine(
      "[{ id: dark, fault: zone.capacity, with: { zone: a }, for: 45m }, { mark: next }]"
    )
    at(0)
    assert.isTrue(stepMachine.finished)
    at(minutes(44))
    assert.isFalse(script.ended.has("dark"))
    at(minutes(45))
    assert.isTrue(script.ended.has("dark"))
  })

  it("heal a fault early, and then not again", () => {
    const { at, script } = machine("[{ id: dark, fault: zone.capacity, with: { zone: a }, for: 45m }, { heal: dark }]")
    at(0)
    at(minutes(45))
    assert.deepStrictEqual(
      script.done.filter((what) => what.startsWith("heal")),
      ["heal dark"]
    )
  })

  it("pick as many targets as asked, of those that match", () => {
    const { at, script } = machine(
      "[{ fault: compute.terminate, target: { from: vms, where: \"it.state == 'running'\", pick: { count: 2 } } }]"
    )
    script.members = [
      { id: "a", state: "stopped" },
      { id: "b", state: "running" },
      { id: "c", state: "running" },
      { id: "d", state: "running" }
    ]
    at(0)
    assert.deepStrictEqual(script.done, [
      'inject step-1 compute.terminate [{"id":"b","state":"running"},{"id":"c","state":"running"}]'
    ])
  })

  const failures = [
    {
      rule: "a wait times out",
      steps: "[{ wait: vms.size() > 0, timeout: 3m }]",
      problem: "timed out after 3m: vms.size() > 0 (still not so)"
    },
    { rule: "a check does not hold", steps: "[{ check: vms.size() > 0 }]", problem: "not so: vms.size() > 0" },
    {
      rule: "a fault has no target",
      steps: "[{ fault: compute.stop, target: { from: vms } }]",
      problem: "no target: nothing in 'vms' matches"
    },
    {
      rule: "there is nothing to delete",
      steps: "[{ delete: { kind: Machine, from: vms } }]",
      problem: "nothing to delete: 'vms' is empty"
    }
  ]
  it.each(failures)("fail when $rule", ({ problem, steps }) => {
    const { at, stepMachine } = machine(steps)
    at(0)
    at(minutes(3))
    assert.strictEqual(stepMachine.failure?.problem, problem)
  })

  it("skip a fault without targets when told to", () => {
    const { at, stepMachine } = machine("[{ fault: compute.stop, target: { from: vms, empty: skip } }]")
    at(0)
    assert.isTrue(stepMachine.finished)
  })

  it("fail with the refusal of what they ask for", () => {
    const { at, script, stepMachine } = machine("[{ delete: { kind: Machine, name: m } }]")
    script.refusal = 'machines "m" not found'
    at(0)
    assert.strictEqual(stepMachine.failure?.problem, 'machines "m" not found')
  })

  it("run beside each other in parallel, and end together", () => {
    const { at, stepMachine } = machine("[{ id: both, parallel: [{ hold: 1m }, { hold: 3m }] }, { mark: after }]")
    at(0)
    at(minutes(1))
    assert.isFalse(stepMachine.finished)
    at(minutes(3))
    assert.isTrue(stepMachine.finished)
    assert.strictEqual(stepMachine.states.get("both")?.endedMillis, minutes(3))
  })
})
