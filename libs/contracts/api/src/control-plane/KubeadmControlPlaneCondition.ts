/**
 * Condition types and reasons of KubeadmControlPlane, to the letter: users and other tools match on them.
 *
 * A reason is listed once however many conditions use it; which goes with which is said beside the type.
 * Left out: the condition types of the v1beta1 contract.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/overview
 */

/** Condition types of a KubeadmControlPlane. */
export const KubeadmControlPlaneCondition = {
  /** Available, NotAvailable, InspectionFailed. */
  Available: "Available",
  /** Initialized, NotInitialized. */
  Initialized: "Initialized",
  /** Available, NotAvailable, InternalError. */
  CertificatesAvailable: "CertificatesAvailable",
  /** Healthy, NotHealthy, HealthUnknown, InspectionFailed, ConnectionDown. */
  EtcdClusterHealthy: "EtcdClusterHealthy",
  /** Healthy, NotHealthy, HealthUnknown, InspectionFailed, ConnectionDown. */
  ControlPlaneComponentsHealthy: "ControlPlaneComponentsHealthy",
  /** Ready, NotReady, ReadyUnknown, NoReplicas (True). */
  MachinesReady: "MachinesReady",
  /** UpToDate, NotUpToDate, UpToDateUnknown, NoReplicas (True). */
  MachinesUpToDate: "MachinesUpToDate",
  /** RollingOut, NotRollingOut. */
  RollingOut: "RollingOut",
  /** ScalingUp, NotScalingUp, WaitingForReplicasSet. */
  ScalingUp: "ScalingUp",
  /** ScalingDown, NotScalingDown, WaitingForReplicasSet. */
  ScalingDown: "ScalingDown",
  /** Remediating, NotRemediating. */
  Remediating: "Remediating",
  /** NotDeleting, WaitingForWorkersDeletion, WaitingForMachineDeletion, DeletionCompleted. */
  Deleting: "Deleting",
  /** Paused, NotPaused. */
  Paused: "Paused"
} as const
export type KubeadmControlPlaneCondition =
  (typeof KubeadmControlPlaneCondition)[keyof typeof KubeadmControlPlaneCondition]

/** Reasons in the conditions of a KubeadmControlPlane. */
export const KubeadmControlPlaneReason = {
  Available: "Available",
  NotAvailable: "NotAvailable",
  InspectionFailed: "InspectionFailed",
  Initialized: "Initialized",
  NotInitialized: "NotInitialized",
  Healthy: "Healthy",
  NotHealthy: "NotHealthy",
  HealthUnknown: "HealthUnknown",
  ConnectionDown: "ConnectionDown",
  Ready: "Ready",
  NotReady: "NotReady",
  ReadyUnknown: "ReadyUnknown",
  UpToDate: "UpToDate",
  NotUpToDate: "NotUpToDate",
  UpToDateUnknown: "UpToDateUnknown",
  NoReplicas: "NoReplicas",
  RollingOut: "RollingOut",
  NotRollingOut: "NotRollingOut",
  ScalingUp: "ScalingUp",
  NotScalingUp: "NotScalingUp",
  ScalingDown: "ScalingDown",
  NotScalingDown: "NotScalingDown",
  WaitingForReplicasSet: "WaitingForReplicasSet",
  Remediating: "Remediating",
  NotRemediating: "NotRemediating",
  NotDeleting: "NotDeleting",
  WaitingForWorkersDeletion: "WaitingForWorkersDeletion",
  WaitingForMachineDeletion: "WaitingForMachineDeletion",
  DeletionCompleted: "DeletionCompleted",
  InternalError: "InternalError",
  Paused: "Paused",
  NotPaused: "NotPaused"
} as const
export type KubeadmControlPlaneReason = (typeof KubeadmControlPlaneReason)[keyof typeof KubeadmControlPlaneReason]
