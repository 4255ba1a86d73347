/**
 * How a kernel is set up, and the small words it answers with.
 *
 * @source simulator/kernel/src/Kernel.ts
 */
import type { LogLevel } from "effect"
import type { SavedTimer } from "./Snapshot.ts"

export interface KernelOptions {
  /** 0 is plain order; any other whole number up to 2^53 - 1 permutes and preempts. */
  readonly seed: number
  /** Where virtual time begins, whole epoch milliseconds; 2030-01-01T00:00:00Z unless given. */
  readonly epochMillis?: number
  /** With a seed other than 0, a running fiber is preempted before one step in so many; 8 unless given, at least 2, or 0 for never. */
  readonly preemptOneIn?: number
  /** Steps that one instant may take before it counts as a livelock; five million unless given. */
  readonly maxStepsPerInstant?: number
  /** Whether the trace keeps its events (`all`, the default) or only their hash. */
  readonly keep?: "all" | "hash"
  /** What fibers log at this level or above goes into the trace as `log` events; `Warn` unless given. */
  readonly logLevel?: LogLevel.LogLevel
}

/** What a world still has to do. */
export interface PendingWork {
  /** Steps and due timers that can run at this instant. */
  readonly runnable: number
  /** Timers of components that wait, first due first. */
  readonly timers: ReadonlyArray<SavedTimer>
  /** Fibers that sleep. Fibers that wait for one another or for the world do not count: no time will wake them. */
  readonly sleepingFibers: number
  /** When the next timer or sleep ends, epoch milliseconds; `undefined` when there is none. */
  readonly nextMillis: number | undefined
  /** Names of the process groups that are alive. */
  readonly processes: ReadonlyArray<string>
}

export interface RunLimits {
  /** Asked before every step; true ends the run. */
  readonly until?: () => boolean
  /** Epoch milliseconds: everything due up to and including this instant runs, then time stands there. */
  readonly untilMillis?: number
}

/** Why a run ended. `idle`: nothing can run and nothing is due, ever; time stays where it is. */
export type RunEnd = "until" | "time" | "idle"
