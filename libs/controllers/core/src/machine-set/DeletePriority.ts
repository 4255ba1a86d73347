/**
 * Which Machines go first when a set shrinks: one list for all reasons. Pure.
 *
 * Machines that are going already come first, so that no further one is deleted while they do. "Random" is no chance at
 * all: equal priorities are decided by name.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machineset/machineset_delete_policy.go
 */
import { Annotations, isDeleting, type Machine, MachineCondition, type MachineSetDeletion } from "@capstan/api"
import { hasAnnotation, parseTimestamp } from "@capstan/runtime"
import { hasFalse } from "../frame/Conditions.ts"

export type DeletionOrder = NonNullable<MachineSetDeletion["order"]>

const mustDelete = 100
const shouldDelete = 80
const betterDelete = 50
const couldDelete = 20

/** Ten days: the age at which "oldest" has lost most of its edge. */
const ageScaleSeconds = 864_000

/** 0 to 100; higher goes first. */
export const deletePriority = (machine: Machine, order: DeletionOrder, nowMillis: number): number => {
  if (isDeleting(machine)) return mustDelete
  if (hasAnnotation(machine, Annotations.DeleteMachine)) return shouldDelete
  if (isUnhealthy(machine)) return betterDelete
  if (order === "Random") return couldDelete
  const ageSeconds = (nowMillis - (parseTimestamp(machine.metadata.creationTimestamp) ?? nowMillis)) / 1000
  const oldest = ageSeconds <= 0 ? 0 : betterDelete * (1 - Math.exp(-ageSeconds / ageScaleSeconds))
  return order === "Oldest" ? oldest : betterDelete - oldest
}

const isUnhealthy = (machine: Machine): boolean =>
  machine.status?.nodeRef === undefined ||
  hasFalse(machine, MachineCondition.NodeHealthy) ||
  hasFalse(machine, MachineCondition.HealthCheckSucceeded)

/** The `count` Machines that go first; some of them may be going already. */
export const machinesToDelete = (
  machines: ReadonlyArray<Machine>,
  options: { readonly order: DeletionOrder; readonly count: number; readonly nowMillis: number }
): ReadonlyArray<Machine> =>
  machines
    .map((machine) => ({ machine, priority: deletePriority(machine, options.order, options.nowMillis) }))
    .sort((a, b) => b.priority - a.priority || (a.machine.metadata.name < b.machine.metadata.name ? -1 : 1))
    .slice(0, Math.max(options.count, 0))
    .map(({ machine }) => machine)
