/**
 * What a backend offers to a run: time, objects, faults and a view of the world. The simulator is one stage; a real
 * account is another. Everything here is synchronous and level-based: a run looks at the stage when something
 * changed or a time it asked for has come. What takes time in a real world goes on beside the run, and is asked after.
 */
import type { Scene, Victim } from "../language/Expression.ts"
import type { Binding } from "../language/ScenarioDocument.ts"
import type { PlannedAction, PlannedObject, PlannedReference } from "../plan/Plan.ts"

export type FaultAction = Extract<PlannedAction, { readonly _tag: "Fault" }>
export type PatchAction = Extract<PlannedAction, { readonly _tag: "Patch" }>

/** Undefined when it was done; otherwise why not, in the API's or the cloud's own words. */
export type Refusal = string | undefined

/** An act that goes on while the run does. Whoever does it says when it is done, and that something has changed. */
export interface Underway {
  done: boolean
  refusal: Refusal
}

/** How an act went: done, refused, or not over yet. */
export type Outcome = Refusal | Underway

/** Why an act was refused; undefined when it was not, or is still going on. */
export const refusalOf = (outcome: Outcome): Refusal => (typeof outcome === "object" ? outcome.refusal : outcome)

/** Whether an act is still going on. */
export const isUnderway = (outcome: Outcome): boolean => typeof outcome === "object" && !outcome.done

export interface Stage {
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Asks to be looked at again at this time. */
  readonly wakeAt: (epochMillis: number) => void
  /** The members of a binding, as they are now. */
  readonly members: (binding: Binding) => ReadonlyArray<unknown>
  readonly apply: (object: PlannedObject) => Outcome
  readonly patch: (action: PatchAction, name: string, namespace: string | undefined) => Outcome
  readonly delete: (reference: PlannedReference, name: string, namespace: string | undefined) => Outcome
  /** Begins a fault; `victims` are the picked targets, as the binding gave them. */
  readonly inject: (step: string, action: FaultAction, targets: ReadonlyArray<unknown>) => Outcome
  /** Ends a fault; nothing happens when it has ended. */
  readonly heal: (step: string) => void
  readonly faultEnded: (step: string) => boolean
  readonly victims: (step: string) => ReadonlyArray<Victim>
  /** The parts of a scene that only the backend knows. */
  readonly observe: Pick<Scene, "etcd" | "instancesOf" | "workload" | "calls">
  /** Writes a line of the story into the trace; answers with its number. */
  readonly note: (kind: string, data: { readonly [key: string]: unknown }) => number
  /** Does something as the effect of an event of the trace; just does it where the stage knows no causes. */
  readonly causedBy?: <A>(cause: number, act: () => A) => A
  /** A number below `n`, from the scenario's own random stream. */
  readonly draw: (n: number) => number
}
