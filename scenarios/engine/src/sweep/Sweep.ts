/**
 * The sweep of one plan with one seed: the undisturbed run, what could go wrong in it, and each of these runs with its verdict.
 *
 * A perturbed run passes when the scenario's expectations and every invariant hold, as in any run, and when what it leaves behind
 * is what the undisturbed run leaves behind; with two leaders, see `judgedWithTwoLeaders`. Runs that begin with a crash go on from a snapshot of the undisturbed run at that
 * place, which is byte for byte what a run from the start comes to.
 */
import type { Kernel, Snapshot, TraceEvent } from "@capstan/kernel"
import { builtInInvariants } from "../invariants/BuiltInInvariants.ts"
import { allSteps, type Plan } from "../plan/Plan.ts"
import type { RunResult } from "../run/RunResult.ts"
import { ScenarioRun } from "../run/ScenarioRun.ts"
import { assumptionsOf } from "../simulated/Preconditions.ts"
import type { SimulatedRun } from "../simulated/Simulate.ts"
import type { SimulatedCloud } from "../simulated/SimulatedCloud.ts"
import { managerName, SimulatedWorld } from "../simulated/SimulatedWorld.ts"
import { differences, type Footprint, FootprintTally, type Tolerance } from "./Footprint.ts"
import { CallCounter, perturb } from "./Perturb.ts"
import { type CallPlace, formatPerturbation, type Perturbation, type SweepFamily } from "./Perturbation.ts"
import { type SurveyedFamily, Surveyor } from "./Survey.ts"

export interface SweepOptions {
  readonly plan: Plan
  readonly seed: number
  /** Another cloud than the simulated one that the plan's world names. */
  readonly cloud?: (kernel: Kernel) => SimulatedCloud
}

export interface Survey {
  /** The undisturbed run. */
  readonly reference: RunResult
  readonly families: ReadonlyArray<SurveyedFamily>
}

/** A run, and how it stands beside the undisturbed one. From a snapshot its events are those after the crash. */
export interface PerturbedRun extends SimulatedRun {
  /** Where it differs from the undisturbed run, as sentences; empty when it does not, or only as is tolerated. */
  readonly differences: ReadonlyArray<string>
}

export interface PerturbedRunOptions {
  /** From the start rather than from a snapshot: the same run, byte for byte, and slower. */
  readonly fromStart?: boolean
  /** `hash` unless given. */
  readonly keepTrace?: "all" | "hash"
  readonly listen?: (event: TraceEvent) => void
}

interface Staged {
  readonly world: SimulatedWorld
  readonly run: ScenarioRun
  readonly tally: FootprintTally
}

type Crash = Extract<Perturbation, { _tag: "crash" }>

/** A world, the plan in it, and what counts its traces. The same components in the same order, always: snapshots fit. */
const stage = ({ cloud, plan, seed }: SweepOptions, keepTrace: "all" | "hash"): Staged => {
  const world = new SimulatedWorld({ plan, seed, keepTrace, ...(cloud === undefined ? {} : { cloud }) })
  const run = new ScenarioRun({ plan, seed, simulation: world, invariants: builtInInvariants })
  return { world, run, tally: new FootprintTally(world) }
}

export class Sweep {
  private readonly options: SweepOptions
  private known:
    | { readonly reference: RunResult; readonly footprint: Footprint; readonly surveyor: Surveyor }
    | undefined
  private cursor: ReferenceCursor | undefined

  constructor(options: SweepOptions) {
    this.options = options
  }

  /** Does the undisturbed run, if it is not done, and says what there is to try. */
  survey(families: ReadonlyArray<SweepFamily>): Survey {
    const { reference, surveyor } = this.undisturbed()
    return { reference, families: surveyor.families(families) }
  }

  /** One perturbed run. Throws {@link PlaceNotReached}. */
  run(perturbation: Perturbation, options: PerturbedRunOptions = {}): PerturbedRun {
    const { footprint } = this.undisturbed()
    const staged = stage(this.options, options.keepTrace ?? "hash")
    if (options.listen !== undefined) staged.world.kernel.trace.subscribe(options.listen)
    const { run, tally, world } = staged
    if (perturbation._tag === "crash" && options.fromStart !== true) {
      world.kernel.restore(this.deathAt(perturbation))
      run.advance()
    } else {
      const struck = perturb(world, perturbation)
      if (run.begin()) run.advance()
      if (!struck()) throw new PlaceNotReached(perturbation)
    }
    const found = tally.take()
    const whole = run.finish()
    const result = perturbation._tag === "leaders" ? judgedWithTwoLeaders(whole) : whole
    return {
      result,
      differences: differences(footprint, found, toleranceOf(perturbation, this.options.plan)),
      events: world.kernel.trace.events,
      startMillis: world.kernel.trace.epochMillis,
      objectsAt: (epochMillis) => world.objectsAt(epochMillis),
      assumptions: assumptionsOf(this.options.plan)
    }
  }

  private undisturbed(): NonNullable<Sweep["known"]> {
    if (this.known !== undefined) return this.known
    const { run, tally, world } = stage(this.options, "hash")
    const surveyor = new Surveyor(world)
    if (run.begin()) run.advance()
    const footprint = tally.take()
    this.known = { reference: run.finish(), footprint, surveyor }
    return this.known
  }

  private deathAt(crash: Crash): Snapshot {
    let snapshot = this.cursor?.advanceTo(crash)
    if (snapshot === undefined) {
      this.cursor?.close()
      this.cursor = new ReferenceCursor(this.options)
      snapshot = this.cursor.advanceTo(crash)
    }
    if (snapshot === undefined) throw new PlaceNotReached(crash)
    return snapshot
  }
}

const toleranceOf = ({ _tag }: Perturbation, { steps }: Plan): Tolerance => {
  if (_tag === "leaders") return "any-counts"
  if (allSteps(steps).some(({ action }) => action._tag === "Fault" && action.fault.name.startsWith("zone.")))
    return "balanced"
  return _tag === "crash" ? "half-made-machines" : "none"
}

/** What is said of the number of Machines and of their spread is said of one manager. */
const ofOneManager = new Set(["I5", "I14"])

/**
 * What a scenario says of numbers and times was said of one manager: two may each make what is missing, in the zone that each
 * finds best, and take back what is too much. Every other invariant is judged, and that the run comes to its end.
 */
const judgedWithTwoLeaders = (result: RunResult): RunResult => {
  const invariants = result.invariants.filter(({ id }) => !ofOneManager.has(id))
  const passed = result.problem === undefined && invariants.every(({ violations }) => violations.length === 0)
  return { ...result, expectations: [], invariants, passed }
}

/** The run never comes to the place of a perturbation. */
export class PlaceNotReached extends Error {
  constructor(perturbation: Perturbation) {
    super(`the run never comes to ${formatPerturbation(perturbation)}`)
  }
}

/** The undisturbed run once more, taken from crash to crash: each place gives the world as it is when the manager dies there. */
class ReferenceCursor {
  private readonly staged: Staged
  private wanted: Crash | undefined
  private found: Snapshot | undefined
  private readonly counter = new CallCounter()
  private readonly passed = new Set<string>()

  constructor(options: SweepOptions) {
    this.staged = stage(options, "hash")
    const { kernel } = this.staged.world
    const faults = kernel.intervene
    kernel.intervene = (call) => {
      const decision = faults?.(call) ?? { _tag: "None" as const }
      this.reached("before", this.counter.sent(call))
      return decision
    }
    kernel.performed = (call) => this.reached("after", this.counter.performed(call))
    this.staged.run.begin()
  }

  /** Goes on to a place; `undefined` when it lies behind, or nowhere. */
  advanceTo(crash: Crash): Snapshot | undefined {
    const { run, world } = this.staged
    if (this.passed.has(formatPerturbation(crash))) return undefined
    this.wanted = crash
    this.found = undefined
    world.kernel.run({ until: () => this.found !== undefined || run.isOver() })
    this.wanted = undefined
    return this.found
  }

  close(): void {
    this.staged.run.end()
  }

  private reached(when: Crash["when"], place: CallPlace | undefined): void {
    if (place === undefined) return
    this.passed.add(formatPerturbation({ _tag: "crash", when, ...place }))
    const { wanted } = this
    if (wanted === undefined || wanted.when !== when || wanted.operation !== place.operation || wanted.n !== place.n)
      return
    this.found = this.staged.world.kernel.saveKilled(managerName, `crash ${when} ${place.operation}`)
  }
}
