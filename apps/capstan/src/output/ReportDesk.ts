/**
 * Hands what happens to the reporters, in the order in which it was asked for, and their words to the screen or their files.
 *
 * Runs finish in any order; a record waits here until those before it are there. So does a story: only that of the first run
 * that is not done is told while it goes on.
 */
import * as Result from "effect/Result"
import type { ReportFile } from "../files/ReportFile.ts"
import type { Opening, Reporter } from "../report/Reporter.ts"
import { type Group, recordsOf, type TestReport } from "../report/TestReport.ts"
import type { Job, RunRecord } from "../run/TestRun.ts"

export interface Desk {
  readonly reporter: Reporter
  /** Where it writes; the screen when undefined. */
  readonly file: ReportFile | undefined
  /** Whether its file gets each part at once instead of all at the end. */
  readonly streams?: boolean
}

export class ReportDesk {
  readonly records = new Map<number, RunRecord>()
  private readonly desks: ReadonlyArray<Desk & { text: string }>
  private readonly print: (text: string) => void
  private readonly groups: ReadonlyArray<Group>
  /** By their index, as they are numbered. */
  private readonly jobs: ReadonlyArray<Job>
  private readonly groupOf: ReadonlyMap<number, Group>
  /** What has been told of runs whose turn has not come. */
  private readonly held = new Map<number, Array<string>>()
  /** The run that was opened and is not done. */
  private opened: number | undefined
  private next = 0
  private openGroup = 0
  private readonly troubles = new Set<string>()

  constructor(options: {
    readonly desks: ReadonlyArray<Desk>
    readonly groups: ReadonlyArray<Group>
    readonly print: (text: string) => void
  }) {
    this.desks = options.desks.map((desk) => ({ ...desk, text: "" }))
    this.groups = options.groups
    this.jobs = options.groups.flatMap(({ jobs }) => jobs)
    this.groupOf = new Map(options.groups.flatMap((group) => group.jobs.map(({ index }) => [index, group] as const)))
    this.print = options.print
  }

  begin(opening: Opening): void {
    this.tell(({ begin }) => begin?.(opening))
  }

  /** A run begins, or its story goes on. */
  story(job: Job, lines: ReadonlyArray<string>): void {
    const held = this.held.get(job.index)
    if (held === undefined) this.held.set(job.index, [...lines])
    else held.push(...lines)
    if (job.index === this.next) this.tellStory(job)
  }

  record(record: RunRecord): void {
    this.records.set(record.job.index, record)
    for (let known = this.records.get(this.next); known !== undefined; known = this.records.get(this.next)) {
      this.next++
      this.tellRun(known)
      this.closeGroups()
    }
    const begun = this.jobs[this.next]
    if (begun !== undefined && this.held.has(begun.index)) this.tellStory(begun)
  }

  /** Tells what is still to be told; writes the files. Gives a sentence for each that could not be written. */
  end(report: TestReport): ReadonlyArray<string> {
    if (this.opened !== undefined) this.tell(({ broken }) => broken?.())
    const late = [...this.records.values()].filter(({ job }) => job.index >= this.next)
    for (const record of late.sort((a, b) => a.job.index - b.job.index)) this.tellRun(record)
    for (const group of this.groups.slice(this.openGroup)) this.tellGroup(group)
    this.tell(({ end }) => end(report))
    const unwritten = this.desks.flatMap(({ file, text }) => {
      const written = file?.write(text)
      return written !== undefined && Result.isFailure(written) ? [written.failure] : []
    })
    return [...new Set([...this.troubles, ...unwritten])]
  }

  /** What a file does not take is said once, at the end; the other reports go on. */
  private stream(file: ReportFile, text: string): void {
    const written = file.append(text)
    if (Result.isFailure(written)) this.troubles.add(written.failure)
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
    const group = this.groupOf.get(record.job.index)
    if (group === undefined) return
    this.tellStory(record.job)
    this.opened = undefined
    this.tell(({ run }) => run?.(record, group))
  }

  /** Opens the run unless it is open, and tells what is known of its story. */
  private tellStory(job: Job): void {
    const group = this.groupOf.get(job.index)
    if (group === undefined) return
    if (this.opened !== job.index) this.tell(({ open }) => open?.(job, group))
    this.opened = job.index
    const lines = this.held.get(job.index) ?? []
    this.held.delete(job.index)
    if (lines.length > 0) this.tell(({ story }) => story?.(lines))
  }

  private tellGroup(group: Group): void {
    this.tell((reporter) => reporter.group?.(group, recordsOf(this.records, group)))
  }

  private tell(text: (reporter: Reporter) => string | undefined): void {
    for (const desk of this.desks) {
      const added = text(desk.reporter) ?? ""
      if (desk.file === undefined) this.print(added)
      else if (desk.streams !== true) desk.text += added
      else if (added !== "") this.stream(desk.file, added)
    }
  }
}
