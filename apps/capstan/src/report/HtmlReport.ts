/**
 * The report to look at: one HTML file with all runs, from any disk, without a network.
 *
 * @source docs/guides/reports.md
 */
import { formatCell } from "@capstan/engine/text"
import { readShell, renderReport, type ReportRun, traceCharactersMax } from "@capstan/report"
import { hasPassed, type RunRecord } from "../run/TestRun.ts"
import { version } from "../Version.ts"
import { replayLine } from "./ReplayLine.ts"
import type { Reporter } from "./Reporter.ts"
import { recordsOf, type Group } from "./TestReport.ts"

/** Gets the page ready first: what is missing for it is known before anything runs. */
export const htmlReporter = (): Reporter => {
  const shell = readShell()
  return {
    end: ({ groups, records }) =>
      renderReport({
        shell,
        version,
        runs: groups.flatMap((group) => recordsOf(records, group).map((record) => reportRun(group, record)))
      })
  }
}

/**
 * Lets go of traces that would find no room in the file anyway: of thousands of runs those that passed are not worth their memory.
 * A run's verdict stays in any case.
 */
export class TraceRoom {
  private readonly left = new Map([true, false].map((passed) => [passed, traceCharactersMax]))

  keep(record: RunRecord): RunRecord {
    const { packedTrace, ...answer } = record.answer
    if (packedTrace === undefined) return record
    const passed = hasPassed(record)
    const left = this.left.get(passed) ?? 0
    if (left <= 0) return { ...record, answer }
    this.left.set(passed, left - packedTrace.length)
    return record
  }
}

/** The file about one run. */
export const htmlOfRun = (shell: string, group: Group, record: RunRecord): string =>
  renderReport({ shell, version, runs: [reportRun(group, record)] })

const reportRun = (group: Group, record: RunRecord): ReportRun => {
  const { answer, divergence, job } = record
  const { result } = answer
  return {
    summary: {
      name: group.name,
      file: group.file,
      description: group.description.trim(),
      backend: group.backend,
      seed: job.seed,
      cell: formatCell(job.plan.cell),
      passed: hasPassed(record),
      replay: replayLine(job),
      wallMillis: answer.wallMillis,
      virtualMillis: result?.virtualMillis ?? 0,
      traceHash: result?.traceHash ?? "",
      expectations: result?.expectations ?? [],
      invariants: result?.invariants ?? [],
      problem: result?.problem,
      defect: answer.defect?.message ?? (divergence === undefined ? undefined : "the same seed gave two traces"),
      statistics: result?.statistics
    },
    trace: answer.packedTrace
  }
}
