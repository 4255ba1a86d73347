import type { KubernetesObject } from "@capstan/api"
import { Machine } from "@capstan/api"
import { assert, describe, it } from "@effect/vitest"
import type { CloudInstance } from "../../src/invariants/Invariant.ts"
import { outsideInvariants } from "../../src/invariants/BuiltInInvariants.ts"
import { type LiveAct, type LiveOutcome, LiveWorld } from "../../src/live/LiveWorld.ts"
import type { Plan } from "../../src/plan/Plan.ts"
import { loadScenarios } from "../../src/plan/ScenarioFile.ts"
import { ScenarioRun } from "../../src/run/ScenarioRun.ts"
import { simulatedKinds } from "../../src/simulated/SimulatedKinds.ts"

const planOf = (steps: string, expect = "[]"): Plan => {
  const { diagnostics, plans } = loadScenarios({
    file: "live.yaml",
    text: `
apiVersion: scenario.capstan.dev/v1alpha1
kind: Scenario
metadata: { name: live }
spec:
  given: { manifests: [] }
  let:
    machines: { kind: Machine, cluster: demo }
    vms: { resource: instance, cluster: demo }
  steps:
${steps}
  expect: ${expect}
`,
    manifests: { read: () => undefined },
    kinds: simulatedKinds
  })
  const [plan] = plans
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"))
  return plan
}

const instance = (id: string, state: CloudInstance["state"] = "running"): CloudInstance => ({
  id,
  state,
  zone: "eu-west-1a",
  providerId: `aws:///eu-west-1a/${id}`,
  cluster: "demo",
  ownerUid: undefined,
  name: `name-of-${id}`,
  role: "worker",
  createdMillis: 0
})

const machine = (name: string, id: string): KubernetesObject =>
  ({
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind: "Machine",
    metadata: {
      name,
      namespace: "default",
      uid: `uid-of-${name}`,
      resourceVersion: "1",
      labels: { "cluster.x-k8s.io/cluster-name": "demo" }
    },
    spec: { clusterName: "demo", providerID: `aws:///eu-west-1a/${id}` }
  }) as unknown as KubernetesObject

/** A world in which the test does what it is handed, when it likes. */
const aWorld = (plan: Plan) => {
  const handed: Array<{ readonly act: LiveAct; readonly done: (outcome: LiveOutcome) => void }> = []
  const world = new LiveWorld({
    plan,
    epochMillis: 0,
    draw: () => 0,
    objects: false,
    perform: (act, done) => void handed.push({ act, done })
  })
  const run = new ScenarioRun({ plan, seed: 0, simulation: world, invariants: outsideInvariants })
  const see = (...instances: ReadonlyArray<CloudInstance>) => world.showAccount({ instances, resources: [] })
  const goOn = (millis: number) => run.advance(millis)
  return { world, run, handed, see, goOn }
}

const kill = "    - { id: hit, fault: compute.terminate, target: { from: vms, where: \"it.state == 'running'\" } }"

describe("a world outside", () => {
  it("is waited for: a step ends when its act does, and not before", () => {
    const { goOn, handed, run, see } = aWorld(planOf(`${kill}\n    - { id: after, mark: done }`))
    see(instance("i-1"))
    run.begin()
    assert.isFalse(goOn(60_000))
    assert.deepStrictEqual(
      handed.map(({ act }) => act._tag),
      ["Fault"]
    )
    handed[0]?.done({ refusal: undefined, hit: ["i-1"] })
    assert.isTrue(goOn(120_000))
    assert.isTrue(run.finish().passed)
  })

  it("fails the step whose act is refused, in the words of whoever refused", () => {
    const { goOn, handed, run, see } = aWorld(planOf(kill))
    see(instance("i-1"))
    run.begin()
    goOn(1000)
    handed[0]?.done({ refusal: "not today" })
    assert.isTrue(goOn(2000))
    assert.include(run.finish().problem?.message, "not today")
  })

  it("knows the victims' Machines, also when the fault has taken them away", () => {
    const wait = `    - { id: gone, wait: "victim('hit').machine == 'worker-1' && vms.all(v, v.state == 'terminated')" }`
    const { goOn, handed, run, see, world } = aWorld(planOf(`${kill}\n${wait}`))
    see(instance("i-1"))
    world.showObjects(Machine, [{ before: undefined, after: machine("worker-1", "i-1"), initial: true }])
    run.begin()
    goOn(1000)
    world.showObjects(Machine, [{ before: machine("worker-1", "i-1"), after: undefined, initial: false }])
    handed[0]?.done({ refusal: undefined, hit: ["i-1"] })
    assert.isFalse(goOn(2000))
    // EC2 forgets what it has terminated.
    see()
    assert.isTrue(goOn(3000))
    assert.isTrue(run.finish().passed)
  })

  it("heals a fault when its time has come, and the fault is over when that is done", () => {
    const stop = "    - { id: hit, fault: compute.stop, target: { from: vms }, for: 1m }"
    const { goOn, handed, run, see } = aWorld(planOf(`${stop}\n    - { id: on, wait: "faultEnded('hit')" }`))
    see(instance("i-1"))
    run.begin()
    goOn(1000)
    handed[0]?.done({ refusal: undefined, hit: ["i-1"] })
    goOn(59_000)
    assert.strictEqual(handed.length, 1)
    goOn(61_000)
    assert.strictEqual(handed[1]?.act._tag, "Heal")
    assert.isFalse(goOn(90_000))
    handed[1]?.done({ refusal: undefined })
    assert.isTrue(goOn(91_000))
    assert.isTrue(run.finish().passed)
  })

  it("is judged by the invariants that can be judged from outside", () => {
    const { goOn, run, see } = aWorld(planOf("    - { id: rest, hold: 10s }"))
    const one = { ...instance("i-1"), ownerUid: "uid" }
    see(one)
    run.begin()
    see(one, { ...instance("i-2"), ownerUid: "uid" })
    assert.match(run.broken ?? "", /^I1: machine name-of-i-1 has i-1 and i-2$/)
    goOn(20_000)
    assert.isFalse(run.finish().passed)
  })
})
