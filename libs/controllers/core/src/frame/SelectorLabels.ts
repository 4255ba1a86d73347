/**
 * A selector as a map of labels, as MachineSets and MachineDeployments read theirs: exact labels and `In` with one
 * value. Everything else admission lets through is refused here. Pure.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machineset/machineset_controller.go
 */
import type { LabelSelector, StringMap } from "@capstan/api"

export type SelectorLabels =
  | { readonly _tag: "Labels"; readonly labels: StringMap }
  | { readonly _tag: "Refused"; readonly message: string }

export const selectorLabels = (selector: LabelSelector): SelectorLabels => {
  const labels: { [key: string]: string } = { ...selector.matchLabels }
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const [value] = values ?? []
    if (operator !== "In" || value === undefined || values?.length !== 1) {
      return { _tag: "Refused", message: `selector: ${operator} on ${key} cannot be read as a label` }
    }
    labels[key] = value
  }
  return { _tag: "Labels", labels }
}
