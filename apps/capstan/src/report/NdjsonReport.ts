/**
 * The report for programs that read along: one JSON object a line, an event each, written as soon as it is known.
 *
 * `begin`, then for each run `run-begin` and `run`, for each scenario `scenario` when its last run is done, and `end`. What the
 * fields mean is as in the JSON report. Runs come in the order in which they were asked for, whichever finishes first.
 *
 * @source https://github.com/ndjson/ndjson-spec
 */
import { runOf, scenarioOf } from "./JsonReport.ts"
import type { Reporter } from "./Reporter.ts"
import { backendsOf, combinedHash, exitCodeOf, type Group, totalsOf } from "./TestReport.ts"

const line = (event: string, fields: object): string => `${JSON.stringify({ event, ...fields })}\n`

const nameOf = ({ backend, file, name }: Group) => ({ file, name, backend })

export const ndjsonReporter: Reporter = {
  begin: ({ groups, skipped, version, workers }) =>
    line("begin", {
      format: 1,
      capstan: version,
      backend: backendsOf(groups),
      workers,
      scenarios: groups.map((group) => ({ ...nameOf(group), runsPlanned: group.jobs.length })),
      skipped
    }),
  open: ({ perturbation, plan, seed }, group) =>
    line("run-begin", {
      ...nameOf(group),
      cell: plan.cell,
      seed,
      ...(perturbation === undefined ? {} : { perturbation })
    }),
  run: (record, group) => line("run", { ...nameOf(group), ...runOf(record) }),
  group: (group, records) => line("scenario", { ...scenarioOf(group, records), runsDone: records.length }),
  end: (report) =>
    line("end", {
      exitCode: exitCodeOf(report),
      interrupted: report.interrupted,
      wallMillis: Math.round(report.wallMillis),
      traceHash: combinedHash(report),
      totals: totalsOf(report)
    })
}
