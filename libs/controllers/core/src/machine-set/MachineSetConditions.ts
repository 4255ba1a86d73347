/**
 * The status of a MachineSet: counters, versions, conditions. Pure.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machineset/machineset_controller_status.go
 */
import {
  type ConditionStatement,
  formatSelector,
  isDeleting,
  type Machine,
  MachineCondition,
  type MachineSet,
  MachineSetCondition,
  MachineSetReason,
  versionsOf
} from "@capstan/api"
import { type Now, parseTimestamp, withBlockers, withConditions } from "@capstan/runtime"
import { isJudged, remediating } from "../frame/MachineHealth.ts"
import { aggregated, conditionOf, hasTrue, statement } from "../frame/Conditions.ts"
import type { MachineSetFacts } from "./MachineSetFacts.ts"
import type { MachineSetPlan } from "./MachineSetPlan.ts"

/** Conditions that this controller alone writes. */
export const ownedMachineSetConditions: ReadonlyArray<string> = Object.values(MachineSetCondition)

/** Machines that take longer than this to go are named. */
const staleMillis = 15 * 60_000

export const reportMachineSet = (facts: MachineSetFacts, plan: MachineSetPlan): MachineSet => {
  const { machines, now } = facts
  if (facts.selector._tag === "Refused") return plan.machineSet
  const having = (type: string): number => machines.filter((machine) => hasTrue(machine, type)).length
  const { versions: _, ...status } = plan.machineSet.status ?? {}
  const versions = versionsOf(machines)
  const counted: MachineSet = {
    ...plan.machineSet,
    status: {
      ...status,
      selector: formatSelector(plan.machineSet.spec.selector),
      replicas: machines.length,
      readyReplicas: having(MachineCondition.Ready),
      availableReplicas: having(MachineCondition.Available),
      upToDateReplicas: having(MachineCondition.UpToDate),
      ...(versions.length === 0 ? {} : { versions })
    }
  }
  return withConditions(counted, machineSetConditions(counted, machines, plan.growthProblems, now), now)
}

export const machineSetConditions = (
  machineSet: MachineSet,
  machines: ReadonlyArray<Machine>,
  growthProblems: ReadonlyArray<string>,
  now: Now
): ReadonlyArray<ConditionStatement> => [
  scalingUp(machineSet, machines.length, growthProblems),
  scalingDown(machineSet, machines, now),
  aggregated({
    type: MachineSetCondition.MachinesReady,
    of: MachineCondition.Ready,
    objects: machines,
    reasons: readyReasons
  }),
  aggregated({
    type: MachineSetCondition.MachinesUpToDate,
    of: MachineCondition.UpToDate,
    objects: machines.filter((machine) => isJudged(machine, now.millis)),
    reasons: upToDateReasons
  }),
  remediating(MachineSetCondition.Remediating, machines, MachineSetReason),
  deleting(machineSet, machines, now)
]

const wanted = (machineSet: MachineSet): number | undefined => (isDeleting(machineSet) ? 0 : machineSet.spec.replicas)

const unset = (type: string): ConditionStatement =>
  statement(type, "Unknown", MachineSetReason.WaitingForReplicasSet, "Waiting for spec.replicas set")

const scalingUp = (machineSet: MachineSet, current: number, problems: ReadonlyArray<string>): ConditionStatement => {
  const type = MachineSetCondition.ScalingUp
  const desired = wanted(machineSet)
  if (desired === undefined) return unset(type)
  if (current >= desired) return statement(type, "False", MachineSetReason.NotScalingUp)
  const message = withBlockers(`Scaling up from ${current} to ${desired} replicas`, problems)
  return statement(type, "True", MachineSetReason.ScalingUp, message)
}

const scalingDown = (machineSet: MachineSet, machines: ReadonlyArray<Machine>, now: Now): ConditionStatement => {
  const type = MachineSetCondition.ScalingDown
  const desired = wanted(machineSet)
  if (desired === undefined) return unset(type)
  if (machines.length <= desired) return statement(type, "False", MachineSetReason.NotScalingDown)
  const lines = [`Scaling down from ${machines.length} to ${desired} replicas`, ...describeStale(machines, now)]
  return statement(type, "True", MachineSetReason.ScalingDown, lines.join("\n"))
}

/** Machines whose deletion drags on. */
const describeStale = (machines: ReadonlyArray<Machine>, now: Now): ReadonlyArray<string> => {
  const stale = machines.filter((machine) => {
    const since = parseTimestamp(machine.metadata.deletionTimestamp)
    return since !== undefined && now.millis - since > staleMillis
  })
  if (stale.length === 0) return []
  const names = stale.map((machine) => machine.metadata.name).sort()
  const more = names.length > 3 ? `, ... (${names.length - 3} more)` : ""
  const [noun, verb] = names.length === 1 ? ["Machine", "is"] : ["Machines", "are"]
  return [`* ${noun} ${names.slice(0, 3).join(", ")}${more} ${verb} in deletion since more than 15m`]
}

const readyReasons = {
  noReplicas: MachineSetReason.NoReplicas,
  issue: MachineSetReason.NotReady,
  unknown: MachineSetReason.ReadyUnknown,
  info: MachineSetReason.Ready
}

const upToDateReasons = {
  noReplicas: MachineSetReason.NoReplicas,
  issue: MachineSetReason.NotUpToDate,
  unknown: MachineSetReason.UpToDateUnknown,
  info: MachineSetReason.UpToDate
}

const deleting = (machineSet: MachineSet, machines: ReadonlyArray<Machine>, now: Now): ConditionStatement => {
  const type = MachineSetCondition.Deleting
  if (!isDeleting(machineSet)) return statement(type, "False", MachineSetReason.NotDeleting)
  if (machines.length === 0) return statement(type, "True", MachineSetReason.Deleting, "Deletion completed")
  const what = `Deleting ${machines.length} ${machines.length === 1 ? "Machine" : "Machines"}`
  return statement(type, "True", MachineSetReason.Deleting, [what, ...describeStale(machines, now)].join("\n"))
}

/** When the set must look again: while Machines are not ready, and when the next may become available. */
export const machineSetRequeue = (
  machineSet: MachineSet,
  machines: ReadonlyArray<Machine>,
  now: Now
): number | undefined => {
  const { availableReplicas = 0, readyReplicas = 0, replicas = 0 } = machineSet.status ?? {}
  if (isDeleting(machineSet)) return undefined
  if (readyReplicas !== replicas) return notReadyMillis
  const seconds = machineSet.spec.template.spec.minReadySeconds ?? 0
  if (seconds === 0 || availableReplicas === replicas) return undefined
  const left = machines
    .filter((machine) => !hasTrue(machine, MachineCondition.Available))
    .flatMap((machine) => parseTimestamp(conditionOf(machine, MachineCondition.Ready)?.lastTransitionTime) ?? [])
    .map((since) => since + seconds * 1000 - now.millis)
    .filter((millis) => millis > 0)
  return left.length === 0 ? undefined : Math.min(...left)
}

const notReadyMillis = 15_000
