import type { Machine } from "@capstan/api"
import { assert, describe, it } from "@effect/vitest"
import { noReference } from "../../src/contract/ProviderObject.ts"
import { machinePhase, reportMachine } from "../../src/machine/MachineConditions.ts"
import type { MachineFacts } from "../../src/machine/MachineFacts.ts"
import {
  aCluster,
  aDeployment,
  ago,
  aMachine,
  aMachineSet,
  aNode,
  aRunningMachine,
  condition,
  found,
  missing,
  noon
} from "../Specimens.ts"

const ready = { status: { conditions: [condition("Ready", "True")] } }
const cluster = aCluster({
  status: {
    initialization: { infrastructureProvisioned: true, controlPlaneInitialized: true },
    conditions: [condition("ControlPlaneInitialized", "True", { lastTransitionTime: ago(3600) })]
  }
})
const connection = {
  connected: true,
  sinceMillis: noon.millis - 3_600_000,
  lastProbeSuccessMillis: noon.millis,
  lastProbeMillis: noon.millis,
  consecutiveFailures: 0
}
const factsOf = (more: Partial<MachineFacts> = {}): MachineFacts => ({
  machine: aRunningMachine("a"),
  cluster,
  bootstrap: found("FooConfig", "a", ready),
  infrastructure: found("FooMachine", "a", ready),
  controlPlane: noReference,
  activeControlPlaneMachines: 1,
  machineSet: undefined,
  machineDeployment: undefined,
  connection,
  node: { _tag: "Found", node: aNode("node-a") },
  now: noon,
  ...more
})
const conditionsOf = (
  facts: MachineFacts,
  machine: Machine = facts.machine,
  state?: { reason: string; message: string }
) =>
  Object.fromEntries(
    (reportMachine(facts, machine, state).machine.status?.conditions ?? []).map((each) => [
      each.type,
      `${each.status} ${each.reason}`
    ])
  )

const bare = aMachine("a", { spec: { providerID: "foo:///a" } })
const gone = aRunningMachine("a", { metadata: { deletionTimestamp: ago(60) } })
const draining = { reason: "DrainingNode", message: "" }
const template = aMachineSet("set").spec.template
const outdated = { ...template, spec: { ...template.spec, version: "v1.30.0" } }

const cases: ReadonlyArray<{
  rule: string
  facts?: Partial<MachineFacts>
  machine?: Machine
  state?: { reason: string; message: string }
  expected: { readonly [type: string]: string | undefined }
}> = [
  {
    rule: "is ready and available when all is well",
    expected: {
      Ready: "True Ready",
      Available: "True Available",
      NodeHealthy: "True NodeHealthy",
      NodeReady: "True NodeReady",
      Deleting: "False NotDeleting",
      Updating: "False NotUpdating",
      UpToDate: "True UpToDate"
    }
  },
  {
    rule: "needs no bootstrap config where the secret is given",
    facts: { bootstrap: noReference },
    expected: { BootstrapConfigReady: "True DataSecretProvided" }
  },
  {
    rule: "knows nothing of Nodes before the control plane is up",
    facts: { cluster: aCluster() },
    machine: bare,
    expected: { NodeReady: "Unknown InspectionFailed", Ready: "Unknown ReadyUnknown" }
  },
  {
    rule: "waits for a Node",
    facts: { node: { _tag: "Absent" } },
    machine: bare,
    expected: { NodeReady: "Unknown InspectionFailed" }
  },
  {
    rule: "notices a deleted Node",
    facts: { node: { _tag: "Absent" } },
    expected: { NodeHealthy: "False NodeDeleted", Ready: "False NotReady" }
  },
  {
    rule: "is not ready with a Node that is not",
    facts: { node: { _tag: "Found", node: aNode("node-a", { ready: "False" }) } },
    expected: {
      NodeReady: "False NodeNotReady",
      NodeHealthy: "False NodeNotHealthy",
      Ready: "False NotReady",
      Available: "False NotReady"
    }
  },
  {
    rule: "knows nothing of an unreachable Node",
    facts: { node: { _tag: "Found", node: aNode("node-a", { ready: "Unknown" }) } },
    expected: { NodeHealthy: "Unknown NodeHealthyUnknown", Ready: "Unknown ReadyUnknown" }
  },
  {
    rule: "keeps its last word on the Node while the connection is down for a while",
    facts: {
      node: { _tag: "NotConnected", message: "" },
      connection: { ...connection, connected: false, lastProbeSuccessMillis: noon.millis - 299_000 },
      machine: aRunningMachine("a", {
        status: { conditions: [condition("NodeReady", "True"), condition("NodeHealthy", "True")] }
      })
    },
    expected: { NodeReady: "True NodeReady" }
  },
  {
    rule: "takes it back after five minutes",
    facts: {
      node: { _tag: "NotConnected", message: "" },
      connection: { ...connection, connected: false, lastProbeSuccessMillis: noon.millis - 301_000 }
    },
    expected: { NodeReady: "Unknown ConnectionDown", NodeHealthy: "Unknown ConnectionDown" }
  },
  {
    rule: "keeps the last word while a manager that has just started looks for its connection",
    facts: {
      node: { _tag: "NotConnected", message: "" },
      connection: {
        connected: false,
        sinceMillis: noon.millis - 1000,
        lastProbeSuccessMillis: undefined,
        lastProbeMillis: undefined,
        consecutiveFailures: 0
      },
      machine: aRunningMachine("a", {
        status: { conditions: [condition("NodeReady", "True"), condition("NodeHealthy", "True")] }
      })
    },
    expected: { NodeReady: "True NodeReady", NodeHealthy: "True NodeHealthy" }
  },
  {
    rule: "loses the connection that a manager has not found within five minutes of its start",
    facts: {
      node: { _tag: "NotConnected", message: "" },
      connection: {
        connected: false,
        sinceMillis: noon.millis - 301_000,
        lastProbeSuccessMillis: undefined,
        lastProbeMillis: undefined,
        consecutiveFailures: 0
      }
    },
    expected: { NodeReady: "Unknown ConnectionDown", NodeHealthy: "Unknown ConnectionDown" }
  },
  {
    rule: "fails with a failed health check",
    facts: { machine: aRunningMachine("a", { status: { conditions: [condition("HealthCheckSucceeded", "False")] } }) },
    expected: { Ready: "False NotReady" }
  },
  {
    rule: "says which infrastructure has vanished",
    facts: { infrastructure: missing("FooMachine", "a") },
    expected: { InfrastructureReady: "False ObjectDeleted" }
  },
  {
    rule: "does not hold against a deletion what it has removed",
    facts: { machine: gone, infrastructure: missing("FooMachine", "a"), bootstrap: missing("FooConfig", "a") },
    state: draining,
    expected: { InfrastructureReady: "False ObjectDeleted", Deleting: "True DrainingNode", Ready: "False NotReady" }
  },
  {
    rule: "waits for a readiness gate",
    facts: { machine: aRunningMachine("a", { spec: { readinessGates: [{ conditionType: "Gate" }] } }) },
    expected: { Ready: "Unknown ReadyUnknown" }
  },
  {
    rule: "is not up to date when its deployment wants something else",
    facts: { machineSet: aMachineSet("set", { spec: { template: outdated } }), machineDeployment: aDeployment() },
    expected: { UpToDate: "False NotUpToDate" }
  },
  {
    rule: "is still updating while the kubelet runs another version",
    facts: {
      machineSet: aMachineSet("set"),
      machineDeployment: aDeployment(),
      machine: {
        ...aRunningMachine("a"),
        status: { ...aRunningMachine("a").status, nodeInfo: { ...nodeInfo(), kubeletVersion: "v1.30.0" } }
      }
    },
    expected: { UpToDate: "False Updating" }
  },
  {
    rule: "leaves UpToDate of other owners alone",
    facts: {
      machine: aRunningMachine("a", { status: { conditions: [condition("UpToDate", "False", { reason: "Theirs" })] } })
    },
    expected: { UpToDate: "False Theirs" }
  }
]

function nodeInfo() {
  return {
    architecture: "",
    bootID: "",
    containerRuntimeVersion: "",
    kernelVersion: "",
    kubeProxyVersion: "",
    kubeletVersion: "",
    machineID: "",
    operatingSystem: "",
    osImage: "",
    systemUUID: ""
  }
}

describe("reportMachine", () => {
  it.each(cases)("$rule", ({ expected, facts, machine, state }) => {
    const given = factsOf({ ...facts, ...(machine === undefined ? {} : { machine }) })
    const actual = conditionsOf(given, given.machine, state)
    assert.deepStrictEqual(Object.fromEntries(Object.keys(expected).map((type) => [type, actual[type]])), expected)
  })

  it("becomes available exactly when it has been ready for long enough", () => {
    const conditions = [condition("Ready", "True", { lastTransitionTime: ago(20) })]
    const machine = aRunningMachine("a", { spec: { minReadySeconds: 30 }, status: { conditions } })
    const reported = reportMachine(factsOf({ machine }), machine, undefined)
    assert.strictEqual(reported.requeueAfterMillis, 10_000)
    assert.strictEqual(conditionsOf(factsOf({ machine }))["Available"], "False WaitingForMinReadySeconds")
  })

  it("gives back the same object when nothing changes", () => {
    const facts = factsOf()
    const once = reportMachine(facts, facts.machine, undefined).machine
    assert.strictEqual(reportMachine({ ...facts, machine: once }, once, undefined).machine, once)
  })

  it("explains a slow drain in the summary", () => {
    const slow = aRunningMachine("a", {
      metadata: { deletionTimestamp: ago(1000) },
      status: { deletion: { nodeDrainStartTime: ago(900) } }
    })
    const { machine } = reportMachine(factsOf({ machine: slow }), slow, {
      reason: "DrainingNode",
      message: "violates the pod's disruption budget"
    })
    const message = machine.status?.conditions?.find((each) => each.type === "Ready")?.message ?? ""
    assert.match(message, /since more than 15m, stage: DrainingNode, delay likely due to PodDisruptionBudgets/)
  })
})

describe("machinePhase", () => {
  const phases: ReadonlyArray<readonly [Machine, string]> = [
    [aMachine("a"), "Pending"],
    [aMachine("a", { status: { initialization: { bootstrapDataSecretCreated: true } } }), "Provisioning"],
    [bare, "Provisioned"],
    [aRunningMachine("a"), "Running"],
    [gone, "Deleting"]
  ]
  it.each(phases)("%#: the last that applies", (machine, phase) => assert.strictEqual(machinePhase(machine), phase))
})
