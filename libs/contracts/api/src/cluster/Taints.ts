/**
 * Taints that Cluster API puts on Nodes, to the letter.
 *
 * @source https://cluster-api.sigs.k8s.io/reference/api/labels-and-annotations
 */

/** Taint keys. */
export const TaintKeys = {
  /** NoSchedule, from the join until labels are in place. */
  Uninitialized: "node.cluster.x-k8s.io/uninitialized",
  /** PreferNoSchedule, while the Machine waits for its replacement. */
  OutdatedRevision: "node.cluster.x-k8s.io/outdated-revision",
  /** kubeadm's own, on control-plane Nodes. */
  ControlPlane: "node-role.kubernetes.io/control-plane",
  /** Its name before Kubernetes 1.24. */
  OldControlPlane: "node-role.kubernetes.io/master"
} as const

/** A taint as it stands on a Node. */
export interface NodeTaint {
  readonly key: string
  readonly value?: string
  readonly effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute"
}

/** Keeps workloads away until the Machine controller has put the machine's labels on its Node. */
export const uninitializedTaint: NodeTaint = { key: TaintKeys.Uninitialized, effect: "NoSchedule" }

export const outdatedRevisionTaint: NodeTaint = { key: TaintKeys.OutdatedRevision, effect: "PreferNoSchedule" }
