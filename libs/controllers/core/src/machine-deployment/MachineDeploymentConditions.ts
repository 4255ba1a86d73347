/**
 * The status of a MachineDeployment: sums over its sets, phase, conditions. Pure.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machinedeployment/machinedeployment_status.go
 */
import {
  type ConditionStatement,
  formatSelector,
  isDeleting,
  type Machine,
  MachineCondition,
  type MachineDeployment,
  MachineDeploymentCondition,
  MachineDeploymentReason,
  type MachineDeploymentStatus,
  type MachineSet,
  versionsOf
} from "@capstan/api"
import { withBlockers, withConditions } from "@capstan/runtime"
import { aggregated, conditionOf, statement } from "../frame/Conditions.ts"
import { isJudged, remediating } from "../frame/MachineHealth.ts"
import type { MachineDeploymentFacts } from "./MachineDeploymentFacts.ts"
import { leewayOf, type MachineDeploymentPlan } from "./MachineDeploymentPlan.ts"

/** Conditions that this controller alone writes. */
export const ownedMachineDeploymentConditions: ReadonlyArray<string> = Object.values(MachineDeploymentCondition)

export const reportMachineDeployment = (
  facts: MachineDeploymentFacts,
  plan: MachineDeploymentPlan
): MachineDeployment => {
  if (facts.selector._tag === "Refused") return plan.deployment
  const { machineSets, machines } = facts
  const sum = (count: (set: MachineSet) => number | undefined): number =>
    machineSets.reduce((total, set) => total + (count(set) ?? 0), 0)
  const { versions: _, ...status } = plan.deployment.status ?? {}
  const versions = versionsOf(machines)
  const replicas = sum((set) => set.status?.replicas)
  const counted: MachineDeployment = {
    ...plan.deployment,
    status: {
      ...status,
      selector: formatSelector(plan.deployment.spec.selector),
      replicas,
      readyReplicas: sum((set) => set.status?.readyReplicas),
      availableReplicas: sum((set) => set.status?.availableReplicas),
      upToDateReplicas: sum((set) => set.status?.upToDateReplicas),
      phase: deploymentPhase(plan.deployment, replicas),
      ...(versions.length === 0 ? {} : { versions })
    }
  }
  return withConditions(counted, machineDeploymentConditions(facts, counted, plan.growthProblems), facts.now)
}

export const deploymentPhase = (
  deployment: MachineDeployment,
  replicas: number
): NonNullable<MachineDeploymentStatus["phase"]> => {
  const desired = deployment.spec.replicas ?? 0
  if (isDeleting(deployment) || desired < replicas) return "ScalingDown"
  return desired > replicas ? "ScalingUp" : "Running"
}

export const machineDeploymentConditions = (
  facts: MachineDeploymentFacts,
  deployment: MachineDeployment,
  growthProblems: ReadonlyArray<string>
): ReadonlyArray<ConditionStatement> => {
  const { machineSets, machines, now } = facts
  return [
    available(deployment),
    aggregated({
      type: MachineDeploymentCondition.MachinesReady,
      of: MachineCondition.Ready,
      objects: machines,
      reasons: readyReasons
    }),
    aggregated({
      type: MachineDeploymentCondition.MachinesUpToDate,
      of: MachineCondition.UpToDate,
      objects: machines.filter((machine) => isJudged(machine, now.millis)),
      reasons: upToDateReasons
    }),
    rollingOut(machines),
    scalingUp(deployment, growthProblems),
    scalingDown(deployment),
    remediating(MachineDeploymentCondition.Remediating, machines, MachineDeploymentReason),
    deleting(deployment, machineSets.length, machines.length)
  ]
}

const available = (deployment: MachineDeployment): ConditionStatement => {
  const type = MachineDeploymentCondition.Available
  const desired = deployment.spec.replicas
  const current = deployment.status?.availableReplicas
  if (desired === undefined) {
    return statement(type, "Unknown", MachineDeploymentReason.WaitingForReplicasSet, "Waiting for spec.replicas set")
  }
  if (current === undefined) {
    const message = "Waiting for status.availableReplicas set"
    return statement(type, "Unknown", MachineDeploymentReason.WaitingForAvailableReplicasSet, message)
  }
  const { unavailableMax } = leewayOf(deployment)
  const required = desired - unavailableMax
  if (current >= required) return statement(type, "True", MachineDeploymentReason.Available)
  const message =
    `${current} available replicas, at least ${required} required` +
    (unavailableMax > 0
      ? ` (spec.strategy.rollout.maxUnavailable is ${unavailableMax}, spec.replicas is ${desired})`
      : "")
  const leaving = isDeleting(deployment) ? "Deletion in progress" : message
  return statement(type, "False", MachineDeploymentReason.NotAvailable, leaving)
}

const readyReasons = {
  noReplicas: MachineDeploymentReason.NoReplicas,
  issue: MachineDeploymentReason.NotReady,
  unknown: MachineDeploymentReason.ReadyUnknown,
  info: MachineDeploymentReason.Ready
}

const upToDateReasons = {
  noReplicas: MachineDeploymentReason.NoReplicas,
  issue: MachineDeploymentReason.NotUpToDate,
  unknown: MachineDeploymentReason.UpToDateUnknown,
  info: MachineDeploymentReason.UpToDate
}

const rollingOut = (machines: ReadonlyArray<Machine>): ConditionStatement => {
  const type = MachineDeploymentCondition.RollingOut
  const outdated = machines.flatMap((machine) => {
    const condition = conditionOf(machine, MachineCondition.UpToDate)
    return condition?.status === "False" ? [condition.message] : []
  })
  if (outdated.length === 0) return statement(type, "False", MachineDeploymentReason.NotRollingOut)
  const reasons = [...new Set(outdated.flatMap((message) => message.split("\n")))].filter((line) => line !== "").sort()
  const lines = [`Rolling out ${outdated.length} not up-to-date replicas`, ...reasons]
  return statement(type, "True", MachineDeploymentReason.RollingOut, lines.join("\n"))
}

const wanted = (deployment: MachineDeployment): number | undefined =>
  isDeleting(deployment) ? 0 : deployment.spec.replicas

const unset = (type: string): ConditionStatement =>
  statement(type, "Unknown", MachineDeploymentReason.WaitingForReplicasSet, "Waiting for spec.replicas set")

const scalingUp = (deployment: MachineDeployment, problems: ReadonlyArray<string>): ConditionStatement => {
  const type = MachineDeploymentCondition.ScalingUp
  const desired = wanted(deployment)
  if (desired === undefined) return unset(type)
  const current = deployment.status?.replicas ?? 0
  if (current >= desired) {
    const lines = problems.map((problem) => `* ${problem}`)
    const message = lines.length === 0 ? "" : ["Scaling up would be blocked because:", ...lines].join("\n")
    return statement(type, "False", MachineDeploymentReason.NotScalingUp, message)
  }
  const message = withBlockers(`Scaling up from ${current} to ${desired} replicas`, problems)
  return statement(type, "True", MachineDeploymentReason.ScalingUp, message)
}

const scalingDown = (deployment: MachineDeployment): ConditionStatement => {
  const type = MachineDeploymentCondition.ScalingDown
  const desired = wanted(deployment)
  if (desired === undefined) return unset(type)
  const current = deployment.status?.replicas ?? 0
  if (current <= desired) return statement(type, "False", MachineDeploymentReason.NotScalingDown)
  return statement(
    type,
    "True",
    MachineDeploymentReason.ScalingDown,
    `Scaling down from ${current} to ${desired} replicas`
  )
}

const deleting = (deployment: MachineDeployment, sets: number, machines: number): ConditionStatement => {
  const type = MachineDeploymentCondition.Deleting
  if (!isDeleting(deployment)) return statement(type, "False", MachineDeploymentReason.NotDeleting)
  const message =
    machines > 0
      ? `Deleting ${machines} ${machines === 1 ? "Machine" : "Machines"}`
      : sets > 0
        ? `Deleting ${sets} ${sets === 1 ? "MachineSet" : "MachineSets"}`
        : "Deletion completed"
  return statement(type, "True", MachineDeploymentReason.Deleting, message)
}
