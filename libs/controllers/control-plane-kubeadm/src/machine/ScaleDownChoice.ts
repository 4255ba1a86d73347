/**
 * Which Machine goes when the control plane has one too many. Pure.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controlplane/kubeadm/internal/controllers/scale.go
 */
import { Annotations } from "@capstan/api"
import { hasAnnotation } from "@capstan/runtime"
import {
  byAge,
  componentsOf,
  type ControlPlaneFacts,
  type ControlPlaneMachine,
  hasAll,
  isUpToDate
} from "../ControlPlaneFacts.ts"
import { controlPlaneDomains, inFullestDomain } from "./FailureDomains.ts"

/** The oldest of the fullest failure domain of the most urgent class; undefined when there is no Machine at all. */
export const machineToScaleDown = (
  facts: Pick<ControlPlaneFacts, "cluster" | "controlPlane" | "machines">
): ControlPlaneMachine | undefined => {
  const { cluster, controlPlane, machines } = facts
  const components = componentsOf(controlPlane)
  const isOutdated = (each: ControlPlaneMachine): boolean => !isUpToDate(each)
  const isMarked = ({ machine }: ControlPlaneMachine): boolean => hasAnnotation(machine, Annotations.DeleteMachine)
  const isUnhealthy = ({ machine }: ControlPlaneMachine): boolean => !hasAll(machine, components)
  const classes = [
    machines.filter((each) => isOutdated(each) && isMarked(each)),
    machines.filter(isMarked),
    machines.filter((each) => isOutdated(each) && isUnhealthy(each)),
    machines.filter(isOutdated),
    machines
  ]
  const eligible = classes.find((list) => list.length > 0) ?? []
  return inFullestDomain(controlPlaneDomains(cluster), machines, eligible).toSorted((a, b) =>
    byAge(a.machine, b.machine)
  )[0]
}
