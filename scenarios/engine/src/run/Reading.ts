/**
 * How names of a scenario are read in a world, whichever it is: which objects a binding means, which instance is whose, what a fault
 * has hit. Pure.
 *
 * @source docs/guides/scenarios.md
 */
import {
  type AnyKind,
  isControlPlaneMachine,
  type KubernetesObject,
  Labels,
  type MachineBody,
  type ObjectOf
} from "@capstan/api"
import type { CloudInstance, EtcdView } from "../invariants/Invariant.ts"
import { type EtcdSummary, type InstanceScene, type Victim, zoneOf } from "../language/Expression.ts"
import type { Binding } from "../language/ScenarioDocument.ts"
import type { Plan } from "../plan/Plan.ts"
import { simulatedKinds } from "../simulated/SimulatedKinds.ts"
import type { FaultAction } from "./Stage.ts"

/** A kind by its name, of this version if one is said. */
export const kindNamed = (kind: string, apiVersion?: string): AnyKind | undefined =>
  (apiVersion === undefined ? undefined : simulatedKinds.findByApiVersion(apiVersion, kind)) ??
  simulatedKinds.all.find((candidate) => candidate.kind === kind)

/** Where objects are whose references say no namespace: with the plan's first manifest that names one. */
export const homeNamespaceOf = ({ objects }: Plan): string =>
  objects.flatMap(({ object }) => (object["metadata"] as { readonly namespace?: string }).namespace ?? [])[0] ??
  "default"

/** The namespaces that a plan's manifests name, but for `default`, which is always there. */
export const namespacesOf = ({ objects }: Plan): ReadonlySet<string> =>
  new Set(
    objects.flatMap(({ object }) => {
      const namespace = (object["metadata"] as { readonly namespace?: string } | undefined)?.namespace
      return namespace === undefined || namespace === "default" ? [] : [namespace]
    })
  )

const belongsTo = (object: KubernetesObject, cluster: string): boolean =>
  object.metadata.labels?.[Labels.ClusterName] === cluster ||
  (object.kind === "Cluster" && object.metadata.name === cluster)

/** The objects of its kind that a binding means. */
export const objectsMeant = (
  binding: Binding,
  objects: ReadonlyArray<KubernetesObject>
): ReadonlyArray<KubernetesObject> =>
  objects.filter(
    (object) =>
      (binding.namespace === undefined || object.metadata.namespace === binding.namespace) &&
      (binding.name === undefined || object.metadata.name === binding.name) &&
      (binding.cluster === undefined || belongsTo(object, binding.cluster)) &&
      (binding.role === undefined || isControlPlaneMachine(object) === (binding.role === "control-plane")) &&
      Object.entries(binding.labels ?? {}).every(([key, value]) => object.metadata.labels?.[key] === value)
  )

/** The instances that a binding means; a stranger's never. */
export const instancesMeant = (
  binding: Binding,
  instances: ReadonlyArray<CloudInstance>
): ReadonlyArray<CloudInstance> =>
  instances.filter(
    (instance) =>
      instance.cluster !== undefined &&
      (binding.cluster === undefined || instance.cluster === binding.cluster) &&
      (binding.role === undefined || instance.role === binding.role)
  )

export type MachinesByProviderId = ReadonlyMap<string, ObjectOf<MachineBody>>

export const machinesByProviderId = (machines: ReadonlyArray<ObjectOf<MachineBody>>): MachinesByProviderId =>
  new Map(
    machines.flatMap((machine) => (machine.spec.providerID === undefined ? [] : [[machine.spec.providerID, machine]]))
  )

/** Instances as expressions see them. The same instance under the same Machine's name is the same scene, so that it is compared at once. */
export class InstanceScenes {
  private readonly known = new WeakMap<CloudInstance, InstanceScene>()

  of(instance: CloudInstance, machines: MachinesByProviderId): InstanceScene {
    const machine = machines.get(instance.providerId)?.metadata.name ?? instance.name
    const known = this.known.get(instance)
    if (known?.machine === machine) return known
    const { createdMillis, id, providerId, role, state, zone } = instance
    const scene: InstanceScene = { id, state, zone, providerID: providerId, machine, role, createdMillis }
    this.known.set(instance, scene)
    return scene
  }
}

/** What a fault hits, by the names that expressions ask for. */
export const victimOf = (target: unknown, machines: MachinesByProviderId): Victim => {
  const instance = target as Partial<InstanceScene>
  const machine = machines.get(instance.providerID ?? "")
  return {
    machine: machine?.metadata.name ?? instance.machine ?? "",
    node: machine?.status?.nodeRef?.name ?? "",
    instance: instance.id ?? "",
    zone: zoneOf(target)
  }
}

/** Voting members of a control plane's etcd. A learner has no vote yet: it neither helps nor hurts the quorum. */
export const etcdSummaryOf = (views: ReadonlyArray<EtcdView>, controlPlane: KubernetesObject): EtcdSummary => {
  const cluster = controlPlane.metadata?.labels?.[Labels.ClusterName]
  const voters = views.find((view) => view.cluster === cluster)?.members.filter((member) => member.voter) ?? []
  return { members: voters.length, healthy: voters.filter((member) => member.healthy).length }
}

/** What a trace says of a fault that has begun: its step, its name, what it was given and what it hit. */
export const faultEvent = (step: string, { fault, parameters }: FaultAction, victims: ReadonlyArray<Victim>) => ({
  step,
  fault: fault.name,
  // From a YAML document, so JSON.
  ...(Object.keys(parameters).length === 0 ? {} : { with: parameters as { readonly [key: string]: never } }),
  ...(victims.length === 0
    ? {}
    : { targets: victims.map(({ instance, machine }) => (machine === "" ? instance : machine)) })
})

/** The Machines that are not Ready, each with why, on a line of its own. */
export const unready = (machines: ReadonlyArray<ObjectOf<MachineBody>>): ReadonlyArray<string> =>
  machines.flatMap(({ metadata, status }) => {
    const ready = status?.conditions?.find(({ type }) => type === "Ready")
    return ready?.status === "True"
      ? []
      : [`Machine ${metadata.name}: ${ready?.message ?? "no Ready condition yet"}`.replaceAll("\n", " ")]
  })
