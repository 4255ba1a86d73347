/**
 * EtcdClusterHealthy and ControlPlaneComponentsHealthy: what the Machines say, told of the control plane. Pure.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controlplane/kubeadm/internal/workload_cluster_conditions.go
 */
import {
  type ConditionStatement,
  findCondition,
  KubeadmControlPlaneCondition as Type,
  KubeadmControlPlaneReason as Reason,
  type Machine,
  summaryCondition
} from "@capstan/api"
import {
  type ControlPlaneFacts,
  etcdComponents,
  isEtcdManaged,
  isInitialized,
  kubernetesComponents
} from "../ControlPlaneFacts.ts"
import { orphanMembers } from "../plan/OrphanMember.ts"
import type { Inspection } from "../workload/Inspection.ts"

export const aggregatedHealth = (
  facts: ControlPlaneFacts,
  inspection: Inspection | undefined
): ReadonlyArray<ConditionStatement> => {
  const components = healthOf(facts, inspection, {
    type: Type.ControlPlaneComponentsHealthy,
    of: kubernetesComponents,
    problems: []
  })
  if (!isEtcdManaged(facts.controlPlane)) return [components]
  const orphans = facts.etcd === undefined ? [] : orphanMembers(facts.etcd, facts.machines)
  const etcd = healthOf(facts, inspection, {
    type: Type.EtcdClusterHealthy,
    of: etcdComponents,
    problems: orphans.map(
      ({ id, name }) => `* Etcd member ${name === "" ? id : name} does not have a corresponding Machine`
    )
  })
  return [etcd, components]
}

interface HealthOptions {
  readonly type: string
  readonly of: ReadonlyArray<string>
  readonly problems: ReadonlyArray<string>
}

const healthOf = (
  { controlPlane, machines }: ControlPlaneFacts,
  inspection: Inspection | undefined,
  { of, problems, type }: HealthOptions
): ConditionStatement => {
  if (!isInitialized(controlPlane) || (inspection === undefined && machines.length === 0)) {
    return {
      type,
      status: "Unknown",
      reason: Reason.InspectionFailed,
      message: "Waiting for Cluster control plane to be initialized"
    }
  }
  const verdicts = machines.map(({ machine }) => ({ machine, verdict: verdictOf(machine, of) }))
  const telling = (status: string): ReadonlyArray<string> =>
    verdicts
      .filter(({ verdict }) => verdict.status === status)
      .map(({ machine, verdict }) =>
        [`* Machine ${machine.metadata.name}:`, ...verdict.message.split("\n").map((line) => `  ${line}`)].join("\n")
      )
  const bad = [...problems, ...telling("False")]
  const unknown = telling("Unknown")
  const message = [...bad, ...unknown].join("\n")
  if (bad.length > 0) return { type, status: "False", reason: Reason.NotHealthy, message }
  if (unknown.length > 0 || machines.length === 0) {
    const reason = inspection?._tag === "Unreachable" ? Reason.ConnectionDown : Reason.HealthUnknown
    return { type, status: "Unknown", reason, message }
  }
  return { type, status: "True", reason: Reason.Healthy, message: "" }
}

/** A machine that has only just been asked for is not unknown: it is not there. */
const verdictOf = (machine: Machine, of: ReadonlyArray<string>): ConditionStatement => {
  const isNew = machine.spec.providerID === undefined
  return summaryCondition({
    conditions: machine.status?.conditions,
    type: "Healthy",
    of: isNew ? of.filter((type) => findCondition(machine.status?.conditions, type)?.status === "False") : of,
    reasons: { issue: Reason.NotHealthy, unknown: Reason.HealthUnknown, info: Reason.Healthy }
  })
}
