/**
 * The arithmetic of one step of a rolling update: how many Machines every MachineSet should have next.
 *
 * All numbers are counts of Machines. The current set may grow up to the ceiling (desired + surge); outdated sets
 * may shrink while enough Machines stay available for the floor (desired - unavailable). Nobody can say which Machine
 * a set will delete, so every existing Machine that a step takes away counts as an available one.
 * Left out: moves of Machines between sets (in-place updates).
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machinedeployment/machinedeployment_rollout_rollingupdate.go
 */

/** One MachineSet as the planner sees it. */
export interface SetCounts {
  readonly name: string
  /** `spec.replicas`: what the set was asked for last. */
  readonly wanted: number
  /** `status.replicas`: Machines that exist, deleting ones included. */
  readonly existing: number
  /** `status.availableReplicas`. */
  readonly available: number
}

export interface RolloutInput {
  /** `spec.replicas` of the MachineDeployment. */
  readonly desired: number
  /** Machines above `desired` that may exist meanwhile; percentages rounded up. */
  readonly surgeMax: number
  /** Machines below `desired` that may be missing meanwhile; as `resolveUnavailableMax` gives it. */
  readonly unavailableMax: number
  readonly current: SetCounts
  /** Oldest first: that is the order in which they shrink. */
  readonly outdated: ReadonlyArray<SetCounts>
}

/** What one set should be asked for, and why when that changes. */
export interface ScaleIntent {
  readonly name: string
  readonly from: number
  readonly to: number
  readonly reason: string
}

/**
 * `maxUnavailable` as a count: never more than `desired`, zero when nothing is desired, and one where neither surge nor
 * unavailability would leave any room to move.
 */
export const resolveUnavailableMax = (options: {
  readonly desired: number
  readonly surgeMax: number
  readonly unavailableMax: number
}): number => {
  if (options.desired === 0) return 0
  const leeway = options.surgeMax === 0 && options.unavailableMax === 0 ? 1 : options.unavailableMax
  return Math.min(leeway, options.desired)
}

/** The next counts of all sets, the current one first; unchanged sets have `from` equal to `to`. Pure and total. */
export const rolloutStep = (input: RolloutInput): ReadonlyArray<ScaleIntent> => {
  const current = scaleCurrent(input)
  const outdated = scaleOutdated(input, current)
  return [current, ...breakDeadlock(input, [current, ...outdated]).slice(1)]
}

const keep = (set: SetCounts): ScaleIntent => ({ name: set.name, from: set.wanted, to: set.wanted, reason: "" })

const sum = (sets: ReadonlyArray<SetCounts>, count: (set: SetCounts) => number): number =>
  sets.reduce((total, set) => total + count(set), 0)

/** Grows the current set into the room below the ceiling; shrinks it at once when it has more than is desired. */
const scaleCurrent = ({ current, desired, outdated, surgeMax }: RolloutInput): ScaleIntent => {
  const from = current.wanted
  if (from > desired) {
    const reason = `${from} replicas > ${desired} MachineDeployment spec.replicas`
    return { name: current.name, from, to: desired, reason }
  }
  const total = sum([current, ...outdated], (set) => Math.max(set.wanted, set.existing))
  const room = Math.min(desired + surgeMax - total, desired - from)
  if (room <= 0) return keep(current)
  const reason = `${total} current Machines < ${desired} MachineDeployment spec.replicas + ${surgeMax} maxSurge`
  return { name: current.name, from, to: from + room, reason }
}

/** Machines that exist and will go when the set has `to`: the worst case for availability. */
const leaving = (set: SetCounts, to: number): number => Math.min(set.available, Math.max(set.existing - to, 0))

const scaleOutdated = (input: RolloutInput, current: ScaleIntent): ReadonlyArray<ScaleIntent> => {
  const { outdated } = input
  const sets = [input.current, ...outdated]
  const floor = Math.max(input.desired - input.unavailableMax, 0)
  const intended = (set: SetCounts): number => (set === input.current ? current.to : set.wanted)
  const pending = sum(sets, (set) => Math.max(set.existing - intended(set), 0))
  const currentUnavailable = Math.max(input.current.wanted - input.current.available, 0)
  const availableNow = sum(sets, (set) => set.available)

  let budget = sum(sets, (set) => set.wanted) - pending - floor - currentUnavailable
  let available = sum(sets, (set) => set.available - leaving(set, Math.min(set.wanted, intended(set))))
  const counts = outdated.map((set) => set.wanted)

  const shrink = (most: (set: SetCounts, wanted: number) => number): void => {
    outdated.forEach((set, index) => {
      const wanted = counts[index] ?? 0
      const asked = Math.min(most(set, wanted), budget)
      if (asked <= 0) return
      const to = set.available > 0 ? lowest(set, wanted, wanted - asked, available - floor) : wanted - asked
      if (to >= wanted) return
      available -= leaving(set, to) - leaving(set, wanted)
      budget -= wanted - to
      counts[index] = to
    })
  }
  shrink((set, wanted) => Math.max(wanted - set.available, 0))
  shrink((_, wanted) => wanted)

  return outdated.map((set, index): ScaleIntent => {
    const to = counts[index] ?? 0
    const reason = `${availableNow} available replicas > ${floor} minimum available replicas`
    return to === set.wanted ? keep(set) : { name: set.name, from: set.wanted, to, reason }
  })
}

/** The smallest count from `asked` up to `wanted` that takes no more than `spare` existing Machines away. */
const lowest = (set: SetCounts, wanted: number, asked: number, spare: number): number => {
  const gone = Math.max(set.existing - wanted, 0)
  const allowed = Math.max(spare, 0)
  return Math.max(asked, Math.min(wanted, set.existing - gone - allowed))
}

/**
 * Where outdated Machines are broken, nothing moves and the current set is as well as it can be, one of the broken
 * sets gives up one Machine, although that may be an available one: else the rollout would stand still for ever.
 */
const breakDeadlock = (input: RolloutInput, intents: ReadonlyArray<ScaleIntent>): ReadonlyArray<ScaleIntent> => {
  const sets = [input.current, ...input.outdated]
  const moving = intents.some((intent) => intent.from !== intent.to) || sets.some((set) => set.wanted !== set.existing)
  if (moving || input.current.available < input.current.wanted) return intents
  const broken = input.outdated.findIndex((set) => set.wanted > 0 && set.available < set.wanted)
  const intent = intents[broken + 1]
  if (broken === -1 || intent === undefined) return intents
  const reason = "old replicas are not available and nothing else can move"
  return intents.with(broken + 1, { ...intent, to: intent.from - 1, reason })
}
