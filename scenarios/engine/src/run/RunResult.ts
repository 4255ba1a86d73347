/** What a run came to: a verdict, each expectation's and each invariant's share in it, and figures. Data. */
import type { Plan } from "../plan/Plan.ts"
import type { Measure } from "./Budget.ts"

export interface ExpectationResult {
  readonly id: string
  readonly kind: string
  readonly text: string
  readonly line: number
  readonly column: number
  readonly status: "met" | "violated" | "seen" | "not-seen"
  /** Virtual milliseconds from the start; undefined when it was never decided. */
  readonly atMillis: number | undefined
  readonly message: string | undefined
}

export interface InvariantResult {
  readonly id: string
  readonly rule: string
  readonly violations: ReadonlyArray<{ readonly atMillis: number; readonly message: string }>
}

/** Why the run failed as a whole, if not by an expectation or invariant. */
export interface RunProblem {
  readonly kind: "given" | "ready" | "step" | "timeout" | "settle" | "defect"
  readonly atMillis: number
  readonly message: string
  /** What it was waiting for. */
  readonly waitingFor: ReadonlyArray<string>
}

export interface WorkloadResult {
  readonly name: string
  readonly belowBudgetSeconds: number
}

export interface RunStatistics {
  readonly events: number
  readonly reconciles: number
  readonly apiWrites: number
  /** Cloud calls by `service.operation`. */
  readonly cloudCalls: { readonly [operation: string]: number }
  readonly cloudErrors: { readonly [code: string]: number }
  readonly workloads: ReadonlyArray<WorkloadResult>
}

export interface RunResult {
  readonly plan: Plan
  readonly seed: number
  readonly passed: boolean
  readonly problem: RunProblem | undefined
  readonly expectations: ReadonlyArray<ExpectationResult>
  readonly invariants: ReadonlyArray<InvariantResult>
  /** What this run adds to the scenario's budgets, in the order of the file. */
  readonly measures: ReadonlyArray<Measure>
  /** Virtual milliseconds from start to readiness, undefined when it never came. */
  readonly readyMillis: number | undefined
  readonly virtualMillis: number
  readonly traceHash: string
  readonly statistics: RunStatistics
}
