/**
 * Whether the control plane can be used: certificates are there, etcd has a quorum that matches the Machines, and one Machine runs
 * every component. Pure.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controlplane/kubeadm/internal/controllers/status.go
 */
import {
  type ConditionStatement,
  findCondition,
  isDeleting,
  KubeadmControlPlaneCondition as Type,
  KubeadmControlPlaneReason as Reason,
  type KubeadmControlPlane
} from "@capstan/api"
import { parseTimestamp } from "@capstan/runtime"
import {
  componentsOf,
  type ControlPlaneFacts,
  createdMillis,
  hasAll,
  isEtcdManaged,
  isInitialized,
  nodeNameOf
} from "../ControlPlaneFacts.ts"
import { memberHealth, quorumOf } from "../etcd/EtcdQuorum.ts"
import { machineOf, memberOf } from "../etcd/EtcdView.ts"

/** How long new Nodes may be without a member, and a new control plane without an answer of etcd. */
const graceMillis = 120_000

export const availableCondition = (
  controlPlane: KubeadmControlPlane,
  facts: ControlPlaneFacts,
  health: ReadonlyArray<ConditionStatement>,
  certificates: ConditionStatement["status"]
): ConditionStatement => {
  const type = Type.Available
  if (!isInitialized(controlPlane)) {
    return { type, status: "False", reason: Reason.NotAvailable, message: "Control plane not yet initialized" }
  }
  const unanswered = isEtcdManaged(controlPlane) && facts.etcd === undefined && !isDeleting(controlPlane)
  if (unanswered && isLongInitialized(controlPlane, facts)) {
    const earlier = findCondition(controlPlane.status?.conditions, type)
    const down = health.find((statement) => statement.type === Type.EtcdClusterHealthy)
    return earlier !== undefined && earlier.reason !== Reason.InspectionFailed && down?.reason !== Reason.ConnectionDown
      ? { type, status: earlier.status, reason: earlier.reason, message: earlier.message }
      : { type, status: "Unknown", reason: Reason.InspectionFailed, message: "* Failed to get etcd members" }
  }
  const problems = [
    ...(isDeleting(controlPlane) ? ["* Control plane metadata.deletionTimestamp is set"] : []),
    ...(certificates === "True" ? [] : ["* Control plane certificates are not available"]),
    ...(isEtcdManaged(controlPlane) ? etcdProblems(facts) : []),
    ...(facts.machines.some(({ machine }) => hasAll(machine, componentsOf(controlPlane)))
      ? []
      : ["* There are no Machines with healthy control plane components, at least 1 required"])
  ]
  return problems.length === 0
    ? { type, status: "True", reason: Reason.Available, message: "" }
    : { type, status: "False", reason: Reason.NotAvailable, message: problems.join("\n") }
}

const isLongInitialized = (controlPlane: KubeadmControlPlane, { now }: ControlPlaneFacts): boolean => {
  const since = parseTimestamp(findCondition(controlPlane.status?.conditions, Type.Initialized)?.lastTransitionTime)
  return (
    findCondition(controlPlane.status?.conditions, Type.Initialized)?.status === "True" &&
    since !== undefined &&
    now.millis - since > graceMillis
  )
}

const etcdProblems = ({ etcd, machines, now }: ControlPlaneFacts): ReadonlyArray<string> => {
  if (etcd === undefined) return ["* Etcd members are not known yet"]
  const all = machines.map(({ machine }) => machine)
  const voters = etcd.members.filter((member) => !member.isLearner && member.name !== "")
  const healthy = voters.filter((member) => memberHealth(etcd, member, all).healthy).length
  const quorum = quorumOf(voters.length)
  const strangers = voters.filter((member) => machineOf(member, all) === undefined)
  const memberless = all.filter(
    (machine) =>
      nodeNameOf(machine) !== undefined &&
      !isDeleting(machine) &&
      now.millis - createdMillis(machine) > graceMillis &&
      memberOf(etcd, machine) === undefined
  )
  return [
    ...(healthy >= quorum
      ? []
      : [`* ${healthy} of ${voters.length} etcd members are healthy, at least ${quorum} required for etcd quorum`]),
    ...(strangers.length === 0 && memberless.length === 0
      ? []
      : ["* The list of etcd members does not match the list of Machines and Nodes"])
  ]
}
