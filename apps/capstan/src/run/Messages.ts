/**
 * What the command line and its worker threads say to each other. All of it can be cloned: plans, which hold compiled expressions,
 * stay in the thread that made them and are named by file and place.
 */
import type { Diagnostic, ObjectHistory, Plan, RunResult, ScenarioDocument, SweepFamily } from "@capstan/engine/text"
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
export interface PlanSummary extends Pick<Plan, "name" | "description" | "labels" | "cell" | "seeds" | "budgets"> {
  readonly plan: PlanName
  /** A hash over the scenario in its cell and its manifests: what is the same has the same one on every machine. */
  readonly fingerprint: string
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
  /** What the run worked with gave out, such as an emulator: no defect of ours, and nothing that the scenario can be blamed for. */
  readonly outside?: true
}

export interface RunAnswer {
  readonly result: PlainResult | undefined
  readonly defect: Defect | undefined
  /** The trace's hash when the same run was done again to find its causes and came out differently. */
  readonly otherHash: string | undefined
  /** What became of the objects, when it was asked for. */
  readonly history?: ObjectHistory
  /** Of a perturbed run: where it differs from the undisturbed one, as sentences. */
  readonly differences?: ReadonlyArray<string>
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
  /** The manifests that the file names, absolute. */
  readonly manifests: ReadonlyArray<string>
}

/** What can be tried of a family, by name and in the order of the run, and how much cannot matter. */
export interface FamilySurvey {
  readonly family: SweepFamily
  readonly perturbations: ReadonlyArray<string>
  readonly pruned: number
}

export interface ReplayAnswer extends RunAnswer {
  /** The objects as they were at `untilMillis`, as a tree. */
  readonly tree: string | undefined
  /** Why the trace could not be written. */
  readonly traceProblem: string | undefined
  /** Why there was no run: what was to go wrong is not in it. */
  readonly notReached?: string
}

/** A scenario that no file holds, and where it would stand: its manifests are found from there. */
export interface LooseScenario {
  readonly document: ScenarioDocument
  /** Absolute. */
  readonly path: string
  readonly shown: string
}

export interface ExploreAnswer {
  /** Why it failed, the gravest first; empty when it passed. */
  readonly reasons: ReadonlyArray<string>
  /** What the gravest came from, in a sentence. */
  readonly detail: string | undefined
  /** The states that the run has been in. */
  readonly states: ReadonlyArray<string>
  readonly virtualMillis: number
}

export interface ShrinkAnswer {
  /** The smallest scenario that was found, with its seed; undefined when the run does not fail for the reason at all. */
  readonly shrunk: { readonly document: ScenarioDocument; readonly seed: number; readonly minimal: boolean } | undefined
  readonly reason: string | undefined
  readonly detail: string | undefined
  readonly tries: number
  /** Steps before. */
  readonly steps: number
  readonly wallMillis: number
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
      /** The name of what goes wrong; nothing without one. */
      readonly perturbation?: string
      /** Whether to answer with the trace as a report carries it. */
      readonly pack?: boolean
    }
    readonly answer: RunAnswer
  }
  /** Does the undisturbed run, and says what could go wrong in it; nothing when it fails by itself. */
  readonly Survey: {
    readonly ask: { readonly plan: PlanName; readonly seed: number; readonly families: ReadonlyArray<SweepFamily> }
    readonly answer: ReadonlyArray<FamilySurvey>
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
      readonly perturbation: string | undefined
      readonly untilMillis: number | undefined
      readonly traceFile: string | undefined
      readonly pack: boolean
    }
    readonly answer: ReplayAnswer
  }
  /** Runs a scenario that was made up, up to its first violation. */
  readonly Explore: {
    readonly ask: { readonly scenario: LooseScenario; readonly seed: number }
    readonly answer: ExploreAnswer
  }
  /** Makes a failing scenario as small as it can be within so many real milliseconds. */
  readonly Shrink: {
    readonly ask: {
      readonly scenario: PlanName | LooseScenario
      readonly seed: number
      /** One of `failureReasons`; the gravest one when absent. */
      readonly reason?: string
      readonly millisMax: number
    }
    readonly answer: ShrinkAnswer
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
