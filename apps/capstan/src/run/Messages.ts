/**
 * What the command line and its worker threads say to each other. All of it can be cloned: plans, which hold compiled expressions,
 * stay in the thread that made them and are named by file and place.
 */
import type { Diagnostic, ObjectHistory, Plan, RunResult } from "@capstan/engine/text"
import type { PackedTrace } from "@capstan/report"
import type { Assignments } from "../input/Assignments.ts"

/** A scenario file and the values that were given for its variables. */
export interface ScenarioInput {
  /** Absolute. */
  readonly path: string
  /** As messages and replay lines show it. */
  readonly shown: string
  readonly variables: Assignments
}

/** One plan of a file: scenario by scenario, cell by cell. */
export interface PlanName {
  readonly input: ScenarioInput
  readonly index: number
}

/** What the command line needs to know of a plan. */
export interface PlanSummary extends Pick<Plan, "name" | "description" | "cell" | "seeds"> {
  readonly plan: PlanName
  /** Whether its file holds no other scenario. */
  readonly alone: boolean
  /** Capabilities that the backend lacks. */
  readonly lacking: ReadonlyArray<string>
}

export type PlainResult = Omit<RunResult, "plan">

/** What a plan runs on. */
export const backendNames = ["sim", "emulated"] as const
export type BackendName = (typeof backendNames)[number]

/** An emulator of AWS, and the clock of the runs on it. */
export interface Emulator {
  /** Where it listens, such as `http://127.0.0.1:5000`. */
  readonly endpoint: string
  /** Virtual seconds in a real one. */
  readonly speed: number
}

/** A line of what led to a failure. */
export interface Cause {
  readonly atMillis: number
  readonly text: string
}

/** A failure of our own, not of the scenario. */
export interface Defect {
  readonly message: string
  readonly stack: string | undefined
  readonly atMillis: number | undefined
}

export interface RunAnswer {
  readonly result: PlainResult | undefined
  readonly defect: Defect | undefined
  /** The trace's hash when the same run was done again to find its causes and came out differently. */
  readonly otherHash: string | undefined
  /** What became of the objects, when it was asked for. */
  readonly history?: ObjectHistory
  /** The trace as a report carries it, without secrets, when it was asked for. */
  readonly packedTrace?: PackedTrace
  /** Real milliseconds. */
  readonly wallMillis: number
  /** What came before each failed expectation, violated invariant (by id) and the run's problem (`problem`). */
  readonly causes: { readonly [id: string]: ReadonlyArray<Cause> }
}

export interface LoadAnswer {
  readonly diagnostics: ReadonlyArray<Diagnostic>
  readonly plans: ReadonlyArray<PlanSummary>
}

export interface ReplayAnswer extends RunAnswer {
  /** The objects as they were at `untilMillis`, as a tree. */
  readonly tree: string | undefined
  /** Why the trace could not be written. */
  readonly traceProblem: string | undefined
}

/** Requests and their answers, by name. */
export interface Exchanges {
  /** Reads a file and checks all of it, manifests included. */
  readonly Load: {
    readonly ask: { readonly input: ScenarioInput; readonly backend?: BackendName }
    readonly answer: LoadAnswer
  }
  /** Runs a plan with a seed, and tells its story while it runs when asked to. With `keep`, the trace's events stay in the thread under that number. */
  readonly Run: {
    readonly ask: {
      readonly plan: PlanName
      readonly seed: number
      readonly story: boolean
      readonly keep?: number
      /** The emulator to run against; a simulation without one. */
      readonly emulator?: Emulator
      /** Whether to tell what became of the objects. */
      readonly history?: boolean
      /** Whether to answer with the trace as a report carries it. */
      readonly pack?: boolean
    }
    readonly answer: RunAnswer
  }
  /** Looks whether an emulator can carry a plan: a sentence when it cannot. */
  readonly Reach: {
    readonly ask: { readonly plan: PlanName; readonly emulator: Emulator }
    readonly answer: string | undefined
  }
  /** Runs a plan with a seed and tells its story, up to `untilMillis` if that is given. */
  readonly Replay: {
    readonly ask: {
      readonly plan: PlanName
      readonly seed: number
      readonly untilMillis: number | undefined
      readonly traceFile: string | undefined
      readonly pack: boolean
    }
    readonly answer: ReplayAnswer
  }
  /** What the plan would do, line by line. */
  readonly Preview: { readonly ask: { readonly plan: PlanName }; readonly answer: ReadonlyArray<string> }
  /** The lines of a trace that was kept. */
  readonly Trace: { readonly ask: { readonly keep: number }; readonly answer: ReadonlyArray<string> }
  readonly Forget: { readonly ask: { readonly keep: number }; readonly answer: undefined }
}

export type ExchangeName = keyof Exchanges

/** A request as it is posted. */
export type Request = {
  [Name in ExchangeName]: { readonly id: number; readonly name: Name; readonly ask: Exchanges[Name]["ask"] }
}[ExchangeName]

/** Lines of a run's story, in their order: what a thread says before its answer. */
export type Tell = (lines: ReadonlyArray<string>) => void

/** Posted while a request is being worked on. */
export interface Telling {
  readonly id: number
  readonly told: ReadonlyArray<string>
}

/** What comes back: the answer, or what was thrown instead. */
export interface Reply {
  readonly id: number
  readonly answer?: unknown
  readonly thrown?: Defect
}
