/**
 * Condition types and reasons of MachineHealthCheck, to the letter: users and other tools match on them.
 *
 * A reason is listed once however many conditions use it; which goes with which is said beside the type.
 * Left out: the condition types of the v1beta1 contract.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/overview
 */

/** Condition types of a MachineHealthCheck. */
export const MachineHealthCheckCondition = {
  /** RemediationAllowed, TooManyUnhealthy. */
  RemediationAllowed: "RemediationAllowed",
  /** Paused, NotPaused. */
  Paused: "Paused"
} as const
export type MachineHealthCheckCondition = (typeof MachineHealthCheckCondition)[keyof typeof MachineHealthCheckCondition]

/** Reasons in the conditions of a MachineHealthCheck. */
export const MachineHealthCheckReason = {
  RemediationAllowed: "RemediationAllowed",
  TooManyUnhealthy: "TooManyUnhealthy",
  InternalError: "InternalError",
  Paused: "Paused",
  NotPaused: "NotPaused"
} as const
export type MachineHealthCheckReason = (typeof MachineHealthCheckReason)[keyof typeof MachineHealthCheckReason]
