/**
 * Labels that Cluster API puts on objects, to the letter.
 *
 * @source https://cluster-api.sigs.k8s.io/reference/api/labels-and-annotations
 */

import type { KubernetesObject } from "../meta/ObjectMeta.ts"

/** Label names. */
export const Labels = {
  /** The cluster that an object belongs to. Most lists select by it. */
  ClusterName: "cluster.x-k8s.io/cluster-name",
  /** On Machines of the control plane and their infrastructure; the value is empty. */
  ControlPlane: "cluster.x-k8s.io/control-plane",
  /** The control plane that made the Machine. */
  ControlPlaneName: "cluster.x-k8s.io/control-plane-name",
  /** The MachineSet that made the Machine. */
  SetName: "cluster.x-k8s.io/set-name",
  /** The MachineDeployment that made the MachineSet or Machine. */
  DeploymentName: "cluster.x-k8s.io/deployment-name",
  /** The MachinePool that the Machine belongs to. */
  PoolName: "cluster.x-k8s.io/pool-name",
  /** On MachineSets of a deployment: a hash with a random suffix; it says nothing of identity. */
  MachineTemplateHash: "machine-template-hash",
  /** On the components of a provider. */
  Provider: "cluster.x-k8s.io/provider",
  /** Which managers look at the object. */
  WatchFilter: "cluster.x-k8s.io/watch-filter",
  /** On Nodes whose machine may be taken away. */
  Interruptible: "cluster.x-k8s.io/interruptible",
  /** On Pods of the workload cluster: `skip` or `wait-completed`. */
  Drain: "cluster.x-k8s.io/drain",
  /** On objects made from a topology. */
  TopologyOwned: "topology.cluster.x-k8s.io/owned",
  TopologyDeploymentName: "topology.cluster.x-k8s.io/deployment-name",
  TopologyPoolName: "topology.cluster.x-k8s.io/pool-name",
  /** On objects that move to another management cluster with the rest. */
  ClusterctlMove: "clusterctl.cluster.x-k8s.io/move",
  /** On ClusterRoles that are added to the manager's own. */
  AggregateToManager: "cluster.x-k8s.io/aggregate-to-manager"
} as const

/** Whether a Machine, or what was made for one, belongs to a control plane: the label says it, whatever its value. */
export const isControlPlaneMachine = (object: KubernetesObject): boolean =>
  object.metadata.labels?.[Labels.ControlPlane] !== undefined
