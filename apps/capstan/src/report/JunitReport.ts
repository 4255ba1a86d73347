/**
 * The report for CI systems: JUnit's XML, a suite a file, a case a run.
 *
 * A scenario that failed is a `failure`, a defect of ours or a trace that differs an `error`, a run that was not done `skipped`.
 *
 * @source https://github.com/testmoapp/junitxml
 */
import { ExitCode } from "@capstan/command-line"
import { budgetText, formatCell } from "@capstan/engine/text"
import type { Job, RunRecord } from "../run/TestRun.ts"
import { failureLines } from "./ListReport.ts"
import { plain } from "./Paint.ts"
import type { Reporter } from "./Reporter.ts"
import {
  budgetsOf,
  exitCodeOfRun,
  type Group,
  type JudgedBudget,
  judgedText,
  recordsOf,
  type Skipped,
  type TestReport
} from "./TestReport.ts"
import { element, escapeText } from "./Xml.ts"

export const junitReporter: Reporter = {
  end: (report) => `<?xml version="1.0" encoding="UTF-8"?>\n${junitDocument(report)}\n`
}

interface Case {
  readonly file: string
  readonly xml: string
  readonly seconds: number
  readonly outcome: "passed" | "failure" | "error" | "skipped"
}

/** The document without its declaration. */
export const junitDocument = (report: TestReport): string => {
  const cases = [
    ...report.groups.flatMap((group) => [
      ...group.jobs.map((job) => runCase(group, job, report.records.get(job.index))),
      ...budgetsOf(group, recordsOf(report.records, group)).map((judged) => budgetCase(group, judged))
    ]),
    ...report.skipped.map(skippedCase)
  ]
  const files = [...new Set(cases.map(({ file }) => file))]
  const suites = files.map((file) => {
    const own = cases.filter((each) => each.file === file)
    return `\n  ${element("testsuite", { name: file, ...tally(own) }, [...own.map(({ xml }) => `\n    ${xml}`), "\n  "])}`
  })
  return element("testsuites", { name: "capstan", ...tally(cases) }, [...suites, "\n"])
}

const seconds = (millis: number): string => (millis / 1000).toFixed(3)

const tally = (cases: ReadonlyArray<Case>) => {
  const count = (outcome: Case["outcome"]): number => cases.filter((each) => each.outcome === outcome).length
  return {
    tests: cases.length,
    failures: count("failure"),
    errors: count("error"),
    skipped: count("skipped"),
    time: cases.reduce((sum, each) => sum + each.seconds, 0).toFixed(3)
  }
}

const runCase = (group: Group, job: Job, record: RunRecord | undefined): Case => {
  const cell = formatCell(job.plan.cell)
  const attributes = {
    name: `${group.name}${cell === "" ? "" : ` [${cell}]`} seed ${job.seed}${job.perturbation === undefined ? "" : ` ${job.perturbation}`}`,
    classname: group.name,
    file: group.file
  }
  if (record === undefined) return skipped(attributes, "not run")
  const code = exitCodeOfRun(record)
  const outcome =
    code === ExitCode.passed
      ? "passed"
      : record.answer.defect !== undefined || code === ExitCode.defect || code === ExitCode.notDeterministic
        ? "error"
        : "failure"
  const content = outcome === "passed" ? [] : [faultElement(outcome, record)]
  const time = seconds(record.answer.wallMillis)
  return {
    file: group.file,
    xml: element("testcase", { ...attributes, time }, content),
    seconds: record.answer.wallMillis / 1000,
    outcome
  }
}

const budgetCase = (group: Group, judged: JudgedBudget): Case => {
  const { budget, status } = judged
  const cell = formatCell(judged.cell)
  const attributes = {
    name: `${group.name}${cell === "" ? "" : ` [${cell}]`} budget ${budget.id}`,
    classname: group.name,
    file: group.file
  }
  if (status === "open") return skipped(attributes, judgedText(judged))
  const text = `${budgetText(budget)}: ${judgedText(judged)}`
  const failure = element("failure", { message: `${budget.id}: ${text}`, type: "budget" }, [
    escapeText(`${group.file}:${budget.position.line}:${budget.position.column}`)
  ])
  const value = element("system-out", {}, [escapeText(text)])
  return {
    file: group.file,
    xml: element("testcase", { ...attributes, time: seconds(0) }, status === "met" ? [value] : [failure, value]),
    seconds: 0,
    outcome: status === "met" ? "passed" : "failure"
  }
}

const faultElement = (name: "failure" | "error", record: RunRecord): string => {
  const { answer, divergence } = record
  const violated = answer.result?.expectations.find(({ status }) => status === "violated")
  const invariant = answer.result?.invariants.find(({ violations }) => violations.length > 0)
  const message =
    answer.defect?.message ??
    (divergence === undefined ? undefined : "the same seed gave two traces") ??
    answer.result?.problem?.message ??
    (invariant === undefined ? undefined : `${invariant.id}: ${invariant.rule}`) ??
    (violated === undefined && (answer.differences ?? []).length > 0
      ? "differs from the undisturbed run"
      : undefined) ??
    (violated === undefined ? "failed" : `${violated.id}: ${violated.kind} ${violated.text}`)
  const type =
    answer.defect?.outside === true
      ? "backend"
      : answer.defect !== undefined
        ? "defect"
        : divergence !== undefined
          ? "determinism"
          : "scenario"
  return element(name, { message, type }, [escapeText(failureLines(record, plain).join("\n"))])
}

const skipped = (
  attributes: { readonly name: string; readonly classname: string; readonly file: string },
  why: string
): Case => ({
  file: attributes.file,
  xml: element("testcase", { ...attributes, time: seconds(0) }, [element("skipped", { message: why })]),
  seconds: 0,
  outcome: "skipped"
})

const skippedCase = ({ file, name, reason }: Skipped): Case => skipped({ name, classname: name, file }, reason)
