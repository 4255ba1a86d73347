/**
 * All that is known of a test run, in the order in which it was asked for: what every reporter writes from. Data, and readings of it.
 *
 * Runs of one scenario, in all its cells and seeds, are a group. `sometimes` is judged over a cell's seeds: one that no run has
 * seen is worth knowing and fails nothing.
 */
import { type ExitCode, ExitCode as Code, mostAlarming } from "@capstan/command-line"
import { createHash } from "node:crypto"
import {
  type BudgetVerdict,
  formatMeasure,
  judgeBudget,
  type PlannedBudget,
  type SweepFamily
} from "@capstan/engine/text"
import type { Shard } from "../input/Shard.ts"
import type { BackendName, Emulator, PlanSummary } from "../run/Messages.ts"
import { counted } from "./Amounts.ts"
import { hasPassed, type Job, type RunRecord } from "../run/TestRun.ts"

export interface Group {
  readonly file: string
  readonly name: string
  readonly description: string
  readonly backend: BackendName
  readonly jobs: ReadonlyArray<Job>
  /** What was tried of each family in a sweep, and what was left out because it cannot matter. */
  readonly sweep?: ReadonlyArray<Swept>
  /** Whether runs of it are done elsewhere, in another shard: its budgets cannot be judged then. */
  readonly partial?: true
}

/** A family of a sweep. */
export interface Swept {
  readonly family: SweepFamily
  readonly tried: number
  readonly pruned: number
}

/** A scenario that was passed over, and why. */
export interface Skipped {
  readonly file: string
  readonly name: string
  readonly reason: string
}

/** Which part of a whole test run this is. */
export interface Share extends Shard {
  /** Of the whole. */
  readonly runs: number
  /** A hash over the whole: shards of the same test run have the same one. */
  readonly whole: string
}

export interface TestReport {
  readonly version: string
  readonly share: Share
  readonly groups: ReadonlyArray<Group>
  /** By `job.index`; runs that were not done are missing. */
  readonly records: ReadonlyMap<number, RunRecord>
  readonly skipped: ReadonlyArray<Skipped>
  readonly workers: number
  readonly interrupted: boolean
  /** Real milliseconds from start to end. */
  readonly wallMillis: number
}

/** The jobs of the plans, scenario by scenario, cell by cell, seed by seed. */
export const groupsOf = (
  plans: ReadonlyArray<PlanSummary>,
  seeds: ReadonlyArray<number> | undefined,
  emulator?: Emulator,
  firstIndex = 0
): ReadonlyArray<Group> => {
  const groups = new Map<string, Array<Job>>()
  const on = emulator === undefined ? {} : { emulator }
  let index = firstIndex
  for (const plan of plans) {
    const key = JSON.stringify([plan.plan.input.path, plan.name])
    const jobs = groups.get(key) ?? []
    groups.set(key, jobs)
    for (const seed of seeds ?? plan.seeds) jobs.push({ index: index++, plan, seed, ...on })
  }
  return [...groups.values()].flatMap((jobs) => {
    const [first] = jobs
    if (first === undefined) return []
    const { description, name, plan } = first.plan
    const backend = emulator === undefined ? "sim" : "emulated"
    return [{ file: plan.input.shown, name, description, backend, jobs }]
  })
}

/** The backends of the groups, each once: `sim`, `emulated`, `sim, emulated`. */
export const backendsOf = (groups: ReadonlyArray<Group>): string =>
  [...new Set(groups.map(({ backend }) => backend))].join(", ")

/** Records of a group, in order; runs that were not done are left out. */
export const recordsOf = (records: TestReport["records"], group: Group): ReadonlyArray<RunRecord> =>
  group.jobs.flatMap(({ index }) => records.get(index) ?? [])

export const allRecords = (report: TestReport): ReadonlyArray<RunRecord> =>
  report.groups.flatMap((group) => recordsOf(report.records, group))

/** How many runs of a cell have seen a `sometimes` expectation. */
export interface Sighting {
  readonly id: string
  readonly text: string
  readonly cell: PlanSummary["cell"]
  readonly seen: number
  readonly runs: number
  readonly line: number
  readonly column: number
}

/** Every `sometimes` expectation of a group, cell by cell, in the order of the file. */
export const sightingsOf = (records: ReadonlyArray<RunRecord>): ReadonlyArray<Sighting> => {
  const sightings = new Map<string, Sighting>()
  for (const { answer, job } of records) {
    for (const { column, id, line, status, text } of answer.result?.expectations ?? []) {
      if (status !== "seen" && status !== "not-seen") continue
      const key = JSON.stringify([job.plan.cell, id])
      const before = sightings.get(key) ?? { id, text, cell: job.plan.cell, seen: 0, runs: 0, line, column }
      sightings.set(key, { ...before, runs: before.runs + 1, seen: before.seen + (status === "seen" ? 1 : 0) })
    }
  }
  return [...sightings.values()]
}

/** What the runs of a cell came to against one of its budgets. */
export interface JudgedBudget {
  readonly budget: PlannedBudget
  readonly cell: PlanSummary["cell"]
  /** Open while not all runs are known: in a shard, after `--bail`, when interrupted. */
  readonly status: BudgetVerdict["status"] | "open"
  /** What the known runs came to; undefined when nothing was measured. */
  readonly value: number | undefined
  readonly runs: number
  /** Runs in which there was nothing to measure. */
  readonly missing: number
}

/** Every budget of a group, cell by cell, in the order of the file. What a sweep perturbs is not measured. */
export const budgetsOf = (group: Group, records: ReadonlyArray<RunRecord>): ReadonlyArray<JudgedBudget> => {
  const plain = group.jobs.filter(({ perturbation }) => perturbation === undefined)
  return [...new Set(plain.map(({ plan }) => plan))].flatMap((plan) => {
    const asked = plain.filter((job) => job.plan === plan).length
    const done = records.filter(({ job }) => job.plan === plan && job.perturbation === undefined)
    return plan.budgets.map((budget): JudgedBudget => {
      const values = done.map(({ answer }) => answer.result?.measures.find(({ id }) => id === budget.id)?.value)
      const { missing, status, value } = judgeBudget(budget, values)
      const open = group.partial === true || done.length < asked
      return { budget, cell: plan.cell, status: open ? "open" : status, value, runs: done.length, missing }
    })
  })
}

/** Whether every run that was done is as it should be, and so are all of them together. */
export const groupHasPassed = (group: Group, records: ReadonlyArray<RunRecord>): boolean =>
  records.every(hasPassed) && budgetsOf(group, records).every(({ status }) => status !== "violated")

/** `12m51s, over all 20 runs`, and how much is not known. */
export const judgedText = ({ budget, missing, runs, status, value }: JudgedBudget): string => {
  const nothing = missing === 0 ? "" : `, nothing to measure in ${missing}`
  const wait = status === "open" ? "; judged when all runs are known" : ""
  return `${value === undefined ? "no value" : formatMeasure(budget.metric, value)} over ${counted(runs, "run")}${nothing}${wait}`
}

/** The code that one run asks for. */
export const exitCodeOfRun = (record: RunRecord): ExitCode => {
  const { answer, divergence } = record
  if (answer.defect?.outside === true) return Code.cannotRun
  if (answer.defect !== undefined || answer.result === undefined) return Code.defect
  if (divergence !== undefined) return Code.notDeterministic
  if (answer.result.passed) return (answer.differences ?? []).length === 0 ? Code.passed : Code.failed
  const { expectations, invariants, problem } = answer.result
  if (problem === undefined || problem.kind === "step" || problem.kind === "given") return Code.failed
  // A run that ends early leaves expectations open; only what was broken before counts for itself.
  const broken = expectations.some(
    ({ atMillis, status }) => status === "violated" && atMillis !== undefined && atMillis < problem.atMillis
  )
  return broken || invariants.some(({ violations }) => violations.length > 0) ? Code.failed : Code.timedOut
}

/** The code for the whole. */
export const exitCodeOf = (report: TestReport): ExitCode => {
  if (report.interrupted) return Code.interrupted
  const broken = report.groups.some((group) =>
    budgetsOf(group, recordsOf(report.records, group)).some(({ status }) => status === "violated")
  )
  return mostAlarming([...allRecords(report).map(exitCodeOfRun), ...(broken ? [Code.failed] : [])])
}

/** One hash over the traces of all runs that came to an end: the same sources, seeds and code give the same one. */
export const combinedHash = (report: TestReport): string => {
  const digest = createHash("sha256")
  for (const { answer, job } of allRecords(report)) {
    const { cell, name } = job.plan
    const run = [name, cell, job.seed, ...(job.perturbation === undefined ? [] : [job.perturbation])]
    digest.update(`${JSON.stringify(run)} ${answer.result?.traceHash ?? "none"}\n`)
  }
  return digest.digest("hex")
}

export interface Totals {
  /** One of which not all runs were done, and none failed, counts as skipped. */
  readonly scenarios: { readonly passed: number; readonly failed: number; readonly skipped: number }
  readonly runs: { readonly passed: number; readonly failed: number; readonly notRun: number }
  readonly virtualMillis: number
  readonly events: number
}

export const totalsOf = (report: TestReport): Totals => {
  const records = allRecords(report)
  const planned = report.groups.reduce((sum, { jobs }) => sum + jobs.length, 0)
  const passed = records.filter(hasPassed).length
  const runsOf = report.groups.map((group) => ({ group, runs: recordsOf(report.records, group) }))
  const failedGroups = runsOf.filter(({ group, runs }) => !groupHasPassed(group, runs)).length
  const done = runsOf.filter(
    ({ group, runs }) => runs.length === group.jobs.length && groupHasPassed(group, runs)
  ).length
  return {
    scenarios: {
      passed: done,
      failed: failedGroups,
      skipped: report.skipped.length + report.groups.length - done - failedGroups
    },
    runs: { passed, failed: records.length - passed, notRun: planned - records.length },
    virtualMillis: records.reduce((sum, { answer }) => sum + (answer.result?.virtualMillis ?? 0), 0),
    events: records.reduce((sum, { answer }) => sum + (answer.result?.statistics.events ?? 0), 0)
  }
}
