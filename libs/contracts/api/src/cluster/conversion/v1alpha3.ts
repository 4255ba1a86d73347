/**
 * What v1alpha3 had that later versions have not: brought to the fields of v1beta1, whose table then applies.
 *
 * Dropped: inline bootstrap data, template metadata besides labels and annotations, the version in a Machine's status.
 * A Cluster that says `controlPlaneInitialized` stays initialized; no condition is made up for it.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/migrations/v1alpha3-to-v1alpha4
 */
import type { Unstructured } from "../../Kind.ts"
import { getAt, isJsonObject, mapAt, removeAt, setAt } from "../../conversion/JsonPath.ts"

/** Template metadata with labels and annotations alone. */
export const plainTemplateMeta = (value: unknown): unknown =>
  isJsonObject(value)
    ? {
        ...(value.labels === undefined ? {} : { labels: value.labels }),
        ...(value.annotations === undefined ? {} : { annotations: value.annotations })
      }
    : value

/** A whole number that was written as text counted as a percentage. */
const percentage = (value: unknown): unknown => (typeof value === "string" && /^\d+$/.test(value) ? `${value}%` : value)

export const oldCluster = (object: Unstructured): Unstructured => {
  const initialized = getAt(object, "status.controlPlaneInitialized")
  const without = removeAt(object, "status.controlPlaneInitialized")
  return initialized === true ? setAt(without, "status.controlPlaneReady", true) : without
}

export const oldMachine = (object: Unstructured): Unstructured =>
  mapAt(removeAt(object, "status.version"), "spec.bootstrap", withoutInlineData)

const withoutInlineData = (value: unknown): unknown => {
  if (!isJsonObject(value)) return value
  const { data: _data, ...rest } = value
  return rest
}

/** MachineSets and MachineDeployments. */
export const oldMachineOwner = (object: Unstructured): Unstructured =>
  [
    ["spec.template.metadata", plainTemplateMeta] as const,
    ["spec.template.spec.bootstrap", withoutInlineData] as const,
    ["spec.strategy.rollingUpdate.maxSurge", percentage] as const,
    ["spec.strategy.rollingUpdate.maxUnavailable", percentage] as const
  ].reduce((result, [path, change]) => mapAt(result, path, change), object)

export const oldMachineHealthCheck = (object: Unstructured): Unstructured =>
  mapAt(object, "spec.maxUnhealthy", percentage)
