/**
 * Label selectors as Kubernetes evaluates them. Pure.
 *
 * @source https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
import type { StringMap } from "./ObjectMeta.ts"

export interface LabelSelectorRequirement {
  readonly key: string
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist"
  readonly values?: ReadonlyArray<string>
}

export interface LabelSelector {
  readonly matchLabels?: StringMap
  readonly matchExpressions?: ReadonlyArray<LabelSelectorRequirement>
}

const meets = (requirement: LabelSelectorRequirement, labels: StringMap): boolean => {
  const value = labels[requirement.key]
  switch (requirement.operator) {
    case "In":
      return value !== undefined && requirement.values?.includes(value) === true
    case "NotIn":
      return value === undefined || requirement.values?.includes(value) !== true
    case "Exists":
      return value !== undefined
    case "DoesNotExist":
      return value === undefined
  }
}

/** Whether the labels meet every requirement. An empty selector matches everything. */
export const matches = (selector: LabelSelector, labels: StringMap | undefined): boolean => {
  const present = labels ?? {}
  for (const key in selector.matchLabels) {
    if (present[key] !== selector.matchLabels[key]) return false
  }
  return selector.matchExpressions?.every((requirement) => meets(requirement, present)) ?? true
}

export const isEmptySelector = (selector: LabelSelector | undefined): boolean =>
  Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0

const formatRequirement = ({ key, operator, values }: LabelSelectorRequirement): string => {
  switch (operator) {
    case "In":
      return `${key} in (${[...(values ?? [])].sort().join(",")})`
    case "NotIn":
      return `${key} notin (${[...(values ?? [])].sort().join(",")})`
    case "Exists":
      return key
    case "DoesNotExist":
      return `!${key}`
  }
}

/** The selector in the form of the `labelSelector` query parameter and of `status.selector`. */
export const formatSelector = (selector: LabelSelector): string =>
  [
    ...Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`),
    ...(selector.matchExpressions ?? []).map(formatRequirement)
  ]
    .sort()
    .join(",")
