/**
 * The report that other reports are made from: all that is known of a test run, or of a shard of it, as `capstan report merge` reads it.
 *
 * One JSON value a line: the opening, a line a run, and at the end how many there were and the SHA-256 of all lines before. So a file
 * that was cut, or mixed with another, is known as such.
 *
 * @source docs/guides/ci.md
 */
import type { PlanSummary } from "../run/Messages.ts"
import type { Job, RunRecord } from "../run/TestRun.ts"
import { linesOf } from "./Amounts.ts"
import type { Opening, Reporter } from "./Reporter.ts"
import { blobFormat, sealOf } from "./SealedLines.ts"
import { allRecords, type Group, type Share, type Skipped } from "./TestReport.ts"

/** What a blob begins with. */
export interface BlobOpening {
  readonly blob: number
  readonly capstan: string
  readonly share: Share
  readonly workers: number
  readonly skipped: ReadonlyArray<Skipped>
  readonly groups: ReadonlyArray<Omit<Group, "jobs">>
  readonly plans: ReadonlyArray<PlanSummary>
  /** The runs that were asked for, by their place in the whole. */
  readonly jobs: ReadonlyArray<BlobJob>
}

/** A run, its scenario and its plan by their place in the opening. */
export interface BlobJob extends Omit<Job, "index" | "plan" | "place"> {
  readonly place: number
  readonly group: number
  readonly plan: number
}

/** A run that is done. */
export interface BlobRun extends Omit<RunRecord, "job"> {
  readonly place: number
}

export interface BlobEnd {
  readonly end: true
  readonly runs: number
  readonly interrupted: boolean
  readonly wallMillis: number
}

export const blobReporter = (): Reporter => {
  let before = ""
  return {
    begin: (opening) => {
      before = linesOf([JSON.stringify(openingOf(opening))])
      return before
    },
    end: (report) => {
      const runs = linesOf(allRecords(report).map((record) => JSON.stringify(runLine(record))))
      const { interrupted, wallMillis } = report
      return runs + sealOf(before + runs, { interrupted, wallMillis })
    }
  }
}

const placeOf = ({ index, place = index }: Job): number => place

const openingOf = ({ groups, share, skipped, version, workers }: Opening): BlobOpening => {
  const plans: Array<PlanSummary> = []
  const places = new Map<PlanSummary, number>()
  const jobs = groups.flatMap((group, number) =>
    group.jobs.map((job): BlobJob => {
      const { index: _, place: __, plan, ...rest } = job
      const known = places.get(plan) ?? plans.push(plan) - 1
      places.set(plan, known)
      return { ...rest, place: placeOf(job), group: number, plan: known }
    })
  )
  return {
    blob: blobFormat,
    capstan: version,
    share,
    workers,
    skipped,
    groups: groups.map(({ jobs: _, ...group }) => group),
    plans,
    jobs
  }
}

const runLine = ({ job, ...rest }: RunRecord): BlobRun => ({ place: placeOf(job), ...rest })
