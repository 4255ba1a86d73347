/**
 * What a reporter is: told what happens while it happens, or asked for a whole document at the end. Pure; where the text goes is not
 * its business.
 */
import type { Job, RunRecord } from "../run/TestRun.ts"
import type { Group, TestReport } from "./TestReport.ts"

/** What is known before the first run. */
export type Opening = Pick<TestReport, "version" | "share" | "groups" | "skipped" | "workers">

/** Each function gives the text to add, line ends included; nothing when there is nothing to say. */
export interface Reporter {
  readonly begin?: (opening: Opening) => string
  /** A run begins; or has begun, when runs that were asked for before it are done now. */
  readonly open?: (job: Job, group: Group) => string
  /** The story of the run that was opened last goes on. */
  readonly story?: (lines: ReadonlyArray<string>) => string
  /** The run that was opened last will not be done. */
  readonly broken?: () => string
  /** A run is done. Called in the order in which runs were asked for, after its `open` and its story. */
  readonly run?: (record: RunRecord, group: Group) => string
  /** A scenario is done, in its order. */
  readonly group?: (group: Group, records: ReadonlyArray<RunRecord>) => string
  readonly end: (report: TestReport) => string
}
