/**
 * Which of a deployment's MachineSets is the current one: found by content, never by hash. Pure.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machinedeployment/mdutil
 */
import type { MachineDeployment, MachineSet } from "@capstan/api"
import { parseTimestamp } from "@capstan/runtime"
import { differences } from "./TemplateComparison.ts"

export interface SortedMachineSets {
  readonly current: MachineSet | undefined
  /** Oldest first. */
  readonly outdated: ReadonlyArray<MachineSet>
}

const createdMillis = (set: MachineSet): number => parseTimestamp(set.metadata.creationTimestamp) ?? 0

const byName = (a: MachineSet, b: MachineSet): number =>
  a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0

export const sortMachineSets = (
  deployment: MachineDeployment,
  sets: ReadonlyArray<MachineSet>,
  nowMillis: number
): SortedMachineSets => {
  const after = parseTimestamp(deployment.spec.rollout?.after)
  const matching = sets.filter((set) => differences(set.spec.template.spec, deployment.spec.template.spec).length === 0)
  const byAge = (a: MachineSet, b: MachineSet): number => createdMillis(a) - createdMillis(b) || byName(a, b)
  const expired = after !== undefined && nowMillis >= after
  const current = expired
    ? matching.filter((set) => createdMillis(set) >= after).sort(byAge)[0]
    : matching.sort((a, b) => (b.spec.replicas ?? 0) - (a.spec.replicas ?? 0) || byAge(a, b))[0]
  return { current, outdated: sets.filter((set) => set !== current).sort(byAge) }
}
