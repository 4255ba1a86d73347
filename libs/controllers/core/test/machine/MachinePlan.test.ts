import { assert, describe, it } from "@effect/vitest"
import { noReference } from "../../src/contract/ProviderObject.ts"
import type { MachineFacts } from "../../src/machine/MachineFacts.ts"
import { nodeWithProviderId, providerIdFor } from "../../src/machine/MachineFacts.ts"
import { planMachine } from "../../src/machine/MachinePlan.ts"
import {
  aCluster,
  ago,
  aMachine,
  aMachineSet,
  aNode,
  aRunningMachine,
  found,
  missing,
  noon,
  unreadable
} from "../Specimens.ts"

const ownedBy = (name: string) => ({
  labels: { "cluster.x-k8s.io/cluster-name": "prod" },
  ownerReferences: [
    {
      apiVersion: "cluster.x-k8s.io/v1beta2",
      kind: "Machine",
      name,
      uid: `uid-${name}`,
      controller: true,
      blockOwnerDeletion: true
    }
  ]
})
const bootstrapGroup = "bootstrap.cluster.x-k8s.io"
const bootstrap = found(
  "FooConfig",
  "a",
  { status: { initialization: { dataSecretCreated: true }, dataSecretName: "a-data" } },
  { metadata: ownedBy("a"), group: bootstrapGroup }
)
const infrastructure = found(
  "FooMachine",
  "a",
  {
    spec: { providerID: "foo:///a" },
    status: {
      initialization: { provisioned: true },
      addresses: [{ type: "InternalIP", address: "10.0.0.1" }],
      failureDomain: "zone-a"
    }
  },
  { metadata: ownedBy("a") }
)

export const factsOf = (more: Partial<MachineFacts> = {}): MachineFacts => ({
  machine: aMachine("a"),
  cluster: aCluster({ status: { initialization: { infrastructureProvisioned: true, controlPlaneInitialized: true } } }),
  bootstrap,
  infrastructure,
  controlPlane: noReference,
  activeControlPlaneMachines: 1,
  machineSet: undefined,
  machineDeployment: undefined,
  connection: {
    connected: true,
    sinceMillis: noon.millis - 3_600_000,
    lastProbeSuccessMillis: noon.millis,
    lastProbeMillis: noon.millis,
    consecutiveFailures: 0
  },
  node: { _tag: "Absent" },
  now: noon,
  ...more
})

type Plan = ReturnType<typeof planMachine>
const cases: ReadonlyArray<{ rule: string; given: MachineFacts; check: (plan: Plan) => void }> = [
  {
    rule: "copies the data secret, provider id, addresses and failure domain in one pass",
    given: factsOf(),
    check: ({ machine }) => {
      assert.strictEqual(machine.spec.bootstrap.dataSecretName, "a-data")
      assert.strictEqual(machine.spec.providerID, "foo:///a")
      assert.deepStrictEqual(machine.status?.addresses, [{ type: "InternalIP", address: "10.0.0.1" }])
      assert.strictEqual(machine.status?.failureDomain, "zone-a")
      assert.deepStrictEqual(machine.status?.initialization, {
        bootstrapDataSecretCreated: true,
        infrastructureProvisioned: true
      })
    }
  },
  {
    rule: "replaces the set that made an object by the Machine as its controller",
    given: factsOf({
      bootstrap: found(
        "FooConfig",
        "a",
        {},
        {
          group: bootstrapGroup,
          metadata: {
            ownerReferences: [
              { apiVersion: "cluster.x-k8s.io/v1beta2", kind: "MachineSet", name: "set", uid: "uid-set" }
            ]
          }
        }
      )
    }),
    check: ({ actions }) =>
      assert.deepStrictEqual(
        actions.flatMap((action) =>
          action._tag === "Adopt" ? action.wanted.metadata.ownerReferences?.map((owner) => owner.kind) : []
        ),
        ["Machine"]
      )
  },
  {
    rule: "waits half a minute for a bootstrap config that is not there yet",
    given: factsOf({ bootstrap: missing("FooConfig", "a") }),
    check: (plan) => assert.deepStrictEqual([plan.requeueAfterMillis, plan.errors.length], [30_000, 0])
  },
  {
    rule: "fails when the bootstrap config reports a secret without a name",
    given: factsOf({ bootstrap: found("FooConfig", "a", { status: { initialization: { dataSecretCreated: true } } }) }),
    check: (plan) => assert.strictEqual(plan.errors.length, 1)
  },
  {
    rule: "never reads the secret's name twice",
    given: factsOf({ machine: aMachine("a", { spec: { bootstrap: { dataSecretName: "first" } } }) }),
    check: (plan) => assert.strictEqual(plan.machine.spec.bootstrap.dataSecretName, "first")
  },
  {
    rule: "still copies the infrastructure when the bootstrap config cannot be read",
    given: factsOf({ bootstrap: unreadable("FooConfig") }),
    check: (plan) => assert.deepStrictEqual([plan.errors.length, plan.machine.spec.providerID], [1, "foo:///a"])
  },
  {
    rule: "waits for infrastructure that was never there, and fails for one that has vanished",
    given: factsOf({
      infrastructure: missing("FooMachine", "a"),
      machine: aMachine("a", { status: { initialization: { infrastructureProvisioned: true } } })
    }),
    check: (plan) => assert.match(plan.errors.join(), /deleted while the Machine still exists/)
  },
  {
    rule: "holds back for five seconds when provisioned infrastructure has no provider id",
    given: factsOf({
      infrastructure: found(
        "FooMachine",
        "a",
        { status: { initialization: { provisioned: true } } },
        { metadata: ownedBy("a") }
      )
    }),
    check: (plan) =>
      assert.deepStrictEqual(
        [plan.deferMillis, plan.requeueAfterMillis, plan.machine.spec.providerID],
        [5000, undefined, undefined]
      )
  },
  {
    rule: "reads status.ready under the older contract",
    given: factsOf({
      infrastructure: found(
        "FooMachine",
        "a",
        { spec: { providerID: "x" }, status: { ready: true } },
        { metadata: ownedBy("a"), contract: "v1beta1" }
      )
    }),
    check: (plan) => assert.strictEqual(plan.machine.spec.providerID, "x")
  },
  {
    rule: "links the Node once, labels it, and says so",
    given: factsOf({ node: { _tag: "Found", node: aNode("node-a") } }),
    check: (plan) => {
      assert.strictEqual(plan.machine.status?.nodeRef?.name, "node-a")
      assert.deepStrictEqual(
        plan.actions.map((action) => action._tag),
        ["Record", "PatchNode"]
      )
    }
  },
  {
    rule: "never links another Node",
    given: factsOf({
      machine: aRunningMachine("a"),
      node: { _tag: "Found", node: aNode("node-other", { providerID: "foo:///a" }) }
    }),
    check: (plan) => assert.strictEqual(plan.machine.status?.nodeRef?.name, "node-a")
  },
  {
    rule: "fails when its Node has gone, unless it goes itself",
    given: factsOf({ machine: aRunningMachine("a") }),
    check: (plan) => assert.match(plan.errors.join(), /Node node-a is gone/)
  },
  {
    rule: "lets its Node be gone while it is deleted",
    given: factsOf({ machine: aRunningMachine("a", { metadata: { deletionTimestamp: ago(5) } }) }),
    check: (plan) => assert.deepStrictEqual(plan.errors, [])
  },
  {
    rule: "belongs to its Cluster when nobody made it",
    given: factsOf({ machine: aMachine("a", { metadata: { ownerReferences: [], labels: {} } }) }),
    check: ({ machine }) => {
      assert.deepStrictEqual(
        machine.metadata.ownerReferences?.map((owner) => owner.kind),
        ["Cluster"]
      )
      assert.strictEqual(machine.metadata.labels?.["cluster.x-k8s.io/cluster-name"], "prod")
    }
  },
  {
    rule: "is left without owner when its maker's label says that the maker will come",
    given: factsOf({ machine: aMachine("a", { metadata: { ownerReferences: [] } }) }),
    check: ({ machine }) => assert.deepStrictEqual(machine.metadata.ownerReferences, [])
  },
  {
    rule: "shows the expiry of a control-plane Machine's certificates from its bootstrap config",
    given: factsOf({
      machine: aMachine("a", { metadata: { labels: { "cluster.x-k8s.io/control-plane": "" } } }),
      bootstrap: found(
        "FooConfig",
        "a",
        {},
        { metadata: { annotations: { "machine.cluster.x-k8s.io/certificates-expiry": "2031-01-01T00:00:00.5Z" } } }
      )
    }),
    check: ({ machine }) => assert.strictEqual(machine.status?.certificatesExpiryDate, "2031-01-01T00:00:00Z")
  }
]

describe("planMachine", () => {
  it.each(cases)("$rule", ({ check, given }) => check(planMachine(given)))

  it("has nothing left to do after one pass", () => {
    const facts = factsOf()
    const once = planMachine(facts).machine
    const again = planMachine({ ...facts, machine: once })
    assert.deepStrictEqual(again.machine, once)
    assert.deepStrictEqual(again.actions, [])
  })

  it("taints the Node of an older revision", () => {
    const revision = (number: string) => ({ annotations: { "machinedeployment.clusters.x-k8s.io/revision": number } })
    const plan = planMachine(
      factsOf({
        node: { _tag: "Found", node: aNode("node-a") },
        machineSet: aMachineSet("set", { metadata: revision("1") }),
        machineDeployment: { ...aMachineSet("set", { metadata: revision("2") }), kind: "MachineDeployment" }
      })
    )
    const taints = plan.actions.flatMap((action) =>
      action._tag === "PatchNode" ? (action.wanted.spec?.taints ?? []) : []
    )
    assert.deepStrictEqual(taints, [{ key: "node.cluster.x-k8s.io/outdated-revision", effect: "PreferNoSchedule" }])
  })
})

describe("finding the Node", () => {
  it("takes the provider id of this pass, not of the last", () => {
    assert.strictEqual(providerIdFor(aMachine("a"), infrastructure), "foo:///a")
    assert.strictEqual(providerIdFor(aMachine("a"), found("FooMachine", "a", { spec: { providerID: "x" } })), undefined)
  })

  it("matches provider ids to the letter and refuses two Nodes with one id", () => {
    const nodes = [aNode("a", { providerID: "x" }), aNode("b", { providerID: "y" }), aNode("c", { providerID: "y" })]
    assert.strictEqual(nodeWithProviderId(nodes, "x")._tag, "Found")
    assert.strictEqual(nodeWithProviderId(nodes, "X")._tag, "Absent")
    assert.strictEqual(nodeWithProviderId(nodes, "y")._tag, "Ambiguous")
  })
})
