/**
 * What a look into the workload cluster says of each Machine: its static Pods, its etcd member, its Node. Pure.
 *
 * While nobody answers, what was known before stays for a while; after that it is Unknown, and Unknown is never acted on.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controlplane/kubeadm/internal/workload_cluster_conditions.go
 */
import {
  type ConditionStatement,
  findCondition,
  isDeleting,
  type KubeadmControlPlane,
  type Machine,
  MachineCondition,
  MachineReason
} from "@capstan/api"
import { isPodReady, type Node, type Pod } from "@capstan/kubernetes"
import { componentsOf, has, nodeNameOf } from "../ControlPlaneFacts.ts"
import { alarmsOf, memberOf } from "../etcd/EtcdView.ts"
import type { Inspection } from "../workload/Inspection.ts"

/** Conditions of Machines that this package alone writes. */
export const ownedMachineConditions: ReadonlyArray<string> = [
  MachineCondition.UpToDate,
  MachineCondition.APIServerPodHealthy,
  MachineCondition.ControllerManagerPodHealthy,
  MachineCondition.SchedulerPodHealthy,
  MachineCondition.EtcdPodHealthy,
  MachineCondition.EtcdMemberHealthy,
  MachineCondition.NodeKubeadmLabelsAndTaintsSet
]

type Verdict = Pick<ConditionStatement, "status" | "reason" | "message">

const unknown = (message: string, reason: string = MachineReason.InspectionFailed): Verdict => ({
  status: "Unknown",
  reason,
  message
})
const bad = (reason: string, message: string): Verdict => ({ status: "False", reason, message })
const good = (reason: string): Verdict => ({ status: "True", reason, message: "" })

/** The component of each static Pod, which is the first part of its name. */
const components: ReadonlyArray<readonly [condition: string, component: string]> = [
  [MachineCondition.APIServerPodHealthy, "kube-apiserver"],
  [MachineCondition.ControllerManagerPodHealthy, "kube-controller-manager"],
  [MachineCondition.SchedulerPodHealthy, "kube-scheduler"],
  [MachineCondition.EtcdPodHealthy, "etcd"]
]

export interface ConnectionState {
  /** No probe has succeeded for so long that what was known is no longer told. */
  readonly isLost: boolean
  readonly message: string
}

/** Statements about one Machine. */
export const machineHealth = (
  controlPlane: KubeadmControlPlane,
  machine: Machine,
  inspection: Inspection,
  connection: ConnectionState
): ReadonlyArray<ConditionStatement> => {
  const types = [...componentsOf(controlPlane), MachineCondition.NodeKubeadmLabelsAndTaintsSet]
  return types.flatMap((type): ReadonlyArray<ConditionStatement> => {
    const verdict = verdictOf(controlPlane, machine, inspection, connection, type)
    if (verdict === undefined) return []
    return [{ type, ...(isDeleting(machine) && verdict.status === "Unknown" ? leaving : verdict) }]
  })
}

const leaving: Verdict = { status: "Unknown", reason: MachineReason.Deleting, message: "Machine is deleting" }

/** Undefined leaves the condition as it is. */
const verdictOf = (
  controlPlane: KubeadmControlPlane,
  machine: Machine,
  inspection: Inspection,
  connection: ConnectionState,
  type: string
): Verdict | undefined => {
  switch (inspection._tag) {
    case "NotInitialized":
      return unknown("Waiting for Cluster control plane to be initialized")
    case "Unreachable":
      if (connection.isLost) return unknown(connection.message, MachineReason.ConnectionDown)
      return findCondition(machine.status?.conditions, type) === undefined
        ? unknown("Remote connection not established yet", MachineReason.ConnectionDown)
        : undefined
    case "Failed":
      return unknown(inspection.message)
    case "Seen": {
      if (type === MachineCondition.EtcdMemberHealthy) return memberVerdict(machine, inspection)
      const nodeName = nodeNameOf(machine)
      if (nodeName === undefined) return unknown(whyNoNode(machine))
      const node = inspection.nodes.get(nodeName)
      if (node === undefined) return unknown(`Node ${nodeName} does not exist`)
      if (type === MachineCondition.NodeKubeadmLabelsAndTaintsSet) return nodeVerdict(controlPlane, machine, node)
      const component = components.find(([condition]) => condition === type)?.[1]
      if (isSilent(node)) return unknown("Node Ready condition is Unknown, Pod data might be stale")
      return podVerdict(inspection.pods.get(`${component}-${nodeName}`))
    }
  }
}

const whyNoNode = (machine: Machine): string =>
  machine.spec.providerID === undefined
    ? `Waiting for Machine spec.providerID to be set`
    : `Waiting for a Node with spec.providerID ${machine.spec.providerID} to exist`

/** The kubelet no longer says how its Node is. */
const isSilent = (node: Node): boolean =>
  node.status?.conditions?.some(({ status, type }) => type === "Ready" && status === "Unknown") === true

const podVerdict = (pod: Pod | undefined): Verdict => {
  if (pod === undefined) return bad(MachineReason.DoesNotExist, "Pod does not exist")
  if (pod.metadata.deletionTimestamp !== undefined) return bad(MachineReason.Deleting, "Pod is deleting")
  switch (pod.status?.phase) {
    case "Running":
      return isPodReady(pod)
        ? good(MachineReason.Running)
        : bad(MachineReason.Provisioning, "Waiting for startup or readiness probes")
    case "Succeeded":
      return bad(MachineReason.Failed, "All the containers have been terminated")
    case "Failed":
      return bad(MachineReason.Failed, pod.status.message ?? "All the containers have been terminated")
    case "Unknown":
      return unknown("Pod is reporting Unknown status")
    default:
      return bad(MachineReason.Provisioning, "Waiting for the Pod to be started")
  }
}

const memberVerdict = (machine: Machine, inspection: Extract<Inspection, { readonly _tag: "Seen" }>): Verdict => {
  const { etcd, etcdProblem } = inspection
  if (nodeNameOf(machine) === undefined) return unknown(whyNoNode(machine))
  if (etcd === undefined) return unknown(`Failed to get etcd members: ${etcdProblem ?? "no answer"}`)
  const member = memberOf(etcd, machine)
  if (member === undefined)
    return bad(MachineReason.NotHealthy, `Etcd doesn't have an etcd member for Node ${nodeNameOf(machine)}`)
  if (member.isLearner) return bad(MachineReason.NotHealthy, "Etcd member is a learner")
  const alarms = alarmsOf(etcd, member)
  if (alarms.length > 0) return bad(MachineReason.NotHealthy, `Etcd reports alarms: ${alarms.join(", ")}`)
  return etcd.responsive.has(member.id) ? good(MachineReason.Healthy) : unknown("Etcd member does not answer")
}

const controlPlaneRoles = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"]

/** kubeadm marks the Node late. Once marked, a user may take the taint away again; the role stays. */
const nodeVerdict = (controlPlane: KubeadmControlPlane, machine: Machine, node: Node): Verdict => {
  const { initConfiguration, joinConfiguration } = controlPlane.spec.kubeadmConfigSpec ?? {}
  const given = (joinConfiguration ?? initConfiguration)?.nodeRegistration?.taints
  const labelled = controlPlaneRoles.some((role) => node.metadata.labels?.[role] !== undefined)
  if (!labelled) return bad(MachineReason.NotSet, "Node does not have the label node-role.kubernetes.io/control-plane")
  const tainted = given !== undefined || node.spec?.taints?.some(({ key }) => controlPlaneRoles.includes(key)) === true
  return tainted || has(machine, MachineCondition.NodeKubeadmLabelsAndTaintsSet)
    ? good(MachineReason.Set)
    : bad(MachineReason.NotSet, "Node does not have the taint node-role.kubernetes.io/control-plane:NoSchedule")
}
