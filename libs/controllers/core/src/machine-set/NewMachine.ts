/**
 * What a set's Machines look like: at their making, and kept so while they live. Pure.
 *
 * Machine, bootstrap config and infrastructure machine share one name and the same labels and annotations.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machineset/machineset_controller.go
 */
import {
  type Cluster,
  controllerReference,
  defaultMachineSetNaming,
  Finalizers,
  formatLabelValue,
  isDeleting,
  type KubernetesObject,
  Labels,
  type Machine,
  type MachineBody,
  type MachineSet,
  type MachineSpec,
  type NamingResult,
  type NewObject,
  renderMachineName,
  sameJson,
  type StringMap
} from "@capstan/api"
import { clonedKindName, withAnnotations, withLabels } from "@capstan/runtime"
import { present } from "../frame/Present.ts"

export const machineName = (machineSet: MachineSet, suffix: string): NamingResult =>
  renderMachineName(
    machineSet.spec.machineNaming?.template ?? defaultMachineSetNaming,
    { "cluster.name": machineSet.spec.clusterName, "machineSet.name": machineSet.metadata.name },
    suffix
  )

/** What a Machine, its bootstrap config and its infrastructure all carry. */
export interface MachineMetadata {
  readonly labels: StringMap
  readonly annotations: StringMap
}

export const machineMetadata = (machineSet: MachineSet): MachineMetadata => {
  const deployment = machineSet.metadata.labels?.[Labels.DeploymentName]
  const { metadata } = machineSet.spec.template
  return {
    labels: {
      ...metadata?.labels,
      [Labels.ClusterName]: machineSet.spec.clusterName,
      [Labels.SetName]: formatLabelValue(machineSet.metadata.name),
      ...(deployment === undefined ? {} : { [Labels.DeploymentName]: deployment })
    },
    annotations: metadata?.annotations ?? {}
  }
}

/** The Machine to create. Its finalizer is there from the start: what it refers to exists already. */
export const newMachine = (machineSet: MachineSet, name: string): NewObject<MachineBody> => {
  const { spec } = machineSet.spec.template
  const { configRef } = spec.bootstrap
  const copyOf = <A extends { readonly kind: string; readonly name: string }>(reference: A): A => ({
    ...reference,
    kind: clonedKindName(reference.kind) ?? reference.kind,
    name
  })
  const { annotations, labels } = machineMetadata(machineSet)
  return {
    metadata: {
      name,
      namespace: machineSet.metadata.namespace ?? "",
      labels,
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      finalizers: [Finalizers.Machine],
      ownerReferences: [controllerReference(machineSet)]
    },
    spec: {
      ...spec,
      clusterName: machineSet.spec.clusterName,
      bootstrap: configRef === undefined ? spec.bootstrap : { configRef: copyOf(configRef) },
      infrastructureRef: copyOf(spec.infrastructureRef)
    }
  }
}

/** What changes in living Machines when it changes in the template; none of it is worth a new Machine. */
type InPlaceFields = Pick<MachineSpec, "deletion" | "minReadySeconds" | "readinessGates" | "taints">

const inPlaceFieldsOf = ({ deletion, minReadySeconds, readinessGates, taints }: InPlaceFields): InPlaceFields =>
  present({ deletion, minReadySeconds, readinessGates, taints })

/**
 * The Machine as the template wants it now; the same reference when it is so. A Machine that is being deleted only takes over
 * the fields that can still matter, so that its time limits may be lowered.
 */
export const syncedMachine = (machineSet: MachineSet, content: MachineMetadata, machine: Machine): Machine => {
  const wanted = wantedInPlace(machineSet.spec.template.spec, machine.spec)
  const updated = sameJson(wanted, inPlaceFieldsOf(machine.spec))
    ? machine
    : { ...machine, spec: { ...withoutInPlaceFields(machine.spec), ...wanted } }
  return isDeleting(machine) ? updated : withMachineMetadata(content, updated)
}

/** The Node's time limit is filled in by the API server where the template has none: then the Machine keeps its own. */
const wantedInPlace = (template: MachineSpec, current: MachineSpec): InPlaceFields => {
  const limit = template.deletion?.nodeDeletionTimeoutSeconds ?? current.deletion?.nodeDeletionTimeoutSeconds
  const deletion = limit === undefined ? template.deletion : { ...template.deletion, nodeDeletionTimeoutSeconds: limit }
  return inPlaceFieldsOf({ ...template, ...(deletion === undefined ? {} : { deletion }) })
}

const withoutInPlaceFields = ({
  deletion: _,
  minReadySeconds: __,
  readinessGates: ___,
  taints: ____,
  ...spec
}: MachineSpec) => spec

/** Any object of a Machine of the set, with the labels and annotations that the template wants now. None is ever taken away. */
export const withMachineMetadata = <A extends KubernetesObject>(
  { annotations, labels }: MachineMetadata,
  object: A
): A => withAnnotations(withLabels(object, labels), annotations)

/** The set with its cluster's label where Machines are looked for and made. */
export const withClusterLabel = (machineSet: MachineSet, cluster: Cluster): MachineSet => {
  const entry = { [Labels.ClusterName]: cluster.metadata.name }
  const { selector, template } = machineSet.spec
  const selects = selector.matchLabels?.[Labels.ClusterName] === cluster.metadata.name
  const labels = template.metadata?.labels?.[Labels.ClusterName] === cluster.metadata.name
  const labelled = withLabels(machineSet, entry)
  if (selects && labels) return labelled
  return {
    ...labelled,
    spec: {
      ...machineSet.spec,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, ...entry } },
      template: { ...template, metadata: { ...template.metadata, labels: { ...template.metadata?.labels, ...entry } } }
    }
  }
}
