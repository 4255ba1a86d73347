/**
 * Condition types and reasons of MachineDeployment, to the letter: users and other tools match on them.
 *
 * A reason is listed once however many conditions use it; which goes with which is said beside the type.
 * Left out: the condition types of the v1beta1 contract.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/overview
 */

/** Condition types of a MachineDeployment. */
export const MachineDeploymentCondition = {
  /** Available, NotAvailable, WaitingForReplicasSet, WaitingForAvailableReplicasSet. */
  Available: "Available",
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
  /** Deleting, NotDeleting. */
  Deleting: "Deleting",
  /** Paused, NotPaused. */
  Paused: "Paused"
} as const
export type MachineDeploymentCondition = (typeof MachineDeploymentCondition)[keyof typeof MachineDeploymentCondition]

/** Reasons in the conditions of a MachineDeployment. */
export const MachineDeploymentReason = {
  Available: "Available",
  NotAvailable: "NotAvailable",
  WaitingForReplicasSet: "WaitingForReplicasSet",
  WaitingForAvailableReplicasSet: "WaitingForAvailableReplicasSet",
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
  Remediating: "Remediating",
  NotRemediating: "NotRemediating",
  Deleting: "Deleting",
  NotDeleting: "NotDeleting",
  InternalError: "InternalError",
  Paused: "Paused",
  NotPaused: "NotPaused"
} as const
export type MachineDeploymentReason = (typeof MachineDeploymentReason)[keyof typeof MachineDeploymentReason]
