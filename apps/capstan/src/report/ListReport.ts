/**
 * The report for people: a line a scenario, under it what failed, why, and how to see it again.
 *
 * @source docs/reference/command-line.md
 */
import { budgetText, formatCell, formatClock } from "@capstan/engine/text"
import { formatSeeds } from "../input/SeedRange.ts"
import type { Cause } from "../run/Messages.ts"
import { hasPassed, type RunRecord } from "../run/TestRun.ts"
import { counted, formatCount, formatSpan, linesOf, onOneLine, thousands } from "./Amounts.ts"
import type { Paint } from "./Paint.ts"
import { replayLine } from "./ReplayLine.ts"
import type { Opening, Reporter } from "./Reporter.ts"
import {
  backendsOf,
  budgetsOf,
  combinedHash,
  type Group,
  groupHasPassed,
  judgedText,
  sightingsOf,
  type Swept,
  type TestReport,
  totalsOf
} from "./TestReport.ts"

/** Failing runs of one scenario that are told in full; the others by their seeds. */
const toldMax = 3

const waitingMax = 8

export const listReporter = (paint: Paint): Reporter => ({
  begin: (opening) => beginText(opening, paint),
  group: (group, records) => linesOf(groupLines(group, records, paint)),
  end: (report) => linesOf(summaryLines(report, paint))
})

/** What is to be run. */
export const beginText = ({ groups, skipped, version, workers }: Opening, paint: Paint): string => {
  const jobs = groups.flatMap((group) => group.jobs)
  const files = new Set(groups.map(({ file }) => file)).size
  const seeds = formatSeeds(jobs.map(({ seed }) => seed))
  const facts = [counted(files, "file"), counted(jobs.length, "run"), counted(workers, "worker"), `seeds ${seeds}`]
  return linesOf([
    ` ${paint.bold(`capstan ${version}`)}  ${paint.dim(`${backendsOf(groups)} · ${facts.join(" · ")}`)}`,
    "",
    ...skipped.map(
      ({ file, name, reason }) => ` ${paint.warn("-")} ${name}  skipped: ${reason} ${paint.dim(`(${file})`)}`
    )
  ])
}

/** One scenario: its line, its failures, what was seen only sometimes. */
export const groupLines = (group: Group, records: ReadonlyArray<RunRecord>, paint: Paint): ReadonlyArray<string> => {
  if (records.length === 0) return [` ${paint.dim("-")} ${group.name.padEnd(33)} ${paint.dim("not run")}`]
  const failed = records.filter((record) => !hasPassed(record))
  const complete = records.length === group.jobs.length
  const mark = !groupHasPassed(group, records) ? paint.bad("✗") : complete ? paint.good("✓") : paint.warn("-")
  const virtual = records.reduce((sum, { answer }) => sum + (answer.result?.virtualMillis ?? 0), 0)
  const wall = records.reduce((sum, { answer }) => sum + answer.wallMillis, 0)
  const speed = paint.dim(`${formatSpan(virtual)} → ${formatSpan(wall)}`)
  const untold = failed.slice(toldMax)
  const swept = group.sweep !== undefined
  return [
    ` ${mark} ${titleOf(group).padEnd(33)} ${runsText(group, records, failed.length).padEnd(30)} ${speed}`,
    ...failed.slice(0, toldMax).flatMap((record) => failureLines(record, paint)),
    ...(group.sweep ?? []).map((family) => `     ${paint.dim(sweptText(family))}`),
    ...(untold.length === 0
      ? []
      : swept
        ? [
            `     … and ${counted(untold.length, "more failing run")}:`,
            ...untold.map(({ job }) => `       ${paint.dim("replay")}  ${replayLine(job)}`)
          ]
        : [`     … and ${counted(untold.length, "more failing run")}: ${untold.map(placeOf).join("; ")}`]),
    ...budgetLines(group, records, paint),
    ...sightingLines(records, paint)
  ]
}

const titleOf = ({ backend, name }: Group): string => (backend === "sim" ? name : `${name} (${backend})`)

const runsText = (group: Group, records: ReadonlyArray<RunRecord>, failed: number): string => {
  const cells = new Set(group.jobs.map(({ plan }) => plan.plan.index)).size
  const amount = counted(records.length, cells > 1 || group.sweep !== undefined ? "run" : "seed")
  const missing = group.jobs.length - records.length
  return `${amount}${failed === 0 ? "" : `, ${failed} failed`}${missing === 0 ? "" : `, ${missing} not run`}`
}

/** `crash: 598 tried, 1,622 cannot matter` */
const sweptText = ({ family, pruned, tried }: Swept): string =>
  `${family}: ${thousands(tried)} tried, ${thousands(pruned)} cannot matter`

const placeOf = ({ job }: RunRecord): string =>
  [formatCell(job.plan.cell), `seed=${job.seed}`, job.perturbation ?? ""].join(" ").trim()

/** Everything that is wrong with one run, and the line that does it again. */
export const failureLines = (record: RunRecord, paint: Paint): ReadonlyArray<string> => {
  const { answer, job } = record
  const found = [
    ...defectLines(record, paint),
    ...divergenceLines(record, paint),
    ...problemLines(record, paint),
    ...invariantLines(record, paint),
    ...expectationLines(record, paint),
    ...differenceLines(record, paint)
  ]
  return [
    `     ${paint.bold(placeOf(record))}`,
    ...found.map((line) => `       ${line}`),
    `       ${paint.dim("replay")}  ${replayLine(job, firstFailureMillis(answer.result, answer.defect?.atMillis))}`
  ]
}

const firstFailureMillis = (
  result: RunRecord["answer"]["result"],
  defectMillis: number | undefined
): number | undefined => {
  const times = [
    defectMillis,
    result?.problem?.atMillis,
    ...(result?.expectations ?? []).map(({ atMillis, status }) => (status === "violated" ? atMillis : undefined)),
    ...(result?.invariants ?? []).map(({ violations }) => violations[0]?.atMillis)
  ].filter((time) => time !== undefined)
  return times.length === 0 ? undefined : Math.min(...times)
}

const defectLines = ({ answer: { defect } }: RunRecord, paint: Paint): ReadonlyArray<string> =>
  defect === undefined
    ? []
    : [
        defect.outside === true
          ? `${paint.bad("✗")} the run could not go on, and neither the scenario nor Capstan is to blame:`
          : `${paint.bad("✗")} a defect of Capstan, not of the scenario: please report it with the replay line`,
        ...(defect.stack ?? defect.message).split("\n").map((line) => `    ${line}`)
      ]

const divergenceLines = ({ divergence }: RunRecord, paint: Paint): ReadonlyArray<string> => {
  if (divergence === undefined) return []
  const [first, second] = divergence.events
  return [
    `${paint.bad("✗")} not deterministic: the same seed gave two traces, ${divergence.hashes.map((hash) => `${hash.slice(0, 12)}…`).join(" and ")}`,
    ...(divergence.seq === 0
      ? []
      : [
          `  first difference at event ${divergence.seq}:`,
          `    first   ${first ?? "(the trace had ended)"}`,
          `    second  ${second ?? "(the trace had ended)"}`
        ])
  ]
}

const problemLines = ({ answer: { causes, result } }: RunRecord, paint: Paint): ReadonlyArray<string> => {
  const problem = result?.problem
  if (problem === undefined || problem.kind === "defect") return []
  const more = problem.waitingFor.length - waitingMax
  return [
    `${paint.bad("✗")} ${problem.message}`,
    `  at ${formatClock(problem.atMillis)}${problem.waitingFor.length === 0 ? "" : ", waiting for"}`,
    ...problem.waitingFor.slice(0, waitingMax).map((each) => `    - ${each}`),
    ...(more > 0 ? [`    … and ${more} more`] : []),
    ...causeLines(causes["problem"], paint)
  ]
}

const invariantLines = ({ answer: { causes, result } }: RunRecord, paint: Paint): ReadonlyArray<string> =>
  (result?.invariants ?? []).flatMap(({ id, rule, violations }) =>
    violations.length === 0
      ? []
      : [
          `${paint.bad("✗")} ${id}   invariant: ${rule}`,
          ...violations.map(({ atMillis, message }) => `  at ${formatClock(atMillis)}  ${message}`),
          ...causeLines(causes[id], paint)
        ]
  )

const expectationLines = ({ answer: { causes, result }, job }: RunRecord, paint: Paint): ReadonlyArray<string> =>
  (result?.expectations ?? []).flatMap(({ atMillis, column, id, kind, line, message, status, text }) =>
    status !== "violated"
      ? []
      : [
          `${paint.bad("✗")} ${id}   ${kind} ${onOneLine(text)}`,
          `  at ${atMillis === undefined ? "the end" : formatClock(atMillis)}  ${message === undefined ? "" : `${message}   `}${paint.dim(`${job.plan.plan.input.shown}:${line}:${column}`)}`,
          ...causeLines(causes[id], paint)
        ]
  )

const differenceLines = ({ answer: { differences = [] } }: RunRecord, paint: Paint): ReadonlyArray<string> =>
  differences.length === 0
    ? []
    : [`${paint.bad("✗")} differs from the undisturbed run`, ...differences.map((sentence) => `  ${sentence}`)]

const causeLines = (causes: ReadonlyArray<Cause> | undefined, paint: Paint): ReadonlyArray<string> =>
  (causes ?? []).map(({ atMillis, text }, index, all) => {
    const branch = index === all.length - 1 ? "└" : "├"
    return paint.dim(`  ${branch} ${formatClock(atMillis)}  ${text}`)
  })

/** Every budget with what the runs came to; where it stands when it is broken. */
export const budgetLines = (group: Group, records: ReadonlyArray<RunRecord>, paint: Paint): ReadonlyArray<string> =>
  budgetsOf(group, records).map((judged) => {
    const { budget, cell, status } = judged
    const marks = { met: paint.good("✓"), violated: paint.bad("✗"), open: paint.warn("?") }
    const { column, line } = budget.position
    const place = status === "violated" ? `   ${paint.dim(`${group.file}:${line}:${column}`)}` : ""
    const where = formatCell(cell)
    return `     ${marks[status]} ${budget.id}${where === "" ? "" : ` (${where})`}   ${budgetText(budget)}: ${judgedText(judged)}${place}`
  })

/** `sometimes` that not every run has seen. */
const sightingLines = (records: ReadonlyArray<RunRecord>, paint: Paint): ReadonlyArray<string> =>
  sightingsOf(records)
    .filter(({ runs, seen }) => seen < runs)
    .map(({ cell, id, runs, seen }) => {
      const where = formatCell(cell)
      return `     ${paint.warn("?")} sometimes ${id}: seen in ${seen} of ${counted(runs, "run")}${where === "" ? "" : ` (${where})`}`
    })

/** How it went, in numbers. */
export const summaryLines = (report: TestReport, paint: Paint): ReadonlyArray<string> => {
  const { events, runs, scenarios, virtualMillis } = totalsOf(report)
  const tally = (counts: { readonly passed: number; readonly failed: number }, rest: number, word: string): string => {
    const total = counts.passed + counts.failed + rest
    const parts = [
      ...(counts.passed > 0 || total === 0 ? [paint.good(`${counts.passed} passed`)] : []),
      ...(counts.failed > 0 ? [paint.bad(`${counts.failed} failed`)] : []),
      ...(rest > 0 ? [paint.warn(`${rest} ${word}`)] : [])
    ]
    return `${parts.join(" | ")} (${total})`
  }
  const speed = report.wallMillis > 0 ? ` (${thousands(virtualMillis / report.wallMillis)}×)` : ""
  return [
    ...(report.interrupted ? ["", ` ${paint.warn("interrupted")}: what was done until then is above`] : []),
    "",
    ` Scenarios  ${tally(scenarios, scenarios.skipped, "not run")}`,
    `      Runs  ${tally(runs, runs.notRun, "not run")}`,
    `   Virtual  ${formatSpan(virtualMillis)} in ${formatSpan(report.wallMillis)}${speed} · ${formatCount(events)} events · trace hash ${combinedHash(report)}`
  ]
}
