/** Puts statements into the conditions of an object of any of Cluster API's kinds. Pure. */
import {
  type Condition,
  type ConditionStatement,
  findCondition,
  type KubernetesObject,
  removeConditions,
  setCondition
} from "@capstan/api"
import type { Now } from "./Now.ts"

/** What every kind here has: conditions and the generation that the last good reconcile saw. */
export interface Reporting extends KubernetesObject {
  readonly status?: {
    readonly conditions?: ReadonlyArray<Condition>
    readonly observedGeneration?: number
  }
}

/** Conditions after all statements; each says which generation it is about. The same array when nothing changes. */
export const stateAll = (
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

/** The object with the generation that this reconcile has dealt with. */
export const withObservedGeneration = <A extends Reporting>(object: A): A => {
  const generation = object.metadata.generation
  return generation === undefined || object.status?.observedGeneration === generation
    ? object
    : { ...object, status: { ...object.status, observedGeneration: generation } }
}

export const conditionOf = (object: Reporting | undefined, type: string): Condition | undefined =>
  findCondition(object?.status?.conditions, type)

export const hasTrue = (object: Reporting | undefined, type: string): boolean =>
  conditionOf(object, type)?.status === "True"

export const hasFalse = (object: Reporting | undefined, type: string): boolean =>
  conditionOf(object, type)?.status === "False"
