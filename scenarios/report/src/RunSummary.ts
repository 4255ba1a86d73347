/**
 * What a report knows of a run without its trace: the verdict and all that it rests on. Data that can be written as JSON.
 *
 * Times are milliseconds: virtual ones from the start of the run, unless said otherwise.
 */
import type { ExpectationResult, InvariantResult, RunProblem, RunStatistics } from "@capstan/engine/text"

export interface RunSummary {
  /** The scenario's name. */
  readonly name: string
  /** As messages and replay lines show it. */
  readonly file: string
  readonly description: string
  readonly backend: string
  readonly seed: number
  /** The cell of the matrix in words; empty without a matrix. */
  readonly cell: string
  readonly passed: boolean
  /** The command that does it again. */
  readonly replay: string
  /** Real milliseconds. */
  readonly wallMillis: number
  readonly virtualMillis: number
  readonly traceHash: string
  readonly expectations: ReadonlyArray<ExpectationResult>
  readonly invariants: ReadonlyArray<InvariantResult>
  readonly problem: RunProblem | undefined
  /** A failure of our own, or that the same seed gave two traces: a sentence. */
  readonly defect: string | undefined
  readonly statistics: RunStatistics | undefined
}

/** The first thing in a report's file. */
export interface ReportIndex {
  readonly format: 1
  /** Of the command line that wrote it. */
  readonly version: string
  readonly runs: ReadonlyArray<RunSummary>
  /** Places in `runs` whose traces were left out to keep the file small. */
  readonly withoutTrace: ReadonlyArray<number>
}
