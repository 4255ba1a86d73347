/**
 * What a control plane says of itself after every pass: counters, versions, conditions. Pure.
 *
 * Left out: the counters and conditions of the v1beta1 contract under `status.deprecated`.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controlplane/kubeadm/internal/controllers/status.go
 */
import {
  aggregateCondition,
  type Condition,
  type ConditionStatement,
  formatSelector,
  type KubeadmControlPlane,
  KubeadmControlPlaneCondition as Type,
  KubeadmControlPlaneReason as Reason,
  type KubeadmControlPlaneStatus,
  Labels,
  type Machine,
  MachineCondition,
  versionsOf
} from "@capstan/api"
import { withBlockers, withConditions } from "@capstan/runtime"
import { type ControlPlaneFacts, desiredReplicas, has, isInitialized, isUpToDate } from "../ControlPlaneFacts.ts"
import type { PassNotes } from "../Pass.ts"
import { isMarked } from "../plan/RemediationPlan.ts"
import { lastRemediation } from "../plan/RemediationRecord.ts"
import { availableCondition } from "./Availability.ts"
import { aggregatedHealth } from "./AggregatedHealth.ts"

/** The control plane with its status of now; the same reference when nothing changes. */
export const withStatus = (
  controlPlane: KubeadmControlPlane,
  seen: ControlPlaneFacts,
  notes: PassNotes
): KubeadmControlPlane => {
  const facts: ControlPlaneFacts = { ...seen, controlPlane }
  const machines = facts.machines.map(({ machine }) => machine)
  const counters = countersOf(facts, machines)
  const { lastRemediation: _, version: __, versions: ___, ...kept } = controlPlane.status ?? {}
  const counted: KubeadmControlPlane = { ...controlPlane, status: { ...kept, ...counters } }
  return withConditions(counted, conditionsOf(counted, { ...facts, controlPlane: counted }, notes), facts.now)
}

const countersOf = (facts: ControlPlaneFacts, machines: ReadonlyArray<Machine>): KubeadmControlPlaneStatus => {
  const having = (type: string): number => machines.filter((machine) => has(machine, type)).length
  const versions = versionsOf(machines)
  const lowest = versions[0]?.version
  const last = lastRemediation(facts.controlPlane, machines)
  return {
    selector: formatSelector({
      matchLabels: { [Labels.ClusterName]: facts.cluster.metadata.name },
      matchExpressions: [{ key: Labels.ControlPlane, operator: "Exists" }]
    }),
    replicas: machines.length,
    readyReplicas: having(MachineCondition.Ready),
    availableReplicas: having(MachineCondition.Available),
    upToDateReplicas: having(MachineCondition.UpToDate),
    ...(lowest === undefined ? {} : { version: lowest, versions }),
    ...(last === undefined ? {} : { lastRemediation: last })
  }
}

const conditionsOf = (
  controlPlane: KubeadmControlPlane,
  facts: ControlPlaneFacts,
  notes: PassNotes
): ReadonlyArray<ConditionStatement> => {
  const health = aggregatedHealth(facts, notes.inspection)
  const certificates: ConditionStatement = {
    type: Type.CertificatesAvailable,
    ...(notes.certificates ?? {
      status: "Unknown",
      reason: Reason.InternalError,
      message: "Please check controller logs for errors"
    })
  }
  const known =
    notes.certificates !== undefined ||
    controlPlane.status?.conditions?.some(({ type }) => type === certificates.type) !== true
  return [
    ...(known ? [certificates] : []),
    initialized(controlPlane),
    ...health,
    ...aggregates(facts),
    rollingOut(facts),
    scalingUp(facts, notes),
    scalingDown(facts, notes),
    remediating(facts),
    deleting(notes),
    availableCondition(
      controlPlane,
      facts,
      health,
      notes.certificates?.status ?? (known ? "Unknown" : certificatesBefore(controlPlane))
    )
  ]
}

const certificatesBefore = (controlPlane: KubeadmControlPlane): Condition["status"] =>
  controlPlane.status?.conditions?.find(({ type }) => type === Type.CertificatesAvailable)?.status ?? "Unknown"

const initialized = (controlPlane: KubeadmControlPlane): ConditionStatement =>
  isInitialized(controlPlane)
    ? { type: Type.Initialized, status: "True", reason: Reason.Initialized, message: "" }
    : {
        type: Type.Initialized,
        status: "False",
        reason: Reason.NotInitialized,
        message: "Control plane not yet initialized"
      }

const aggregates = ({ machines }: ControlPlaneFacts): ReadonlyArray<ConditionStatement> => {
  if (machines.length === 0) {
    return [Type.MachinesReady, Type.MachinesUpToDate].map((type) => ({
      type,
      status: "True",
      reason: Reason.NoReplicas,
      message: ""
    }))
  }
  const objects = machines.map(({ machine }) => machine)
  return [
    aggregateCondition({
      objects,
      type: Type.MachinesReady,
      of: MachineCondition.Ready,
      reasons: { issue: Reason.NotReady, unknown: Reason.ReadyUnknown, info: Reason.Ready }
    }),
    aggregateCondition({
      objects,
      type: Type.MachinesUpToDate,
      of: MachineCondition.UpToDate,
      reasons: { issue: Reason.NotUpToDate, unknown: Reason.UpToDateUnknown, info: Reason.UpToDate }
    })
  ]
}

const rollingOut = ({ machines }: ControlPlaneFacts): ConditionStatement => {
  const type = Type.RollingOut
  const outdated = machines.filter((each) => !isUpToDate(each))
  if (outdated.length === 0) return { type, status: "False", reason: Reason.NotRollingOut, message: "" }
  const reasons = [...new Set(outdated.flatMap((each) => each.outdated))].sort()
  return {
    type,
    status: "True",
    reason: Reason.RollingOut,
    message: [`Rolling out ${outdated.length} not up-to-date replicas`, ...reasons.map((reason) => `* ${reason}`)].join(
      "\n"
    )
  }
}

const blockers = (notes: PassNotes, scaling: "up" | "down"): ReadonlyArray<string> => {
  const step = notes.plan?.step
  return [
    ...(scaling === "up" && notes.templateProblem !== undefined ? [notes.templateProblem] : []),
    ...(step?._tag === "Blocked" && step.scaling === scaling ? step.problem.messages : [])
  ]
}

const scalingUp = ({ controlPlane, machines }: ControlPlaneFacts, notes: PassNotes): ConditionStatement => {
  const type = Type.ScalingUp
  const desired = notes.deletion === undefined ? desiredReplicas(controlPlane) : 0
  const message = withBlockers(`Scaling up from ${machines.length} to ${desired} replicas`, blockers(notes, "up"))
  return machines.length < desired
    ? { type, status: "True", reason: Reason.ScalingUp, message }
    : { type, status: "False", reason: Reason.NotScalingUp, message: notes.templateProblem ?? "" }
}

const scalingDown = ({ controlPlane, machines }: ControlPlaneFacts, notes: PassNotes): ConditionStatement => {
  const type = Type.ScalingDown
  const desired = notes.deletion === undefined ? desiredReplicas(controlPlane) : 0
  const message = withBlockers(`Scaling down from ${machines.length} to ${desired} replicas`, blockers(notes, "down"))
  return machines.length > desired
    ? { type, status: "True", reason: Reason.ScalingDown, message }
    : { type, status: "False", reason: Reason.NotScalingDown, message: "" }
}

const remediating = ({ machines }: ControlPlaneFacts): ConditionStatement => {
  const marked = machines.map(({ machine }) => machine).filter(isMarked)
  if (marked.length === 0)
    return { type: Type.Remediating, status: "False", reason: Reason.NotRemediating, message: "" }
  const { message } = aggregateCondition({
    objects: marked,
    type: Type.Remediating,
    of: MachineCondition.OwnerRemediated,
    reasons: { issue: Reason.Remediating, unknown: Reason.Remediating, info: Reason.Remediating }
  })
  return { type: Type.Remediating, status: "True", reason: Reason.Remediating, message }
}

const deleting = ({ deletion }: PassNotes): ConditionStatement =>
  deletion === undefined
    ? { type: Type.Deleting, status: "False", reason: Reason.NotDeleting, message: "" }
    : { type: Type.Deleting, status: "True", ...deletion }
