/** The core controllers: Cluster, Machine, MachineSet, MachineDeployment, MachineHealthCheck. */
export { makeClusterController, reconcileCluster } from "./cluster/ClusterController.ts"
export { coreControllers, makeCoreControllers } from "./CoreControllers.ts"
export type { CoreServices } from "./frame/CoreServices.ts"
export {
  makeMachineDeploymentController,
  reconcileMachineDeployment
} from "./machine-deployment/MachineDeploymentController.ts"
export { makeHealthCheckController, reconcileHealthCheck } from "./machine-health-check/MachineHealthCheckController.ts"
export { makeMachineSetController, reconcileMachineSet } from "./machine-set/MachineSetController.ts"
export { makeMachineController, reconcileMachine } from "./machine/MachineController.ts"
