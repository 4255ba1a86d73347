import { versionsOf } from "@capstan/api"
import { assert, describe, it } from "@effect/vitest"
import { noReference } from "../../src/contract/ProviderObject.ts"
import { machineSetConditions, machineSetRequeue } from "../../src/machine-set/MachineSetConditions.ts"
import type { MachineSetFacts } from "../../src/machine-set/MachineSetFacts.ts"
import { planMachineSet } from "../../src/machine-set/MachineSetPlan.ts"
import { machineMetadata, machineName, newMachine, syncedMachine } from "../../src/machine-set/NewMachine.ts"
import {
  aCluster,
  aDeployment,
  ago,
  aMachine,
  aMachineSet,
  aRunningMachine,
  condition,
  found,
  missing,
  noon
} from "../Specimens.ts"

const owned = {
  ownerReferences: [{ apiVersion: "cluster.x-k8s.io/v1beta2", kind: "Cluster", name: "prod", uid: "uid-prod" }]
}
const machineSet = aMachineSet("set", { metadata: owned })
const infrastructureTemplate = found("FooMachineTemplate", "workers", {}, { metadata: owned })
const bootstrapTemplate = found(
  "FooConfigTemplate",
  "workers",
  {},
  { metadata: owned, group: "bootstrap.cluster.x-k8s.io" }
)
const unstable = found("FooControlPlane", "prod", { spec: { version: "v1.31.0" } })

const factsOf = (more: Partial<MachineSetFacts> = {}): MachineSetFacts => ({
  machineSet,
  cluster: aCluster(),
  machineDeployment: undefined,
  controlPlane: noReference,
  bootstrapTemplate,
  infrastructureTemplate,
  selector: { _tag: "Labels", labels: {} },
  machines: [aRunningMachine("a"), aRunningMachine("b"), aRunningMachine("c")],
  parts: [],
  orphans: [],
  now: noon,
  ...more
})

const unhealthy = (name: string, more: Parameters<typeof aRunningMachine>[1] = {}) =>
  aRunningMachine(name, {
    ...more,
    status: {
      conditions: [
        condition("HealthCheckSucceeded", "False"),
        condition("OwnerRemediated", "False", { reason: "WaitingForRemediation" })
      ]
    }
  })

const print = (facts: MachineSetFacts): ReadonlyArray<string> =>
  planMachineSet(facts).actions.map((action) => {
    switch (action._tag) {
      case "CreateMachines":
        return `create ${action.count}`
      case "DeleteMachine":
        return `delete ${action.machine.metadata.name}`
      case "PatchMachine": {
        const stated = action.wanted.status?.conditions?.find((each) => each.type === "OwnerRemediated")
        return `patch ${action.machine.metadata.name} ${stated?.reason ?? ""}`.trim()
      }
      case "SweepOrphan":
        return `sweep ${action.part.object.metadata.name}`
      default:
        return action._tag
    }
  })

const going = aRunningMachine("z", { metadata: { deletionTimestamp: ago(5) } })
const [a, b, c] = [aRunningMachine("a"), aRunningMachine("b"), aRunningMachine("c")]

const cases: ReadonlyArray<{ rule: string; given: MachineSetFacts; expected: ReadonlyArray<string> }> = [
  { rule: "does nothing when all is as it should be", given: factsOf(), expected: [] },
  { rule: "makes what is missing", given: factsOf({ machines: [a] }), expected: ["create 2"] },
  {
    rule: "counts a deleting Machine as a replica until it is gone",
    given: factsOf({ machines: [a, b, going] }),
    expected: []
  },
  {
    rule: "deletes no further Machine while a surplus one is going",
    given: factsOf({ machines: [a, b, c, going] }),
    expected: []
  },
  {
    rule: "deletes the surplus by name when nothing else tells Machines apart",
    given: factsOf({ machines: [b, c, a, aRunningMachine("d")] }),
    expected: ["delete a"]
  },
  {
    rule: "makes nothing while it is told not to",
    given: factsOf({
      machines: [a],
      machineSet: aMachineSet("set", {
        metadata: { ...owned, annotations: { "cluster.x-k8s.io/disable-machine-create": "true" } }
      })
    }),
    expected: []
  },
  {
    rule: "makes nothing while the control plane is not up",
    given: factsOf({ machines: [a], controlPlane: unstable }),
    expected: []
  },
  {
    rule: "makes nothing without a template",
    given: factsOf({ machines: [a], infrastructureTemplate: missing("FooMachineTemplate", "workers") }),
    expected: []
  },
  {
    rule: "deletes while the control plane is not up",
    given: factsOf({ machines: [a, b, c, aRunningMachine("d")], controlPlane: unstable }),
    expected: ["delete a"]
  },
  {
    rule: "adopts Machines without a controller",
    given: factsOf({ machines: [a, b, aRunningMachine("c", { metadata: { ownerReferences: [] } })] }),
    expected: ["AdoptMachine"]
  },
  {
    rule: "replaces an unhealthy Machine by deleting it",
    given: factsOf({ machines: [a, b, unhealthy("x")] }),
    expected: ["patch x MachineDeleting", "delete x"]
  },
  {
    rule: "replaces no more at a time than allowed, newest first",
    given: factsOf({
      machines: [
        unhealthy("old", { metadata: { creationTimestamp: ago(100) } }),
        unhealthy("new", { metadata: { creationTimestamp: ago(10) } }),
        a
      ],
      machineDeployment: aDeployment({ spec: { remediation: { maxInFlight: 1 } } })
    }),
    expected: ["patch old RemediationDeferred", "patch new MachineDeleting", "delete new"]
  },
  {
    rule: "leaves the unhealthy Machines of an older revision to the rollout",
    given: factsOf({
      machines: [a, b, unhealthy("x")],
      machineDeployment: aDeployment({
        spec: { template: { spec: { ...machineSet.spec.template.spec, version: "v1.32.0" } } }
      })
    }),
    expected: ["patch x CannotBeRemediated"]
  },
  {
    rule: "replaces nothing while the control plane is not up",
    given: factsOf({ machines: [a, b, unhealthy("x")], controlPlane: unstable }),
    expected: ["patch x RemediationDeferred"]
  },
  {
    rule: "forgets the remediation of a Machine that has recovered",
    given: factsOf({
      machines: [
        a,
        b,
        aRunningMachine("x", {
          status: { conditions: [condition("HealthCheckSucceeded", "True"), condition("OwnerRemediated", "False")] }
        })
      ]
    }),
    expected: ["patch x"]
  },
  {
    rule: "deletes one Machine for two reasons only once",
    given: factsOf({ machines: [a, b, c, unhealthy("x")] }),
    expected: ["patch x MachineDeleting", "delete x"]
  },
  {
    rule: "sweeps what was made for Machines that never came to be",
    given: factsOf({
      orphans: [{ kind: infrastructureTemplate.kind.kind, object: found("FooMachine", "lost").object }]
    }),
    expected: ["sweep lost"]
  },
  {
    rule: "deletes everything when it goes itself",
    given: factsOf({
      machineSet: aMachineSet("set", {
        metadata: { ...owned, deletionTimestamp: ago(1), finalizers: ["cluster.x-k8s.io/machineset"] }
      }),
      machines: [a, going]
    }),
    expected: ["delete a"]
  },
  {
    rule: "does nothing at all with a selector that it cannot read",
    given: factsOf({ selector: { _tag: "Refused", message: "no" }, machines: [] }),
    expected: []
  }
]

describe("planMachineSet", () => {
  it.each(cases)("$rule", ({ expected, given }) => assert.deepStrictEqual(print(given), expected))

  it("keeps its finalizer until the last Machine is gone", () => {
    const leaving = aMachineSet("set", {
      metadata: { ...owned, deletionTimestamp: ago(1), finalizers: ["cluster.x-k8s.io/machineset"] }
    })
    assert.strictEqual(
      planMachineSet(factsOf({ machineSet: leaving, machines: [going] })).machineSet.metadata.finalizers?.length,
      1
    )
    assert.strictEqual(
      planMachineSet(factsOf({ machineSet: leaving, machines: [] })).machineSet.metadata.finalizers?.length,
      0
    )
    const refused = factsOf({ machineSet: leaving, machines: [], selector: { _tag: "Refused", message: "no" } })
    assert.strictEqual(planMachineSet(refused).machineSet.metadata.finalizers?.length, 1)
  })

  it("looks again after 15 seconds when checks hold it back", () => {
    const plan = planMachineSet(factsOf({ machines: [a], controlPlane: unstable }))
    assert.strictEqual(plan.requeueAfterMillis, 15_000)
    assert.match(plan.growthProblems.join(), /is provisioning/)
  })
})

describe("new Machines", () => {
  it("share their name with what they refer to and carry the finalizer from the start", () => {
    const machine = newMachine(machineSet, "set-x")
    assert.deepStrictEqual(machine.spec.infrastructureRef, {
      apiGroup: "infrastructure.cluster.x-k8s.io",
      kind: "FooMachine",
      name: "set-x"
    })
    assert.deepStrictEqual(machine.spec.bootstrap.configRef?.kind, "FooConfig")
    assert.deepStrictEqual(machine.metadata.finalizers, ["machine.cluster.x-k8s.io"])
    assert.strictEqual(machine.metadata.labels?.["cluster.x-k8s.io/set-name"], "set")
  })

  it("are named by the template", () => {
    assert.deepStrictEqual(machineName(machineSet, "bcdfg"), { _tag: "Named", name: "set-bcdfg" })
    const named = aMachineSet("set", { spec: { machineNaming: { template: "{{ .cluster.name }}-{{ .random }}" } } })
    assert.deepStrictEqual(machineName(named, "bcdfg"), { _tag: "Named", name: "prod-bcdfg" })
  })

  it("take over time limits and labels in place, while deleting only the limits", () => {
    const { template } = machineSet.spec
    const limited = aMachineSet("set", {
      spec: {
        template: {
          metadata: { labels: { ...template.metadata?.labels, tier: "gold" } },
          spec: { ...template.spec, deletion: { nodeDrainTimeoutSeconds: 5 } }
        }
      }
    })
    const content = machineMetadata(limited)
    const alive = syncedMachine(
      limited,
      content,
      aRunningMachine("a", { spec: { deletion: { nodeDeletionTimeoutSeconds: 10 } } })
    )
    assert.deepStrictEqual(alive.spec.deletion, { nodeDeletionTimeoutSeconds: 10, nodeDrainTimeoutSeconds: 5 })
    assert.strictEqual(alive.metadata.labels?.["tier"], "gold")
    const leaving = syncedMachine(limited, content, going)
    assert.deepStrictEqual(
      [leaving.spec.deletion?.nodeDrainTimeoutSeconds, leaving.metadata.labels?.["tier"]],
      [5, undefined]
    )
    assert.strictEqual(syncedMachine(limited, content, alive), alive)
  })
})

describe("the status of a MachineSet", () => {
  const conditionsOf = (...options: Parameters<typeof machineSetConditions>) =>
    Object.fromEntries(
      machineSetConditions(...options).map((each) => [
        each.type,
        `${each.status} ${each.reason} ${each.message}`.trim()
      ])
    )

  it("says what it scales, and why it cannot", () => {
    assert.strictEqual(
      conditionsOf(machineSet, [a], [], noon)["ScalingUp"],
      "True ScalingUp Scaling up from 1 to 3 replicas"
    )
    assert.match(conditionsOf(machineSet, [a], ["no way"], noon)["ScalingUp"] ?? "", /is blocked because:\n\* no way/)
    assert.strictEqual(
      conditionsOf(machineSet, [a, b, c, going], [], noon)["ScalingDown"],
      "True ScalingDown Scaling down from 4 to 3 replicas"
    )
  })

  it("names Machines whose deletion drags on", () => {
    const stale = aMachine("s", { metadata: { deletionTimestamp: ago(1000) } })
    assert.match(
      conditionsOf(machineSet, [a, b, c, stale], [], noon)["ScalingDown"] ?? "",
      /\* Machine s is in deletion since more than 15m/
    )
  })

  it("has nothing to say of Machines when there are none", () => {
    assert.strictEqual(conditionsOf(machineSet, [], [], noon)["MachinesReady"], "True NoReplicas")
  })

  it("shows remediation", () => {
    assert.match(conditionsOf(machineSet, [unhealthy("x")], [], noon)["Remediating"] ?? "", /^True Remediating/)
  })

  it("looks again every 15 seconds while not all are ready, and when the next becomes available", () => {
    const status = { replicas: 3, readyReplicas: 2, availableReplicas: 2 }
    assert.strictEqual(machineSetRequeue(aMachineSet("set", { status }), [], noon), 15_000)
    const { template } = machineSet.spec
    const slow = aMachineSet("set", {
      spec: { template: { ...template, spec: { ...template.spec, minReadySeconds: 30 } } },
      status: { ...status, readyReplicas: 3 }
    })
    const waiting = aRunningMachine("a", {
      status: { conditions: [condition("Ready", "True", { lastTransitionTime: ago(20) })] }
    })
    assert.strictEqual(machineSetRequeue(slow, [waiting, b], noon), 10_000)
    assert.strictEqual(
      machineSetRequeue(
        aMachineSet("set", { status: { ...status, readyReplicas: 3, availableReplicas: 3 } }),
        [],
        noon
      ),
      undefined
    )
  })

  it("counts versions from old to new", () => {
    const versions = versionsOf(
      ["v1.31.10", "v1.31.9", "v1.31.10"].map((version, index) => aMachine(`m${index}`, { spec: { version } }))
    )
    assert.deepStrictEqual(versions, [
      { version: "v1.31.9", replicas: 1 },
      { version: "v1.31.10", replicas: 2 }
    ])
  })
})
