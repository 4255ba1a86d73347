/**
 * I11: a finalizer leaves only after the thing it stands for is gone, and was seen to be.
 *
 * Judged when an object disappears: an infrastructure machine after its instance, an infrastructure cluster after everything that
 * is tagged as its own, and every owner after what it controls. Whoever takes the finalizers off by hand is not judged.
 */
import {
  Cluster,
  controllerOf,
  KubeadmControlPlane,
  type KubernetesObject,
  Labels,
  Machine,
  MachineDeployment,
  MachineSet
} from "@capstan/api"
import { defineInvariant, type WorldEvent, type WorldView } from "./Invariant.ts"
import { clusterNameOf, isInfrastructureClusterKind, isInfrastructureMachineKind, providerIdOf } from "./ObjectFacts.ts"

type Remains = (view: WorldView, gone: KubernetesObject) => ReadonlyArray<string>

const naming = (objects: ReadonlyArray<KubernetesObject>): ReadonlyArray<string> =>
  objects.map(({ kind, metadata }) => `${kind} ${metadata.name} is there`)

const controlled = (objects: ReadonlyArray<KubernetesObject>, owner: KubernetesObject): ReadonlyArray<string> =>
  naming(objects.filter((object) => controllerOf(object)?.uid === owner.metadata.uid))

const isOwnedByMachine = (object: KubernetesObject, machine: KubernetesObject): boolean =>
  object.metadata.ownerReferences?.some(({ uid }) => uid === machine.metadata.uid) === true

/** What must be gone before an object of the kind. */
const remains: { readonly [kind: string]: Remains } = {
  [Machine.kind]: (view, gone) =>
    naming(view.infrastructureMachines().filter((object) => isOwnedByMachine(object, gone))),
  [MachineSet.kind]: (view, gone) => controlled(view.objects(Machine), gone),
  [MachineDeployment.kind]: (view, gone) => controlled(view.objects(MachineSet), gone),
  [KubeadmControlPlane.kind]: (view, gone) => controlled(view.objects(Machine), gone),
  [Cluster.kind]: (view, gone) =>
    naming(
      [...view.infrastructureClusters(), ...view.objects(KubeadmControlPlane), ...view.objects(Machine)].filter(
        (object) =>
          object.metadata.namespace === gone.metadata.namespace && clusterNameOf(object) === gone.metadata.name
      )
    )
}

const instancesOf: Remains = (view, gone) => {
  const providerId = providerIdOf(gone)
  return view
    .instances()
    .filter(
      (instance) =>
        instance.state !== "terminated" &&
        (instance.ownerUid === gone.metadata.uid || (providerId !== undefined && instance.providerId === providerId))
    )
    .map((instance) => `instance ${instance.id} is ${instance.state}`)
}

const resourcesOf: Remains = (view, gone) => {
  const cluster = gone.metadata.labels?.[Labels.ClusterName] ?? gone.metadata.name
  return view
    .resources()
    .filter((resource) => resource.cluster === cluster)
    .map((resource) => `${resource.type} ${resource.id} is there`)
}

const remainsOf = (kind: string): Remains | undefined =>
  isInfrastructureMachineKind(kind) ? instancesOf : isInfrastructureClusterKind(kind) ? resourcesOf : remains[kind]

/** Somebody who is not the manager wrote the finalizers away. */
const isForced = ({ write }: WorldEvent): boolean =>
  write?.actor !== "manager" && (write?.before?.metadata.finalizers?.length ?? 0) > 0

export const confirmedDeletion = defineInvariant({
  id: "I11",
  rule: "an object disappears only after what it stands for is gone: in the cloud, and among the objects that it owns",
  on: ["write"],
  start: () => ({}),
  check: (view, event) => {
    const { after, before, kind } = event.write ?? {}
    if (before === undefined || after !== undefined || kind === undefined || isForced(event)) return []
    const found = remainsOf(kind)?.(view, before) ?? []
    return found.map((remnant) => `${kind} ${before.metadata.name} is gone while ${remnant}`)
  }
})
