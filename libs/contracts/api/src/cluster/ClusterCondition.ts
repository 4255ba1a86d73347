/**
 * Condition types and reasons of Cluster, to the letter: users and other tools match on them.
 *
 * A reason is listed once however many conditions use it; which goes with which is said beside the type.
 * Left out: the condition types of the v1beta1 contract.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/overview
 */

/** Condition types of a Cluster. */
export const ClusterCondition = {
  /** Summary of the others. Available, NotAvailable, AvailableUnknown. */
  Available: "Available",
  /** Only with a topology. */
  TopologyReconciled: "TopologyReconciled",
  /** Mirrored from the infrastructure cluster; else Ready, NotReady, InvalidConditionReported, ObjectDoesNotExist, ObjectDeleted. */
  InfrastructureReady: "InfrastructureReady",
  /** Initialized, NotInitialized, ObjectDoesNotExist. Never leaves True. */
  ControlPlaneInitialized: "ControlPlaneInitialized",
  /** Mirrored from the control plane; else Available, NotAvailable, InvalidConditionReported, ObjectDoesNotExist, ObjectDeleted. */
  ControlPlaneAvailable: "ControlPlaneAvailable",
  /** Available, NotAvailable, AvailableUnknown, NoWorkers (True). */
  WorkersAvailable: "WorkersAvailable",
  /** Ready, NotReady, ReadyUnknown, NoReplicas (True). */
  ControlPlaneMachinesReady: "ControlPlaneMachinesReady",
  /** Ready, NotReady, ReadyUnknown, NoReplicas (True). */
  WorkerMachinesReady: "WorkerMachinesReady",
  /** UpToDate, NotUpToDate, UpToDateUnknown, NoReplicas (True). */
  ControlPlaneMachinesUpToDate: "ControlPlaneMachinesUpToDate",
  /** UpToDate, NotUpToDate, UpToDateUnknown, NoReplicas (True). */
  WorkerMachinesUpToDate: "WorkerMachinesUpToDate",
  /** ProbeSucceeded, ProbeFailed. */
  RemoteConnectionProbe: "RemoteConnectionProbe",
  /** RollingOut, NotRollingOut, RollingOutUnknown. */
  RollingOut: "RollingOut",
  /** ScalingUp, NotScalingUp, ScalingUpUnknown. */
  ScalingUp: "ScalingUp",
  /** ScalingDown, NotScalingDown, ScalingDownUnknown. */
  ScalingDown: "ScalingDown",
  /** Remediating, NotRemediating. */
  Remediating: "Remediating",
  /** NotDeleting, WaitingFor…, DeletionCompleted. */
  Deleting: "Deleting",
  /** Paused, NotPaused. */
  Paused: "Paused"
} as const
export type ClusterCondition = (typeof ClusterCondition)[keyof typeof ClusterCondition]

/** Reasons in the conditions of a Cluster. */
export const ClusterReason = {
  Available: "Available",
  NotAvailable: "NotAvailable",
  AvailableUnknown: "AvailableUnknown",
  InternalError: "InternalError",
  ReconcileSucceeded: "ReconcileSucceeded",
  ReconcileFailed: "ReconcileFailed",
  ClusterCreating: "ClusterCreating",
  ClusterUpgrading: "ClusterUpgrading",
  MachineDeploymentsUpgradeDeferred: "MachineDeploymentsUpgradeDeferred",
  MachinePoolsUpgradeDeferred: "MachinePoolsUpgradeDeferred",
  ClusterClassNotReconciled: "ClusterClassNotReconciled",
  Ready: "Ready",
  NotReady: "NotReady",
  ReadyUnknown: "ReadyUnknown",
  InvalidConditionReported: "InvalidConditionReported",
  ObjectDoesNotExist: "ObjectDoesNotExist",
  ObjectDeleted: "ObjectDeleted",
  Initialized: "Initialized",
  NotInitialized: "NotInitialized",
  NoWorkers: "NoWorkers",
  NoReplicas: "NoReplicas",
  UpToDate: "UpToDate",
  NotUpToDate: "NotUpToDate",
  UpToDateUnknown: "UpToDateUnknown",
  ProbeSucceeded: "ProbeSucceeded",
  ProbeFailed: "ProbeFailed",
  RollingOut: "RollingOut",
  NotRollingOut: "NotRollingOut",
  RollingOutUnknown: "RollingOutUnknown",
  ScalingUp: "ScalingUp",
  NotScalingUp: "NotScalingUp",
  ScalingUpUnknown: "ScalingUpUnknown",
  ScalingDown: "ScalingDown",
  NotScalingDown: "NotScalingDown",
  ScalingDownUnknown: "ScalingDownUnknown",
  Remediating: "Remediating",
  NotRemediating: "NotRemediating",
  Deleting: "Deleting",
  NotDeleting: "NotDeleting",
  WaitingForBeforeDeleteHook: "WaitingForBeforeDeleteHook",
  WaitingForWorkersDeletion: "WaitingForWorkersDeletion",
  WaitingForControlPlaneDeletion: "WaitingForControlPlaneDeletion",
  WaitingForInfrastructureDeletion: "WaitingForInfrastructureDeletion",
  DeletionCompleted: "DeletionCompleted",
  Paused: "Paused",
  NotPaused: "NotPaused"
} as const
export type ClusterReason = (typeof ClusterReason)[keyof typeof ClusterReason]
