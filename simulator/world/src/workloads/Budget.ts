/**
 * How a workload fares against its budget: what must be available, and for how long it was not. Pure.
 *
 * @source https://kubernetes.io/docs/tasks/run-application/configure-pdb/
 * @fidelity documented https://kubernetes.io/docs/tasks/run-application/configure-pdb/#think-about-how-your-application-reacts-to-disruptions — Percentages are rounded up.
 */

import { resolveIntOrPercent } from "@capstan/api"

export interface WorkloadDeclaration {
  /** Name of the workload cluster; every one unless given. */
  readonly cluster?: string
  readonly name: string
  /** `default` unless given. */
  readonly namespace?: string
  readonly replicas: number
  /** A count or a percentage; at most one of the two. */
  readonly minAvailable?: number | string
  readonly maxUnavailable?: number | string
}

/** How a workload in one cluster has fared so far. */
export interface Tally {
  readonly available: number
  /** Whether there have ever been enough. */
  readonly begun: boolean
  /** Since when so many are available, epoch milliseconds. */
  readonly since: number
  readonly belowMillis: number
}

/** How many Pods the budget wants to be available; none without a budget. */
export const requiredOf = ({ maxUnavailable, minAvailable, replicas }: WorkloadDeclaration): number => {
  const resolve = (amount: number | string): number => resolveIntOrPercent(amount, replicas, "up") ?? 0
  if (minAvailable !== undefined) return resolve(minAvailable)
  return maxUnavailable === undefined ? 0 : Math.max(0, replicas - resolve(maxUnavailable))
}

/** How long there were too few, up to this time; what came before there were first enough does not count. */
export const belowMillisAt = (tally: Tally, workload: WorkloadDeclaration, nowMillis: number): number => {
  const isBelow = tally.begun && tally.available < requiredOf(workload)
  return tally.belowMillis + (isBelow ? nowMillis - tally.since : 0)
}

/** The tally once so many have been counted; the same when that is nothing new. */
export const counted = (
  before: Tally | undefined,
  workload: WorkloadDeclaration,
  available: number,
  nowMillis: number
): Tally => {
  if (before !== undefined && before.available === available) return before
  return {
    available,
    begun: before?.begun === true || available >= requiredOf(workload),
    since: nowMillis,
    belowMillis: before === undefined ? 0 : belowMillisAt(before, workload, nowMillis)
  }
}
