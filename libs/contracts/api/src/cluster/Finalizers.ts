/**
 * Finalizers of Cluster API's own kinds, to the letter.
 *
 * @source https://cluster-api.sigs.k8s.io/reference/api/labels-and-annotations
 */

/** Finalizer names. */
export const Finalizers = {
  Cluster: "cluster.cluster.x-k8s.io",
  Machine: "machine.cluster.x-k8s.io",
  MachineSet: "cluster.x-k8s.io/machineset",
  MachineDeployment: "cluster.x-k8s.io/machinedeployment",
  MachineSetTopology: "machineset.topology.cluster.x-k8s.io",
  MachineDeploymentTopology: "machinedeployment.topology.cluster.x-k8s.io",
  MachinePool: "machinepool.cluster.x-k8s.io",
  KubeadmControlPlane: "kubeadm.controlplane.cluster.x-k8s.io"
} as const
