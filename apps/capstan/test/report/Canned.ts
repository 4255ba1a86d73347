/** Runs and reports made by hand, for what is written from them. */
import type { PlainResult, PlanSummary, RunAnswer } from "../../src/run/Messages.ts"
import { wholeShard } from "../../src/input/Shard.ts"
import { shareOf } from "../../src/run/Sharding.ts"
import type { RunRecord } from "../../src/run/TestRun.ts"
import { groupsOf, type TestReport } from "../../src/report/TestReport.ts"

export const plan = (given: Partial<PlanSummary> = {}): PlanSummary => ({
  name: "zone-outage",
  description: "A zone goes dark.",
  labels: { suite: "resilience" },
  fingerprint: "fp",
  cell: { zone: "b", outage: "45m" },
  seeds: [7],
  budgets: [],
  plan: { input: { path: "/work/zone.yaml", shown: "scenarios/zone.yaml", variables: {} }, index: 0 },
  alone: true,
  lacking: [],
  ...given
})

export const result = (given: Partial<PlainResult> = {}): PlainResult => ({
  seed: 7,
  passed: true,
  problem: undefined,
  expectations: [],
  invariants: [{ id: "I01", rule: "a Machine owns at most one live instance", violations: [] }],
  measures: [],
  readyMillis: 290_000,
  virtualMillis: 3_600_000,
  traceHash: "ab".repeat(32),
  statistics: {
    events: 1200,
    reconciles: 300,
    apiWrites: 200,
    cloudCalls: { "ec2.RunInstances": 6 },
    cloudErrors: {},
    workloads: []
  },
  ...given
})

export const violated = {
  id: "one-at-a-time",
  kind: "never",
  text: "cps.filter(m, deleting(m)).size() > 1",
  line: 58,
  column: 7,
  status: "violated",
  atMillis: 3_852_400,
  message: "it is so"
} as const

export const answer = (given: Partial<RunAnswer> = {}): RunAnswer => ({
  result: result(),
  defect: undefined,
  otherHash: undefined,
  wallMillis: 800,
  causes: {},
  ...given
})

/** A report of these plans; `answers` by the order of jobs, undefined for a run that was not done. */
export const report = (
  plans: ReadonlyArray<PlanSummary>,
  answers: ReadonlyArray<RunAnswer | Pick<RunRecord, "answer" | "divergence"> | undefined>,
  given: Partial<TestReport> = {}
): TestReport => {
  const groups = groupsOf(plans, undefined)
  const jobs = groups.flatMap((group) => group.jobs)
  const records = answers.flatMap((each, index): ReadonlyArray<readonly [number, RunRecord]> => {
    const job = jobs[index]
    if (each === undefined || job === undefined) return []
    return [[index, "answer" in each ? { job, ...each } : { job, answer: each, divergence: undefined }]]
  })
  return {
    version: "0.1.0",
    share: shareOf(groups, wholeShard).share,
    groups,
    records: new Map(records),
    skipped: [],
    workers: 1,
    interrupted: false,
    wallMillis: 1000,
    ...given
  }
}
