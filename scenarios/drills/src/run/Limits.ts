/**
 * How much a drill may hit, as numbers: different instances over the whole drill, and their share of the clusters. Pure.
 */
import type { PlannedAwsGuardrails } from "@capstan/engine"
import type { Act } from "../faults/Act.ts"

export interface Exposure {
  /** Ids of the instances that have felt an act so far. */
  readonly hit: ReadonlySet<string>
  /** How many instances the clusters had that were not terminated, when the drill began. */
  readonly fleet: number
}

/** The most instances that may be hit: the lower of the count and the share, rounded down. */
export const targetsMax = (
  { maxPercent, maxTargets }: Pick<PlannedAwsGuardrails, "maxTargets" | "maxPercent">,
  fleet: number
): number => (maxPercent === undefined ? maxTargets : Math.min(maxTargets, Math.floor((fleet * maxPercent) / 100)))

/** The instances that will have felt an act once these are done. */
export const exposureWith = (exposure: Exposure, acts: ReadonlyArray<Act>): Exposure => ({
  ...exposure,
  hit: new Set([...exposure.hit, ...acts.flatMap((act) => act.instances)])
})

/** Why these acts are too many; `undefined` when they are not. All acts of a fault are judged together, before the first. */
export const limitProblem = (
  guardrails: Pick<PlannedAwsGuardrails, "maxTargets" | "maxPercent">,
  exposure: Exposure,
  acts: ReadonlyArray<Act>
): string | undefined => {
  const { hit } = exposureWith(exposure, acts)
  const most = targetsMax(guardrails, exposure.fleet)
  if (hit.size <= most) return undefined
  const share =
    guardrails.maxPercent === undefined ? "" : ` and maxPercent ${guardrails.maxPercent} of ${exposure.fleet} instances`
  return `${hit.size} instances would be hit; maxTargets ${guardrails.maxTargets}${share} allow ${most}`
}
