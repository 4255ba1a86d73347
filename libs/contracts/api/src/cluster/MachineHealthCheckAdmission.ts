/**
 * What is filled in of a MachineHealthCheck, and what it must be to be stored.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api/blob/main/internal/webhooks/machinehealthcheck.go
 */
import type { Admission, FieldError } from "../Kind.ts"
import { invalidField, requiredField, unless } from "../meta/FieldErrors.ts"
import { isEmptySelector } from "../meta/LabelSelector.ts"
import { isQualifiedName } from "../meta/SafeNames.ts"
import { isIntOrPercent } from "./IntOrPercent.ts"
import { Labels } from "./Labels.ts"
import type { MachineHealthCheckBody, MachineHealthCheckSpec } from "./MachineHealthCheckBody.ts"
import { checkImmutable, withClusterLabel } from "./TemplateRules.ts"

export const defaultNodeStartupTimeoutSeconds = 600

/** A start-up timeout below this would replace machines that boot as they should; 0 switches the check off. */
export const minNodeStartupTimeoutSeconds = 30

const withDefaults = (spec: MachineHealthCheckSpec): MachineHealthCheckSpec => {
  const checked: MachineHealthCheckSpec =
    spec.checks?.nodeStartupTimeoutSeconds === undefined
      ? { ...spec, checks: { ...spec.checks, nodeStartupTimeoutSeconds: defaultNodeStartupTimeoutSeconds } }
      : spec
  const trigger = checked.remediation?.triggerIf
  if (trigger?.unhealthyLessThanOrEqualTo !== undefined || trigger?.unhealthyInRange !== undefined) return checked
  return { ...checked, remediation: { ...checked.remediation, triggerIf: { unhealthyLessThanOrEqualTo: "100%" } } }
}

/** The bounds in `[min-max]`, both inclusive; undefined when the text is none or the wrong way round. */
export const parseUnhealthyRange = (text: string): { readonly min: number; readonly max: number } | undefined => {
  const match = /^\[(\d+)-(\d+)\]$/.exec(text)
  if (match === null) return undefined
  const min = Number(match[1])
  const max = Number(match[2])
  return min <= max ? { min, max } : undefined
}

const operators = ["In", "NotIn", "Exists", "DoesNotExist"]

const checkSelector = (spec: MachineHealthCheckSpec): ReadonlyArray<FieldError> => {
  if (isEmptySelector(spec.selector)) return [requiredField("spec.selector", "must not be empty")]
  const named = spec.selector.matchLabels?.[Labels.ClusterName]
  return [
    ...unless(named === undefined || named === spec.clusterName, () =>
      invalidField("spec.selector", named, `must name the cluster ${spec.clusterName} or none`)
    ),
    ...Object.keys(spec.selector.matchLabels ?? {}).flatMap((key) =>
      unless(isQualifiedName(key), () => invalidField("spec.selector", key, "is not a valid label name"))
    ),
    ...(spec.selector.matchExpressions ?? []).flatMap((expression) => {
      const needsValues = expression.operator === "In" || expression.operator === "NotIn"
      return [
        ...unless(operators.includes(expression.operator), () =>
          invalidField("spec.selector", expression.operator, `must be one of ${operators.join(", ")}`)
        ),
        ...unless((expression.values ?? []).length > 0 === needsValues, () =>
          invalidField("spec.selector", expression, needsValues ? "needs values" : "takes no values")
        )
      ]
    })
  ]
}

const checkTrigger = (spec: MachineHealthCheckSpec): ReadonlyArray<FieldError> => {
  const field = "spec.remediation.triggerIf"
  const { unhealthyInRange, unhealthyLessThanOrEqualTo } = spec.remediation?.triggerIf ?? {}
  return [
    ...unless(unhealthyLessThanOrEqualTo === undefined || isIntOrPercent(unhealthyLessThanOrEqualTo), () =>
      invalidField(
        `${field}.unhealthyLessThanOrEqualTo`,
        unhealthyLessThanOrEqualTo,
        "must be a whole number of at least 0 or a percentage such as 40%"
      )
    ),
    ...unless(unhealthyInRange === undefined || parseUnhealthyRange(unhealthyInRange) !== undefined, () =>
      invalidField(
        `${field}.unhealthyInRange`,
        unhealthyInRange,
        "must be a range such as [1-3], the smaller bound first"
      )
    )
  ]
}

const checkStartup = (seconds: number | undefined): ReadonlyArray<FieldError> =>
  unless(seconds === undefined || seconds === 0 || seconds >= minNodeStartupTimeoutSeconds, () =>
    invalidField(
      "spec.checks.nodeStartupTimeoutSeconds",
      seconds,
      `must be at least ${minNodeStartupTimeoutSeconds}, or 0 to switch the check off`
    )
  )

export const machineHealthCheckAdmission: Admission<MachineHealthCheckBody> = {
  default: (object) => {
    const spec = withDefaults(object.spec)
    return withClusterLabel(spec === object.spec ? object : { ...object, spec })
  },
  validate: (object, old) => [
    ...checkImmutable(object.spec.clusterName, old?.spec.clusterName, "spec.clusterName"),
    ...checkSelector(object.spec),
    ...checkStartup(object.spec.checks?.nodeStartupTimeoutSeconds),
    ...checkTrigger(object.spec)
  ]
}
