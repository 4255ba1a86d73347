/**
 * From a provider's object to the Cluster and the Machine that it serves, and back; whether it is paused.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/overview
 */
import {
  Annotations,
  type AnyKind,
  Cluster,
  groupOf,
  keyOf,
  type KubernetesObject,
  Labels,
  Machine,
  type ObjectKey,
  sameJson
} from "@capstan/api"
import { Effect, Option } from "effect"
import { Cache, type CacheReader } from "../Cache.ts"
import type { ObjectChange, Request } from "../Controller.ts"

/** The name of the first owner of a kind of Cluster API. */
const ownerName = (object: KubernetesObject, kind: AnyKind): string | undefined =>
  object.metadata.ownerReferences?.find((owner) => owner.kind === kind.kind && groupOf(owner.apiVersion) === kind.group)
    ?.name

const named = (object: KubernetesObject, name: string): ObjectKey => ({
  namespace: object.metadata.namespace ?? "",
  name
})

const nothing = Effect.succeedNone

/** The Cluster that owns the object; none until the owner reference is there. */
export const owningCluster = (object: KubernetesObject): Effect.Effect<Option.Option<Cluster>, never, Cache> => {
  const name = ownerName(object, Cluster)
  return name === undefined ? nothing : Effect.flatMap(Cache, (cache) => cache.get(Cluster, named(object, name)))
}

/** The Machine that owns the object; a MachineSet or control plane, which owns it at first, does not count. */
export const owningMachine = (object: KubernetesObject): Effect.Effect<Option.Option<Machine>, never, Cache> => {
  const name = ownerName(object, Machine)
  return name === undefined ? nothing : Effect.flatMap(Cache, (cache) => cache.get(Machine, named(object, name)))
}

export const clusterOfMachine = (machine: Machine): Effect.Effect<Option.Option<Cluster>, never, Cache> =>
  Effect.flatMap(Cache, (cache) => cache.get(Cluster, named(machine, machine.spec.clusterName)))

/** Somebody else fulfils the contract for this object. */
export const isExternallyManaged = (object: KubernetesObject): boolean =>
  object.metadata.annotations?.[Annotations.ManagedBy] !== undefined

interface Reference {
  readonly apiGroup: string
  readonly kind: string
  readonly name: string
}

/** The object that a reference names, as a request, when it is of the kind. */
export const requestOfReference = (
  owner: KubernetesObject,
  reference: Reference | undefined,
  kind: AnyKind
): ReadonlyArray<Request> =>
  reference !== undefined && reference.kind === kind.kind && reference.apiGroup === kind.group
    ? [named(owner, reference.name)]
    : []

/** All objects of the kind that carry the cluster's label. */
export const requestsOfCluster = (kind: AnyKind, cluster: ObjectKey, cache: CacheReader): ReadonlyArray<Request> =>
  cache.filter(kind, { namespace: cluster.namespace, labels: { [Labels.ClusterName]: cluster.name } }).map(keyOf)

/** The Cluster that the object's label names. */
export const labelledCluster = (object: KubernetesObject, cache: CacheReader): Cluster | undefined => {
  const name = object.metadata.labels?.[Labels.ClusterName]
  return name === undefined ? undefined : cache.find(Cluster, named(object, name))
}

/** Whether something changed besides the status. */
const intentChanged = ({ after, before }: ObjectChange): boolean =>
  before === undefined ||
  after === undefined ||
  before.metadata.generation !== after.metadata.generation ||
  before.metadata.deletionTimestamp !== after.metadata.deletionTimestamp ||
  !sameJson(before.metadata.labels, after.metadata.labels) ||
  !sameJson(before.metadata.annotations, after.metadata.annotations)

/** Watched Clusters matter for their intent (pause, endpoint, deletion) and for how far they have come. */
export const clusterMatters = (change: ObjectChange): boolean => {
  if (intentChanged(change)) return true
  // The watch is on Clusters.
  const was = (change.before as Cluster).status?.initialization
  const is = (change.after as Cluster).status?.initialization
  return (
    was?.infrastructureProvisioned !== is?.infrastructureProvisioned ||
    was?.controlPlaneInitialized !== is?.controlPlaneInitialized
  )
}

/** Watched Machines matter for their intent and for the Node that they got. */
export const machineMatters = (change: ObjectChange): boolean =>
  intentChanged(change) ||
  // The watch is on Machines.
  (change.before as Machine).status?.nodeRef?.name !== (change.after as Machine).status?.nodeRef?.name

/** Watched infrastructure clusters matter for their intent and their readiness. */
export const infrastructureClusterMatters = (change: ObjectChange): boolean => {
  if (intentChanged(change)) return true
  const ready = (object: KubernetesObject | undefined): unknown => {
    const status = (
      object as {
        readonly status?: { readonly ready?: boolean; readonly initialization?: { readonly provisioned?: boolean } }
      }
    )?.status
    return status?.ready ?? status?.initialization?.provisioned
  }
  return ready(change.before) !== ready(change.after)
}

/** The object is gone. */
export const isDeletion = ({ after }: ObjectChange): boolean => after === undefined
