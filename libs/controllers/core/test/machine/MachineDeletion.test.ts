import type { Machine } from "@capstan/api"
import { assert, describe, it } from "@effect/vitest"
import { noReference } from "../../src/contract/ProviderObject.ts"
import { keepNodeBecause, mayGiveUpOnNode, nextDeletionStep, nothingDone } from "../../src/machine/MachineDeletion.ts"
import type { MachineFacts } from "../../src/machine/MachineFacts.ts"
import { aCluster, ago, aNode, aRunningMachine, condition, found, missing, noon } from "../Specimens.ts"

const infrastructure = found("FooMachine", "a", {
  spec: { providerID: "foo:///a" },
  status: { conditions: [condition("Ready", "True")] }
})
const bootstrap = found("FooConfig", "a")
const machine = (more: Parameters<typeof aRunningMachine>[1] = {}): Machine =>
  aRunningMachine("a", { ...more, metadata: { deletionTimestamp: ago(60), ...more.metadata } })

const factsOf = (more: Partial<MachineFacts> = {}): MachineFacts => ({
  machine: machine(),
  cluster: aCluster(),
  bootstrap,
  infrastructure,
  controlPlane: found("FooControlPlane", "prod"),
  activeControlPlaneMachines: 3,
  machineSet: undefined,
  machineDeployment: undefined,
  connection: {
    connected: true,
    sinceMillis: noon.millis - 3_600_000,
    lastProbeSuccessMillis: noon.millis,
    lastProbeMillis: noon.millis,
    consecutiveFailures: 0
  },
  node: { _tag: "Found", node: aNode("node-a") },
  now: noon,
  ...more
})

const leaving = { metadata: { deletionTimestamp: ago(5) } }
const silent = { _tag: "Found", node: aNode("node-a", { ready: "Unknown" }) } as const
const stopped = found("FooMachine", "a", {
  spec: { providerID: "foo:///a" },
  status: { conditions: [condition("Ready", "False", { reason: "InstanceStopped" })] }
})
const throttled = found("FooMachine", "a", {
  spec: { providerID: "foo:///a" },
  status: { conditions: [condition("Ready", "False", { reason: "RequestLimitExceeded" })] }
})
const drainedAndDetached = { ...nothingDone, drained: true, detached: true }

const cases: ReadonlyArray<{
  rule: string
  facts?: Partial<MachineFacts>
  machine?: Machine
  progress?: typeof nothingDone
  expected: string
}> = [
  { rule: "drains first", expected: "Drain" },
  {
    rule: "waits for pre-drain hooks before the drain",
    machine: machine({ metadata: { annotations: { "pre-drain.delete.hook.machine.cluster.x-k8s.io/x": "" } } }),
    expected: "WaitingForPreDrainHook"
  },
  { rule: "waits for volumes after the drain", progress: { ...nothingDone, drained: true }, expected: "AwaitVolumes" },
  { rule: "then deletes the infrastructure", progress: drainedAndDetached, expected: "DeleteObject FooMachine" },
  {
    rule: "waits for the infrastructure to be gone",
    facts: { infrastructure: found("FooMachine", "a", {}, leaving) },
    expected: "WaitingForInfrastructureDeletion"
  },
  {
    rule: "then deletes the bootstrap config",
    facts: { infrastructure: missing("FooMachine", "a") },
    expected: "DeleteObject FooConfig"
  },
  {
    rule: "waits for the bootstrap config to be gone",
    facts: { infrastructure: missing("FooMachine", "a"), bootstrap: found("FooConfig", "a", {}, leaving) },
    expected: "WaitingForBootstrapDeletion"
  },
  {
    rule: "then deletes the Node",
    facts: { infrastructure: missing("FooMachine", "a"), bootstrap: noReference },
    expected: "DeleteNode"
  },
  {
    rule: "and then lets go",
    facts: { infrastructure: missing("FooMachine", "a"), bootstrap: noReference },
    progress: { ...nothingDone, nodeDeleted: true },
    expected: "Finish"
  },
  {
    rule: "waits for pre-terminate hooks before the infrastructure",
    machine: machine({ metadata: { annotations: { "pre-terminate.delete.hook.machine.cluster.x-k8s.io": "" } } }),
    progress: drainedAndDetached,
    expected: "WaitingForPreTerminateHook"
  },
  {
    rule: "waits for pre-terminate hooks also when the Node is left alone",
    facts: { cluster: aCluster({ metadata: { deletionTimestamp: ago(1) } }) },
    machine: machine({ metadata: { annotations: { "pre-terminate.delete.hook.machine.cluster.x-k8s.io/x": "" } } }),
    expected: "WaitingForPreTerminateHook"
  },
  {
    rule: "does not drain while the Cluster goes",
    facts: { cluster: aCluster({ metadata: { deletionTimestamp: ago(1) } }) },
    expected: "DeleteObject FooMachine"
  },
  {
    rule: "does not drain when asked not to",
    machine: machine({ metadata: { annotations: { "machine.cluster.x-k8s.io/exclude-node-draining": "" } } }),
    expected: "AwaitVolumes"
  },
  {
    rule: "does not drain after the drain's time is over",
    machine: machine({
      spec: { deletion: { nodeDrainTimeoutSeconds: 60 } },
      status: { deletion: { nodeDrainStartTime: ago(60) } }
    }),
    expected: "AwaitVolumes"
  },
  {
    rule: "drains for ever without a limit",
    machine: machine({
      spec: { deletion: { nodeDrainTimeoutSeconds: 0 } },
      status: { deletion: { nodeDrainStartTime: ago(86_400) } }
    }),
    expected: "Drain"
  },
  { rule: "drains an unreachable Node whose machine may still run", facts: { node: silent }, expected: "Drain" },
  {
    rule: "drains an unreachable Node when only a call to the provider failed",
    facts: { node: silent, infrastructure: throttled },
    expected: "Drain"
  },
  {
    rule: "drains a Node that still answers although the infrastructure says stopped",
    facts: { infrastructure: stopped },
    expected: "Drain"
  },
  {
    rule: "skips drain and volumes of an unreachable Node whose machine is stopped (S13)",
    facts: { node: silent, infrastructure: stopped },
    expected: "DeleteObject FooMachine"
  },
  {
    rule: "skips them by the older contract's flag, too",
    facts: {
      node: silent,
      infrastructure: found(
        "FooMachine",
        "a",
        { spec: { providerID: "x" }, status: { ready: false } },
        { contract: "v1beta1" }
      )
    },
    expected: "DeleteObject FooMachine"
  },
  {
    rule: "does not take an unreadable kind for gone",
    facts: {
      infrastructure: { _tag: "Unreadable", reference: { apiGroup: "x", kind: "FooMachine", name: "a" }, message: "" },
      node: { _tag: "Absent" }
    },
    progress: drainedAndDetached,
    expected: "InternalError"
  }
]

describe("nextDeletionStep", () => {
  it.each(cases)("$rule", (each) => {
    const step = nextDeletionStep(factsOf(each.facts), each.machine ?? machine(), each.progress ?? nothingDone)
    const actual =
      step._tag === "Wait"
        ? step.reason
        : step._tag === "DeleteObject"
          ? `DeleteObject ${step.found.object.kind}`
          : step._tag
    assert.strictEqual(actual, each.expected)
  })

  it("ignores pre-drain hooks of a Machine without Node", () => {
    const hooked = machine({ metadata: { annotations: { "pre-drain.delete.hook.machine.cluster.x-k8s.io/x": "" } } })
    const { nodeRef: _, ...status } = hooked.status ?? {}
    assert.strictEqual(nextDeletionStep(factsOf(), { ...hooked, status }, nothingDone)._tag, "DeleteObject")
  })
})

describe("keepNodeBecause", () => {
  const reasons: ReadonlyArray<{ rule: string; facts: Partial<MachineFacts>; kept: boolean }> = [
    { rule: "the Node goes with its Machine", facts: {}, kept: false },
    {
      rule: "it stays while the control plane goes",
      facts: { controlPlane: found("FooControlPlane", "prod", {}, leaving) },
      kept: true
    },
    { rule: "it stays when no control-plane Machine is left", facts: { activeControlPlaneMachines: 0 }, kept: true },
    {
      rule: "it goes all the same with an external control plane",
      facts: {
        activeControlPlaneMachines: 0,
        controlPlane: found("FooControlPlane", "prod", { status: { externalManagedControlPlane: true } })
      },
      kept: false
    }
  ]
  it.each(reasons)("$rule", ({ facts, kept }) =>
    assert.strictEqual(keepNodeBecause(factsOf(facts), machine()) !== undefined, kept)
  )
})

describe("mayGiveUpOnNode", () => {
  it("gives up after the limit, and never without one", () => {
    assert.isTrue(mayGiveUpOnNode(machine({ spec: { deletion: { nodeDeletionTimeoutSeconds: 10 } } }), noon.millis))
    assert.isFalse(mayGiveUpOnNode(machine({ spec: { deletion: { nodeDeletionTimeoutSeconds: 100 } } }), noon.millis))
    assert.isFalse(mayGiveUpOnNode(machine({ spec: { deletion: { nodeDeletionTimeoutSeconds: 0 } } }), noon.millis))
  })
})
