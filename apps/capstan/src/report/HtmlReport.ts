/**
 * The report to look at: one HTML file with all runs, from any disk, without a network.
 *
 * @source docs/guides/reports.md
 */
import { formatCell } from "@capstan/engine/text"
import { readShell, renderReport, type ReportRun } from "@capstan/report"
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
