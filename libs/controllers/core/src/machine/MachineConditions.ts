/**
 * The conditions of a Machine, its phase, and when to look again for Available. Pure.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machine/machine_controller_status.go
 */
import {
  type ConditionStatement,
  isDeleting,
  type Machine,
  MachineCondition,
  MachineReason,
  type MachineStatus,
  summaryCondition,
  type Weight
} from "@capstan/api"
import { parseTimestamp, withConditions } from "@capstan/runtime"
import { dataSecretCreatedPath, isDataSecretCreated } from "../contract/BootstrapContract.ts"
import { provisionedPath } from "../contract/InfrastructureClusterContract.ts"
import { isMachineProvisioned } from "../contract/InfrastructureMachineContract.ts"
import { referencedCondition } from "../contract/ReferencedCondition.ts"
import { conditionOf, hasTrue } from "../frame/Conditions.ts"
import { differences } from "../machine-deployment/TemplateComparison.ts"
import type { MachineFacts } from "./MachineFacts.ts"
import { withMachineStatus } from "./MachinePlan.ts"
import { nodeConditions } from "./NodeConditions.ts"

/** Conditions that this controller alone writes. UpToDate is the control plane's on its own Machines. */
export const ownedMachineConditions: ReadonlyArray<string> = [
  MachineCondition.Available,
  MachineCondition.Ready,
  MachineCondition.UpToDate,
  MachineCondition.Updating,
  MachineCondition.BootstrapConfigReady,
  MachineCondition.InfrastructureReady,
  MachineCondition.NodeHealthy,
  MachineCondition.NodeReady,
  MachineCondition.Deleting,
  MachineCondition.Paused
]

/** How far a deletion is. */
export interface MachineDeletionState {
  readonly reason: string
  readonly message: string
}

export interface ReportedMachine {
  readonly machine: Machine
  /** When Available may become True. */
  readonly requeueAfterMillis: number | undefined
}

/** The Machine with its conditions and phase. */
export const reportMachine = (
  facts: MachineFacts,
  planned: Machine,
  deletion: MachineDeletionState | undefined
): ReportedMachine => {
  const parts = [
    bootstrapConfigReady(facts, planned),
    infrastructureReady(facts, planned),
    ...nodeConditions(facts, planned),
    deleting(deletion),
    { type: MachineCondition.Updating, status: "False", reason: MachineReason.NotUpdating, message: "" } as const,
    upToDate(facts, planned)
  ].filter((statement) => statement !== undefined)
  const stated = withConditions(planned, parts, facts.now)
  const ready = withConditions(stated, [readyCondition(stated, deletion, facts.now.millis)], facts.now)
  const { requeueAfterMillis, statement } = available(ready, facts.now.millis)
  return { machine: withPhase(withConditions(ready, [statement], facts.now), facts.now.timestamp), requeueAfterMillis }
}

const bootstrapConfigReady = ({ bootstrap }: MachineFacts, machine: Machine): ConditionStatement =>
  referencedCondition({
    owner: machine,
    read: bootstrap,
    wasReady: machine.status?.initialization?.bootstrapDataSecretCreated === true,
    source: "Ready",
    target: MachineCondition.BootstrapConfigReady,
    unreferenced: { status: "True", reason: MachineReason.DataSecretProvided, message: "" },
    reasons: [MachineReason.Ready, MachineReason.NotReady],
    flag: ({ kind: { contract }, object }) => ({
      status: isDataSecretCreated(object, contract),
      path: dataSecretCreatedPath[contract]
    })
  })

const infrastructureReady = ({ infrastructure }: MachineFacts, machine: Machine): ConditionStatement =>
  referencedCondition({
    owner: machine,
    read: infrastructure,
    wasReady: machine.status?.initialization?.infrastructureProvisioned === true,
    source: "Ready",
    target: MachineCondition.InfrastructureReady,
    unreferenced: { status: "True", reason: MachineReason.Ready, message: "" },
    reasons: [MachineReason.Ready, MachineReason.NotReady],
    flag: ({ kind: { contract }, object }) => ({
      status: isMachineProvisioned(object, contract),
      path: provisionedPath[contract]
    })
  })

const deleting = (state: MachineDeletionState | undefined): ConditionStatement =>
  state === undefined
    ? { type: MachineCondition.Deleting, status: "False", reason: MachineReason.NotDeleting, message: "" }
    : { type: MachineCondition.Deleting, status: "True", reason: state.reason, message: state.message }

/** Only for Machines of a MachineDeployment: others have owners that say so themselves, or none that could. */
const upToDate = (
  { machineDeployment, machineSet, now }: MachineFacts,
  machine: Machine
): ConditionStatement | undefined => {
  if (machineSet === undefined || machineDeployment === undefined) return undefined
  const type = MachineCondition.UpToDate
  const found = differences(machineSet.spec.template.spec, machineDeployment.spec.template.spec).map(
    (each) => `* ${each}`
  )
  const afterMillis = parseTimestamp(machineDeployment.spec.rollout?.after)
  const createdMillis = parseTimestamp(machineSet.metadata.creationTimestamp) ?? 0
  if (afterMillis !== undefined && afterMillis <= now.millis && createdMillis < afterMillis) {
    found.push("* MachineDeployment spec.rolloutAfter expired")
  }
  if (found.length > 0) return { type, status: "False", reason: MachineReason.NotUpToDate, message: found.join("\n") }
  const kubelet = machine.status?.nodeInfo?.kubeletVersion
  if (kubelet !== undefined && machine.spec.version !== undefined && kubelet !== machine.spec.version) {
    const message = `* Node version ${kubelet} is not yet ${machine.spec.version}`
    return { type, status: "False", reason: MachineReason.Updating, message }
  }
  return { type, status: "True", reason: MachineReason.UpToDate, message: "" }
}

const minute = 60_000

/** The Deleting condition in the words of a summary: the stage, and after a while why it takes so long. */
const deletingSummary = (machine: Machine, state: MachineDeletionState, nowMillis: number): string => {
  const startedMillis = parseTimestamp(machine.metadata.deletionTimestamp) ?? nowMillis
  if (nowMillis - startedMillis <= 15 * minute) return `Machine deletion in progress, stage: ${state.reason}`
  const drainMillis = parseTimestamp(machine.status?.deletion?.nodeDrainStartTime)
  const isSlowDrain =
    state.reason === MachineReason.DrainingNode && drainMillis !== undefined && nowMillis - drainMillis > 5 * minute
  const causes = isSlowDrain
    ? drainCauses.filter(([sign]) => state.message.includes(sign)).map(([, cause]) => cause)
    : []
  const hint = causes.length === 0 ? "" : `, delay likely due to ${causes.join(", ")}`
  return `Machine deletion in progress since more than 15m, stage: ${state.reason}${hint}`
}

const drainCauses: ReadonlyArray<readonly [sign: string, cause: string]> = [
  ["disruption budget", "PodDisruptionBudgets"],
  ["deletionTimestamp set, but still not removed from the Node", "Pods not terminating"],
  ["waiting for completion", "Pods not completed yet"]
]

const goneReasons: ReadonlyArray<string> = [
  MachineReason.ObjectDeleted,
  MachineReason.ObjectDoesNotExist,
  MachineReason.NodeDeleted,
  MachineReason.NodeDoesNotExist
]

const readyCondition = (
  machine: Machine,
  state: MachineDeletionState | undefined,
  nowMillis: number
): ConditionStatement => {
  const gates = machine.spec.readinessGates ?? []
  const { conditions } = machine.status ?? {}
  const deletingNow = isDeleting(machine)
  const override: ReadonlyArray<ConditionStatement> =
    state === undefined
      ? []
      : [
          {
            type: MachineCondition.Deleting,
            status: "True",
            reason: state.reason,
            message: deletingSummary(machine, state, nowMillis)
          }
        ]
  return summaryCondition({
    conditions,
    type: MachineCondition.Ready,
    of: [
      MachineCondition.Deleting,
      MachineCondition.Updating,
      MachineCondition.BootstrapConfigReady,
      MachineCondition.InfrastructureReady,
      MachineCondition.NodeHealthy,
      MachineCondition.HealthCheckSucceeded,
      ...gates.map((gate) => gate.conditionType)
    ],
    negative: [
      MachineCondition.Deleting,
      MachineCondition.Updating,
      ...gates.filter((gate) => gate.polarity === "Negative").map((gate) => gate.conditionType)
    ],
    ignoreIfMissing: [MachineCondition.HealthCheckSucceeded],
    reasons: { issue: MachineReason.NotReady, unknown: MachineReason.ReadyUnknown, info: MachineReason.Ready },
    overrides: override,
    weigh: (condition: ConditionStatement, byPolarity: Weight) =>
      deletingNow && goneReasons.includes(condition.reason) ? "info" : byPolarity
  })
}

interface AvailableCondition {
  readonly statement: ConditionStatement
  readonly requeueAfterMillis: number | undefined
}

/** True once Ready has been True for long enough. */
const available = (machine: Machine, nowMillis: number): AvailableCondition => {
  const type = MachineCondition.Available
  const ready = conditionOf(machine, MachineCondition.Ready)
  if (ready?.status !== "True") {
    return {
      statement: { type, status: "False", reason: MachineReason.NotReady, message: "" },
      requeueAfterMillis: undefined
    }
  }
  const seconds = machine.spec.minReadySeconds ?? 0
  const sinceMillis = parseTimestamp(ready.lastTransitionTime) ?? nowMillis
  const leftMillis = sinceMillis + seconds * 1000 - nowMillis
  if (seconds === 0 || leftMillis <= 0) {
    return {
      statement: { type, status: "True", reason: MachineReason.Available, message: "" },
      requeueAfterMillis: undefined
    }
  }
  return {
    statement: { type, status: "False", reason: MachineReason.WaitingForMinReadySeconds, message: "" },
    requeueAfterMillis: leftMillis
  }
}

/** The last that applies. */
export const machinePhase = (machine: Machine): NonNullable<MachineStatus["phase"]> => {
  const { initialization, nodeRef } = machine.status ?? {}
  const provisioned = initialization?.infrastructureProvisioned === true
  if (isDeleting(machine)) return "Deleting"
  if (hasTrue(machine, MachineCondition.Updating)) return "Updating"
  if (nodeRef !== undefined && provisioned) return "Running"
  if (machine.spec.providerID !== undefined) return "Provisioned"
  if (initialization?.bootstrapDataSecretCreated === true && !provisioned) return "Provisioning"
  return "Pending"
}

const withPhase = (machine: Machine, timestamp: string): Machine => {
  const phase = machinePhase(machine)
  return machine.status?.phase === phase ? machine : withMachineStatus(machine, { phase, lastUpdated: timestamp })
}
