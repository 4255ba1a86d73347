/**
 * What a run needs of a world: a kernel that keeps its time, its stage, a view for invariants, and word of every event.
 *
 * The composition of simulator, providers and manager is `SimulatedWorld.ts`, a world outside is `LiveWorld.ts`; a run knows neither.
 */
import type { Kernel } from "@capstan/kernel"
import type { WorldEvent, WorldView } from "../invariants/Invariant.ts"
import type { RunStatistics } from "./RunResult.ts"
import type { Stage } from "./Stage.ts"

/** A change, with the topics under which expectations watch for it: `kind:Machine`, `workload:Node`, `cloud`, `etcd`, `calls`. */
export interface Change {
  readonly topic: string
  readonly event: WorldEvent
}

export interface Quiet {
  /** No key queued, no reconcile in flight, nothing on its way in the cloud: only timed checks are left. */
  readonly quiet: boolean
  /** When something last changed for good: an object other than Events and Leases, or anything in the cloud. Epoch milliseconds. */
  readonly lastChangeMillis: number
  /** What stands against silence, in sentences. Looks at every Machine. */
  readonly waitingFor: () => ReadonlyArray<string>
}

export interface Simulation {
  readonly kernel: Kernel
  readonly stage: Stage
  readonly view: WorldView
  /** Starts the managers. */
  readonly start: () => void
  /** Ends the managers: nothing runs afterwards. */
  readonly stop: () => void
  readonly subscribe: (listener: (change: Change) => void) => void
  readonly quiet: () => Quiet
  /** How long nothing must have changed until the world counts as settled, virtual milliseconds. */
  readonly silenceMillis: number
  readonly statistics: () => RunStatistics
  /** What all that is there now costs an hour, about; undefined where a price is not known. Absent where nothing has one. */
  readonly hourlyDollars?: () => number | undefined
  /** A failure of our own code inside the simulation, if one has happened: a sentence with its cause. */
  readonly defect: () => string | undefined
}
