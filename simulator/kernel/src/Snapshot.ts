/**
 * A saved world: everything but fibers.
 *
 * A value within this process, to be restored into any number of kernels that have the same components. It shares frozen
 * structure with the world it was taken from; whoever holds it must not change it.
 *
 * @source simulator/kernel/src/Kernel.ts
 */
import type { RandomState } from "./RandomStream.ts"
import type { TraceSnapshot } from "./Trace.ts"

/** A timer of a component, as data. */
export interface SavedTimer {
  readonly id: number
  readonly component: string
  readonly at: number
  readonly event: unknown
  readonly cause: number
}

export interface Snapshot {
  readonly seed: number
  readonly epochMillis: number
  readonly nowMillis: number
  /** Timers and calls made so far. */
  readonly timerSeq: number
  readonly callSeq: number
  /** Random streams by name. */
  readonly streams: ReadonlyArray<readonly [name: string, state: RandomState]>
  /** Waiting timers, first due first. */
  readonly timers: ReadonlyArray<SavedTimer>
  /** Timers that are due at this instant and have not run, in the order of the run queue. */
  readonly due: ReadonlyArray<SavedTimer>
  /** What each component gave, by name. */
  readonly components: ReadonlyArray<readonly [name: string, state: unknown]>
  /** Starts so far, by process. */
  readonly generations: ReadonlyArray<readonly [process: string, generation: number]>
  readonly trace: TraceSnapshot
  /** The process that is dead where this is restored, though it lived where it was saved. */
  readonly killed?: SavedDeath
}

/** A death that has just happened: told as the first thing after a restore. */
export interface SavedDeath {
  readonly process: string
  readonly generation: number
  readonly reason: string
  readonly cause: number
}
