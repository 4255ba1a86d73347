import type { Cluster } from "@capstan/api"
import { assert, describe, it } from "@effect/vitest"
import { clusterConditions } from "../../src/cluster/ClusterConditions.ts"
import type { ClusterFacts } from "../../src/cluster/ClusterFacts.ts"
import { planCluster } from "../../src/cluster/ClusterPlan.ts"
import { noReference } from "../../src/contract/ProviderObject.ts"
import {
  aCluster,
  aDeployment,
  ago,
  aMachineSet,
  aRunningMachine,
  condition,
  found,
  missing,
  noon,
  noonMillis,
  unreadable
} from "../Specimens.ts"

const owned = {
  ownerReferences: [{ apiVersion: "cluster.x-k8s.io/v1beta2", kind: "Cluster", name: "prod", uid: "uid-prod" }],
  labels: { "cluster.x-k8s.io/cluster-name": "prod" }
}
const infrastructure = found(
  "FooCluster",
  "prod",
  {
    spec: { controlPlaneEndpoint: { host: "lb", port: 6443 } },
    status: {
      initialization: { provisioned: true },
      failureDomains: [{ name: "b" }, { name: "a", controlPlane: true }]
    }
  },
  { metadata: owned }
)
const controlPlane = found(
  "FooControlPlane",
  "prod",
  { spec: { replicas: 1 }, status: { replicas: 1 } },
  { metadata: owned }
)

const factsOf = (more: Partial<ClusterFacts> = {}): ClusterFacts => ({
  cluster: aCluster(),
  infrastructure,
  controlPlane,
  descendants: { machineDeployments: [], machineSets: [], workerMachines: [], controlPlaneMachines: [] },
  connection: {
    connected: true,
    sinceMillis: noonMillis - 3_600_000,
    lastProbeSuccessMillis: noonMillis - 1000,
    lastProbeMillis: noonMillis - 1000,
    consecutiveFailures: 0
  },
  now: noon,
  ...more
})

const provisioned: Cluster = aCluster({ status: { initialization: { infrastructureProvisioned: true } } })
const deleting = (metadata = {}): Cluster =>
  aCluster({ metadata: { deletionTimestamp: ago(5), finalizers: ["cluster.cluster.x-k8s.io"], ...metadata } })
const tags = (facts: ClusterFacts) => planCluster(facts).actions.map((action) => action._tag)

describe("planCluster", () => {
  it("copies endpoint and failure domains, latches, and says so once", () => {
    const plan = planCluster(factsOf())
    assert.deepStrictEqual(plan.cluster.spec.controlPlaneEndpoint, { host: "lb", port: 6443 })
    assert.deepStrictEqual(
      plan.cluster.status?.failureDomains?.map((domain) => domain.name),
      ["a", "b"]
    )
    assert.strictEqual(plan.cluster.status?.initialization?.infrastructureProvisioned, true)
    assert.deepStrictEqual(tags(factsOf()), ["Record", "Record"])
    assert.strictEqual(plan.cluster.status?.phase, "Provisioned")
    assert.deepStrictEqual(planCluster(factsOf({ cluster: plan.cluster })).actions, [])
  })

  it("plans nothing for a cluster that it has planned before", () => {
    const once = planCluster(factsOf()).cluster
    assert.deepStrictEqual(planCluster(factsOf({ cluster: once })).cluster, once)
  })

  const cases: ReadonlyArray<{
    rule: string
    given: ClusterFacts
    check: (plan: ReturnType<typeof planCluster>) => void
  }> = [
    {
      rule: "keeps a valid endpoint whatever the infrastructure says later",
      given: factsOf({ cluster: aCluster({ spec: { controlPlaneEndpoint: { host: "old", port: 1 } } }) }),
      check: (plan) => assert.strictEqual(plan.cluster.spec.controlPlaneEndpoint?.host, "old")
    },
    {
      rule: "drops a half endpoint when the provider offers none",
      given: factsOf({
        cluster: aCluster({ spec: { controlPlaneEndpoint: { host: "half" } } }),
        infrastructure: found(
          "FooCluster",
          "prod",
          { status: { initialization: { provisioned: true } } },
          { metadata: owned }
        )
      }),
      check: (plan) => assert.strictEqual(plan.cluster.spec.controlPlaneEndpoint, undefined)
    },
    {
      rule: "reads the older contract's flag and map of failure domains",
      given: factsOf({
        infrastructure: found(
          "FooCluster",
          "prod",
          { status: { ready: true, failureDomains: { z: { controlPlane: true } } } },
          { metadata: owned, contract: "v1beta1" }
        )
      }),
      check: (plan) => assert.deepStrictEqual(plan.cluster.status?.failureDomains, [{ name: "z", controlPlane: true }])
    },
    {
      rule: "waits half a minute for infrastructure that is not there yet",
      given: factsOf({ infrastructure: missing("FooCluster", "prod") }),
      check: (plan) => assert.deepStrictEqual([plan.requeueAfterMillis, plan.errors.length], [30_000, 0])
    },
    {
      rule: "fails when provisioned infrastructure has vanished",
      given: factsOf({ cluster: provisioned, infrastructure: missing("FooCluster", "prod") }),
      check: (plan) => assert.match(plan.errors.join(), /has been deleted while the Cluster still exists/)
    },
    {
      rule: "never takes an unknown kind for a deleted object",
      given: factsOf({ cluster: deleting(), infrastructure: unreadable("FooCluster"), controlPlane: noReference }),
      check: (plan) =>
        assert.deepStrictEqual([plan.cluster.metadata.finalizers?.length, plan.deletion?.reason], [1, "InternalError"])
    },
    {
      rule: "does not take a latched flag back",
      given: factsOf({
        cluster: provisioned,
        infrastructure: found("FooCluster", "prod", { status: {} }, { metadata: owned })
      }),
      check: (plan) => assert.strictEqual(plan.cluster.status?.initialization?.infrastructureProvisioned, true)
    },
    {
      rule: "owns and labels what it refers to",
      given: factsOf({ infrastructure: found("FooCluster", "prod") }),
      check: (plan) =>
        assert.deepStrictEqual(
          plan.actions.flatMap((action) =>
            action._tag === "Adopt"
              ? [action.wanted.metadata.ownerReferences?.length, action.wanted.metadata.labels]
              : []
          ),
          [1, { "cluster.x-k8s.io/cluster-name": "prod" }]
        )
    },
    {
      rule: "counts replicas of deployments, lone sets and lone Machines once",
      given: factsOf({
        descendants: {
          machineDeployments: [aDeployment({ status: { replicas: 3, readyReplicas: 2 } })],
          machineSets: [aMachineSet("lone", { spec: { replicas: 2 }, status: { replicas: 2, readyReplicas: 2 } })],
          workerMachines: [aRunningMachine("kept"), aRunningMachine("alone", { metadata: { ownerReferences: [] } })],
          controlPlaneMachines: []
        }
      }),
      check: (plan) =>
        assert.deepStrictEqual(
          [plan.cluster.status?.workers?.desiredReplicas, plan.cluster.status?.workers?.readyReplicas],
          [6, 5]
        )
    }
  ]
  it.each(cases)("$rule", ({ check, given }) => check(planCluster(given)))

  const child = aDeployment({ metadata: { ownerReferences: owned.ownerReferences } })
  const none = { machineDeployments: [], machineSets: [], workerMachines: [], controlPlaneMachines: [] }
  const deletions: ReadonlyArray<{
    rule: string
    given: ClusterFacts
    tags: ReadonlyArray<string>
    reason: string
    requeue: number | undefined
  }> = [
    {
      rule: "deletes owned workers first and looks again after five seconds",
      given: factsOf({ cluster: deleting(), descendants: { ...none, machineDeployments: [child] } }),
      tags: ["DeleteChild"],
      reason: "WaitingForWorkersDeletion",
      requeue: 5000
    },
    {
      rule: "waits for a labelled worker that it does not own, without deleting it",
      given: factsOf({ cluster: deleting(), descendants: { ...none, machineSets: [aMachineSet("stray")] } }),
      tags: [],
      reason: "WaitingForWorkersDeletion",
      requeue: 5000
    },
    {
      rule: "then deletes the control plane",
      given: factsOf({ cluster: deleting() }),
      tags: ["DeleteProviderObject"],
      reason: "WaitingForControlPlaneDeletion",
      requeue: undefined
    },
    {
      rule: "then the infrastructure",
      given: factsOf({ cluster: deleting(), controlPlane: missing("FooControlPlane", "prod") }),
      tags: ["DeleteProviderObject"],
      reason: "WaitingForInfrastructureDeletion",
      requeue: undefined
    },
    {
      rule: "and then lets go",
      given: factsOf({ cluster: deleting(), controlPlane: noReference, infrastructure: missing("FooCluster", "prod") }),
      tags: ["Record"],
      reason: "DeletionCompleted",
      requeue: undefined
    }
  ]
  it.each(deletions)("$rule", ({ given, reason, requeue, tags: expected }) => {
    const plan = planCluster(given)
    const actions = plan.actions.filter((action) => action._tag !== "Record" || action.reason === "Deleted")
    assert.deepStrictEqual(
      actions.map((action) => action._tag),
      expected
    )
    assert.deepStrictEqual([plan.deletion?.reason, plan.requeueAfterMillis], [reason, requeue])
    assert.strictEqual(plan.cluster.metadata.finalizers?.length, reason === "DeletionCompleted" ? 0 : 1)
  })
})

describe("clusterConditions", () => {
  const conditionsOf = (facts: ClusterFacts) =>
    Object.fromEntries(
      clusterConditions(facts, planCluster(facts)).map((each) => [each.type, `${each.status} ${each.reason}`])
    )
  const silent = {
    connected: false,
    sinceMillis: noonMillis - 3_600_000,
    lastProbeSuccessMillis: undefined,
    lastProbeMillis: undefined,
    consecutiveFailures: 0
  }

  const cases: ReadonlyArray<{
    rule: string
    given: ClusterFacts
    expected: { readonly [type: string]: string | undefined }
  }> = [
    {
      rule: "is available with infrastructure, control plane, connection and no workers",
      given: factsOf({
        controlPlane: found("FooControlPlane", "prod", {
          status: { initialization: { controlPlaneInitialized: true }, conditions: [condition("Available", "True")] }
        })
      }),
      expected: {
        Available: "True Available",
        WorkersAvailable: "True NoWorkers",
        ControlPlaneInitialized: "True Initialized",
        RemoteConnectionProbe: "True ProbeSucceeded"
      }
    },
    {
      rule: "makes InfrastructureReady up from the flag when the provider has no Ready condition",
      given: factsOf({ infrastructure: found("FooCluster", "prod", { status: {} }) }),
      expected: { InfrastructureReady: "False NotReady", Available: "False NotAvailable" }
    },
    {
      rule: "says Unknown of a malformed condition",
      given: factsOf({
        infrastructure: found("FooCluster", "prod", { status: { conditions: [{ type: "Ready", status: "Maybe" }] } })
      }),
      expected: { InfrastructureReady: "Unknown InvalidConditionReported" }
    },
    {
      rule: "tells deleted infrastructure from infrastructure that never was",
      given: factsOf({ cluster: provisioned, infrastructure: missing("FooCluster", "prod") }),
      expected: { InfrastructureReady: "False ObjectDeleted" }
    },
    {
      rule: "has no connection before the first probe",
      given: factsOf({ connection: silent }),
      expected: { RemoteConnectionProbe: "False ProbeFailed" }
    },
    {
      rule: "keeps the earlier verdict on the connection after a restart",
      given: factsOf({
        cluster: aCluster({ status: { conditions: [condition("RemoteConnectionProbe", "True")] } }),
        connection: silent
      }),
      expected: { RemoteConnectionProbe: undefined }
    },
    {
      rule: "loses the connection after fifty silent seconds",
      given: factsOf({ connection: { ...silent, lastProbeSuccessMillis: noonMillis - 51_000 } }),
      expected: { RemoteConnectionProbe: "False ProbeFailed" }
    }
  ]
  it.each(cases)("$rule", ({ expected, given }) => {
    const actual = conditionsOf(given)
    assert.deepStrictEqual(Object.fromEntries(Object.keys(expected).map((type) => [type, actual[type]])), expected)
  })
})
