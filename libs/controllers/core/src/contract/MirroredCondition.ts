/**
 * Shows a provider's condition on the object that refers to it: copied when the provider reports it, made up from a
 * flag of the contract when it does not, Unknown when it makes no sense.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api util/conditions/mirror.go
 */
import type { ConditionStatement, ConditionStatus, KubernetesObject } from "@capstan/api"
import { listAt, textAt, valueAt } from "./ValueAt.ts"

/** A condition of a provider object, of either contract; `lastTransitionTime` may be missing. */
export interface ReadCondition {
  readonly status: ConditionStatus
  readonly reason: string | undefined
  readonly message: string
}

const isStatus = (value: unknown): value is ConditionStatus =>
  value === "True" || value === "False" || value === "Unknown"

/** The condition of a type; `invalid` when it has no proper status. */
export const readCondition = (object: KubernetesObject, type: string): ReadCondition | "invalid" | undefined => {
  const newer = valueAt(object, ["status", "v1beta2", "conditions"])
  const conditions = Array.isArray(newer) ? newer : listAt(object, ["status", "conditions"])
  const found: unknown = conditions.find((condition) => valueAt(condition, ["type"]) === type)
  if (found === undefined) return undefined
  const status = valueAt(found, ["status"])
  if (!isStatus(status)) return "invalid"
  return { status, reason: textAt(found, ["reason"]), message: textAt(found, ["message"]) ?? "" }
}

export interface MirrorOptions {
  /** The provider's condition, such as `Ready`. */
  readonly source: string
  /** Its name on our object, such as `InfrastructureReady`. */
  readonly target: string
  /** What the contract's flag says, for a provider without the condition. */
  readonly fallback: {
    readonly status: boolean
    readonly reasons: readonly [positive: string, negative: string]
    readonly message: string
  }
}

export const mirrorCondition = (object: KubernetesObject, options: MirrorOptions): ConditionStatement => {
  const { fallback, source, target } = options
  const [positive, negative] = fallback.reasons
  const condition = readCondition(object, source)
  if (condition === "invalid") {
    const message = `Condition ${source} of ${object.kind} has no valid status`
    return { type: target, status: "Unknown", reason: "InvalidConditionReported", message }
  }
  if (condition === undefined) {
    return {
      type: target,
      status: fallback.status ? "True" : "False",
      reason: fallback.status ? positive : negative,
      message: fallback.status ? "" : fallback.message
    }
  }
  const standard = condition.status === "True" ? positive : condition.status === "False" ? negative : "NotYetReported"
  return { type: target, status: condition.status, reason: condition.reason ?? standard, message: condition.message }
}
