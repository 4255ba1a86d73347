/** Everything that one reconcile of a MachineDeployment looks at. */
import {
  type Cluster,
  controllerOf,
  keyOf,
  Labels,
  Machine,
  type MachineDeployment,
  MachineSet,
  matches
} from "@capstan/api"
import { Cache, type Now } from "@capstan/runtime"
import { Effect } from "effect"
import type { ProviderObject } from "../contract/ProviderObject.ts"
import { readProviderObject } from "../contract/ReadProviderObject.ts"
import { type SelectorLabels, selectorLabels } from "../frame/SelectorLabels.ts"

export interface MachineDeploymentFacts {
  readonly deployment: MachineDeployment
  readonly cluster: Cluster
  readonly selector: SelectorLabels
  /** Sets that the selector matches or that the deployment controls, and nobody else does. */
  readonly machineSets: ReadonlyArray<MachineSet>
  readonly machines: ReadonlyArray<Machine>
  readonly bootstrapTemplate: ProviderObject
  readonly infrastructureTemplate: ProviderObject
  readonly now: Now
}

export const readMachineDeploymentFacts = Effect.fnUntraced(function* (
  deployment: MachineDeployment,
  cluster: Cluster,
  now: Now
) {
  const cache = yield* Cache
  const { name, namespace } = keyOf(deployment)
  const inCluster = { [Labels.ClusterName]: cluster.metadata.name }
  const sets = yield* cache.list(MachineSet, { namespace, labels: inCluster })
  const { bootstrap, infrastructureRef } = deployment.spec.template.spec
  const facts: MachineDeploymentFacts = {
    deployment,
    cluster,
    selector: selectorLabels(deployment.spec.selector),
    machineSets: sets.filter((set) => {
      const controller = controllerOf(set)
      return controller === undefined
        ? matches(deployment.spec.selector, set.metadata.labels)
        : controller.uid === deployment.metadata.uid
    }),
    machines: yield* cache.list(Machine, { namespace, labels: { ...inCluster, [Labels.DeploymentName]: name } }),
    bootstrapTemplate: yield* readProviderObject(bootstrap.configRef, namespace, { confirmMissing: false }),
    infrastructureTemplate: yield* readProviderObject(infrastructureRef, namespace, { confirmMissing: false }),
    now
  }
  return facts
})
