/**
 * All core controllers of a manager.
 *
 * Which kinds of a provider wake them is known only when the providers are: so they are made from the manager's `Kinds`.
 */
import type { AnyKind } from "@capstan/api"
import { type Controller, Kinds } from "@capstan/runtime"
import { Effect } from "effect"
import { makeClusterController } from "./cluster/ClusterController.ts"
import { contractVersionOf } from "./contract/ProviderKind.ts"
import type { CoreServices } from "./frame/CoreServices.ts"
import { makeMachineDeploymentController } from "./machine-deployment/MachineDeploymentController.ts"
import { makeHealthCheckController } from "./machine-health-check/MachineHealthCheckController.ts"
import { makeMachineSetController } from "./machine-set/MachineSetController.ts"
import { makeMachineController } from "./machine/MachineController.ts"

export const makeCoreControllers = (kinds: ReadonlyArray<AnyKind>): ReadonlyArray<Controller<CoreServices>> => {
  const providers = kinds.filter(isProviderKind)
  return [
    makeClusterController(providers.filter(isClusterLevel)),
    makeMachineController(providers.filter(isMachineLevel)),
    makeMachineSetController(),
    makeMachineDeploymentController(),
    makeHealthCheckController()
  ]
}

/** Fit for `runManager`, which takes controllers or an Effect that makes them. */
export const coreControllers: Effect.Effect<ReadonlyArray<Controller<CoreServices>>, never, Kinds> = Effect.map(
  Kinds,
  (kinds) => makeCoreControllers(kinds.all)
)

/** A kind that follows a provider contract and is neither Cluster API's own nor a template. */
const isProviderKind = (kind: AnyKind): boolean =>
  contractVersionOf(kind) !== undefined &&
  kind.group !== "cluster.x-k8s.io" &&
  !kind.kind.endsWith("Template") &&
  kind.subresources.status &&
  kind.scope === "Namespaced"

const isBootstrap = (kind: AnyKind): boolean => kind.group === "bootstrap.cluster.x-k8s.io"

const isControlPlane = (kind: AnyKind): boolean => kind.group === "controlplane.cluster.x-k8s.io"

/** Infrastructure clusters and machines cannot be told apart but by name; a kind that is neither maps to nothing. */
const isClusterLevel = (kind: AnyKind): boolean =>
  isControlPlane(kind) || (!isBootstrap(kind) && !kind.kind.endsWith("Machine"))

const isMachineLevel = (kind: AnyKind): boolean =>
  isBootstrap(kind) || (!isControlPlane(kind) && !kind.kind.endsWith("Cluster"))
