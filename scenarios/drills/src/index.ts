/** Drills: failure scripts in real AWS accounts, with guardrails, a journal of undos and a janitor. */
export * from "./account/Estate.ts"
export * from "./DrillTags.ts"
export * from "./faults/Act.ts"
export * from "./faults/FaultActs.ts"
export * from "./janitor/Janitor.ts"
export * from "./janitor/Leaks.ts"
export * from "./janitor/StopDrills.ts"
export {
  Journal,
  JournalError,
  journalOn,
  type JournalStorage,
  layerMemory as journalInMemory
} from "./journal/Journal.ts"
export { layerFolder } from "./journal/JournalFile.ts"
export * from "./journal/JournalRecord.ts"
export { layerMemory as stopSwitchInMemory, StopSwitch } from "./journal/StopSwitch.ts"
export * from "./management/ManagementCluster.ts"
export * from "./policy/IamPolicy.ts"
export * from "./policy/OperationUse.ts"
export * from "./preflight/Preflight.ts"
export * from "./run/ActRunner.ts"
export * from "./run/DrillRun.ts"
export * from "./run/Guard.ts"
export * from "./run/Limits.ts"
export * from "./run/Picking.ts"
export * from "./run/PreviewDrill.ts"
export * from "./run/Runnable.ts"
export {
  CallFault,
  CallFaults,
  callFaultOf,
  callFaultWords,
  layer as callFaultsLayer,
  layerStruck as callFaultsStruck
} from "./shim/CallFaults.ts"
export { isHeard, layerFolder as callFaultsFolder, struckByFolder } from "./shim/CallFaultsFile.ts"
