/**
 * What to do for one Cluster: adopt its infrastructure and control plane, copy what they report, count replicas; when
 * it is deleted, take it down from the workers inwards. Pure.
 *
 * One part that cannot go on does not stop the others. Left out: clusters made from a ClusterClass, machine pools, the
 * kubeconfig of clusters without a control-plane object.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/cluster
 */
import {
  type Cluster,
  type ClusterControlPlaneStatus,
  ClusterReason,
  type ClusterStatus,
  compareVersionTexts,
  Finalizers,
  isDeleting,
  type KubernetesObject,
  Labels,
  type Machine,
  MachineCondition,
  ownerReference,
  type StatusVersion,
  versionsOf
} from "@capstan/api"
import { withLabels, withoutFinalizer, withOwner } from "@capstan/runtime"
import { Data } from "effect"
import { controlPlaneReplicasOf, isControlPlaneInitialized } from "../contract/ControlPlaneContract.ts"
import {
  endpointOf,
  failureDomainsOf,
  isProvisioned,
  isValidEndpoint
} from "../contract/InfrastructureClusterContract.ts"
import type { FoundObject, ProviderObject } from "../contract/ProviderObject.ts"
import { hasTrue } from "../frame/Conditions.ts"
import { isOwnedByName } from "../frame/Owned.ts"
import { present } from "../frame/Present.ts"
import type { ClusterFacts, Descendants } from "./ClusterFacts.ts"

export type ClusterAction = Data.TaggedEnum<{
  /** Writes owner reference and label of a provider's object. */
  Adopt: { readonly found: FoundObject; readonly wanted: KubernetesObject }
  DeleteChild: { readonly object: KubernetesObject }
  DeleteProviderObject: { readonly found: FoundObject }
  Record: { readonly reason: string; readonly message: string }
}>
export const ClusterAction = Data.taggedEnum<ClusterAction>()

/** How far a deletion is: reason and message of the Deleting condition. */
export interface DeletionState {
  readonly reason: string
  readonly message: string
}

export interface ClusterPlan {
  /** The Cluster as it should be, but for its conditions. */
  readonly cluster: Cluster
  readonly actions: ReadonlyArray<ClusterAction>
  readonly deletion: DeletionState | undefined
  readonly errors: ReadonlyArray<string>
  readonly requeueAfterMillis: number | undefined
}

/** What one part of the plan wants. */
interface Part {
  readonly cluster: Cluster
  readonly actions?: ReadonlyArray<ClusterAction>
  readonly errors?: ReadonlyArray<string>
  readonly requeueAfterMillis?: number
}

const missingObjectMillis = 30_000
const waitForWorkersMillis = 5_000

export const planCluster = (facts: ClusterFacts): ClusterPlan => {
  const infrastructure = planInfrastructure(facts)
  const controlPlane = planControlPlane(facts, infrastructure.cluster)
  const counted = withReplicas(facts, controlPlane.cluster)
  const deletion = isDeleting(facts.cluster) ? planDeletion(facts, counted) : undefined
  const phased = withPhase(deletion?.cluster ?? counted)
  const parts = [infrastructure, controlPlane, deletion, phased].filter((part) => part !== undefined)
  const requeues = parts.flatMap((part) => part.requeueAfterMillis ?? [])
  return {
    cluster: phased.cluster,
    actions: parts.flatMap((part) => part.actions ?? []),
    deletion: deletion?.state,
    errors: parts.flatMap((part) => part.errors ?? []),
    requeueAfterMillis: requeues.length === 0 ? undefined : Math.min(...requeues)
  }
}

const withStatus = (cluster: Cluster, status: ClusterStatus): Cluster => ({
  ...cluster,
  status: { ...cluster.status, ...status }
})

const adopt = (cluster: Cluster, found: FoundObject): ReadonlyArray<ClusterAction> => {
  const owned = withOwner(found.object, ownerReference(cluster))
  const wanted = withLabels(owned, { [Labels.ClusterName]: cluster.metadata.name })
  return wanted === found.object ? [] : [ClusterAction.Adopt({ found, wanted })]
}

/** A referenced object that is not there: harmless while deleting, an error once it had been ready, else "not yet". */
const planMissing = (cluster: Cluster, read: ProviderObject, wasReady: boolean): Part | undefined => {
  if (read._tag === "Unreadable")
    return { cluster, errors: [`${read.reference.kind} ${read.reference.name}: ${read.message}`] }
  if (read._tag !== "Missing") return undefined
  if (isDeleting(cluster)) return { cluster }
  return wasReady
    ? {
        cluster,
        errors: [`${read.reference.kind} ${read.reference.name} has been deleted while the Cluster still exists`]
      }
    : { cluster, requeueAfterMillis: missingObjectMillis }
}

const planInfrastructure = ({ cluster, infrastructure }: ClusterFacts): Part => {
  const wasProvisioned = cluster.status?.initialization?.infrastructureProvisioned === true
  if (infrastructure._tag === "NoReference") {
    return isDeleting(cluster) ? { cluster } : { cluster: latch(cluster, { infrastructureProvisioned: true }) }
  }
  if (infrastructure._tag !== "Found") return planMissing(cluster, infrastructure, wasProvisioned) ?? { cluster }
  const actions = adopt(cluster, infrastructure)
  const {
    kind: { contract },
    object
  } = infrastructure
  if (isDeleting(object) || !(isProvisioned(object, contract) || wasProvisioned)) return { cluster, actions }

  const endpoint = isValidEndpoint(cluster.spec.controlPlaneEndpoint)
    ? cluster.spec.controlPlaneEndpoint
    : endpointOf(object)
  const { controlPlaneEndpoint: _, ...spec } = cluster.spec
  const hasEndpoint = endpoint?.host !== undefined || endpoint?.port !== undefined
  const { failureDomains: __, ...status } = cluster.status ?? {}
  const failureDomains = failureDomainsOf(object, contract)
  const copied: Cluster = {
    ...cluster,
    spec: hasEndpoint ? { ...spec, controlPlaneEndpoint: endpoint } : spec,
    status: failureDomains.length === 0 ? status : { ...status, failureDomains }
  }
  const message = `Cluster ${cluster.metadata.name} InfrastructureReady is now True`
  const events = wasProvisioned ? [] : [ClusterAction.Record({ reason: "InfrastructureReady", message })]
  return { cluster: latch(copied, { infrastructureProvisioned: true }), actions: [...actions, ...events] }
}

const latch = (cluster: Cluster, flags: NonNullable<ClusterStatus["initialization"]>): Cluster =>
  withStatus(cluster, { initialization: { ...cluster.status?.initialization, ...flags } })

const planControlPlane = ({ controlPlane, descendants }: ClusterFacts, cluster: Cluster): Part => {
  const wasInitialized = cluster.status?.initialization?.controlPlaneInitialized === true
  if (controlPlane._tag === "NoReference") {
    const linked = descendants.controlPlaneMachines.some((machine) => machine.status?.nodeRef !== undefined)
    return { cluster: linked && !wasInitialized ? latch(cluster, { controlPlaneInitialized: true }) : cluster }
  }
  if (controlPlane._tag !== "Found") return planMissing(cluster, controlPlane, wasInitialized) ?? { cluster }
  const actions = adopt(cluster, controlPlane)
  const {
    kind: { contract },
    object
  } = controlPlane
  if (isDeleting(object) || !(isControlPlaneInitialized(object, contract) || wasInitialized))
    return { cluster, actions }

  const offered = endpointOf(object)
  const copied =
    isValidEndpoint(cluster.spec.controlPlaneEndpoint) || !isValidEndpoint(offered)
      ? cluster
      : { ...cluster, spec: { ...cluster.spec, controlPlaneEndpoint: offered } }
  const message = `Cluster ${cluster.metadata.name} ControlPlaneInitialized is now True`
  const events = wasInitialized ? [] : [ClusterAction.Record({ reason: "ControlPlaneInitialized", message })]
  return { cluster: latch(copied, { controlPlaneInitialized: true }), actions: [...actions, ...events] }
}

const withReplicas = (facts: ClusterFacts, cluster: Cluster): Cluster => {
  const { controlPlane } = facts
  const counters =
    controlPlane._tag === "Found"
      ? controlPlaneReplicasOf(controlPlane.object, controlPlane.kind.contract)
      : controlPlane._tag === "NoReference"
        ? machineReplicas(facts.descendants.controlPlaneMachines)
        : undefined
  const { controlPlane: _, ...status } = cluster.status ?? {}
  return {
    ...cluster,
    status: {
      ...status,
      ...(counters === undefined ? {} : { controlPlane: counters }),
      workers: workerReplicas(facts.descendants)
    }
  }
}

const machineReplicas = (machines: ReadonlyArray<Machine>): ClusterControlPlaneStatus => {
  const having = (type: string): number => machines.filter((machine) => hasTrue(machine, type)).length
  const versions = versionsOf(machines)
  return {
    desiredReplicas: machines.length,
    replicas: machines.length,
    readyReplicas: having(MachineCondition.Ready),
    availableReplicas: having(MachineCondition.Available),
    upToDateReplicas: having(MachineCondition.UpToDate),
    ...(versions.length === 0 ? {} : { versions })
  }
}

/** Counters of everything that keeps workers and is not kept itself: deployments, lone sets, lone Machines. */
const workerReplicas = (descendants: Descendants): ClusterControlPlaneStatus => {
  const loneSets = descendants.machineSets.filter((set) => !isControlledByKind(set, "MachineDeployment"))
  const loneMachines = descendants.workerMachines.filter((machine) => !isControlledByKind(machine, "MachineSet"))
  const keepers = [...descendants.machineDeployments, ...loneSets]
  const lone = machineReplicas(loneMachines)
  const total = (count: (keeper: (typeof keepers)[number]) => number | undefined, own: number | undefined): number =>
    keepers.reduce((sum, keeper) => sum + (count(keeper) ?? 0), own ?? 0)
  const versions = mergeVersions([...keepers.map((keeper) => keeper.status?.versions ?? []), lone.versions ?? []])
  return present({
    desiredReplicas: total((keeper) => keeper.spec.replicas, lone.desiredReplicas),
    replicas: total((keeper) => keeper.status?.replicas, lone.replicas),
    readyReplicas: total((keeper) => keeper.status?.readyReplicas, lone.readyReplicas),
    availableReplicas: total((keeper) => keeper.status?.availableReplicas, lone.availableReplicas),
    upToDateReplicas: total((keeper) => keeper.status?.upToDateReplicas, lone.upToDateReplicas),
    versions: versions.length === 0 ? undefined : versions
  })
}

const isControlledByKind = (object: KubernetesObject, kind: string): boolean =>
  object.metadata.ownerReferences?.some((owner) => owner.controller === true && owner.kind === kind) === true

const mergeVersions = (lists: ReadonlyArray<ReadonlyArray<StatusVersion>>): ReadonlyArray<StatusVersion> => {
  const replicas = new Map<string, number>()
  for (const { replicas: count = 0, version } of lists.flat())
    replicas.set(version, (replicas.get(version) ?? 0) + count)
  return [...replicas]
    .map(([version, count]) => ({ version, ...(count === 0 ? {} : { replicas: count }) }))
    .sort((a, b) => compareVersionTexts(a.version, b.version))
}

/** Pending, Provisioning, Provisioned, Deleting: the last that applies. */
export const phaseOf = (cluster: Cluster): NonNullable<ClusterStatus["phase"]> => {
  if (isDeleting(cluster)) return "Deleting"
  const provisioned = cluster.status?.initialization?.infrastructureProvisioned === true
  if (provisioned && isValidEndpoint(cluster.spec.controlPlaneEndpoint)) return "Provisioned"
  return cluster.spec.infrastructureRef !== undefined || cluster.spec.controlPlaneRef !== undefined
    ? "Provisioning"
    : "Pending"
}

const withPhase = (cluster: Cluster): Part => {
  const phase = phaseOf(cluster)
  if (cluster.status?.phase === phase) return { cluster }
  const message = `Cluster ${cluster.metadata.name} is ${phase}`
  return { cluster: withStatus(cluster, { phase }), actions: [ClusterAction.Record({ reason: phase, message })] }
}

/** Workers, then the control plane, then the infrastructure; each is gone before the next is touched. */
const planDeletion = (facts: ClusterFacts, cluster: Cluster): Part & { readonly state: DeletionState } => {
  const { controlPlane, descendants, infrastructure } = facts
  const withoutControlPlane = controlPlane._tag === "NoReference"
  const remaining: ReadonlyArray<readonly [string, ReadonlyArray<KubernetesObject>]> = [
    ["MachineDeployments", descendants.machineDeployments],
    ["MachineSets", descendants.machineSets],
    ["Worker Machines", descendants.workerMachines],
    ["Control plane Machines", withoutControlPlane ? descendants.controlPlaneMachines : []]
  ]
  const children = remaining.flatMap(([, objects]) => objects)
  if (children.length > 0) {
    const actions = children
      .filter((object) => !isDeleting(object) && isOwnedByName(object, cluster))
      .map((object) => ClusterAction.DeleteChild({ object }))
    const state = { reason: ClusterReason.WaitingForWorkersDeletion, message: formatRemaining(remaining) }
    return { cluster, actions, state, requeueAfterMillis: waitForWorkersMillis }
  }
  const controlPlaneStep = planProviderDeletion(cluster, controlPlane, ClusterReason.WaitingForControlPlaneDeletion)
  if (controlPlaneStep !== undefined) return controlPlaneStep
  const infrastructureStep = planProviderDeletion(
    cluster,
    infrastructure,
    ClusterReason.WaitingForInfrastructureDeletion
  )
  if (infrastructureStep !== undefined) return infrastructureStep
  const message = `Cluster ${cluster.metadata.name} has been deleted`
  return {
    cluster: withoutFinalizer(cluster, Finalizers.Cluster),
    actions: [ClusterAction.Record({ reason: "Deleted", message })],
    state: { reason: ClusterReason.DeletionCompleted, message: "Deletion completed" }
  }
}

/** Deletes a referenced object once and waits for its end; `undefined` when it is gone. Nothing is assumed gone unread. */
const planProviderDeletion = (
  cluster: Cluster,
  read: ProviderObject,
  reason: string
): (Part & { readonly state: DeletionState }) | undefined => {
  switch (read._tag) {
    case "NoReference":
    case "Missing":
      return undefined
    case "Unreadable":
      return {
        cluster,
        state: { reason: ClusterReason.InternalError, message: "Please check controller logs for errors" }
      }
    case "Found":
      return {
        cluster,
        actions: isDeleting(read.object) ? [] : [ClusterAction.DeleteProviderObject({ found: read })],
        state: { reason, message: `* ${read.object.kind}: ${read.object.metadata.name}` }
      }
  }
}

const formatRemaining = (remaining: ReadonlyArray<readonly [string, ReadonlyArray<KubernetesObject>]>): string =>
  remaining
    .filter(([, objects]) => objects.length > 0)
    .map(([what, objects]) => {
      const names = objects.map((object) => object.metadata.name)
      const more = names.length > 5 ? `, ... (${names.length - 5} more)` : ""
      return `* ${what}: ${names.slice(0, 5).join(", ")}${more}`
    })
    .join("\n")
