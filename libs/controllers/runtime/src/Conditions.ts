/** Puts statements into the conditions of an object of any of Cluster API's kinds. Pure. */
import {
  type Condition,
  type ConditionStatement,
  type KubernetesObject,
  removeConditions,
  setCondition
} from "@capstan/api"
import type { Now } from "./Timestamp.ts"

/** What every kind of Cluster API has: conditions and the generation that the last good reconcile saw. */
export interface Reporting extends KubernetesObject {
  readonly status?: {
    readonly conditions?: ReadonlyArray<Condition>
    readonly observedGeneration?: number
  }
}

/** Conditions after all statements; each says which generation it is about. The same array when nothing changes. */
const stateAll = (
  object: Reporting,
  statements: ReadonlyArray<ConditionStatement>,
  now: Now
): ReadonlyArray<Condition> => {
  const generation = object.metadata.generation
  return statements.reduce<ReadonlyArray<Condition>>(
    (conditions, statement) =>
      setCondition(
        conditions,
        generation === undefined ? statement : { ...statement, observedGeneration: generation },
        now.timestamp
      ),
    object.status?.conditions ?? []
  )
}

/** The object with its conditions stated; the same reference when nothing changes. */
export const withConditions = <A extends Reporting>(
  object: A,
  statements: ReadonlyArray<ConditionStatement>,
  now: Now,
  removed: ReadonlyArray<string> = []
): A => {
  const conditions = removeConditions(stateAll(object, statements, now), removed)
  const before = object.status?.conditions ?? []
  return conditions === before ? object : { ...object, status: { ...object.status, conditions } }
}

/** What is going on, and what stands in its way, a line each. */
export const withBlockers = (what: string, blockers: ReadonlyArray<string>): string =>
  blockers.length === 0
    ? what
    : [`${what} is blocked because:`, ...blockers.map((blocker) => `* ${blocker}`)].join("\n")
