/**
 * How far a test run is: one line that is rewritten on a terminal, a plain line now and then elsewhere. Pure.
 */
import { counted, formatSpan } from "./Amounts.ts"

export interface ProgressState {
  readonly done: number
  readonly failed: number
  readonly total: number
  readonly elapsedMillis: number
  /** What has just been done. */
  readonly latest: string
}

/** Between plain lines, real milliseconds. */
export const plainProgressMillis = 15_000

const barWidth = 20

/** The text of a terminal's progress line, at most `columns` wide, without line end. */
export const progressLine = (state: ProgressState, columns: number): string => {
  const filled = state.total === 0 ? 0 : Math.floor((barWidth * state.done) / state.total)
  const bar = "█".repeat(filled) + "░".repeat(barWidth - filled)
  const failed = state.failed === 0 ? "" : `, ${state.failed} failed`
  const text = ` ${bar} ${state.done}/${state.total}${failed} · ${formatSpan(state.elapsedMillis)} · ${state.latest}`
  return text.slice(0, Math.max(0, columns - 1))
}

/** The same for logs. */
export const plainProgress = (state: ProgressState): string =>
  `${state.done} of ${counted(state.total, "run")} done${state.failed === 0 ? "" : `, ${state.failed} failed`} after ${formatSpan(state.elapsedMillis)}`
