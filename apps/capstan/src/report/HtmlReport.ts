/**
 * The report to look at: one HTML file with all runs, from any disk, without a network.
 *
 * @source docs/guides/reports.md
 */
import { budgetText, formatCell, formatMeasure } from "@capstan/engine/text"
import { readShell, renderReport, type ReportRun, traceCharactersMax } from "@capstan/report"
import { hasPassed, type RunRecord } from "../run/TestRun.ts"
import { version } from "../Version.ts"
import { replayLine } from "./ReplayLine.ts"
import type { Reporter } from "./Reporter.ts"
import { budgetsOf, type Group, type JudgedBudget, judgedText, recordsOf } from "./TestReport.ts"

/** Gets the page ready first: what is missing for it is known before anything runs. */
export const htmlReporter = (): Reporter => {
  const shell = readShell()
  return {
    end: ({ groups, records }) =>
      renderReport({
        shell,
        version,
        runs: groups.flatMap((group) => {
          const done = recordsOf(records, group)
          const budgets = budgetsOf(group, done)
          return done.map((record) => reportRun(group, record, budgets))
        })
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

const reportRun = (group: Group, record: RunRecord, budgets: ReadonlyArray<JudgedBudget> = []): ReportRun => {
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
      expectations: [
        ...(result?.expectations ?? []),
        ...budgets
          .filter(({ cell }) => formatCell(cell) === formatCell(job.plan.cell))
          .map((each) => asRow(each, record))
      ],
      invariants: result?.invariants ?? [],
      problem: result?.problem,
      defect: answer.defect?.message ?? (divergence === undefined ? undefined : "the same seed gave two traces"),
      statistics: result?.statistics
    },
    trace: answer.packedTrace
  }
}

/** A budget among a run's expectations: judged over all runs, with what this one added. */
const asRow = (judged: JudgedBudget, { answer }: RunRecord): ReportRun["summary"]["expectations"][number] => {
  const { budget, status } = judged
  const own = answer.result?.measures.find(({ id }) => id === budget.id)?.value
  const here = own === undefined ? "nothing" : formatMeasure(budget.metric, own)
  return {
    id: budget.id,
    kind: "budget",
    text: budgetText(budget),
    line: budget.position.line,
    column: budget.position.column,
    status: status === "open" ? "not-seen" : status,
    atMillis: undefined,
    message: `${judgedText(judged)}; here ${here}`
  }
}
