/** An infrastructure provider as controllers: one for its clusters, one for its machines. */
import type { KubernetesApi } from "@capstan/kubernetes"
import type { AnyInfrastructureProvider } from "@capstan/provider"
import type { Cache } from "../Cache.ts"
import type { Controller } from "../Controller.ts"
import { infrastructureClusterController } from "./InfrastructureCluster.ts"
import { infrastructureMachineController } from "./InfrastructureMachine.ts"

export const infrastructureControllers = (
  provider: AnyInfrastructureProvider
): ReadonlyArray<Controller<KubernetesApi | Cache>> => [
  infrastructureClusterController(provider),
  infrastructureMachineController(provider)
]
