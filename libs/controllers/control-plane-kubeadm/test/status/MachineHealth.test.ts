import { type Machine, MachineCondition } from "@capstan/api"
import type { Node, Pod } from "@capstan/kubernetes"
import { describe, expect, it } from "vitest"
import { machineHealth } from "../../src/status/MachineHealth.ts"
import type { Inspection } from "../../src/workload/Inspection.ts"
import { aControlPlane, aMachine, aMember, anEtcd, at } from "../Fixtures.ts"

const meta = (name: string) => ({ name, uid: name, resourceVersion: "1", creationTimestamp: at(0) })
const role = "node-role.kubernetes.io/control-plane"

const aNode = (
  options: {
    readonly ready?: string
    readonly labels?: { readonly [name: string]: string }
    readonly taints?: ReadonlyArray<string>
  } = {}
): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { ...meta("node-a"), labels: options.labels ?? { [role]: "" } },
  spec: { taints: (options.taints ?? [role]).map((key) => ({ key, effect: "NoSchedule" as const })) },
  status: {
    conditions: [{ type: "Ready", status: options.ready === "Unknown" ? ("Unknown" as const) : ("True" as const) }]
  }
})

const aPod = (name: string, phase: "Pending" | "Running" | "Failed" = "Running", ready = true): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { ...meta(name), namespace: "kube-system" },
  spec: { containers: [] },
  status: { phase, conditions: [{ type: "Ready", status: ready ? "True" : "False" }] }
})

const pods = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"].map((component) =>
  aPod(`${component}-node-a`)
)

const seen = (
  options: {
    readonly node?: Node | undefined
    readonly pods?: ReadonlyArray<Pod>
    readonly etcd?: ReturnType<typeof anEtcd> | undefined
  } = {}
): Inspection => {
  const node = "node" in options ? options.node : aNode()
  return {
    _tag: "Seen",
    nodes: new Map(node === undefined ? [] : [["node-a", node]]),
    pods: new Map((options.pods ?? pods).map((pod) => [pod.metadata.name, pod])),
    etcd: "etcd" in options ? options.etcd : anEtcd([aMember("a")]),
    etcdProblem: "nobody home"
  }
}

const connected = { isLost: false, message: "" }
const fresh: Machine = { ...aMachine("a"), status: { nodeRef: { name: "node-a" } } }
const { APIServerPodHealthy, EtcdMemberHealthy, NodeKubeadmLabelsAndTaintsSet } = MachineCondition

describe("a Machine is told", () => {
  const rows: ReadonlyArray<{
    readonly rule: string
    readonly machine?: Machine
    readonly inspection: Inspection
    readonly lost?: boolean
    readonly of: string
    readonly expected: string | undefined
  }> = [
    {
      rule: "that nothing is up yet",
      inspection: { _tag: "NotInitialized" },
      of: APIServerPodHealthy,
      expected: "Unknown InspectionFailed"
    },
    { rule: "that its Pod runs", inspection: seen(), of: APIServerPodHealthy, expected: "True Running" },
    {
      rule: "that its Pod is missing",
      inspection: seen({ pods: [] }),
      of: APIServerPodHealthy,
      expected: "False DoesNotExist"
    },
    {
      rule: "that its Pod is not ready",
      inspection: seen({ pods: [aPod("kube-apiserver-node-a", "Running", false)] }),
      of: APIServerPodHealthy,
      expected: "False Provisioning"
    },
    {
      rule: "that its Pod has failed",
      inspection: seen({ pods: [aPod("kube-apiserver-node-a", "Failed")] }),
      of: APIServerPodHealthy,
      expected: "False Failed"
    },
    {
      rule: "that its Node is silent, whatever the Pod says",
      inspection: seen({ node: aNode({ ready: "Unknown" }) }),
      of: APIServerPodHealthy,
      expected: "Unknown InspectionFailed"
    },
    {
      rule: "that its Node is gone",
      inspection: seen({ node: undefined }),
      of: APIServerPodHealthy,
      expected: "Unknown InspectionFailed"
    },
    {
      rule: "that it has no Node yet",
      machine: aMachine("a", { node: undefined }),
      inspection: seen(),
      of: APIServerPodHealthy,
      expected: "Unknown InspectionFailed"
    },
    {
      rule: "that its member is healthy although its Node object was deleted",
      inspection: seen({ node: undefined }),
      of: EtcdMemberHealthy,
      expected: "True Healthy"
    },
    {
      rule: "that it has no member",
      inspection: seen({ etcd: anEtcd([aMember("b")]) }),
      of: EtcdMemberHealthy,
      expected: "False NotHealthy"
    },
    {
      rule: "that its member has no vote",
      inspection: seen({ etcd: anEtcd([aMember("a", { isLearner: true })]) }),
      of: EtcdMemberHealthy,
      expected: "False NotHealthy"
    },
    {
      rule: "that its member raised an alarm",
      inspection: seen({ etcd: anEtcd([aMember("a")], { alarms: [{ memberId: "id-a", type: "NOSPACE" }] }) }),
      of: EtcdMemberHealthy,
      expected: "False NotHealthy"
    },
    {
      rule: "that its member is silent, though others list it",
      inspection: seen({ etcd: anEtcd([aMember("a")], { responsive: new Set() }) }),
      of: EtcdMemberHealthy,
      expected: "Unknown InspectionFailed"
    },
    {
      rule: "that nobody knows the members",
      inspection: seen({ etcd: undefined }),
      of: EtcdMemberHealthy,
      expected: "Unknown InspectionFailed"
    },
    {
      rule: "that its Node has role and taint",
      inspection: seen(),
      of: NodeKubeadmLabelsAndTaintsSet,
      expected: "True Set"
    },
    {
      rule: "that its Node has no role yet",
      inspection: seen({ node: aNode({ labels: {} }) }),
      of: NodeKubeadmLabelsAndTaintsSet,
      expected: "False NotSet"
    },
    {
      rule: "that its Node has no taint yet",
      inspection: seen({ node: aNode({ taints: [] }) }),
      of: NodeKubeadmLabelsAndTaintsSet,
      expected: "False NotSet"
    },
    {
      rule: "nothing of a taint that a user took away again",
      machine: aMachine("a"),
      inspection: seen({ node: aNode({ taints: [] }) }),
      of: NodeKubeadmLabelsAndTaintsSet,
      expected: "True Set"
    },
    {
      rule: "nothing new while nobody answers",
      machine: aMachine("a"),
      inspection: { _tag: "Unreachable", message: "x" },
      of: APIServerPodHealthy,
      expected: undefined
    },
    {
      rule: "so from the start while nobody answers",
      inspection: { _tag: "Unreachable", message: "x" },
      of: APIServerPodHealthy,
      expected: "Unknown ConnectionDown"
    },
    {
      rule: "that nobody has answered for too long",
      machine: aMachine("a"),
      inspection: { _tag: "Unreachable", message: "x" },
      lost: true,
      of: APIServerPodHealthy,
      expected: "Unknown ConnectionDown"
    },
    {
      rule: "that the look failed",
      inspection: { _tag: "Failed", message: "Forbidden" },
      of: APIServerPodHealthy,
      expected: "Unknown InspectionFailed"
    },
    {
      rule: "that it is on its way out when nothing else is known",
      machine: aMachine("a", { deleting: true }),
      inspection: seen({ node: undefined }),
      of: APIServerPodHealthy,
      expected: "Unknown Deleting"
    }
  ]
  it.each(rows)("$rule", ({ expected, inspection, lost, machine, of }) => {
    const found = machineHealth(aControlPlane(), machine ?? fresh, inspection, {
      ...connected,
      isLost: lost === true
    }).find(({ type }) => type === of)
    expect(found === undefined ? undefined : `${found.status} ${found.reason}`).toBe(expected)
  })

  it("nothing of an etcd that is elsewhere", () => {
    const external = { caFile: "a", certFile: "b", keyFile: "c", endpoints: ["d"] }
    const controlPlane = aControlPlane({ kubeadmConfigSpec: { clusterConfiguration: { etcd: { external } } } })
    const types = machineHealth(controlPlane, fresh, seen({ etcd: undefined }), connected).map(({ type }) => type)
    expect(types).not.toContain(EtcdMemberHealthy)
  })
})
