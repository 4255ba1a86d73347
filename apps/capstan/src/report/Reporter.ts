/**
 * What a reporter is: told what happens while it happens, or asked for a whole document at the end. Pure; where the text goes is not
 * its business.
 */
import type { RunRecord } from "../run/TestRun.ts"
import type { Group, TestReport } from "./TestReport.ts"

/** What is known before the first run. */
export type Opening = Pick<TestReport, "version" | "groups" | "skipped" | "workers">

/** Each function gives the text to add, line ends included; nothing when there is nothing to say. */
export interface Reporter {
  readonly begin?: (opening: Opening) => string
  /** A run is done. Called in the order in which runs were asked for. */
  readonly run?: (record: RunRecord, group: Group) => string
  /** A scenario is done, in its order. */
  readonly group?: (group: Group, records: ReadonlyArray<RunRecord>) => string
  readonly end: (report: TestReport) => string
}
