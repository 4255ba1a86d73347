/** Conditions of Cluster API's kinds: stating them, and asking what they say. Pure. */
import {
  aggregateCondition,
  type Condition,
  type ConditionStatement,
  findCondition,
  type Machine,
  type WeightedReasons
} from "@capstan/api"
import type { Reporting } from "@capstan/runtime"

export const statement = (
  type: string,
  status: ConditionStatement["status"],
  reason: string,
  message = ""
): ConditionStatement => ({ type, status, reason, message })

/** What one condition of all these Machines comes to; `noReplicas` is the reason while there is none. */
export const aggregated = (options: {
  readonly type: string
  readonly of: string
  readonly objects: ReadonlyArray<Machine>
  readonly reasons: WeightedReasons & { readonly noReplicas: string }
}): ConditionStatement =>
  options.objects.length === 0
    ? statement(options.type, "True", options.reasons.noReplicas)
    : aggregateCondition(options)

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
