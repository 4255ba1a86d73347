/** Everything that one reconcile of a Cluster looks at. */
import {
  type Cluster,
  isControlPlaneMachine,
  isDeleting,
  keyOf,
  Labels,
  Machine,
  MachineDeployment,
  MachineSet
} from "@capstan/api"
import { Cache, ClusterCache, type ConnectionHealth, type Now } from "@capstan/runtime"
import { Effect } from "effect"
import type { ProviderObject } from "../contract/ProviderObject.ts"
import { readProviderObject } from "../contract/ReadProviderObject.ts"

/** Everything that carries the Cluster's label, whoever owns it. */
export interface Descendants {
  readonly machineDeployments: ReadonlyArray<MachineDeployment>
  readonly machineSets: ReadonlyArray<MachineSet>
  readonly workerMachines: ReadonlyArray<Machine>
  readonly controlPlaneMachines: ReadonlyArray<Machine>
}

export interface ClusterFacts {
  readonly cluster: Cluster
  readonly infrastructure: ProviderObject
  readonly controlPlane: ProviderObject
  readonly descendants: Descendants
  readonly connection: ConnectionHealth
  readonly now: Now
}

export const readClusterFacts = Effect.fnUntraced(function* (cluster: Cluster, now: Now) {
  const { namespace, name } = keyOf(cluster)
  const cache = yield* Cache
  const connections = yield* ClusterCache
  const confirmMissing = isDeleting(cluster)
  const infrastructure = yield* readProviderObject(cluster.spec.infrastructureRef, namespace, { confirmMissing })
  const controlPlane = yield* readProviderObject(cluster.spec.controlPlaneRef, namespace, { confirmMissing })
  const options = { namespace, labels: { [Labels.ClusterName]: name } }
  const machines = yield* cache.list(Machine, options)
  const descendants: Descendants = {
    machineDeployments: yield* cache.list(MachineDeployment, options),
    machineSets: yield* cache.list(MachineSet, options),
    workerMachines: machines.filter((machine) => !isControlPlaneMachine(machine)),
    controlPlaneMachines: machines.filter(isControlPlaneMachine)
  }
  const connection = connections.health({ namespace, name })
  const facts: ClusterFacts = { cluster, infrastructure, controlPlane, descendants, connection, now }
  return facts
})
