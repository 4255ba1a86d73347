/**
 * How the manager's process ends: the same codes as the command line's.
 *
 * @source docs/reference/command-line.md
 */
import { Data } from "effect"

export const ManagerExit = {
  /** Stopped as asked, or printed what was asked for. */
  done: 0,
  usage: 2,
  /** Could not run, or may not go on: credentials, CRDs, a port, a Lease that was lost. */
  cannotRun: 3,
  defect: 70,
  interrupted: 130
} as const
export type ManagerExit = (typeof ManagerExit)[keyof typeof ManagerExit]

/** Ends the process with a code, and a message on stderr. */
export class Stop extends Data.TaggedError("Stop")<{ readonly code: ManagerExit; readonly message: string }> {}

/** A mistake on the command line. */
export const usage = (message: string): Stop => new Stop({ code: ManagerExit.usage, message })

export const cannotRun = (message: string): Stop => new Stop({ code: ManagerExit.cannotRun, message })
