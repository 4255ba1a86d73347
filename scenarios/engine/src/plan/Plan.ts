/**
 * A plan: one scenario file in one cell of its matrix, with every name resolved and every expression compiled.
 *
 * Plans are what backends run, `capstan plan` prints and seeds repeat. A plan does not depend on the seed.
 */
import type { Unstructured } from "@capstan/api"
import type { FaultDefinition } from "../faults/FaultCatalogue.ts"
import type { Expression } from "../language/Expression.ts"
import type {
  AwsGuardrails,
  Binding,
  ExpectationKind,
  ScenarioDocument,
  Target,
  World
} from "../language/ScenarioDocument.ts"
import type { PlannedBudget } from "../run/Budget.ts"
import type { Position, YamlDocument } from "../language/YamlSource.ts"

/** Values of the matrix axes of one cell, in the order of the file. Empty without a matrix. */
export type Cell = { readonly [axis: string]: string | number | boolean }

/** A manifest's object as sent to the API, and where it stands. */
export interface PlannedObject {
  readonly file: string
  readonly position: Position
  /** Where a field of it stands. */
  readonly positionOf: YamlDocument["positionOf"]
  readonly object: Unstructured & { readonly apiVersion: string; readonly kind: string }
}

export interface PlannedTarget extends Omit<Target, "where"> {
  readonly where?: Expression
}

export type PlannedAction =
  | {
      readonly _tag: "Fault"
      readonly fault: FaultDefinition
      readonly parameters: { readonly [key: string]: unknown }
      readonly target: PlannedTarget | undefined
      readonly forMillis: number | undefined
    }
  | { readonly _tag: "Heal"; readonly step: string }
  | { readonly _tag: "Wait"; readonly expression: Expression }
  | { readonly _tag: "Check"; readonly expression: Expression }
  | { readonly _tag: "Hold"; readonly millis: number }
  | { readonly _tag: "Mark"; readonly text: string }
  | { readonly _tag: "Apply"; readonly objects: ReadonlyArray<PlannedObject> }
  | {
      readonly _tag: "Patch"
      readonly reference: PlannedReference
      readonly type: "merge" | "json"
      readonly subresource: "status" | "scale" | undefined
      readonly value: unknown
    }
  | { readonly _tag: "Delete"; readonly reference: PlannedReference }
  | { readonly _tag: "Parallel"; readonly steps: ReadonlyArray<PlannedStep> }

export interface PlannedReference {
  readonly apiVersion: string | undefined
  readonly kind: string
  readonly name: string | undefined
  readonly namespace: string | undefined
  readonly from: string | undefined
}

export interface PlannedStep {
  /** Given in the file, or `step-3`, `step-3.1` by place. */
  readonly id: string
  readonly position: Position
  /** Virtual milliseconds after readiness before which the step does not begin. */
  readonly atMillis: number | undefined
  readonly when: Expression | undefined
  readonly timeoutMillis: number
  readonly action: PlannedAction
}

export interface PlannedExpectation {
  readonly id: string
  readonly kind: ExpectationKind
  readonly expression: Expression
  readonly position: Position
  /** `given.ready`, a step's id, or undefined for the very beginning. */
  readonly from: string | undefined
  readonly until: string | undefined
  readonly after: string | undefined
  readonly withinMillis: number | undefined
  readonly tolerateMillis: number
}

/** The guardrails for AWS accounts, with their expressions compiled. */
export interface PlannedAwsGuardrails extends Omit<AwsGuardrails, "maxDuration" | "stopWhen"> {
  readonly maxDurationMillis: number
  readonly stopWhen: ReadonlyArray<Expression>
}

export interface Plan {
  readonly file: string
  /** Where a part of the scenario stands. */
  readonly positionOf: YamlDocument["positionOf"]
  readonly name: string
  readonly description: string
  readonly labels: { readonly [name: string]: string }
  readonly cell: Cell
  readonly variables: { readonly [name: string]: unknown }
  readonly capabilities: ReadonlyArray<string>
  readonly seeds: ReadonlyArray<number>
  readonly timeouts: { readonly scenarioMillis: number; readonly stepMillis: number; readonly settleMillis: number }
  readonly world: World
  readonly objects: ReadonlyArray<PlannedObject>
  readonly ready: { readonly let: string; readonly is: string; readonly withinMillis: number } | undefined
  readonly bindings: { readonly [name: string]: Binding }
  readonly steps: ReadonlyArray<PlannedStep>
  readonly expectations: ReadonlyArray<PlannedExpectation>
  /** What is judged over the runs of all seeds. */
  readonly budgets: ReadonlyArray<PlannedBudget>
  readonly guardrails: { readonly aws: PlannedAwsGuardrails | undefined }
  /** What the plan was made from: the file's scenario with every template of this cell filled in. */
  readonly document: ScenarioDocument
}

/** Every step, nested ones after their parent, in the order of the file. */
export const allSteps = (steps: ReadonlyArray<PlannedStep>): ReadonlyArray<PlannedStep> =>
  steps.flatMap((step) => [step, ...(step.action._tag === "Parallel" ? allSteps(step.action.steps) : [])])

/** `zone=us-east-1b outage=45m`; empty without a matrix. */
export const formatCell = (cell: Cell): string =>
  Object.entries(cell)
    .map(([axis, value]) => `${axis}=${value}`)
    .join(" ")
