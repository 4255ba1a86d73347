/** I5: machines are created up to what is wanted and its surge, never without bound. */
import {
  controllerOf,
  isDeleting,
  KubeadmControlPlane,
  type KubernetesObject,
  Labels,
  Machine,
  MachineDeployment,
  MachineSet,
  resolveIntOrPercent
} from "@capstan/api"
import { defineInvariant, type WorldView } from "./Invariant.ts"

/** How many Machines the owner of a new Machine may have at a time, those that are being deleted left out. */
const limitFor = (
  view: WorldView,
  machine: KubernetesObject
): { readonly owner: string; readonly limit: number; readonly count: number } | undefined => {
  const machines = view.objects(Machine).filter((candidate) => !isDeleting(candidate))
  const label = (name: string) => machine.metadata.labels?.[name]
  const having = (name: string, value: string | undefined) =>
    machines.filter((candidate) => candidate.metadata.labels?.[name] === value).length
  const inCluster = (object: KubernetesObject) => object.metadata.namespace === machine.metadata.namespace

  const controlPlaneName = label(Labels.ControlPlaneName)
  const controlPlane = view
    .objects(KubeadmControlPlane)
    .filter(inCluster)
    .find((each) => each.metadata.name === controlPlaneName) as KubeadmControlPlane | undefined
  if (controlPlane !== undefined) {
    const surge = Number(controlPlane.spec.rollout?.strategy?.rollingUpdate?.maxSurge ?? 1)
    return {
      owner: `KubeadmControlPlane ${controlPlane.metadata.name}`,
      limit: (controlPlane.spec.replicas ?? 1) + surge,
      count: having(Labels.ControlPlaneName, controlPlaneName)
    }
  }
  const deploymentName = label(Labels.DeploymentName)
  const deployment = view
    .objects(MachineDeployment)
    .filter(inCluster)
    .find((each) => each.metadata.name === deploymentName) as MachineDeployment | undefined
  if (deployment !== undefined) {
    const replicas = deployment.spec.replicas ?? 1
    const surge =
      resolveIntOrPercent(deployment.spec.rollout?.strategy?.rollingUpdate?.maxSurge ?? 1, replicas, "up") ?? 0
    return {
      owner: `MachineDeployment ${deployment.metadata.name}`,
      limit: replicas + surge,
      count: having(Labels.DeploymentName, deploymentName)
    }
  }
  const uid = controllerOf(machine)?.uid
  const set = view.objects(MachineSet).find((each) => each.metadata.uid === uid) as MachineSet | undefined
  return set === undefined
    ? undefined
    : {
        owner: `MachineSet ${set.metadata.name}`,
        limit: set.spec.replicas ?? 1,
        count: machines.filter((candidate) => controllerOf(candidate)?.uid === uid).length
      }
}

export const boundedCreation = defineInvariant({
  id: "I5",
  rule: "no Machine is created beyond what is wanted and its surge",
  on: ["write"],
  kinds: ["Machine"],
  start: () => ({}),
  check: (view, event) => {
    const { after, before } = event.write ?? {}
    if (after === undefined || before !== undefined) return []
    const bound = limitFor(view, after)
    return bound === undefined || bound.count <= bound.limit
      ? []
      : [
          `${bound.owner} has ${bound.count} Machines after ${after.metadata.name} was created; ${bound.limit} are allowed`
        ]
  }
})
