/**
 * Whether one Machine is healthy: by its own conditions, its Node's conditions, and how long it takes to get a Node. Pure.
 *
 * A bad condition counts once it has held strictly longer than its timeout; until then the Machine is looked at again a
 * second after that time.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machinehealthcheck/machinehealthcheck_targets.go
 */
import {
  Annotations,
  type Cluster,
  ClusterCondition,
  isControlPlaneMachine,
  MachineCondition,
  type MachineHealthCheck,
  MachineReason
} from "@capstan/api"
import { hasAnnotation, type Now, parseTimestamp, type Reporting } from "@capstan/runtime"
import { conditionOf, hasTrue } from "../frame/Conditions.ts"
import type { Target } from "./MachineHealthCheckFacts.ts"

export type TargetHealth =
  | { readonly _tag: "Unhealthy"; readonly reason: string; readonly message: string }
  /** Would be unhealthy if nothing changed until then; not proven healthy meanwhile. */
  | { readonly _tag: "Pending"; readonly nextCheckMillis: number }
  | { readonly _tag: "Sound" }
  /** Too early to judge. */
  | { readonly _tag: "NotJudged" }

export interface JudgeOptions {
  readonly check: MachineHealthCheck
  readonly cluster: Cluster
  readonly target: Target
  readonly now: Now
}

const unhealthy = (reason: string, message: string): TargetHealth => ({
  _tag: "Unhealthy",
  reason,
  message: `Health check failed: ${message}`
})

/** A second after the timeout, since the timeout itself is still in time. */
const recheckMarginMillis = 1000

const defaultStartupSeconds = 600

export const judgeTarget = (options: JudgeOptions): TargetHealth => {
  const { cluster, target } = options
  if (hasAnnotation(target.machine, Annotations.RemediateMachine)) {
    return unhealthy(
      MachineReason.HasRemediateAnnotation,
      `marked for remediation via ${Annotations.RemediateMachine} annotation`
    )
  }
  if (!hasTrue(cluster, ClusterCondition.ControlPlaneInitialized) && !isControlPlaneMachine(target.machine))
    return { _tag: "NotJudged" }
  if (!hasTrue(cluster, ClusterCondition.InfrastructureReady)) return { _tag: "NotJudged" }

  const machine = judgeMachineConditions(options)
  if (machine._tag === "Unhealthy") return machine
  const node = judgeNode(options)
  if (node._tag === "Unhealthy") return node
  const checks = [machine, node].flatMap((health) => (health._tag === "Pending" ? [health.nextCheckMillis] : []))
  return checks.length === 0 ? { _tag: "Sound" } : { _tag: "Pending", nextCheckMillis: Math.min(...checks) }
}

interface Suspect {
  readonly type: string
  readonly status: string
  readonly sinceMillis: number
  readonly timeoutSeconds: number
}

/** The first that has held too long makes it unhealthy; else the next to do so says when to look again. */
const judgeSuspects = (
  suspects: ReadonlyArray<Suspect>,
  nowMillis: number,
  options: { readonly reason: string; readonly on: string }
): TargetHealth => {
  const due = (suspect: Suspect): number => suspect.sinceMillis + suspect.timeoutSeconds * 1000
  const expired = suspects.find((suspect) => due(suspect) < nowMillis)
  if (expired !== undefined) {
    const duration = formatDuration(expired.timeoutSeconds)
    const message = `Condition ${expired.type} on ${options.on} is reporting status ${expired.status} for more than ${duration}`
    return unhealthy(options.reason, message)
  }
  if (suspects.length === 0) return { _tag: "Sound" }
  return { _tag: "Pending", nextCheckMillis: Math.min(...suspects.map(due)) - nowMillis + recheckMarginMillis }
}

const judgeMachineConditions = ({ check, now, target }: JudgeOptions): TargetHealth => {
  const suspects = (check.spec.checks?.unhealthyMachineConditions ?? []).flatMap(({ status, timeoutSeconds, type }) => {
    const found = conditionOf(target.machine, type)
    if (found?.status !== status) return []
    return [{ type, status, timeoutSeconds, sinceMillis: parseTimestamp(found.lastTransitionTime) ?? now.millis }]
  })
  return judgeSuspects(suspects, now.millis, { reason: MachineReason.UnhealthyMachine, on: "Machine" })
}

const judgeNode = (options: JudgeOptions): TargetHealth => {
  const { check, now, target } = options
  if (target.nodeMissing) {
    const name = target.machine.status?.nodeRef?.name ?? ""
    return unhealthy(MachineReason.NodeDeleted, `Node ${name} has been deleted`)
  }
  if (target.node === undefined) return judgeStartup(options)
  const conditions = target.node.status?.conditions ?? []
  const suspects = (check.spec.checks?.unhealthyNodeConditions ?? []).flatMap(({ status, timeoutSeconds, type }) => {
    const found = conditions.find((condition) => condition.type === type)
    if (found?.status !== status) return []
    return [{ type, status, timeoutSeconds, sinceMillis: parseTimestamp(found.lastTransitionTime) ?? now.millis }]
  })
  return judgeSuspects(suspects, now.millis, { reason: MachineReason.UnhealthyNode, on: "Node" })
}

/** From the moment at which a Node could be expected: Machine made, cluster and machine infrastructure up, control plane up. */
const judgeStartup = ({ check, cluster, now, target }: JudgeOptions): TargetHealth => {
  const seconds = check.spec.checks?.nodeStartupTimeoutSeconds ?? defaultStartupSeconds
  if (seconds === 0) return { _tag: "Sound" }
  const startMillis = Math.max(
    parseTimestamp(target.machine.metadata.creationTimestamp) ?? 0,
    trueSince(cluster, ClusterCondition.ControlPlaneInitialized),
    trueSince(cluster, ClusterCondition.InfrastructureReady),
    trueSince(target.machine, MachineCondition.InfrastructureReady)
  )
  const dueMillis = startMillis + seconds * 1000
  return dueMillis < now.millis
    ? unhealthy(MachineReason.NodeStartupTimeout, `Node failed to report startup in ${formatDuration(seconds)}`)
    : { _tag: "Pending", nextCheckMillis: dueMillis - now.millis + recheckMarginMillis }
}

/** Epoch milliseconds; 0 unless the condition is True. */
const trueSince = (object: Reporting, type: string): number =>
  hasTrue(object, type) ? (parseTimestamp(conditionOf(object, type)?.lastTransitionTime) ?? 0) : 0

/** As Go prints durations: `5m0s`, `1h0m0s`, `45s`. */
export const formatDuration = (seconds: number): string => {
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  const rest = `${seconds % 60}s`
  return hours > 0 ? `${hours}h${minutes}m${rest}` : minutes > 0 ? `${minutes}m${rest}` : rest
}
