/** The report for programs: one JSON document with everything that the other reporters read from. Its `format` rises when a meaning changes. */
import { budgetText } from "@capstan/engine/text"
import { hasPassed, type RunRecord } from "../run/TestRun.ts"
import { replayLine } from "./ReplayLine.ts"
import type { Reporter } from "./Reporter.ts"
import {
  backendsOf,
  budgetsOf,
  combinedHash,
  exitCodeOf,
  type Group,
  recordsOf,
  sightingsOf,
  type TestReport,
  totalsOf
} from "./TestReport.ts"

export const jsonReporter: Reporter = {
  end: (report) => `${JSON.stringify(jsonDocument(report), null, 2)}\n`
}

/** Plain data, keys in a fixed order. Times are milliseconds: virtual ones from the start of the run. */
export const jsonDocument = (report: TestReport): unknown => ({
  format: 1,
  capstan: report.version,
  backend: backendsOf(report.groups),
  exitCode: exitCodeOf(report),
  interrupted: report.interrupted,
  wallMillis: Math.round(report.wallMillis),
  traceHash: combinedHash(report),
  totals: totalsOf(report),
  skipped: report.skipped,
  scenarios: report.groups.map((group) => {
    const records = recordsOf(report.records, group)
    return { ...scenarioOf(group, records), runs: records.map(runOf) }
  })
})

/** A scenario, without its runs. */
export const scenarioOf = (group: Group, records: ReadonlyArray<RunRecord>): object => ({
  file: group.file,
  name: group.name,
  backend: group.backend,
  description: group.description,
  runsPlanned: group.jobs.length,
  ...(group.sweep === undefined ? {} : { sweep: group.sweep }),
  sometimes: sightingsOf(records),
  budgets: budgetsOf(group, records).map(({ budget, value, ...judged }) => ({
    ...budget,
    text: budgetText(budget),
    limit: budget.value,
    ...judged,
    value: value ?? null
  }))
})

/** One run, without its scenario. */
export const runOf = (record: RunRecord) => {
  const { answer, divergence, job } = record
  return {
    cell: job.plan.cell,
    seed: job.seed,
    ...(job.perturbation === undefined
      ? {}
      : { perturbation: job.perturbation, differences: answer.differences ?? [] }),
    passed: hasPassed(record),
    wallMillis: Math.round(answer.wallMillis),
    defect: answer.defect ?? null,
    divergence: divergence ?? null,
    replay: replayLine(job),
    causes: answer.causes,
    ...answer.result
  }
}
