/**
 * What is filled in of a MachineDeployment, and what it must be to be stored.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api/blob/main/internal/webhooks/machinedeployment.go
 */
import type { Admission, FieldError } from "../Kind.ts"
import { forbiddenField, invalidField, unless } from "../meta/FieldErrors.ts"
import { isEmptySelector } from "../meta/LabelSelector.ts"
import { checkIntOrPercent, percentOf } from "./IntOrPercent.ts"
import { Labels } from "./Labels.ts"
import type {
  MachineDeploymentBody,
  MachineDeploymentRolloutStrategy,
  MachineDeploymentSpec
} from "./MachineDeploymentBody.ts"
import { checkMachineOwner, withSelectedLabel, withTemplateVersionPrefix } from "./MachineSetAdmission.ts"
import { checkNameIsLabelValue, checkNaming, defaultReplicas, withClusterLabel } from "./TemplateRules.ts"

export const defaultMaxSurge = 1

export const defaultMaxUnavailable = 0

const defaultStrategy = (strategy: MachineDeploymentRolloutStrategy | undefined): MachineDeploymentRolloutStrategy => {
  if (strategy?.type === "OnDelete") return strategy
  const { maxSurge, maxUnavailable } = strategy?.rollingUpdate ?? {}
  if (strategy !== undefined && maxSurge !== undefined && maxUnavailable !== undefined) return strategy
  return {
    ...strategy,
    type: "RollingUpdate",
    rollingUpdate: { maxSurge: maxSurge ?? defaultMaxSurge, maxUnavailable: maxUnavailable ?? defaultMaxUnavailable }
  }
}

const withStrategy = (spec: MachineDeploymentSpec): MachineDeploymentSpec => {
  const strategy = defaultStrategy(spec.rollout?.strategy)
  return strategy === spec.rollout?.strategy ? spec : { ...spec, rollout: { ...spec.rollout, strategy } }
}

const isZero = (value: number | string | undefined): boolean =>
  value === 0 || (value !== undefined && percentOf(value) === 0)

const checkRollout = (spec: MachineDeploymentSpec): ReadonlyArray<FieldError> => {
  const field = "spec.rollout.strategy.rollingUpdate"
  const { maxSurge, maxUnavailable } = spec.rollout?.strategy?.rollingUpdate ?? {}
  return [
    ...checkIntOrPercent(maxSurge, `${field}.maxSurge`),
    ...checkIntOrPercent(maxUnavailable, `${field}.maxUnavailable`),
    ...unless(
      !(
        typeof maxSurge === "number" &&
        typeof maxUnavailable === "number" &&
        isZero(maxSurge) &&
        isZero(maxUnavailable)
      ),
      () =>
        invalidField(
          `${field}.maxUnavailable`,
          maxUnavailable,
          "cannot be 0 while maxSurge is 0, or nothing could move"
        )
    )
  ]
}

export const machineDeploymentAdmission: Admission<MachineDeploymentBody> = {
  default: (object, old) => {
    const { clusterName, replicas } = object.spec
    const counted: MachineDeploymentSpec =
      replicas === undefined ? { ...object.spec, replicas: defaultReplicas(object, old?.spec.replicas) } : object.spec
    const named = isEmptySelector(counted.selector)
      ? withSelectedLabel(counted, Labels.DeploymentName, object.metadata.name)
      : counted
    const clustered = withSelectedLabel(named, Labels.ClusterName, clusterName)
    const spec = withTemplateVersionPrefix(withStrategy(clustered))
    return withClusterLabel(spec === object.spec ? object : { ...object, spec })
  },
  validate: (object, old) => [
    ...checkNameIsLabelValue(object),
    ...checkMachineOwner(object.spec, old?.spec),
    ...unless((object.spec.replicas ?? 0) >= 0, () => forbiddenField("spec.replicas", "cannot be negative")),
    ...checkRollout(object.spec),
    ...checkIntOrPercent(object.spec.remediation?.maxInFlight, "spec.remediation.maxInFlight"),
    ...checkNaming(
      object.spec.machineNaming?.template,
      { "cluster.name": object.spec.clusterName, "machineSet.name": object.metadata.name },
      "spec.machineNaming.template"
    )
  ]
}
