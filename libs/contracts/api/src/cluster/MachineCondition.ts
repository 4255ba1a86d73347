/**
 * Condition types and reasons of Machine, to the letter: users and other tools match on them.
 *
 * A reason is listed once however many conditions use it; which goes with which is said beside the type.
 * Left out: the condition types of the v1beta1 contract.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/overview
 */

/** Condition types of a Machine. */
export const MachineCondition = {
  /** Ready for minReadySeconds. Available, NotReady, WaitingForMinReadySeconds. */
  Available: "Available",
  /** Summary of the others. Ready, NotReady, ReadyUnknown. */
  Ready: "Ready",
  /** Whether the Machine is what its owner would make now. UpToDate, NotUpToDate, Updating. */
  UpToDate: "UpToDate",
  /** NotUpdating, InPlaceUpdating, InPlaceUpdateFailed. */
  Updating: "Updating",
  /** Mirrored from the bootstrap config; else DataSecretProvided, Ready, NotReady, InvalidConditionReported, ObjectDoesNotExist, ObjectDeleted. */
  BootstrapConfigReady: "BootstrapConfigReady",
  /** Mirrored from the infrastructure machine; else as BootstrapConfigReady without DataSecretProvided. */
  InfrastructureReady: "InfrastructureReady",
  /** NodeHealthy, NodeNotHealthy, NodeHealthyUnknown, NodeDoesNotExist, NodeDeleted, InspectionFailed, ConnectionDown. */
  NodeHealthy: "NodeHealthy",
  /** NodeReady, NodeNotReady, NodeReadyUnknown, NodeDoesNotExist, NodeDeleted, InspectionFailed, ConnectionDown. */
  NodeReady: "NodeReady",
  /** Written by a MachineHealthCheck. HealthCheckSucceeded, UnhealthyNode, UnhealthyMachine, NodeStartupTimeout, NodeDeleted, HasRemediateAnnotation. */
  HealthCheckSucceeded: "HealthCheckSucceeded",
  /** False asks the owner to replace the Machine. WaitingForRemediation, CannotBeRemediated, RemediationDeferred, MachineDeleting. */
  OwnerRemediated: "OwnerRemediated",
  /** WaitingForRemediation, RemediationTemplateNotFound, RemediationRequestCreationFailed. */
  ExternallyRemediated: "ExternallyRemediated",
  /** NotDeleting, Deleting, and the step that the deletion is at. */
  Deleting: "Deleting",
  /** Paused, NotPaused. */
  Paused: "Paused",
  /** Of control-plane Machines, as the next three: Running, Provisioning, DoesNotExist, Failed, InspectionFailed, ConnectionDown, Deleting. */
  APIServerPodHealthy: "APIServerPodHealthy",
  ControllerManagerPodHealthy: "ControllerManagerPodHealthy",
  SchedulerPodHealthy: "SchedulerPodHealthy",
  EtcdPodHealthy: "EtcdPodHealthy",
  /** Of control-plane Machines. Healthy, NotHealthy, InspectionFailed, ConnectionDown, Deleting. */
  EtcdMemberHealthy: "EtcdMemberHealthy",
  /** Of control-plane Machines. Set, NotSet, InspectionFailed, ConnectionDown, Deleting. */
  NodeKubeadmLabelsAndTaintsSet: "NodeKubeadmLabelsAndTaintsSet"
} as const
export type MachineCondition = (typeof MachineCondition)[keyof typeof MachineCondition]

/** Reasons in the conditions of a Machine. */
export const MachineReason = {
  Available: "Available",
  NotReady: "NotReady",
  WaitingForMinReadySeconds: "WaitingForMinReadySeconds",
  InternalError: "InternalError",
  Ready: "Ready",
  ReadyUnknown: "ReadyUnknown",
  UpToDate: "UpToDate",
  NotUpToDate: "NotUpToDate",
  Updating: "Updating",
  NotUpdating: "NotUpdating",
  InPlaceUpdating: "InPlaceUpdating",
  InPlaceUpdateFailed: "InPlaceUpdateFailed",
  DataSecretProvided: "DataSecretProvided",
  InvalidConditionReported: "InvalidConditionReported",
  ObjectDoesNotExist: "ObjectDoesNotExist",
  ObjectDeleted: "ObjectDeleted",
  NodeHealthy: "NodeHealthy",
  NodeNotHealthy: "NodeNotHealthy",
  NodeHealthyUnknown: "NodeHealthyUnknown",
  NodeReady: "NodeReady",
  NodeNotReady: "NodeNotReady",
  NodeReadyUnknown: "NodeReadyUnknown",
  NodeDoesNotExist: "NodeDoesNotExist",
  NodeDeleted: "NodeDeleted",
  InspectionFailed: "InspectionFailed",
  ConnectionDown: "ConnectionDown",
  HealthCheckSucceeded: "HealthCheckSucceeded",
  UnhealthyNode: "UnhealthyNode",
  UnhealthyMachine: "UnhealthyMachine",
  NodeStartupTimeout: "NodeStartupTimeout",
  HasRemediateAnnotation: "HasRemediateAnnotation",
  WaitingForRemediation: "WaitingForRemediation",
  CannotBeRemediated: "CannotBeRemediated",
  RemediationDeferred: "RemediationDeferred",
  MachineDeleting: "MachineDeleting",
  RemediationTemplateNotFound: "RemediationTemplateNotFound",
  RemediationRequestCreationFailed: "RemediationRequestCreationFailed",
  NotDeleting: "NotDeleting",
  Deleting: "Deleting",
  WaitingForPreDrainHook: "WaitingForPreDrainHook",
  DrainingNode: "DrainingNode",
  WaitingForVolumeDetach: "WaitingForVolumeDetach",
  WaitingForPreTerminateHook: "WaitingForPreTerminateHook",
  WaitingForInfrastructureDeletion: "WaitingForInfrastructureDeletion",
  WaitingForBootstrapDeletion: "WaitingForBootstrapDeletion",
  DeletingNode: "DeletingNode",
  DeletionCompleted: "DeletionCompleted",
  Paused: "Paused",
  NotPaused: "NotPaused",
  Running: "Running",
  Provisioning: "Provisioning",
  DoesNotExist: "DoesNotExist",
  Failed: "Failed",
  Healthy: "Healthy",
  NotHealthy: "NotHealthy",
  Set: "Set",
  NotSet: "NotSet"
} as const
export type MachineReason = (typeof MachineReason)[keyof typeof MachineReason]
