/** What conditions of any of Cluster API's kinds say. Pure. */
import { type Condition, findCondition } from "@capstan/api"
import type { Reporting } from "@capstan/runtime"

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
