/**
 * What to do for one Machine: own its bootstrap config and infrastructure, copy what they report, link and label its
 * Node. Deletion is planned in `MachineDeletion.ts`. Pure.
 *
 * One part that cannot go on does not stop the others. Left out: in-place updates.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machine/machine_controller_phases.go
 */
import {
  Annotations,
  controllerOf,
  controllerReference,
  isControlPlaneMachine,
  isDeleting,
  type KubernetesObject,
  Labels,
  type Machine,
  type MachineStatus,
  ownerReference,
  type OwnerReference
} from "@capstan/api"
import { parseTimestamp, timestampOf, withLabels, withOwner } from "@capstan/runtime"
import type { Node } from "@capstan/kubernetes"
import { Data } from "effect"
import { dataSecretNameOf, isDataSecretCreated } from "../contract/BootstrapContract.ts"
import {
  addressesOf,
  isInterruptible,
  isMachineProvisioned,
  providerIdOf,
  specFailureDomainOf,
  statusFailureDomainOf
} from "../contract/InfrastructureMachineContract.ts"
import { foundObject, type FoundObject, type ProviderObject } from "../contract/ProviderObject.ts"
import { isOutdatedRevision } from "../machine-deployment/Revision.ts"
import { type MachineFacts } from "./MachineFacts.ts"
import { syncNode } from "./NodeSync.ts"

export type MachineAction = Data.TaggedEnum<{
  /** Writes owner reference and label of a provider's object. */
  Adopt: { readonly found: FoundObject; readonly wanted: KubernetesObject }
  PatchNode: { readonly node: Node; readonly wanted: Node }
  Record: { readonly type: "Normal" | "Warning"; readonly reason: string; readonly message: string }
}>
export const MachineAction = Data.taggedEnum<MachineAction>()

export interface MachinePlan {
  /** The Machine as it should be, but for its conditions and phase. */
  readonly machine: Machine
  readonly actions: ReadonlyArray<MachineAction>
  readonly errors: ReadonlyArray<string>
  readonly requeueAfterMillis: number | undefined
  /** No other look before this time is over. */
  readonly deferMillis: number | undefined
}

interface Part {
  readonly machine: Machine
  readonly actions?: ReadonlyArray<MachineAction>
  readonly errors?: ReadonlyArray<string>
  readonly requeueAfterMillis?: number
  readonly deferMillis?: number
}

const missingObjectMillis = 30_000
const waitForProviderIdMillis = 5_000

export const planMachine = (facts: MachineFacts): MachinePlan => {
  const owned = planOwner(facts)
  const bootstrap = planBootstrap(facts, owned.machine)
  const infrastructure = planInfrastructure(facts, bootstrap.machine)
  const node = planNode(facts, infrastructure.machine)
  const parts = [owned, bootstrap, infrastructure, node]
  const requeues = parts.flatMap((part) => part.requeueAfterMillis ?? [])
  const deferrals = parts.flatMap((part) => part.deferMillis ?? [])
  return {
    machine: withCertificateExpiry(facts, node.machine),
    actions: parts.flatMap((part) => part.actions ?? []),
    errors: parts.flatMap((part) => part.errors ?? []),
    requeueAfterMillis: requeues.length === 0 ? undefined : Math.min(...requeues),
    deferMillis: deferrals.length === 0 ? undefined : Math.max(...deferrals)
  }
}

export const withMachineStatus = (machine: Machine, status: MachineStatus): Machine => ({
  ...machine,
  status: { ...machine.status, ...status }
})

const latch = (machine: Machine, flags: NonNullable<MachineStatus["initialization"]>): Machine =>
  withMachineStatus(machine, { initialization: { ...machine.status?.initialization, ...flags } })

/** A stand-alone Machine belongs to its Cluster; others to whoever made them. */
const planOwner = ({ cluster, machine }: MachineFacts): Part => {
  const created = [Labels.SetName, Labels.PoolName, Labels.ControlPlaneName].some(
    (label) => machine.metadata.labels?.[label] !== undefined
  )
  const hasOwner =
    controllerOf(machine) !== undefined ||
    machine.metadata.ownerReferences?.some((owner) => owner.kind === "Cluster") === true
  const owned =
    created || (hasOwner && !isOwnedByStale(machine, cluster)) ? machine : withOwner(machine, ownerReference(cluster))
  return { machine: withLabels(owned, { [Labels.ClusterName]: machine.spec.clusterName }) }
}

/** The Cluster is the owner, but by an old uid or version. */
const isOwnedByStale = (machine: Machine, cluster: KubernetesObject): boolean =>
  controllerOf(machine) === undefined &&
  machine.metadata.ownerReferences?.some(
    (owner) =>
      owner.kind === "Cluster" &&
      owner.name === cluster.metadata.name &&
      (owner.uid !== cluster.metadata.uid || owner.apiVersion !== cluster.apiVersion)
  ) === true

/** Kinds that own a provider's object until its Machine does. */
const creators: ReadonlyArray<string> = ["MachineSet"]

const isCreator = (owner: OwnerReference, machine: Machine): boolean =>
  creators.includes(owner.kind) || owner.uid === controllerOf(machine)?.uid

const adopt = (machine: Machine, found: FoundObject): ReadonlyArray<MachineAction> => {
  const references = found.object.metadata.ownerReferences ?? []
  const kept = references.filter((owner) => !isCreator(owner, machine))
  const base =
    kept.length === references.length
      ? found.object
      : { ...found.object, metadata: { ...found.object.metadata, ownerReferences: kept } }
  const wanted = withLabels(withOwner(base, controllerReference(machine)), {
    [Labels.ClusterName]: machine.spec.clusterName
  })
  return wanted === found.object ? [] : [MachineAction.Adopt({ found, wanted })]
}

/** A referenced object that is not there: harmless while deleting, an error where it must exist, else "not yet". */
const planMissing = (machine: Machine, read: ProviderObject, mustExist: boolean): Part | undefined => {
  if (read._tag === "Unreadable")
    return { machine, errors: [`${read.reference.kind} ${read.reference.name}: ${read.message}`] }
  if (read._tag !== "Missing") return undefined
  if (isDeleting(machine)) return { machine }
  return mustExist
    ? {
        machine,
        errors: [`${read.reference.kind} ${read.reference.name} has been deleted while the Machine still exists`]
      }
    : { machine, requeueAfterMillis: missingObjectMillis }
}

const planBootstrap = ({ bootstrap }: MachineFacts, machine: Machine): Part => {
  if (bootstrap._tag !== "Found") return planMissing(machine, bootstrap, false) ?? { machine }
  const actions = adopt(machine, bootstrap)
  const {
    kind: { contract },
    object
  } = bootstrap
  if (machine.spec.bootstrap.dataSecretName !== undefined) {
    return { machine: latch(machine, { bootstrapDataSecretCreated: true }), actions }
  }
  if (isDeleting(object) || !isDataSecretCreated(object, contract)) return { machine, actions }
  const dataSecretName = dataSecretNameOf(object)
  if (dataSecretName === undefined) {
    return {
      machine,
      actions,
      errors: [`${object.kind} ${object.metadata.name} reports its data secret as created but no name`]
    }
  }
  const named: Machine = {
    ...machine,
    spec: { ...machine.spec, bootstrap: { ...machine.spec.bootstrap, dataSecretName } }
  }
  return { machine: latch(named, { bootstrapDataSecretCreated: true }), actions }
}

const planInfrastructure = ({ infrastructure }: MachineFacts, machine: Machine): Part => {
  const wasProvisioned = machine.status?.initialization?.infrastructureProvisioned === true
  if (infrastructure._tag !== "Found") return planMissing(machine, infrastructure, wasProvisioned) ?? { machine }
  const actions = adopt(machine, infrastructure)
  const {
    kind: { contract },
    object
  } = infrastructure
  if (isDeleting(object) || !(wasProvisioned || isMachineProvisioned(object, contract))) return { machine, actions }
  const providerID = providerIdOf(object)
  if (providerID === undefined) return { machine, actions, deferMillis: waitForProviderIdMillis }

  const addresses = addressesOf(object)
  const failureDomain = statusFailureDomainOf(object)
  const specFailureDomain = specFailureDomainOf(object)
  const { addresses: _, failureDomain: __, ...status } = machine.status ?? {}
  const copied: Machine = {
    ...machine,
    spec: {
      ...machine.spec,
      providerID,
      ...(specFailureDomain === undefined ? {} : { failureDomain: specFailureDomain })
    },
    status: {
      ...status,
      ...(addresses.length === 0 ? {} : { addresses }),
      ...(failureDomain === undefined ? {} : { failureDomain })
    }
  }
  return { machine: latch(copied, { infrastructureProvisioned: true }), actions }
}

const planNode = (facts: MachineFacts, machine: Machine): Part => {
  const { infrastructure, node: read } = facts
  if (read._tag === "Ambiguous") {
    const message = `more than one Node has the provider id ${machine.spec.providerID}: ${read.names.join(", ")}`
    const event = MachineAction.Record({ type: "Warning", reason: "Failed to retrieve Node by ProviderID", message })
    return { machine, errors: [message], actions: [event] }
  }
  if (read._tag === "Absent") {
    const name = machine.status?.nodeRef?.name
    return name === undefined || isDeleting(machine)
      ? { machine }
      : { machine, errors: [`no matching Node for Machine ${machine.metadata.name}: Node ${name} is gone`] }
  }
  if (read._tag !== "Found") return { machine }
  const { node } = read
  const linked = machine.status?.nodeRef !== undefined
  const infrastructureObject = foundObject(infrastructure)
  const wanted = syncNode({
    node,
    machine,
    cluster: facts.cluster,
    interruptible: infrastructureObject !== undefined && isInterruptible(infrastructureObject),
    outdated: isOutdated(facts)
  })
  const linkedMessage = `Node ${node.metadata.name} has been linked`
  const nodeInfo = node.status?.nodeInfo
  return {
    machine: withMachineStatus(machine, {
      ...(linked ? {} : { nodeRef: { name: node.metadata.name } }),
      ...(nodeInfo === undefined ? {} : { nodeInfo })
    }),
    actions: [
      ...(linked
        ? []
        : [MachineAction.Record({ type: "Normal", reason: "SuccessfulSetNodeRef", message: linkedMessage })]),
      ...(wanted === node ? [] : [MachineAction.PatchNode({ node, wanted })])
    ]
  }
}

const isOutdated = ({ machineDeployment, machineSet }: MachineFacts): boolean =>
  machineSet !== undefined && machineDeployment !== undefined && isOutdatedRevision(machineSet, machineDeployment)

/** When the certificates of a control-plane Machine run out: as the Machine says, else as its bootstrap config says. */
const withCertificateExpiry = ({ bootstrap }: MachineFacts, machine: Machine): Machine => {
  if (!isControlPlaneMachine(machine)) return machine
  const text =
    machine.metadata.annotations?.[Annotations.CertificatesExpiry] ??
    foundObject(bootstrap)?.metadata.annotations?.[Annotations.CertificatesExpiry]
  const millis = parseTimestamp(text)
  const { certificatesExpiryDate, ...status } = machine.status ?? {}
  if (millis === undefined) return certificatesExpiryDate === undefined ? machine : { ...machine, status }
  const expiry = timestampOf(millis)
  return certificatesExpiryDate === expiry
    ? machine
    : { ...machine, status: { ...status, certificatesExpiryDate: expiry } }
}
