/**
 * Conditions: what a controller says of an object, one entry a type.
 *
 * `lastTransitionTime` moves only when the status does (v1beta2) so that an unchanged verdict is
 * an unchanged object. Providers on the older contract also carry a severity.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/overview
 */
export type ConditionStatus = "True" | "False" | "Unknown"

/** A condition as `metav1.Condition` has it. */
export interface Condition {
  readonly type: string
  readonly status: ConditionStatus
  readonly reason: string
  readonly message: string
  readonly lastTransitionTime: string
  readonly observedGeneration?: number
}

/** A condition of the v1beta1 contract: no reason while True, a severity while False. */
export interface LegacyCondition {
  readonly type: string
  readonly status: ConditionStatus
  readonly severity?: "Error" | "Warning" | "Info" | ""
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime: string
}

/** What a caller states; the time is added by `setCondition`. */
export type ConditionStatement<C extends Condition | LegacyCondition = Condition> = Omit<C, "lastTransitionTime">

type AnyCondition = Condition | LegacyCondition

/** A plain loop: nothing else is asked as often, and `find` is slow on frozen lists. */
export const findCondition = <C extends AnyCondition>(
  conditions: ReadonlyArray<C> | undefined,
  type: string
): C | undefined => {
  if (conditions === undefined) return undefined
  for (let index = 0; index < conditions.length; index++) {
    const condition = conditions[index]
    if (condition?.type === type) return condition
  }
  return undefined
}

export const isTrue = (conditions: ReadonlyArray<AnyCondition> | undefined, type: string): boolean =>
  findCondition(conditions, type)?.status === "True"

export const isFalse = (conditions: ReadonlyArray<AnyCondition> | undefined, type: string): boolean =>
  findCondition(conditions, type)?.status === "False"

const sameStatement = (a: AnyCondition, b: ConditionStatement<AnyCondition>): boolean =>
  a.status === b.status &&
  a.reason === b.reason &&
  a.message === b.message &&
  ("severity" in a ? a.severity : undefined) === ("severity" in b ? b.severity : undefined) &&
  ("observedGeneration" in a ? a.observedGeneration : undefined) ===
    ("observedGeneration" in b ? b.observedGeneration : undefined)

/**
 * The conditions with one statement put in. The very same array comes back when nothing changes.
 *
 * @param now RFC 3339; used when the statement is new or its status differs from the one before.
 */
export const setCondition = <C extends AnyCondition>(
  conditions: ReadonlyArray<C> | undefined,
  statement: ConditionStatement<C>,
  now: string
): ReadonlyArray<C> => {
  const before = conditions ?? []
  const earlier = findCondition(before, statement.type)
  if (earlier !== undefined && sameStatement(earlier, statement)) return before
  const lastTransitionTime = earlier?.status === statement.status ? earlier.lastTransitionTime : now
  const next = { ...statement, lastTransitionTime } as unknown as C
  return earlier === undefined ? [...before, next] : before.with(before.indexOf(earlier), next)
}

/** The conditions without those of the given types; the same array when none is there. */
export const removeConditions = <C extends AnyCondition>(
  conditions: ReadonlyArray<C> | undefined,
  types: ReadonlyArray<string>
): ReadonlyArray<C> => {
  const before = conditions ?? []
  return before.some((condition) => types.includes(condition.type))
    ? before.filter((condition) => !types.includes(condition.type))
    : before
}
