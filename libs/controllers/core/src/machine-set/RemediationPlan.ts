/**
 * Which unhealthy Machines a set replaces now: at most as many at a time as its deployment allows, newest first. Pure.
 *
 * A health check only marks Machines; whoever made them deletes them. Sets of older revisions leave that to the rollout.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machineset/machineset_controller.go
 */
import {
  Annotations,
  type ConditionStatement,
  isDeleting,
  type Machine,
  MachineCondition,
  type MachineDeployment,
  MachineReason,
  resolveIntOrPercent
} from "@capstan/api"
import { hasAnnotation, parseTimestamp } from "@capstan/runtime"
import { conditionOf, hasFalse, hasTrue } from "../frame/Conditions.ts"

export interface RemediationFacts {
  readonly machines: ReadonlyArray<Machine>
  readonly machineDeployment: MachineDeployment | undefined
  /** Whether the set is what its deployment wants now; true for sets without one. */
  readonly isCurrent: boolean
  readonly preflightProblems: ReadonlyArray<string>
}

export interface RemediationPlan {
  /** Healthy again: the owner's condition goes. */
  readonly recovered: ReadonlyArray<Machine>
  /** Not now, or not by us; the statement says why. */
  readonly deferred: ReadonlyArray<readonly [machine: Machine, statement: ConditionStatement]>
  /** To be deleted. */
  readonly remediated: ReadonlyArray<readonly [machine: Machine, statement: ConditionStatement]>
}

const ownerRemediated = (reason: string, message: string): ConditionStatement => ({
  type: MachineCondition.OwnerRemediated,
  status: "False",
  reason,
  message
})

export const planRemediation = (facts: RemediationFacts): RemediationPlan => {
  const recovered = facts.machines.filter(
    (machine) =>
      !isDeleting(machine) &&
      hasTrue(machine, MachineCondition.HealthCheckSucceeded) &&
      conditionOf(machine, MachineCondition.OwnerRemediated) !== undefined
  )
  const candidates = facts.machines.filter(isCandidate).sort(byUrgency)
  const defer = (machines: ReadonlyArray<Machine>, reason: string, message: string): RemediationPlan["deferred"] =>
    machines.map((machine) => [machine, ownerRemediated(reason, message)] as const)

  if (!facts.isCurrent) {
    const message = "Machine won't be remediated because it is pending removal due to rollout"
    return { recovered, deferred: defer(candidates, MachineReason.CannotBeRemediated, message), remediated: [] }
  }
  const inFlight = facts.machines.filter(isInFlight).length
  const room = Math.max(maxInFlight(facts) - inFlight, 0)
  const chosen = candidates.slice(0, room)
  const waiting = defer(
    candidates.slice(room),
    MachineReason.RemediationDeferred,
    `Waiting because there are already too many remediations in progress (spec.remediation.maxInFlight is ${maxInFlight(facts)})`
  )
  if (facts.preflightProblems.length > 0) {
    const message = facts.preflightProblems.map((problem) => `* ${problem}`).join("\n")
    return {
      recovered,
      deferred: [...defer(chosen, MachineReason.RemediationDeferred, message), ...waiting],
      remediated: []
    }
  }
  const statement = ownerRemediated(MachineReason.MachineDeleting, "Machine is deleting")
  return { recovered, deferred: waiting, remediated: chosen.map((machine) => [machine, statement] as const) }
}

/** Marked by a health check and by nobody's deletion yet. */
const isCandidate = (machine: Machine): boolean =>
  !isDeleting(machine) &&
  hasFalse(machine, MachineCondition.HealthCheckSucceeded) &&
  hasFalse(machine, MachineCondition.OwnerRemediated)

const isInFlight = (machine: Machine): boolean => {
  const condition = conditionOf(machine, MachineCondition.OwnerRemediated)
  return isDeleting(machine) && condition?.status === "False" && condition.reason === MachineReason.MachineDeleting
}

/** Percentages round up; no limit when none is set. */
const maxInFlight = ({ machineDeployment }: RemediationFacts): number => {
  const limit = machineDeployment?.spec.remediation?.maxInFlight
  if (limit === undefined) return Number.POSITIVE_INFINITY
  return resolveIntOrPercent(limit, machineDeployment?.spec.replicas ?? 1, "up") ?? Number.POSITIVE_INFINITY
}

/** The user's choice first, then the newest, then by name. */
const byUrgency = (a: Machine, b: Machine): number => {
  const chosen = (machine: Machine): number => (hasAnnotation(machine, Annotations.RemediateMachine) ? 0 : 1)
  const created = (machine: Machine): number => parseTimestamp(machine.metadata.creationTimestamp) ?? 0
  return chosen(a) - chosen(b) || created(b) - created(a) || (a.metadata.name < b.metadata.name ? -1 : 1)
}
