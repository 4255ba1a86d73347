/**
 * Condition types and reasons of KubeadmConfig, to the letter: users and other tools match on them.
 *
 * A reason is listed once however many conditions use it; which goes with which is said beside the type.
 * Left out: the condition types of the v1beta1 contract.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/overview
 */

/** Condition types of a KubeadmConfig. */
export const KubeadmConfigCondition = {
  /** Summary of the others. Ready, NotReady, ReadyUnknown. */
  Ready: "Ready",
  /** Available, NotAvailable. */
  DataSecretAvailable: "DataSecretAvailable",
  /** Available, InternalError. */
  CertificatesAvailable: "CertificatesAvailable",
  /** Paused, NotPaused. */
  Paused: "Paused"
} as const
export type KubeadmConfigCondition = (typeof KubeadmConfigCondition)[keyof typeof KubeadmConfigCondition]

/** Reasons in the conditions of a KubeadmConfig. */
export const KubeadmConfigReason = {
  Ready: "Ready",
  NotReady: "NotReady",
  ReadyUnknown: "ReadyUnknown",
  Available: "Available",
  NotAvailable: "NotAvailable",
  InternalError: "InternalError",
  Paused: "Paused",
  NotPaused: "NotPaused"
} as const
export type KubeadmConfigReason = (typeof KubeadmConfigReason)[keyof typeof KubeadmConfigReason]
