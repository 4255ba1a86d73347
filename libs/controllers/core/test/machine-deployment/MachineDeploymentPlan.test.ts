import type { MachineDeployment, MachineSet } from "@capstan/api"
import { assert, describe, it } from "@effect/vitest"
import {
  machineDeploymentConditions,
  reportMachineDeployment
} from "../../src/machine-deployment/MachineDeploymentConditions.ts"
import type { MachineDeploymentFacts } from "../../src/machine-deployment/MachineDeploymentFacts.ts"
import { leewayOf, planMachineDeployment } from "../../src/machine-deployment/MachineDeploymentPlan.ts"
import { onDeleteStep, pausedStep } from "../../src/machine-deployment/OtherStrategies.ts"
import { differences } from "../../src/machine-deployment/TemplateComparison.ts"
import { newMachineSet, wantedMachineSet } from "../../src/machine-deployment/WantedMachineSet.ts"
import {
  aCluster,
  aDeployment,
  ago,
  aRunningMachine,
  condition,
  found,
  infrastructureRef,
  meta,
  missing,
  noon
} from "../Specimens.ts"

const owned = {
  ownerReferences: [{ apiVersion: "cluster.x-k8s.io/v1beta2", kind: "Cluster", name: "prod", uid: "uid-prod" }]
}
const templates = {
  infrastructureTemplate: found("FooMachineTemplate", "workers", {}, { metadata: owned }),
  bootstrapTemplate: found("FooConfigTemplate", "workers", {}, { metadata: owned })
}
const factsOf = (
  deployment: MachineDeployment,
  machineSets: ReadonlyArray<MachineSet>,
  more: Partial<MachineDeploymentFacts> = {}
): MachineDeploymentFacts => ({
  deployment,
  cluster: aCluster(),
  selector: { _tag: "Labels", labels: {} },
  machineSets,
  machines: [],
  ...templates,
  now: noon,
  ...more
})

/** A set of the deployment, as the planner made it, with counts. */
const setOf = (
  deployment: MachineDeployment,
  suffix: string,
  counts: { wanted: number; existing?: number; available?: number; revision?: number }
): MachineSet => {
  const { wanted, existing = wanted, available = existing, revision = 1 } = counts
  const made = newMachineSet(deployment, { replicas: wanted, maxReplicas: 4, revision, disableCreate: false }, suffix)
  return {
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind: "MachineSet",
    metadata: { ...meta(made.metadata.name ?? ""), ...made.metadata, name: made.metadata.name ?? "" },
    spec: made.spec,
    status: {
      replicas: existing,
      readyReplicas: available,
      availableReplicas: available,
      upToDateReplicas: existing,
      observedGeneration: 1
    }
  }
}

const deployment = aDeployment({ metadata: owned, status: { observedGeneration: 1 } })
const upgraded = aDeployment({
  metadata: { ...owned, annotations: { "machinedeployment.clusters.x-k8s.io/revision": "1" } },
  spec: {
    template: {
      spec: { ...deployment.spec.template.spec, infrastructureRef: infrastructureRef("FooMachineTemplate", "newer") }
    }
  },
  status: { observedGeneration: 1 }
})
const first = setOf(deployment, "aaaaa", { wanted: 3 })

const print = (facts: MachineDeploymentFacts): ReadonlyArray<string> =>
  planMachineDeployment(facts).actions.map((action) => {
    switch (action._tag) {
      case "CreateMachineSet":
        return `create with ${action.wishes.replicas}, revision ${action.wishes.revision}`
      case "PatchMachineSet":
        return `patch ${action.machineSet.metadata.name} to ${action.wanted.spec.replicas}`
      case "DeleteMachineSet":
        return `delete ${action.machineSet.metadata.name}`
      default:
        return action._tag
    }
  })

const settled = (sets: ReadonlyArray<MachineSet>, of: MachineDeployment, revision: number) =>
  sets
    .map((set) =>
      wantedMachineSet(of, set, {
        replicas: set.spec.replicas ?? 0,
        maxReplicas: 4,
        revision: undefined,
        disableCreate: false
      })
    )
    .map((set) => ({
      ...set,
      metadata: {
        ...set.metadata,
        annotations: { ...set.metadata.annotations, "machinedeployment.clusters.x-k8s.io/revision": String(revision) }
      }
    }))

const cases: ReadonlyArray<{ rule: string; given: MachineDeploymentFacts; expected: ReadonlyArray<string> }> = [
  { rule: "makes the first set at full size", given: factsOf(deployment, []), expected: ["create with 3, revision 1"] },
  { rule: "does nothing when the set is as it should be", given: factsOf(deployment, [first]), expected: [] },
  {
    rule: "makes no set without a template",
    given: factsOf(deployment, [], { infrastructureTemplate: missing("FooMachineTemplate", "workers") }),
    expected: []
  },
  {
    rule: "makes no set while the rollout is paused",
    given: factsOf(aDeployment({ metadata: owned, spec: { paused: true } }), []),
    expected: []
  },
  {
    rule: "makes a second set with the surge when the template changes",
    given: factsOf(upgraded, settled([first], upgraded, 1)),
    expected: ["create with 1, revision 2"]
  },
  {
    rule: "takes one from the old set when the new one is available",
    given: factsOf(upgraded, [...settled([first], upgraded, 1), setOf(upgraded, "bbbbb", { wanted: 1, revision: 2 })]),
    expected: ["patch workers-aaaaa to 2"]
  },
  {
    rule: "removes empty old sets when all is done",
    given: factsOf(upgraded, [
      ...settled([setOf(deployment, "aaaaa", { wanted: 0 })], upgraded, 1),
      setOf(upgraded, "bbbbb", { wanted: 3, revision: 2 })
    ]),
    expected: ["delete workers-aaaaa"]
  },
  {
    rule: "keeps an old set that still has a Machine",
    given: factsOf(upgraded, [
      ...settled([setOf(deployment, "aaaaa", { wanted: 0, existing: 1 })], upgraded, 1),
      setOf(upgraded, "bbbbb", { wanted: 3, revision: 2 })
    ]),
    expected: []
  },
  {
    rule: "pushes a time limit into the set without a new one",
    given: factsOf(
      aDeployment({
        metadata: owned,
        spec: {
          template: {
            ...deployment.spec.template,
            spec: { ...deployment.spec.template.spec, deletion: { nodeDrainTimeoutSeconds: 60 } }
          }
        }
      }),
      [first]
    ),
    expected: ["patch workers-aaaaa to 3"]
  },
  {
    rule: "adopts sets without a controller before anything else",
    given: factsOf(upgraded, [{ ...first, metadata: { ...first.metadata, ownerReferences: [] } }]),
    expected: ["AdoptMachineSet"]
  },
  {
    rule: "deletes its sets when it goes itself",
    given: factsOf(aDeployment({ metadata: { ...owned, deletionTimestamp: ago(1) } }), [first]),
    expected: ["delete workers-aaaaa"]
  },
  {
    rule: "lets OnDelete shrink old sets only by what users deleted",
    given: factsOf(
      aDeployment({
        metadata: upgraded.metadata,
        spec: { ...upgraded.spec, rollout: { strategy: { type: "OnDelete" } } }
      }),
      settled([setOf(deployment, "aaaaa", { wanted: 3, existing: 2 })], upgraded, 1)
    ),
    expected: ["create with 0, revision 2", "patch workers-aaaaa to 2"]
  }
]

describe("planMachineDeployment", () => {
  it.each(cases)("$rule", ({ expected, given }) => assert.deepStrictEqual(print(given), expected))

  it("gives a set that becomes current again a new, higher revision, and remembers the old one", () => {
    const old = settled([setOf(deployment, "aaaaa", { wanted: 0 })], deployment, 1)
    const newer = settled([setOf(upgraded, "bbbbb", { wanted: 3 })], deployment, 2)
    const plan = planMachineDeployment(factsOf(deployment, [...old, ...newer]))
    const back = plan.actions.flatMap((action) =>
      action._tag === "PatchMachineSet" && action.machineSet.metadata.name === "workers-aaaaa" ? [action.wanted] : []
    )[0]
    assert.deepInclude(back?.metadata.annotations, {
      "machinedeployment.clusters.x-k8s.io/revision": "3",
      "machinedeployment.clusters.x-k8s.io/revision-history": "1"
    })
    assert.strictEqual(plan.deployment.metadata.annotations?.["machinedeployment.clusters.x-k8s.io/revision"], "3")
  })

  it("never empties its revision while paused with a template that no set has", () => {
    const paused = aDeployment({ metadata: upgraded.metadata, spec: { ...upgraded.spec, paused: true } })
    const plan = planMachineDeployment(factsOf(paused, settled([first], paused, 1)))
    assert.strictEqual(plan.deployment.metadata.annotations?.["machinedeployment.clusters.x-k8s.io/revision"], "1")
  })

  it("counts only sets made since rollout.after, and comes back when that lies ahead", () => {
    const rollout = (after: string) =>
      aDeployment({ metadata: owned, spec: { rollout: { ...deployment.spec.rollout, after } } })
    const sets = settled([first], deployment, 1)
    assert.deepStrictEqual(print(factsOf(rollout(ago(10)), sets)), ["create with 1, revision 2"])
    const ahead = planMachineDeployment(factsOf(rollout(ago(-10)), sets))
    assert.deepStrictEqual([ahead.actions.length, ahead.requeueAfterMillis], [0, 10_000])
  })
})

describe("leewayOf", () => {
  const leeways: ReadonlyArray<{
    rule: string
    desired: number
    maxSurge: number | string
    maxUnavailable: number | string
    expected: readonly [number, number]
  }> = [
    {
      rule: "rounds surge up and unavailability down",
      desired: 10,
      maxSurge: "25%",
      maxUnavailable: "25%",
      expected: [3, 2]
    },
    {
      rule: "leaves room for one when both end at zero",
      desired: 3,
      maxSurge: "0%",
      maxUnavailable: "10%",
      expected: [0, 1]
    },
    { rule: "gives up no more than there are", desired: 2, maxSurge: 0, maxUnavailable: 5, expected: [0, 2] },
    { rule: "gives up none of none", desired: 0, maxSurge: 0, maxUnavailable: 0, expected: [0, 0] }
  ]
  it.each(leeways)("$rule", ({ desired, expected, maxSurge, maxUnavailable }) => {
    const given = aDeployment({
      spec: {
        replicas: desired,
        rollout: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } } }
      }
    })
    assert.deepStrictEqual(leewayOf(given), { surgeMax: expected[0], unavailableMax: expected[1] })
  })
})

describe("differences", () => {
  const { spec } = deployment.spec.template
  const changes: ReadonlyArray<{ rule: string; current: typeof spec; expected: number }> = [
    { rule: "none", current: spec, expected: 0 },
    { rule: "version", current: { ...spec, version: "v1.30.0" }, expected: 1 },
    {
      rule: "infrastructure",
      current: { ...spec, infrastructureRef: infrastructureRef("FooMachineTemplate", "x") },
      expected: 1
    },
    { rule: "failure domain", current: { ...spec, failureDomain: "a" } as typeof spec, expected: 1 },
    {
      rule: "bootstrap",
      current: { ...spec, bootstrap: { configRef: infrastructureRef("FooConfigTemplate", "x") } },
      expected: 1
    },
    {
      rule: "nothing that can be pushed in place",
      current: { ...spec, minReadySeconds: 5, deletion: { nodeDrainTimeoutSeconds: 1 } } as typeof spec,
      expected: 0
    }
  ]
  it.each(changes)("$rule", ({ current, expected }) => assert.strictEqual(differences(current, spec).length, expected))
})

describe("other strategies", () => {
  const set = (name: string, wanted: number, existing = wanted) => ({ name, wanted, existing, available: existing })

  it("OnDelete fills up without surge and shrinks old sets only beyond the wished number", () => {
    const step = (desired: number, current: number, old: number, existing = old) =>
      onDeleteStep({
        desired,
        surgeMax: 1,
        unavailableMax: 0,
        current: set("new", current),
        outdated: [set("old", old, existing)]
      }).map(({ to }) => to)
    assert.deepStrictEqual(step(3, 0, 3), [0, 3])
    assert.deepStrictEqual(step(3, 0, 2), [1, 2])
    assert.deepStrictEqual(step(3, 0, 3, 2), [0, 2])
    assert.deepStrictEqual(step(2, 1, 3), [1, 1])
  })

  it("a paused deployment scales its only set, empties old ones behind a complete one, or shares out", () => {
    const base = {
      desired: 6,
      surgeMax: 0,
      proportional: true,
      maxReplicas: new Map([
        ["a", 4],
        ["b", 4]
      ])
    }
    const step = (current: ReturnType<typeof set> | undefined, outdated: ReadonlyArray<ReturnType<typeof set>>) =>
      pausedStep({ ...base, current, outdated }).map(({ name, to }) => `${name} ${to}`)
    assert.deepStrictEqual(step(set("b", 2), []), ["b 6"])
    assert.deepStrictEqual(step(set("b", 6), [set("a", 2)]), ["a 0", "b 6"])
    assert.deepStrictEqual(step(set("b", 2), [set("a", 2)]), ["a 3", "b 3"])
  })
})

describe("the status of a MachineDeployment", () => {
  const conditionsOf = (given: MachineDeployment, machines: MachineDeploymentFacts["machines"] = []) =>
    Object.fromEntries(
      machineDeploymentConditions(factsOf(given, [], { machines }), given, []).map((each) => [
        each.type,
        `${each.status} ${each.reason} ${each.message}`.trim()
      ])
    )

  it("sums over its sets", () => {
    const facts = factsOf(deployment, [first, setOf(upgraded, "bbbbb", { wanted: 1, available: 0 })])
    const { status } = reportMachineDeployment(facts, planMachineDeployment(facts))
    assert.deepStrictEqual([status?.replicas, status?.availableReplicas, status?.phase], [4, 3, "ScalingDown"])
  })

  it("is available while no more are missing than may be", () => {
    assert.match(conditionsOf(aDeployment({ status: { availableReplicas: 3 } }))["Available"] ?? "", /^True Available/)
    assert.match(
      conditionsOf(aDeployment({ status: { availableReplicas: 2 } }))["Available"] ?? "",
      /^False NotAvailable 2 available replicas, at least 3 required/
    )
    assert.match(conditionsOf(aDeployment())["Available"] ?? "", /WaitingForAvailableReplicasSet/)
  })

  it("rolls out while a Machine is not up to date, and says why", () => {
    const outdated = aRunningMachine("a", {
      status: { conditions: [condition("UpToDate", "False", { message: "* Version v1.30.0, v1.31.0 required" })] }
    })
    assert.strictEqual(
      conditionsOf(deployment, [outdated])["RollingOut"],
      "True RollingOut Rolling out 1 not up-to-date replicas\n* Version v1.30.0, v1.31.0 required"
    )
    assert.strictEqual(conditionsOf(deployment)["RollingOut"], "False NotRollingOut")
  })
})
