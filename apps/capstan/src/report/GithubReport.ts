/**
 * The reports for GitHub Actions: annotations at the place of what failed, and a summary of the job in Markdown.
 *
 * An annotation is a line on stdout that the runner picks out. What failed in many runs for the same reason is annotated once. GitHub
 * shows 10 errors a step and refuses a summary of more than 1 MiB, so both are cut, with a word about the rest.
 *
 * @source https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 * @source https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
 */
import { budgetText, formatCell, formatClock } from "@capstan/engine/text"
import { isAbsolute, relative } from "node:path"
import { cataloguePrefix } from "../files/Catalogue.ts"
import { hasPassed, type RunRecord } from "../run/TestRun.ts"
import { counted, formatSpan, linesOf, onOneLine } from "./Amounts.ts"
import { budgetLines, failureLines, summaryLines } from "./ListReport.ts"
import { plain } from "./Paint.ts"
import { replayLine } from "./ReplayLine.ts"
import type { Reporter } from "./Reporter.ts"
import {
  allRecords,
  budgetsOf,
  exitCodeOf,
  type Group,
  groupHasPassed,
  judgedText,
  recordsOf,
  type TestReport
} from "./TestReport.ts"

/** Errors that GitHub shows for a step. */
const annotationsMax = 10
/** Bytes of a step's summary that GitHub takes, less room for the word about the rest. */
const summaryBytesMax = 1024 * 1024 - 4096
/** Failing runs of a scenario that the summary shows. */
const toldMax = 3

/** Something that failed, once for all runs in which it did. */
interface Fault {
  readonly title: string
  readonly message: string
  readonly path: string
  readonly place: { readonly line: number; readonly column: number } | undefined
  /** Those in which it failed; none for what is judged over all runs. */
  readonly records: Array<RunRecord>
  /** Whether it is in the catalogue, which is in nobody's repository. */
  readonly builtIn: boolean
}

/** @param workspace the folder that GitHub's paths start from. */
export const githubReporter = (workspace: string): Reporter => ({
  end: (report) => {
    const faults = faultsOf(report)
    const shown = faults.length > annotationsMax ? faults.slice(0, annotationsMax - 1) : faults
    const left = faults.length - shown.length
    const lines = [
      ...shown.map((fault) => annotation(fault, workspace)),
      ...(left > 0 ? [command({ title: "capstan" }, `${counted(left, "more failure")}: see the job's summary.`)] : [])
    ]
    return linesOf(lines)
  }
})

/** What the job's page shows. */
export const stepSummaryReporter: Reporter = { end: (report) => fitting(summaryOf(report)) }

const faultsOf = (report: TestReport): ReadonlyArray<Fault> => {
  const faults = new Map<string, Fault>()
  for (const group of report.groups) {
    for (const record of recordsOf(report.records, group)) {
      for (const found of hasPassed(record) ? [] : faultsOfRun(group, record)) {
        const key = JSON.stringify([found.path, found.place, found.title])
        const known = faults.get(key)
        if (known === undefined) faults.set(key, { ...found, records: [record], builtIn: isBuiltIn(group) })
        else known.records.push(record)
      }
    }
    for (const judged of budgetsOf(group, recordsOf(report.records, group))) {
      const { budget, cell, status } = judged
      const path = group.jobs[0]?.plan.plan.input.path ?? ""
      if (status !== "violated") continue
      const where = formatCell(cell)
      faults.set(JSON.stringify([path, budget.id, cell]), {
        path,
        place: budget.position,
        title: `${group.name}: ${budget.id}`,
        message: `${where === "" ? "" : `${where}: `}${budgetText(budget)}: ${judgedText(judged)}`,
        records: [],
        builtIn: isBuiltIn(group)
      })
    }
  }
  return [...faults.values()]
}

const isBuiltIn = ({ file }: Group): boolean => file.startsWith(cataloguePrefix)

const faultsOfRun = ({ name }: Group, record: RunRecord): ReadonlyArray<Omit<Fault, "records" | "builtIn">> => {
  const { answer, divergence, job } = record
  const { result } = answer
  const { path } = job.plan.plan.input
  const nowhere = { path, place: undefined }
  const at = (millis: number | undefined): string => (millis === undefined ? "at the end" : `at ${formatClock(millis)}`)
  const problem = result?.problem
  return [
    ...(answer.defect === undefined
      ? []
      : [{ ...nowhere, title: `${name}: ${kindOfDefect(answer.defect)}`, message: answer.defect.message }]),
    ...(divergence === undefined
      ? []
      : [{ ...nowhere, title: `${name}: not deterministic`, message: "The same seed gave two traces." }]),
    ...(problem === undefined || problem.kind === "defect"
      ? []
      : [{ ...nowhere, title: `${name}: ${problem.kind}`, message: `${problem.message}, ${at(problem.atMillis)}` }]),
    ...(result?.invariants ?? []).flatMap(({ id, rule, violations: [first] }) =>
      first === undefined
        ? []
        : [{ ...nowhere, title: `${name}: ${id}`, message: `${rule}: ${first.message}, ${at(first.atMillis)}` }]
    ),
    ...(result?.expectations ?? []).flatMap(({ atMillis, column, id, kind, line, message, status, text }) =>
      status !== "violated"
        ? []
        : [
            {
              path,
              place: { line, column },
              title: `${name}: ${id}`,
              message: `${kind} ${onOneLine(text)}: ${message ?? "violated"}, ${at(atMillis)}`
            }
          ]
    ),
    ...((answer.differences ?? []).length === 0
      ? []
      : [
          {
            ...nowhere,
            title: `${name}: differs from the undisturbed run`,
            message: (answer.differences ?? []).join("\n")
          }
        ])
  ]
}

const kindOfDefect = ({ outside }: NonNullable<RunRecord["answer"]["defect"]>): string =>
  outside === true ? "could not go on" : "a defect of Capstan"

const annotation = ({ builtIn, message, path, place, records, title }: Fault, workspace: string): string => {
  const [first] = records
  const file = builtIn ? undefined : pathFrom(workspace, path)
  const runs = records.length > 1 ? ` (and in ${counted(records.length - 1, "more run")})` : ""
  const replay = first === undefined ? [] : [replayLine(first.job)]
  return command(
    {
      ...(file === undefined ? {} : { file, ...(place === undefined ? {} : { line: place.line, col: place.column }) }),
      title
    },
    [`${message}${runs}`, ...replay].join("\n")
  )
}

/** As the repository knows the file; undefined for one that is not in it. */
const pathFrom = (workspace: string, path: string): string | undefined => {
  const below = relative(workspace, path)
  return below === "" || below.startsWith("..") || isAbsolute(below) ? undefined : below.replaceAll("\\", "/")
}

/** `::error file=a.yaml,line=3::message`, escaped as the runner unescapes it. */
const command = (properties: { readonly [name: string]: string | number }, message: string): string => {
  const written = Object.entries(properties).map(([name, value]) => `${name}=${escapeProperty(String(value))}`)
  return `::error ${written.join(",")}::${escapeMessage(message)}`
}

export const escapeMessage = (text: string): string =>
  text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A")

export const escapeProperty = (text: string): string =>
  escapeMessage(text).replaceAll(":", "%3A").replaceAll(",", "%2C")

/** Paragraphs of Markdown, the most important first: what does not fit is at the end. */
const summaryOf = (report: TestReport): ReadonlyArray<string> => {
  const code = exitCodeOf(report)
  const replays = allRecords(report)
  return [
    `## ${code === 0 ? "✅" : "❌"} Capstan\n`,
    fenced(summaryLines(report, plain)),
    linesOf([
      "| | scenario | runs | failed | virtual |",
      "| --- | --- | ---: | ---: | ---: |",
      ...report.groups.map((group) => row(group, recordsOf(report.records, group))),
      ...report.skipped.map(({ name, reason }) => `| ⏭️ | ${cellText(name)} | skipped | | ${cellText(reason)} |`)
    ]),
    ...report.groups.flatMap((group) => {
      const records = recordsOf(report.records, group)
      const failed = records.filter((record) => !hasPassed(record))
      const budgets = budgetLines(group, records, plain)
      if (failed.length === 0 && budgets.length === 0) return []
      return [
        `### ${heading(group)}\n`,
        ...failed.slice(0, toldMax).map((record) => fenced(failureLines(record, plain))),
        ...(budgets.length > 0 ? [fenced(budgets)] : []),
        ...(failed.length > toldMax ? [`… and ${counted(failed.length - toldMax, "more failing run")}.\n`] : [])
      ]
    }),
    ...(replays.length === 0 ? ["No run was done.\n"] : [])
  ]
}

const heading = (group: Group): string => `${cellText(group.name)} — \`${group.file.replaceAll("`", "'")}\``

const row = (group: Group, records: ReadonlyArray<RunRecord>): string => {
  const failed = records.filter((record) => !hasPassed(record)).length
  const missing = group.jobs.length - records.length
  const virtual = records.reduce((sum, { answer }) => sum + (answer.result?.virtualMillis ?? 0), 0)
  const mark = !groupHasPassed(group, records) ? "❌" : missing > 0 ? "⏭️" : "✅"
  const runs = missing === 0 ? String(records.length) : `${records.length} of ${group.jobs.length}`
  return `| ${mark} | ${cellText(group.name)} | ${runs} | ${failed} | ${formatSpan(virtual)} |`
}

const cellText = (text: string): string => onOneLine(text).replace(/[\\|<>`*_[\]]/g, (character) => `\\${character}`)

/** A code block whose fence is longer than any in it. */
const fenced = (lines: ReadonlyArray<string>): string => {
  const text = linesOf(lines)
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const fence = "`".repeat(longest + 1)
  return `${fence}text\n${text}${fence}\n`
}

const fitting = (paragraphs: ReadonlyArray<string>): string => {
  let text = ""
  let bytes = 0
  for (const paragraph of paragraphs) {
    bytes += Buffer.byteLength(paragraph) + 1
    if (bytes > summaryBytesMax) return `${text}\nMore did not fit into this summary.\n`
    text += `${paragraph}\n`
  }
  return text
}
