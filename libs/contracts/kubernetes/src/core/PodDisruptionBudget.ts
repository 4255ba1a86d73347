/**
 * PodDisruptionBudget (policy/v1): how many Pods may be evicted at once. Its status is the server's to compute.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/pod-disruption-budget-v1/
 */
import {
  checkIntOrPercent,
  dictionary,
  type FieldError,
  int32,
  int64,
  IntOrString,
  invalidField,
  type KindObject,
  list,
  makeKind,
  type ObjectOf,
  percentOf,
  Timestamp,
  unless
} from "@capstan/api"
import { Schema } from "effect"
import { NativeCondition } from "./NativeCondition.ts"
import { openStruct } from "./OpenStruct.ts"

/** A label selector as a field of native kinds. */
export const Selector = openStruct({
  matchLabels: Schema.optionalKey(dictionary(Schema.String)),
  matchExpressions: Schema.optionalKey(
    list(
      openStruct({
        key: Schema.String,
        operator: Schema.Literals(["In", "NotIn", "Exists", "DoesNotExist"]),
        values: Schema.optionalKey(list(Schema.String))
      })
    )
  )
})

const Body = openStruct({
  spec: Schema.optionalKey(
    openStruct({
      /** A count, or a percentage of the expected Pods, rounded up. */
      minAvailable: Schema.optionalKey(IntOrString),
      /** A count, or a percentage of the expected Pods, rounded up. */
      maxUnavailable: Schema.optionalKey(IntOrString),
      selector: Schema.optionalKey(Selector),
      unhealthyPodEvictionPolicy: Schema.optionalKey(Schema.Literals(["IfHealthyBudget", "AlwaysAllow"]))
    })
  ),
  status: Schema.optionalKey(
    openStruct({
      observedGeneration: Schema.optionalKey(int64()),
      disruptedPods: Schema.optionalKey(dictionary(Timestamp)),
      disruptionsAllowed: int32(),
      currentHealthy: int32(),
      desiredHealthy: int32(),
      expectedPods: int32(),
      conditions: Schema.optionalKey(list(NativeCondition, { keys: ["type"] }))
    })
  )
})
type Body = typeof Body.Type

const checkLimit = (value: number | string | undefined, field: string): ReadonlyArray<FieldError> => [
  ...checkIntOrPercent(value, field),
  ...unless(value === undefined || (percentOf(value) ?? 0) <= 100, () =>
    invalidField(field, value, "must not be greater than 100%")
  )
]

const validate = ({ spec: { maxUnavailable, minAvailable } = {} }: ObjectOf<Body>): ReadonlyArray<FieldError> => [
  ...unless(minAvailable === undefined || maxUnavailable === undefined, () => ({
    field: "spec",
    reason: "FieldValueInvalid",
    message: "Invalid value: minAvailable and maxUnavailable cannot be both set"
  })),
  ...checkLimit(minAvailable, "spec.minAvailable"),
  ...checkLimit(maxUnavailable, "spec.maxUnavailable")
]

export const PodDisruptionBudget = makeKind({
  group: "policy",
  kind: "PodDisruptionBudget",
  version: "v1",
  schema: Body,
  shortNames: ["pdb"],
  admission: { validate }
})
export type PodDisruptionBudget = KindObject<typeof PodDisruptionBudget>
