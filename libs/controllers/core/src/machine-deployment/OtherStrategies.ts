/**
 * Replica counts where no rolling update runs: OnDelete, and a deployment whose rollout is paused. Pure.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machinedeployment/machinedeployment_rollout_ondelete.go
 */
import type { RolloutInput, ScaleIntent, SetCounts } from "./RolloutStep.ts"

const intent = (set: SetCounts, to: number, reason: string): ScaleIntent => ({
  name: set.name,
  from: set.wanted,
  to,
  reason: to === set.wanted ? "" : reason
})

const wantedBy = (sets: ReadonlyArray<SetCounts>): number => sets.reduce((sum, set) => sum + set.wanted, 0)

/** Machines that a user deleted from outdated sets are not replaced there; the current set fills up, without surge. */
export const onDeleteStep = ({ current, desired, outdated }: RolloutInput): ReadonlyArray<ScaleIntent> => {
  const total = [current, ...outdated].reduce((sum, set) => sum + Math.max(set.wanted, set.existing), 0)
  const room = Math.max(Math.min(desired - total, desired - current.wanted), 0)
  const grown = Math.min(current.wanted + room, desired)
  const kept = outdated.map((set) => Math.min(set.wanted, set.existing))
  let surplus = Math.max(grown + kept.reduce((sum, count) => sum + count, 0) - desired, 0)
  const shrunk = outdated.map((set, index) => {
    const taken = Math.min(kept[index] ?? 0, surplus)
    surplus -= taken
    return intent(
      set,
      (kept[index] ?? 0) - taken,
      "Machines were deleted, or there are more than MachineDeployment spec.replicas"
    )
  })
  return [intent(current, grown, `${total} current Machines, ${desired} MachineDeployment spec.replicas`), ...shrunk]
}

export interface PausedInput {
  readonly desired: number
  readonly surgeMax: number
  /** Whether shares are given out: with the strategy RollingUpdate alone. */
  readonly proportional: boolean
  readonly current: SetCounts | undefined
  /** Oldest first. */
  readonly outdated: ReadonlyArray<SetCounts>
  /** `max-replicas` as noted on a set when it was last scaled, by its name. */
  readonly maxReplicas: ReadonlyMap<string, number>
}

/** Scales without rolling anything out. */
export const pausedStep = (input: PausedInput): ReadonlyArray<ScaleIntent> => {
  const { current, desired, outdated } = input
  const sets = current === undefined ? outdated : [...outdated, current]
  const active = sets.filter((set) => set.wanted > 0)
  const only = active.length === 1 ? active[0] : active.length === 0 ? (current ?? outdated.at(-1)) : undefined
  if (only !== undefined)
    return sets.map((set) => intent(set, set === only ? desired : set.wanted, "MachineDeployment spec.replicas"))
  if (current !== undefined && current.wanted === desired && current.available === desired) {
    return sets.map((set) => intent(set, set === current ? desired : 0, "the current MachineSet is complete"))
  }
  return input.proportional ? shareOut(input, sets, active) : sets.map((set) => intent(set, set.wanted, ""))
}

/** Spreads what is missing or too many over the active sets by their size; what rounding leaves goes to the largest. */
const shareOut = (
  { desired, maxReplicas, surgeMax }: PausedInput,
  sets: ReadonlyArray<SetCounts>,
  active: ReadonlyArray<SetCounts>
): ReadonlyArray<ScaleIntent> => {
  const allowed = desired > 0 ? desired + surgeMax : 0
  const change = allowed - wantedBy(active)
  const newerFirst = [...active].reverse()
  const bySize = (change > 0 ? newerFirst : [...active]).sort((a, b) => b.wanted - a.wanted)
  const counts = new Map(active.map((set) => [set.name, set.wanted] as const))
  let left = change
  for (const set of bySize) {
    const share = Math.round((set.wanted * allowed) / (maxReplicas.get(set.name) ?? allowed)) - set.wanted
    const given = change > 0 ? Math.max(0, Math.min(share, left)) : Math.min(0, Math.max(share, left))
    counts.set(set.name, set.wanted + given)
    left -= given
  }
  const [largest] = bySize
  if (largest !== undefined) counts.set(largest.name, Math.max(0, (counts.get(largest.name) ?? 0) + left))
  return sets.map((set) => intent(set, counts.get(set.name) ?? set.wanted, "share of MachineDeployment spec.replicas"))
}
