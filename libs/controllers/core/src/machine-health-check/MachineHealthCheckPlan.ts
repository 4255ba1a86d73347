/**
 * What to do for one MachineHealthCheck: judge every Machine, say so on each, and ask the owners of unhealthy ones to
 * replace them, unless too many are unhealthy. A check never deletes anything. Pure.
 *
 * Left out: external remediation (`spec.remediation.templateRef`): such checks judge, and ask nobody.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machinehealthcheck
 */
import {
  type ConditionStatement,
  isDeleting,
  Labels,
  type Machine,
  MachineCondition,
  type MachineHealthCheck,
  MachineHealthCheckCondition,
  MachineHealthCheckReason,
  MachineReason,
  ownerReference
} from "@capstan/api"
import { withConditions, withLabels, withOwner } from "@capstan/runtime"
import { Data } from "effect"
import { conditionOf } from "../frame/Conditions.ts"
import type { HealthCheckFacts, Target } from "./MachineHealthCheckFacts.ts"
import { type RemediationLimit, remediationLimit } from "./RemediationLimit.ts"
import { judgeTarget, type TargetHealth } from "./TargetHealth.ts"

export type HealthCheckAction = Data.TaggedEnum<{
  /** `marked` says that its owner is asked for a replacement now. */
  PatchMachine: { readonly machine: Machine; readonly wanted: Machine; readonly marked: boolean }
  RecordRestricted: { readonly message: string }
}>
export const HealthCheckAction = Data.taggedEnum<HealthCheckAction>()

export interface HealthCheckPlan {
  readonly check: MachineHealthCheck
  readonly actions: ReadonlyArray<HealthCheckAction>
  readonly errors: ReadonlyArray<string>
  readonly requeueAfterMillis: number | undefined
}

interface Judged extends Target {
  readonly health: TargetHealth
}

export const planHealthCheck = (facts: HealthCheckFacts): HealthCheckPlan => {
  const { check, cluster, now } = facts
  const judged = facts.targets.map((target): Judged => ({
    ...target,
    health: judgeTarget({ check, cluster, target, now })
  }))
  const healthy = judged.filter(isProvenHealthy)
  const unhealthy = judged.filter((each) => each.health._tag === "Unhealthy")
  const limit = remediationLimit(check.spec.remediation?.triggerIf, {
    expected: judged.length,
    healthy: healthy.length
  })
  const external = check.spec.remediation?.templateRef !== undefined

  const owned = withLabels(withOwner(check, ownerReference(cluster)), { [Labels.ClusterName]: check.spec.clusterName })
  const restricted = !limit.allowed && unhealthy.length > 0
  return {
    check: withVerdict(owned, facts, { healthy: healthy.length, limit }),
    actions: [
      ...healthy.flatMap(({ machine }) => patch(facts, machine, [succeeded])),
      ...unhealthy.flatMap((each) => patch(facts, each.machine, statementsFor(each, limit.allowed && !external))),
      ...(restricted
        ? [HealthCheckAction.RecordRestricted({ message: describeRestriction(judged.length, healthy.length, limit) })]
        : [])
    ],
    errors:
      external && limit.allowed && unhealthy.length > 0
        ? ["spec.remediation.templateRef is set, and external remediation is not supported"]
        : [],
    requeueAfterMillis: limit.allowed ? nextCheck(judged) : undefined
  }
}

const isProvenHealthy = ({ health, machine, node }: Judged): boolean =>
  (health._tag === "Sound" || health._tag === "NotJudged") && !isDeleting(machine) && node !== undefined

const nextCheck = (judged: ReadonlyArray<Judged>): number | undefined => {
  const checks = judged.flatMap(({ health }) =>
    health._tag === "Pending" && health.nextCheckMillis > 0 ? [health.nextCheckMillis] : []
  )
  return checks.length === 0 ? undefined : Math.min(...checks)
}

const succeeded: ConditionStatement = {
  type: MachineCondition.HealthCheckSucceeded,
  status: "True",
  reason: MachineReason.HealthCheckSucceeded,
  message: ""
}

/** Unhealthy, and its owner asked to act unless it was asked before or the Machine is going anyway. */
const statementsFor = ({ health, machine }: Judged, mayAsk: boolean): ReadonlyArray<ConditionStatement> => {
  if (health._tag !== "Unhealthy") return []
  const failed: ConditionStatement = {
    type: MachineCondition.HealthCheckSucceeded,
    status: "False",
    reason: health.reason,
    message: health.message
  }
  const asked = conditionOf(machine, MachineCondition.OwnerRemediated)
  if (!mayAsk || isDeleting(machine) || (asked !== undefined && asked.status !== "True")) return [failed]
  return [
    failed,
    {
      type: MachineCondition.OwnerRemediated,
      status: "False",
      reason: MachineReason.WaitingForRemediation,
      message: "Waiting for remediation"
    }
  ]
}

const patch = (
  { now }: HealthCheckFacts,
  machine: Machine,
  statements: ReadonlyArray<ConditionStatement>
): ReadonlyArray<HealthCheckAction> => {
  const wanted = withConditions(machine, statements, now)
  const marked = statements.some((statement) => statement.type === MachineCondition.OwnerRemediated)
  return wanted === machine ? [] : [HealthCheckAction.PatchMachine({ machine, wanted, marked })]
}

const describeRestriction = (expected: number, healthy: number, limit: RemediationLimit): string =>
  `Remediation restricted due to exceeded number of unhealthy machines (total: ${expected}, unhealthy: ${expected - healthy}, ${limit.description})`

const withVerdict = (
  check: MachineHealthCheck,
  facts: HealthCheckFacts,
  { healthy, limit }: { readonly healthy: number; readonly limit: RemediationLimit }
): MachineHealthCheck => {
  const expected = facts.targets.length
  const type = MachineHealthCheckCondition.RemediationAllowed
  const statement: ConditionStatement = limit.allowed
    ? { type, status: "True", reason: MachineHealthCheckReason.RemediationAllowed, message: "" }
    : {
        type,
        status: "False",
        reason: MachineHealthCheckReason.TooManyUnhealthy,
        message: `Remediation is not allowed, the number of not started or unhealthy machines exceeds maxUnhealthy (total: ${expected}, unhealthy: ${expected - healthy}, ${limit.description})`
      }
  const counted: MachineHealthCheck = {
    ...check,
    status: {
      ...check.status,
      expectedMachines: expected,
      currentHealthy: healthy,
      remediationsAllowed: limit.allowed ? limit.remaining : 0,
      targets: facts.targets.map(({ machine }) => machine.metadata.name).sort()
    }
  }
  return withConditions(counted, [statement], facts.now)
}
