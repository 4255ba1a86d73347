import { Annotations, findCondition, MachineCondition } from "@capstan/api"
import { describe, expect, it } from "vitest"
import type { PassNotes } from "../../src/Pass.ts"
import { planControlPlane } from "../../src/plan/ControlPlanePlan.ts"
import { withStatus } from "../../src/status/ControlPlaneStatus.ts"
import {
  aControlPlane,
  aMember,
  anEtcd,
  at,
  condition,
  facts,
  type FactsOptions,
  owned,
  unhealthy,
  version
} from "../Fixtures.ts"

const available = { status: "True", reason: "Available", message: "" } as const
const seen: PassNotes["inspection"] = {
  _tag: "Seen",
  nodes: new Map(),
  pods: new Map(),
  etcd: undefined,
  etcdProblem: undefined
}
const well = [
  condition(MachineCondition.Ready),
  condition(MachineCondition.Available),
  condition(MachineCondition.UpToDate)
]
const three = ["a", "b", "c"].map((name) => owned(name, { conditions: well, spec: { providerID: name } }))

const statusOf = (options: FactsOptions, notes: PassNotes = {}) => {
  const all = facts(options)
  const told = { certificates: available, ...(notes.inspection === undefined ? { inspection: seen } : {}), ...notes }
  return withStatus(all.controlPlane, all, { plan: planControlPlane(all), ...told })
}

const says = (options: FactsOptions, type: string, notes: PassNotes = {}): string => {
  const found = findCondition(statusOf(options, notes).status?.conditions, type)
  return `${found?.status} ${found?.reason}`
}

describe("the status of a control plane", () => {
  it("counts Machines and versions", () => {
    const old = owned("d", { outdated: true, conditions: well.slice(0, 1), spec: { version: "v1.30.1" } })
    const remediated = {
      annotations: { [Annotations.RemediationFor]: JSON.stringify({ machine: "x", timestamp: at(-9), retryCount: 1 }) }
    }
    const { status } = statusOf({ machines: [...three, owned("e", remediated), old] })
    expect(status).toMatchObject({
      replicas: 5,
      readyReplicas: 4,
      availableReplicas: 3,
      upToDateReplicas: 3,
      selector: "cluster.x-k8s.io/cluster-name=prod,cluster.x-k8s.io/control-plane",
      version: "v1.30.1",
      versions: [
        { version: "v1.30.1", replicas: 1 },
        { version, replicas: 4 }
      ],
      lastRemediation: { machine: "x", time: at(-9), retryCount: 1 }
    })
  })
  it("is the same the second time", () => {
    const all = facts({ machines: three })
    const notes: PassNotes = { certificates: available, inspection: seen, plan: planControlPlane(all) }
    const once = withStatus(all.controlPlane, all, notes)
    expect(withStatus(once, all, notes).status).toEqual(once.status)
  })
  it("has no version before the first Machine", () => {
    expect(statusOf({ machines: [] }).status).not.toHaveProperty("version")
  })
})

describe("the condition", () => {
  const sick = owned("c", { failing: ["EtcdMemberHealthy"], spec: { providerID: "c" } })
  const bad = owned("c", { conditions: [condition("SchedulerPodHealthy", "False")], spec: { providerID: "c" } })
  const starting = owned("c", { node: undefined })
  const lost: PassNotes = { inspection: { _tag: "Unreachable", message: "x" } }
  const rows: ReadonlyArray<
    readonly [rule: string, type: string, given: FactsOptions, expected: string, notes: PassNotes | undefined]
  > = [
    ["Available of a healthy control plane", "Available", { machines: three }, "True Available", undefined],
    [
      "Available before anything is up",
      "Available",
      { controlPlane: aControlPlane({}, { initialized: false }), machines: [] },
      "False NotAvailable",
      undefined
    ],
    [
      "Available without certificates",
      "Available",
      { machines: three },
      "False NotAvailable",
      { certificates: { status: "False", reason: "NotAvailable", message: "" } }
    ],
    [
      "Available while one of three members is lost",
      "Available",
      { machines: [...three.slice(0, 2), sick] },
      "True Available",
      undefined
    ],
    [
      "Available without a quorum",
      "Available",
      { machines: [three[0] ?? sick, sick, owned("d", { failing: ["EtcdMemberHealthy"] })] },
      "False NotAvailable",
      undefined
    ],
    [
      "Available with a stranger in etcd",
      "Available",
      { machines: three, etcd: anEtcd(["a", "b", "c", "x"].map((name) => aMember(name))) },
      "False NotAvailable",
      undefined
    ],
    [
      "Available while no Machine runs everything",
      "Available",
      { machines: [owned("a", { failing: ["SchedulerPodHealthy"] })] },
      "False NotAvailable",
      undefined
    ],
    [
      "Available while nobody knows the members",
      "Available",
      { machines: three, etcd: undefined },
      "Unknown InspectionFailed",
      undefined
    ],
    ["Initialized once it is", "Initialized", { machines: three }, "True Initialized", undefined],
    [
      "Initialized before",
      "Initialized",
      { controlPlane: aControlPlane({}, { initialized: false }), machines: [] },
      "False NotInitialized",
      undefined
    ],
    ["EtcdClusterHealthy of healthy members", "EtcdClusterHealthy", { machines: three }, "True Healthy", undefined],
    [
      "EtcdClusterHealthy with a silent member",
      "EtcdClusterHealthy",
      { machines: [...three.slice(0, 2), sick] },
      "Unknown HealthUnknown",
      undefined
    ],
    [
      "EtcdClusterHealthy with a member of no Machine",
      "EtcdClusterHealthy",
      { machines: three, etcd: anEtcd(["a", "b", "c", "x"].map((name) => aMember(name))) },
      "False NotHealthy",
      undefined
    ],
    [
      "EtcdClusterHealthy while nobody answers",
      "EtcdClusterHealthy",
      { machines: [sick], etcd: undefined },
      "Unknown ConnectionDown",
      lost
    ],
    [
      "ControlPlaneComponentsHealthy with a bad scheduler",
      "ControlPlaneComponentsHealthy",
      { machines: [...three.slice(0, 2), bad] },
      "False NotHealthy",
      undefined
    ],
    [
      "ControlPlaneComponentsHealthy while a Machine is being made",
      "ControlPlaneComponentsHealthy",
      { machines: [...three.slice(0, 2), starting] },
      "True Healthy",
      undefined
    ],
    ["MachinesReady without Machines", "MachinesReady", { machines: [] }, "True NoReplicas", undefined],
    ["MachinesReady", "MachinesReady", { machines: three }, "True Ready", undefined],
    [
      "MachinesUpToDate with a Machine that has not said",
      "MachinesUpToDate",
      { machines: [...three, owned("d")] },
      "Unknown UpToDateUnknown",
      undefined
    ],
    [
      "RollingOut",
      "RollingOut",
      { machines: [...three, owned("d", { outdated: true })] },
      "True RollingOut",
      undefined
    ],
    ["ScalingUp", "ScalingUp", { machines: three.slice(0, 2) }, "True ScalingUp", undefined],
    ["ScalingDown", "ScalingDown", { machines: [...three, owned("d")] }, "True ScalingDown", undefined],
    ["ScalingDown when all is well", "ScalingDown", { machines: three }, "False NotScalingDown", undefined],
    [
      "ScalingDown while deleting",
      "ScalingDown",
      { machines: three },
      "True ScalingDown",
      { deletion: { reason: "WaitingForMachineDeletion", message: "" } }
    ],
    [
      "Remediating",
      "Remediating",
      { machines: [...three.slice(0, 2), owned("c", { conditions: unhealthy })] },
      "True Remediating",
      undefined
    ],
    ["Remediating when nobody is marked", "Remediating", { machines: three }, "False NotRemediating", undefined],
    [
      "Deleting",
      "Deleting",
      { machines: three },
      "True WaitingForWorkersDeletion",
      { deletion: { reason: "WaitingForWorkersDeletion", message: "" } }
    ],
    ["Deleting otherwise", "Deleting", { machines: three }, "False NotDeleting", undefined]
  ]
  it.each(rows)("%s", (_rule, type, given, expected, notes) => expect(says(given, type, notes)).toBe(expected))

  it("ScalingUp says what it waits for", () => {
    const status = statusOf({ machines: [...three.slice(0, 1), owned("c", { node: undefined })] })
    expect(findCondition(status.status?.conditions, "ScalingUp")?.message).toBe(
      "Scaling up from 2 to 3 replicas is blocked because:\n" +
        "* Machine c does not have a corresponding Node yet (Machine.status.nodeRef not set)"
    )
  })
  it("ScalingUp names a template that is missing", () => {
    const status = statusOf({ machines: [] }, { templateProblem: "TinyMachineTemplate does not exist" })
    expect(findCondition(status.status?.conditions, "ScalingUp")?.message).toContain(
      "* TinyMachineTemplate does not exist"
    )
  })
})
