/** The front door: what controllers, providers and managers use. Queues and drivers stay inside. */
export * from "./Cache.ts"
export { ClusterCache, ClusterNotConnected, type ConnectionHealth, type WorkloadWatch } from "./ClusterCache.ts"
export * from "./CloneTemplate.ts"
export * from "./Conditions.ts"
export * from "./Controller.ts"
export { EventRecorder, type EventStatement } from "./EventRecorder.ts"
/** For watching objects outside of a manager. */
export { Informer } from "./Informer.ts"
export * from "./Kinds.ts"
export {
  leaderElectionDefaults,
  type LeaderElectionOptions,
  leaderElectionProblem,
  LeadershipLost,
  whileLeading
} from "./leader-election/LeaderElection.ts"
export * from "./Manager.ts"
export * from "./ManagerProbe.ts"
export { mergePatchOf } from "./MergePatch.ts"
export * from "./Metadata.ts"
export * from "./OpenWorkingCopy.ts"
export * from "./Patch.ts"
export * from "./RandomSuffix.ts"
export * from "./ReconcileHook.ts"
export * from "./Result.ts"
export { backoffMillis, type DelayReason, type WorkQueueSnapshot } from "./WorkQueue.ts"
export * from "./certificates/ClusterCertificates.ts"
export * from "./certificates/Kubeconfig.ts"
export * from "./Timestamp.ts"
export * from "./provider/BootstrapHarness.ts"
export * from "./provider/BoundServices.ts"
export * from "./provider/ControlPlaneHarness.ts"
export * from "./provider/InfrastructureHarness.ts"
