/**
 * What the process's exit code says, and how a command ends with one.
 *
 * The numbers are a promise to scripts: they never change their meaning. Codes 7 and 8 belong to real accounts.
 *
 * @source docs/reference/command-line.md
 */
import * as Data from "effect/Data"
import * as Runtime from "effect/Runtime"

export const ExitCode = {
  passed: 0,
  failed: 1,
  usage: 2,
  cannotRun: 3,
  timedOut: 4,
  nothingMatched: 5,
  notDeterministic: 6,
  guardrail: 7,
  leftBehind: 8,
  defect: 70,
  interrupted: 130
} as const
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

/** What each code means, in the order of the numbers. */
export const exitCodeMeanings: ReadonlyArray<readonly [code: ExitCode, meaning: string]> = [
  [0, "every run passed"],
  [1, "an expectation, an invariant or a step of a scenario failed"],
  [2, "the command line, a scenario or a manifest is wrong; nothing was run"],
  [3, "could not run, or not to its end: a capability, a file to write, or the set-up is missing or gave out"],
  [4, "a run was not ready, not done or not silent by its virtual time-out"],
  [5, "nothing matched: no scenario, cell or name was left to run"],
  [6, "the same seed gave two different traces"],
  [7, "a guardrail of a real account said no, or the kill switch is pulled"],
  [8, "something was left behind in a real account: see capstan aws janitor"],
  [70, "a defect of Capstan itself"],
  [130, "interrupted"]
]

/** Codes in order of alarm: when several apply, the first of these wins. */
const byAlarm: ReadonlyArray<ExitCode> = [8, 7, 70, 6, 1, 4, 3, 2, 5, 0]

/** The most alarming of several codes; 0 when there are none. */
export const mostAlarming = (codes: Iterable<ExitCode>): ExitCode => {
  const present = new Set(codes)
  return byAlarm.find((code) => present.has(code)) ?? ExitCode.passed
}

/** Ends the command: the message goes to stderr, the code to the shell. An empty message says that all has been said. */
export class Stop extends Data.TaggedError("Stop")<{ readonly code: ExitCode; readonly message: string }> {
  override readonly [Runtime.errorExitCode] = this.code
  override readonly [Runtime.errorReported] = false
}

/** A mistake on the command line or in the input. */
export const usage = (message: string): Stop => new Stop({ code: ExitCode.usage, message })

/** Something that the command needs is not there. */
export const cannotRun = (message: string): Stop => new Stop({ code: ExitCode.cannotRun, message })

/** The end of a command that has printed its report. */
export const endWith = (code: ExitCode): Stop => new Stop({ code, message: "" })
