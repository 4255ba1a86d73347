/** The report that tells each run as it goes, in virtual time, and ends with a verdict on every expectation. */
import { budgetText, formatCell, formatClock, formatDuration, formatMeasure } from "@capstan/engine/text"
import type { RunAnswer } from "../run/Messages.ts"
import { hasPassed, type Job, type RunRecord } from "../run/TestRun.ts"
import { formatSpan, linesOf, onOneLine, thousands } from "./Amounts.ts"
import { budgetLines, failureLines } from "./ListReport.ts"
import type { Paint } from "./Paint.ts"
import { replayLine } from "./ReplayLine.ts"
import type { Reporter } from "./Reporter.ts"
import { type Group, totalsOf } from "./TestReport.ts"

export const storyReporter = (paint: Paint): Reporter => ({
  open: (job, group) => linesOf(headLines(job, group, paint)),
  story: (lines) => linesOf(lines.map((line) => ` ${line}`)),
  broken: () => linesOf(["", ` ${paint.warn("interrupted")}`, ""]),
  run: (record) => linesOf(endLines(record, paint)),
  group: (group, records) => {
    const budgets = budgetLines(group, records, paint)
    return budgets.length === 0 ? "" : linesOf([` ${paint.bold(group.name)} over all runs`, ...budgets, ""])
  },
  end: (report) => {
    const { runs } = totalsOf(report)
    if (runs.passed + runs.failed + runs.notRun <= 1) return ""
    const notRun = runs.notRun === 0 ? "" : `, ${runs.notRun} not run`
    return `${runs.passed} of ${runs.passed + runs.failed} runs passed${notRun}\n`
  }
})

const headLines = (job: Job, group: Group, paint: Paint): ReadonlyArray<string> => {
  const cell = formatCell(job.plan.cell)
  return [
    ` ${paint.bold(group.name)}  ${paint.dim([group.file, cell, `seed ${job.seed}`].filter((part) => part !== "").join(" · "))}`,
    ...(group.description === "" ? [] : wrapped(group.description.trim(), 100).map((line) => ` ${line}`)),
    ""
  ]
}

const endLines = (record: RunRecord, paint: Paint): ReadonlyArray<string> => {
  const { answer, job } = record
  return [
    "",
    ...verdictLines(answer, paint),
    ...(hasPassed(record) ? [] : ["", ...failureLines(record, paint)]),
    "",
    ...figureLines(answer),
    ...measureLines(record),
    ` Replay    ${replayLine(job)}`,
    ""
  ]
}

/** Words in lines of at most so many characters. */
const wrapped = (text: string, width: number): ReadonlyArray<string> => {
  const lines = [""]
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1) ?? ""
    if (line !== "" && line.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`
  }
  return lines
}

/** A line an expectation, and one for the invariants together. */
export const verdictLines = ({ result }: RunAnswer, paint: Paint): ReadonlyArray<string> => {
  if (result === undefined) return []
  const marks = { met: paint.good("✓"), violated: paint.bad("✗"), seen: paint.good("✓"), "not-seen": paint.warn("?") }
  const broken = result.invariants.filter(({ violations }) => violations.length > 0)
  const width = Math.max(0, ...result.expectations.map(({ id }) => id.length)) + 2
  return [
    ...result.expectations.map(({ atMillis, id, kind, status, text }) => {
      const when =
        kind === "eventually" && status === "met" && atMillis !== undefined ? `, at ${formatClock(atMillis)}` : ""
      return ` ${marks[status]} ${id.padEnd(width)} ${kind} ${onOneLine(text)}${paint.dim(when)}`
    }),
    broken.length === 0
      ? ` ${paint.good("✓")} ${"invariants".padEnd(width)} all ${result.invariants.length} held`
      : ` ${paint.bad("✗")} ${"invariants".padEnd(width)} ${broken.map(({ id, rule }) => `${id} (${rule})`).join(", ")} did not hold`
  ]
}

/** What this run adds to each budget; the verdict is over all runs. */
const measureLines = ({ answer, job }: RunRecord): ReadonlyArray<string> =>
  job.plan.budgets.map((budget) => {
    const value = answer.result?.measures.find(({ id }) => id === budget.id)?.value
    const measured = value === undefined ? "nothing to measure" : formatMeasure(budget.metric, value)
    return ` Budget    ${budget.id}: ${measured} here; over all runs ${budgetText(budget)}`
  })

const figureLines = ({ result, wallMillis }: RunAnswer): ReadonlyArray<string> => {
  if (result === undefined) return []
  const { apiWrites, cloudCalls, events, reconciles, workloads } = result.statistics
  const calls = Object.values(cloudCalls).reduce((sum, count) => sum + count, 0)
  return [
    ` Time      ${formatDuration(result.virtualMillis)} virtual in ${formatSpan(wallMillis)}`,
    ` Effort    ${thousands(calls)} cloud calls, ${thousands(apiWrites)} API writes, ${thousands(reconciles)} reconciles`,
    ...workloads.map(
      ({ belowBudgetSeconds, name }) =>
        ` Workload  ${name}: ${formatDuration(belowBudgetSeconds * 1000)} below its budget`
    ),
    ` Trace     ${thousands(events)} events, hash ${result.traceHash}`
  ]
}
