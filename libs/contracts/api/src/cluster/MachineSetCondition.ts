/**
 * Condition types and reasons of MachineSet, to the letter: users and other tools match on them.
 *
 * A reason is listed once however many conditions use it; which goes with which is said beside the type.
 * Left out: the condition types of the v1beta1 contract.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/overview
 */

/** Condition types of a MachineSet. */
export const MachineSetCondition = {
  /** ScalingUp, NotScalingUp, WaitingForReplicasSet. */
  ScalingUp: "ScalingUp",
  /** ScalingDown, NotScalingDown, WaitingForReplicasSet. */
  ScalingDown: "ScalingDown",
  /** Ready, NotReady, ReadyUnknown, NoReplicas (True). */
  MachinesReady: "MachinesReady",
  /** UpToDate, NotUpToDate, UpToDateUnknown, NoReplicas (True). */
  MachinesUpToDate: "MachinesUpToDate",
  /** Remediating, NotRemediating. */
  Remediating: "Remediating",
  /** Deleting, NotDeleting. */
  Deleting: "Deleting",
  /** Paused, NotPaused. */
  Paused: "Paused"
} as const
export type MachineSetCondition = (typeof MachineSetCondition)[keyof typeof MachineSetCondition]

/** Reasons in the conditions of a MachineSet. */
export const MachineSetReason = {
  ScalingUp: "ScalingUp",
  NotScalingUp: "NotScalingUp",
  ScalingDown: "ScalingDown",
  NotScalingDown: "NotScalingDown",
  WaitingForReplicasSet: "WaitingForReplicasSet",
  Ready: "Ready",
  NotReady: "NotReady",
  ReadyUnknown: "ReadyUnknown",
  UpToDate: "UpToDate",
  NotUpToDate: "NotUpToDate",
  UpToDateUnknown: "UpToDateUnknown",
  NoReplicas: "NoReplicas",
  Remediating: "Remediating",
  NotRemediating: "NotRemediating",
  Deleting: "Deleting",
  NotDeleting: "NotDeleting",
  InternalError: "InternalError",
  Paused: "Paused",
  NotPaused: "NotPaused"
} as const
export type MachineSetReason = (typeof MachineSetReason)[keyof typeof MachineSetReason]
