/**
 * What the Machines of a control plane look like: at their making, and kept so while they live. Pure.
 *
 * Machine, kubeadm config and infrastructure machine share one name, labels and annotations. Left out: taking away labels and
 * annotations that the template no longer has; that needs field ownership.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controlplane/kubeadm/internal/desired_state
 */
import {
  Annotations,
  type Cluster,
  controllerReference,
  defaultControlPlaneNaming,
  Finalizers,
  formatLabelValue,
  isDeleting,
  KubeadmConfig,
  type KubeadmControlPlane,
  type KubernetesObject,
  Labels,
  type Machine,
  type MachineBody,
  MachineCondition,
  type MachineReadinessGate,
  type MachineSpec,
  type NamingResult,
  type NewObject,
  type NewObjectMeta,
  ownerReference,
  renderMachineName,
  sameJson,
  type StringMap
} from "@capstan/api"
import { withAnnotations, withLabels } from "@capstan/runtime"
import { componentsOf } from "../ControlPlaneFacts.ts"

export const machineName = (controlPlane: KubeadmControlPlane, cluster: Cluster, suffix: string): NamingResult =>
  renderMachineName(
    controlPlane.spec.machineNaming?.template ?? defaultControlPlaneNaming,
    { "cluster.name": cluster.metadata.name, "kubeadmControlPlane.name": controlPlane.metadata.name },
    suffix
  )

export const machineLabels = (controlPlane: KubeadmControlPlane, cluster: Cluster): StringMap => ({
  ...controlPlane.spec.machineTemplate.metadata?.labels,
  [Labels.ClusterName]: cluster.metadata.name,
  [Labels.ControlPlane]: "",
  [Labels.ControlPlaneName]: formatLabelValue(controlPlane.metadata.name)
})

/** Annotations of all three objects; the Machine has more. */
const templateAnnotations = (controlPlane: KubeadmControlPlane): StringMap =>
  controlPlane.spec.machineTemplate.metadata?.annotations ?? {}

const machineAnnotations = (controlPlane: KubeadmControlPlane): StringMap => ({
  ...templateAnnotations(controlPlane),
  [Annotations.KcpPreTerminateHook]: ""
})

/** Ready only when everything that runs on the machine for the control plane is, besides what the template asks for. */
const readinessGates = (controlPlane: KubeadmControlPlane): ReadonlyArray<MachineReadinessGate> => {
  const own = [...componentsOf(controlPlane), MachineCondition.NodeKubeadmLabelsAndTaintsSet]
  const asked = controlPlane.spec.machineTemplate.spec.readinessGates ?? []
  return [
    ...own.map((conditionType) => ({ conditionType })),
    ...asked.filter(({ conditionType }) => !own.includes(conditionType))
  ]
}

/** Metadata of the objects that are made for a Machine; the Machine becomes their owner later. */
export const childMetadata = (
  controlPlane: KubeadmControlPlane,
  cluster: Cluster,
  name: string
): NewObjectMeta & { readonly labels: StringMap; readonly annotations: StringMap } => ({
  name,
  namespace: controlPlane.metadata.namespace ?? "",
  labels: machineLabels(controlPlane, cluster),
  annotations: templateAnnotations(controlPlane),
  ownerReferences: [ownerReference(controlPlane)]
})

export interface NewMachineOptions {
  readonly controlPlane: KubeadmControlPlane
  readonly cluster: Cluster
  readonly name: string
  readonly infrastructureKind: { readonly group: string; readonly kind: string }
  readonly failureDomain: string | undefined
  /** The annotation `remediation-for` when the Machine replaces one that was remediated. */
  readonly remediationFor: string | undefined
}

/** The Machine to create. Its finalizer is there from the start: what it refers to exists already. */
export const newMachine = (options: NewMachineOptions): NewObject<MachineBody> => {
  const { cluster, controlPlane, failureDomain, infrastructureKind, name, remediationFor } = options
  const { deletion, taints } = controlPlane.spec.machineTemplate.spec
  return {
    metadata: {
      name,
      namespace: controlPlane.metadata.namespace ?? "",
      labels: machineLabels(controlPlane, cluster),
      annotations: {
        ...machineAnnotations(controlPlane),
        ...(remediationFor === undefined ? {} : { [Annotations.RemediationFor]: remediationFor })
      },
      finalizers: [Finalizers.Machine],
      ownerReferences: [controllerReference(controlPlane)]
    },
    spec: {
      clusterName: cluster.metadata.name,
      version: controlPlane.spec.version,
      bootstrap: { configRef: { apiGroup: KubeadmConfig.group, kind: KubeadmConfig.kind, name } },
      infrastructureRef: { apiGroup: infrastructureKind.group, kind: infrastructureKind.kind, name },
      readinessGates: readinessGates(controlPlane),
      ...(failureDomain === undefined ? {} : { failureDomain }),
      ...(deletion === undefined ? {} : { deletion }),
      ...(taints === undefined ? {} : { taints })
    }
  }
}

/** Kubeadm config or infrastructure machine with the labels and annotations of now; the same reference when it has them. */
export const syncedChild = <A extends KubernetesObject>(
  controlPlane: KubeadmControlPlane,
  cluster: Cluster,
  child: A
): A => withAnnotations(withLabels(child, machineLabels(controlPlane, cluster)), templateAnnotations(controlPlane))

type InPlaceFields = Pick<MachineSpec, "deletion" | "readinessGates" | "taints">

/** The Node's time limit is filled in by the API server where the template has none: then the Machine keeps its own. */
const wantedFields = (controlPlane: KubeadmControlPlane, machine: Machine): InPlaceFields => {
  const { deletion, taints } = controlPlane.spec.machineTemplate.spec
  const limit = deletion?.nodeDeletionTimeoutSeconds ?? machine.spec.deletion?.nodeDeletionTimeoutSeconds
  const limits = limit === undefined ? deletion : { ...deletion, nodeDeletionTimeoutSeconds: limit }
  const gates = isDeleting(machine) ? machine.spec.readinessGates : readinessGates(controlPlane)
  return {
    ...(limits === undefined ? {} : { deletion: limits }),
    ...(gates === undefined ? {} : { readinessGates: gates }),
    ...(taints === undefined ? {} : { taints })
  }
}

/** The server may have filled in the polarity that most gates have. */
const comparableFields = ({ deletion, readinessGates: gates, taints }: InPlaceFields): unknown => ({
  deletion,
  taints,
  readinessGates: gates?.map(({ conditionType, polarity }) => ({ conditionType, polarity: polarity ?? "Positive" }))
})

/**
 * The Machine as the control plane wants it now; the same reference when it is so. A Machine that is being deleted only takes
 * over the fields that can still matter, so that its time limits may be lowered.
 */
export const syncedMachine = (controlPlane: KubeadmControlPlane, cluster: Cluster, machine: Machine): Machine => {
  const wanted = wantedFields(controlPlane, machine)
  const { deletion: _, readinessGates: __, taints: ___, ...spec } = machine.spec
  const synced = sameJson(comparableFields(wanted), comparableFields(machine.spec))
    ? machine
    : { ...machine, spec: { ...spec, ...wanted } }
  return isDeleting(machine)
    ? synced
    : withAnnotations(withLabels(synced, machineLabels(controlPlane, cluster)), machineAnnotations(controlPlane))
}
