/** Everything that one reconcile of a Machine looks at. */
import {
  type Cluster,
  controllerOf,
  isControlPlaneMachine,
  isDeleting,
  keyOf,
  type Kind,
  type KubernetesObject,
  Labels,
  Machine,
  MachineDeployment,
  MachineSet,
  type ObjectKey
} from "@capstan/api"
import { Node } from "@capstan/kubernetes"
import { Cache, ClusterCache, type ConnectionHealth, type Now } from "@capstan/runtime"
import { Effect, Option } from "effect"
import { isMachineProvisioned, providerIdOf } from "../contract/InfrastructureMachineContract.ts"
import type { ProviderObject } from "../contract/ProviderObject.ts"
import { readProviderObject } from "../contract/ReadProviderObject.ts"

/** The Machine's Node, as far as one could look. */
export type NodeRead =
  | { readonly _tag: "NotLookedFor" }
  | { readonly _tag: "NotConnected"; readonly message: string }
  | { readonly _tag: "Absent" }
  | { readonly _tag: "Found"; readonly node: Node }
  /** Several Nodes with the one provider id. */
  | { readonly _tag: "Ambiguous"; readonly names: ReadonlyArray<string> }

export interface MachineFacts {
  readonly machine: Machine
  readonly cluster: Cluster
  readonly bootstrap: ProviderObject
  readonly infrastructure: ProviderObject
  /** Read while deleting only: without one there is no way to delete a Node. */
  readonly controlPlane: ProviderObject
  /** Control-plane Machines that are not being deleted; counted while deleting only. */
  readonly activeControlPlaneMachines: number
  /** The set and deployment that the Machine comes from, if any. */
  readonly machineSet: MachineSet | undefined
  readonly machineDeployment: MachineDeployment | undefined
  readonly connection: ConnectionHealth
  readonly node: NodeRead
  readonly now: Now
}

/** The provider id as this pass will have it: the infrastructure's once that is provisioned, else what was copied before. */
export const providerIdFor = (machine: Machine, infrastructure: ProviderObject): string | undefined => {
  if (infrastructure._tag !== "Found" || isDeleting(infrastructure.object)) return machine.spec.providerID
  const provisioned =
    machine.status?.initialization?.infrastructureProvisioned === true ||
    isMachineProvisioned(infrastructure.object, infrastructure.kind.contract)
  return (provisioned ? providerIdOf(infrastructure.object) : undefined) ?? machine.spec.providerID
}

export const readMachineFacts = Effect.fnUntraced(function* (machine: Machine, cluster: Cluster, now: Now) {
  const cache = yield* Cache
  const connections = yield* ClusterCache
  const { namespace } = keyOf(machine)
  const deleting = isDeleting(machine)
  const confirmMissing = deleting
  const bootstrap = yield* readProviderObject(machine.spec.bootstrap.configRef, namespace, { confirmMissing })
  const infrastructure = yield* readProviderObject(machine.spec.infrastructureRef, namespace, { confirmMissing })
  const controlPlane = yield* readProviderObject(deleting ? cluster.spec.controlPlaneRef : undefined, namespace, {
    confirmMissing: false
  })
  const machines = deleting
    ? yield* cache.list(Machine, { namespace, labels: { [Labels.ClusterName]: cluster.metadata.name } })
    : []
  const machineSet = yield* findController(machine, MachineSet)
  const machineDeployment = machineSet === undefined ? undefined : yield* findController(machineSet, MachineDeployment)
  const facts: MachineFacts = {
    machine,
    cluster,
    bootstrap,
    infrastructure,
    controlPlane,
    activeControlPlaneMachines: machines.filter((each) => isControlPlaneMachine(each) && !isDeleting(each)).length,
    machineSet,
    machineDeployment,
    connection: connections.health(keyOf(cluster)),
    node: yield* readNode(machine, keyOf(cluster), providerIdFor(machine, infrastructure)),
    now
  }
  return facts
})

const findController = Effect.fnUntraced(function* <Body>(object: KubernetesObject, kind: Kind<Body>) {
  const owner = controllerOf(object)
  if (owner?.kind !== kind.kind) return undefined
  const cache = yield* Cache
  const found = yield* cache.get(kind, { namespace: object.metadata.namespace ?? "", name: owner.name })
  return Option.getOrUndefined(found)
})

/** By provider id, never by name alone: a Node of the same name may be another machine's. */
const readNode = Effect.fnUntraced(function* (machine: Machine, cluster: ObjectKey, providerId: string | undefined) {
  if (providerId === undefined) return { _tag: "NotLookedFor" } satisfies NodeRead
  const connections = yield* ClusterCache
  const nodes = yield* Effect.option(connections.reader(cluster))
  if (Option.isNone(nodes))
    return { _tag: "NotConnected", message: "connection to the workload cluster is down" } satisfies NodeRead

  const name = machine.status?.nodeRef?.name
  const known = name === undefined ? Option.none() : yield* nodes.value.get(Node, { namespace: "", name })
  if (Option.isSome(known) && known.value.spec?.providerID === providerId) {
    return { _tag: "Found", node: known.value } satisfies NodeRead
  }
  const all = yield* nodes.value.list(Node)
  return nodeWithProviderId(all, providerId)
})

export const nodeWithProviderId = (nodes: ReadonlyArray<Node>, providerId: string): NodeRead => {
  const [node, ...others] = nodes.filter((each) => each.spec?.providerID === providerId)
  if (node === undefined) return { _tag: "Absent" }
  if (others.length > 0) return { _tag: "Ambiguous", names: [node, ...others].map((each) => each.metadata.name) }
  return { _tag: "Found", node }
}
