/**
 * Annotations that Cluster API puts on objects or heeds, to the letter.
 *
 * @source https://cluster-api.sigs.k8s.io/reference/api/labels-and-annotations
 */

/** Annotation names. */
export const Annotations = {
  /** Any value pauses the object, even "false". */
  Paused: "cluster.x-k8s.io/paused",
  /** On an infrastructure cluster that someone else manages. */
  ManagedBy: "cluster.x-k8s.io/managed-by",
  /** The template that an object was made from. */
  ClonedFromName: "cluster.x-k8s.io/cloned-from-name",
  /** The kind of that template, as `Kind.group`. */
  ClonedFromGroupKind: "cluster.x-k8s.io/cloned-from-groupkind",
  /** The Machine goes first when its set shrinks. */
  DeleteMachine: "cluster.x-k8s.io/delete-machine",
  /** "true" keeps a MachineSet from making Machines. */
  DisableMachineCreate: "cluster.x-k8s.io/disable-machine-create",
  /** Health checks leave the Machine alone. */
  SkipRemediation: "cluster.x-k8s.io/skip-remediation",
  /** Health checks call the Machine unhealthy. */
  RemediateMachine: "cluster.x-k8s.io/remediate-machine",
  ReplicasManagedBy: "cluster.x-k8s.io/replicas-managed-by",
  /** What an older version of the object cannot express. */
  ConversionData: "cluster.x-k8s.io/conversion-data",
  /** The Machine is deleted without a drain. */
  ExcludeNodeDraining: "machine.cluster.x-k8s.io/exclude-node-draining",
  ExcludeWaitForNodeVolumeDetach: "machine.cluster.x-k8s.io/exclude-wait-for-node-volume-detach",
  /** When the certificates of a control-plane Machine expire; RFC 3339. */
  CertificatesExpiry: "machine.cluster.x-k8s.io/certificates-expiry",
  /** Any annotation with this prefix holds the deletion before the drain. */
  PreDrainHookPrefix: "pre-drain.delete.hook.machine.cluster.x-k8s.io",
  /** Any annotation with this prefix holds the deletion before the infrastructure goes. */
  PreTerminateHookPrefix: "pre-terminate.delete.hook.machine.cluster.x-k8s.io",
  /** The control plane's own hook, in which the etcd member is removed. */
  KcpPreTerminateHook: "pre-terminate.delete.hook.machine.cluster.x-k8s.io/kcp-cleanup",
  SkipCoreDns: "controlplane.cluster.x-k8s.io/skip-coredns",
  SkipKubeProxy: "controlplane.cluster.x-k8s.io/skip-kube-proxy",
  /** On a control plane: JSON with machine, timestamp and retry count. */
  RemediationInProgress: "controlplane.cluster.x-k8s.io/remediation-in-progress",
  /** On a Machine that replaces a remediated one; same JSON. */
  RemediationFor: "controlplane.cluster.x-k8s.io/remediation-for",
  /** Note the plural domain. */
  Revision: "machinedeployment.clusters.x-k8s.io/revision",
  RevisionHistory: "machinedeployment.clusters.x-k8s.io/revision-history",
  DesiredReplicas: "machinedeployment.clusters.x-k8s.io/desired-replicas",
  MaxReplicas: "machinedeployment.clusters.x-k8s.io/max-replicas",
  /** Comma list: All, KubeadmVersionSkew, KubernetesVersionSkew, ControlPlaneIsStable, ControlPlaneVersionSkew. */
  SkipPreflightChecks: "machineset.cluster.x-k8s.io/skip-preflight-checks",
  AutoscalerMinSize: "cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size",
  AutoscalerMaxSize: "cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size",
  UpdateInProgress: "in-place-updates.internal.cluster.x-k8s.io/update-in-progress",
  PendingAcknowledgeMove: "in-place-updates.internal.cluster.x-k8s.io/pending-acknowledge-move",
  MoveMachinesToMachineSet: "in-place-updates.internal.cluster.x-k8s.io/move-machines-to-machineset",
  ReceiveMachinesFromMachineSets: "in-place-updates.internal.cluster.x-k8s.io/receive-machines-from-machinesets",
  AcknowledgedMove: "in-place-updates.internal.cluster.x-k8s.io/acknowledged-move",
  PendingHooks: "runtime.cluster.x-k8s.io/pending-hooks",
  OkToDelete: "runtime.cluster.x-k8s.io/ok-to-delete",
  HoldUpgradeSequence: "topology.cluster.x-k8s.io/hold-upgrade-sequence",
  DeferUpgrade: "topology.cluster.x-k8s.io/defer-upgrade",
  UpgradeConcurrency: "topology.cluster.x-k8s.io/upgrade-concurrency",
  DryRun: "topology.cluster.x-k8s.io/dry-run",
  UpgradeStep: "topology.internal.cluster.x-k8s.io/upgrade-step"
} as const

/** Annotations on the Nodes of a workload cluster. */
export const NodeAnnotations = {
  ClusterName: "cluster.x-k8s.io/cluster-name",
  ClusterNamespace: "cluster.x-k8s.io/cluster-namespace",
  Machine: "cluster.x-k8s.io/machine",
  OwnerKind: "cluster.x-k8s.io/owner-kind",
  OwnerName: "cluster.x-k8s.io/owner-name",
  /** Which labels came from the Machine, sorted, with commas between. */
  LabelsFromMachine: "cluster.x-k8s.io/labels-from-machine",
  AnnotationsFromMachine: "cluster.x-k8s.io/annotations-from-machine",
  TaintsFromMachine: "cluster.x-k8s.io/taints-from-machine"
} as const
