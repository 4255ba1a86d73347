/**
 * Budgets: what a scenario may take, judged over all its seeds. Pure.
 *
 * A run measures; the verdict needs every run of a cell, and falls when they are done. A run in which there was nothing to measure, such
 * as one that never healed, breaks every budget: nothing good is known of it.
 *
 * @source docs/guides/scenarios.md#budgets
 */
import { formatDuration } from "../language/Duration.ts"
import type { Aggregate, Comparison, Metric } from "../language/ScenarioDocument.ts"
import type { Position } from "../language/YamlSource.ts"

/** A budget as the plan has it. Data. */
export interface PlannedBudget {
  readonly id: string
  readonly metric: Metric
  readonly aggregate: Aggregate
  readonly op: Comparison
  /** Virtual milliseconds for times, else a count or dollars. */
  readonly value: number
  /** Which calls, or which workload; all of them when undefined. */
  readonly of: string | undefined
  /** Of `timeToHeal`: the step after which the time begins. */
  readonly after: string | undefined
  /** Of `timeToHeal`: the step that ends it. */
  readonly until: string | undefined
  readonly position: Position
}

/** What a run measured; without a value when there was nothing to measure. */
export interface Measure {
  readonly id: string
  readonly value: number | undefined
}

export interface BudgetVerdict {
  readonly status: "met" | "violated"
  /** What the runs came to; undefined when none of them has measured anything. */
  readonly value: number | undefined
  /** Runs in which there was nothing to measure. */
  readonly missing: number
}

/** Metrics whose values are virtual milliseconds. */
const times: ReadonlySet<Metric> = new Set(["timeToHeal", "belowBudget"])

export const isTime = (metric: Metric): boolean => times.has(metric)

/** What each metric means: for the reference. */
export const metricMeanings: ReadonlyArray<readonly [metric: Metric, meaning: string]> = [
  ["timeToHeal", "virtual time from the end of the step `after` to the end of the step `until`"],
  [
    "cloudCalls",
    "calls to the cloud, refused ones included; `of` chooses: ec2.*, ec2.RunInstances, ec2.RunInstances:RequestLimitExceeded"
  ],
  ["dollars", "what the account would have cost about, by list prices of us-east-1; AWS alone"],
  ["belowBudget", "virtual time that a workload was below its disruption budget; `of` names it, else the worst counts"]
]

const compare: { readonly [Op in Comparison]: (a: number, b: number) => boolean } = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  "==": (a, b) => a === b,
  ">=": (a, b) => a >= b,
  ">": (a, b) => a > b
}

/** The smallest value that at least so many percent of the values do not exceed: the nearest-rank method. */
const percentile = (sorted: ReadonlyArray<number>, percent: number): number =>
  sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN

const aggregates: { readonly [Name in Aggregate]: (sorted: ReadonlyArray<number>) => number } = {
  min: (sorted) => percentile(sorted, 0),
  max: (sorted) => percentile(sorted, 100),
  avg: (sorted) => sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
  p50: (sorted) => percentile(sorted, 50),
  p95: (sorted) => percentile(sorted, 95),
  p99: (sorted) => percentile(sorted, 99)
}

/** The verdict over the values of all runs, at least one. */
export const judgeBudget = (budget: PlannedBudget, values: ReadonlyArray<number | undefined>): BudgetVerdict => {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b)
  const missing = values.length - known.length
  const value = known.length === 0 ? undefined : aggregates[budget.aggregate](known)
  const met = missing === 0 && value !== undefined && compare[budget.op](value, budget.value)
  return { status: met ? "met" : "violated", value, missing }
}

/** `p95 of timeToHeal after kill until replaced <= 12m`. */
export const budgetText = (budget: PlannedBudget): string => {
  const { after, aggregate, metric, of, op, until, value } = budget
  const words = [
    `${aggregate} of ${metric}`,
    ...(of === undefined ? [] : [`of ${of}`]),
    ...(after === undefined ? [] : [`after ${after}`]),
    ...(until === undefined ? [] : [`until ${until}`]),
    op,
    formatMeasure(metric, value)
  ]
  return words.join(" ")
}

/** `7m12s`, `$0.42`, `34`. */
export const formatMeasure = (metric: Metric, value: number): string => {
  if (isTime(metric)) return formatDuration(value)
  if (metric === "dollars") return `$${value.toFixed(value < 0.1 ? 4 : 2)}`
  return String(Math.round(value * 100) / 100)
}
