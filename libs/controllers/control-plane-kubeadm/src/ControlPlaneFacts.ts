/**
 * Everything that one pass over a control plane decides by, as one immutable value, and the plain questions to it.
 *
 * Machines that are being deleted are among the machines: they count as replicas until they are gone.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controlplane/kubeadm/internal/control_plane.go
 */
import {
  type Cluster,
  isDeleting,
  isFalse,
  isTrue,
  type KubeadmConfig,
  type KubeadmControlPlane,
  type KubernetesObject,
  type Machine,
  MachineCondition
} from "@capstan/api"
import { type Now, parseTimestamp } from "@capstan/runtime"
import type { EtcdView } from "./etcd/EtcdView.ts"

/** A Machine of the control plane with the two objects that were made for it. */
export interface ControlPlaneMachine {
  readonly machine: Machine
  readonly config: KubeadmConfig | undefined
  readonly infrastructure: KubernetesObject | undefined
  /** Why it is not what would be made now; empty while it is. */
  readonly outdated: ReadonlyArray<string>
}

export interface ControlPlaneFacts {
  readonly cluster: Cluster
  readonly controlPlane: KubeadmControlPlane
  /** In the order of their names. */
  readonly machines: ReadonlyArray<ControlPlaneMachine>
  /** Machines of the cluster that are not of this control plane. */
  readonly others: ReadonlyArray<Machine>
  readonly certificatesAvailable: boolean
  /** What etcd says of itself; undefined when it is not known, and always with an external etcd. */
  readonly etcd: EtcdView | undefined
  readonly now: Now
}

/** Conditions of a Machine that say how its part of the Kubernetes control plane fares. */
export const kubernetesComponents: ReadonlyArray<string> = [
  MachineCondition.APIServerPodHealthy,
  MachineCondition.ControllerManagerPodHealthy,
  MachineCondition.SchedulerPodHealthy
]

export const etcdComponents: ReadonlyArray<string> = [
  MachineCondition.EtcdPodHealthy,
  MachineCondition.EtcdMemberHealthy
]

/** Whether etcd runs on the control plane's own machines. */
export const isEtcdManaged = (controlPlane: KubeadmControlPlane): boolean =>
  controlPlane.spec.kubeadmConfigSpec?.clusterConfiguration?.etcd?.external === undefined

/** All conditions that must be True on a Machine that is fully part of the control plane. */
export const componentsOf = (controlPlane: KubeadmControlPlane): ReadonlyArray<string> =>
  isEtcdManaged(controlPlane) ? [...kubernetesComponents, ...etcdComponents] : kubernetesComponents

export const isInitialized = (controlPlane: KubeadmControlPlane): boolean =>
  controlPlane.status?.initialization?.controlPlaneInitialized === true

export const desiredReplicas = (controlPlane: KubeadmControlPlane): number => controlPlane.spec.replicas ?? 1

/** How many Machines a rollout may add: 1 or 0. */
export const surgeMax = (controlPlane: KubeadmControlPlane): number => {
  const surge = controlPlane.spec.rollout?.strategy?.rollingUpdate?.maxSurge
  return surge === 0 || surge === "0" ? 0 : 1
}

export const isEndpointValid = (cluster: Cluster): boolean => {
  const { host, port } = cluster.spec.controlPlaneEndpoint ?? {}
  return (host ?? "") !== "" && (port ?? 0) !== 0
}

export const nodeNameOf = (machine: Machine): string | undefined => machine.status?.nodeRef?.name

/** No Node yet. */
export const isProvisioning = (machine: Machine): boolean => nodeNameOf(machine) === undefined && !isDeleting(machine)

export const isUpToDate = ({ outdated }: ControlPlaneMachine): boolean => outdated.length === 0

export const has = (machine: Machine, condition: string): boolean => isTrue(machine.status?.conditions, condition)

export const lacks = (machine: Machine, condition: string): boolean => isFalse(machine.status?.conditions, condition)

export const hasAll = (machine: Machine, conditions: ReadonlyArray<string>): boolean =>
  conditions.every((condition) => has(machine, condition))

export const createdMillis = (object: KubernetesObject): number =>
  parseTimestamp(object.metadata.creationTimestamp) ?? 0

/** Oldest first; those of one second by name. */
export const byAge = (a: KubernetesObject, b: KubernetesObject): number =>
  createdMillis(a) - createdMillis(b) ||
  (a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0)
