/**
 * Hands what happens to the reporters, in the order in which it was asked for, and their words to the screen or their files.
 *
 * Runs finish in any order; a record waits here until those before it are there.
 */
import * as Result from "effect/Result"
import type { ReportFile } from "../files/ReportFile.ts"
import type { Opening, Reporter } from "../report/Reporter.ts"
import { type Group, recordsOf, type TestReport } from "../report/TestReport.ts"
import type { RunRecord } from "../run/TestRun.ts"

export interface Desk {
  readonly reporter: Reporter
  /** Where it writes; the screen when undefined. */
  readonly file: ReportFile | undefined
}

export class ReportDesk {
  readonly records = new Map<number, RunRecord>()
  private readonly desks: ReadonlyArray<Desk & { text: string }>
  private readonly print: (text: string) => void
  private readonly groups: ReadonlyArray<Group>
  private next = 0
  private openGroup = 0

  constructor(options: {
    readonly desks: ReadonlyArray<Desk>
    readonly groups: ReadonlyArray<Group>
    readonly print: (text: string) => void
  }) {
    this.desks = options.desks.map((desk) => ({ ...desk, text: "" }))
    this.groups = options.groups
    this.print = options.print
  }

  begin(opening: Opening): void {
    this.tell(({ begin }) => begin?.(opening))
  }

  record(record: RunRecord): void {
    this.records.set(record.job.index, record)
    for (let known = this.records.get(this.next); known !== undefined; known = this.records.get(this.next)) {
      this.next++
      this.tellRun(known)
      this.closeGroups()
    }
  }

  /** Tells what is still to be told; writes the files. Gives a sentence for each that could not be written. */
  end(report: TestReport): ReadonlyArray<string> {
    const late = [...this.records.values()].filter(({ job }) => job.index >= this.next)
    for (const record of late.sort((a, b) => a.job.index - b.job.index)) this.tellRun(record)
    for (const group of this.groups.slice(this.openGroup)) this.tellGroup(group)
    this.tell(({ end }) => end(report))
    return this.desks.flatMap(({ file, text }) => {
      const written = file?.write(text)
      return written !== undefined && Result.isFailure(written) ? [written.failure] : []
    })
  }

  private closeGroups(): void {
    for (;;) {
      const group = this.groups[this.openGroup]
      const last = group?.jobs.at(-1)
      if (group === undefined || last === undefined || last.index >= this.next) return
      this.openGroup++
      this.tellGroup(group)
    }
  }

  private tellRun(record: RunRecord): void {
    const group = this.groups.find(({ jobs }) => jobs.includes(record.job))
    if (group !== undefined) this.tell(({ run }) => run?.(record, group))
  }

  private tellGroup(group: Group): void {
    this.tell((reporter) => reporter.group?.(group, recordsOf(this.records, group)))
  }

  private tell(text: (reporter: Reporter) => string | undefined): void {
    for (const desk of this.desks) {
      const added = text(desk.reporter) ?? ""
      if (desk.file === undefined) this.print(added)
      else desk.text += added
    }
  }
}
