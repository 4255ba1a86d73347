/**
 * Machines of the cluster's control plane that nobody controls become this control plane's; others' are never touched.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controlplane/kubeadm/internal/controllers/controller.go
 */
import {
  controllerReference,
  ensureOwnerReference,
  isDeleting,
  keyOf,
  KubeadmConfig,
  KubeadmControlPlane,
  type Machine,
  minorSkew,
  parseVersion
} from "@capstan/api"
import { KubernetesApi } from "@capstan/kubernetes"
import { EventRecorder } from "@capstan/runtime"
import { Effect } from "effect"
import { controlPlaneFailure, patchMachine, type Scope } from "./Pass.ts"
import type { ReadMachines } from "./ReadFacts.ts"

/** True when Machines were adopted: the next pass sees them as its own. Fails when the control plane is not this one's alone. */
export const adoptMachines = Effect.fnUntraced(function* (scope: Scope, { foreign, orphans }: ReadMachines) {
  const controlPlane = scope.controlPlane.get()
  if (orphans.length > 0 && !isDeleting(controlPlane)) {
    const api = yield* KubernetesApi
    const current = yield* api.get(KubeadmControlPlane, keyOf(controlPlane))
    if (current.metadata.uid !== controlPlane.metadata.uid || isDeleting(current)) {
      return yield* controlPlaneFailure(`KubeadmControlPlane ${controlPlane.metadata.name} has just been deleted`)
    }
    for (const machine of orphans) {
      const obstacle = whyNotAdoptable(machine, controlPlane)
      if (obstacle !== undefined) {
        const recorder = yield* EventRecorder
        yield* recorder.record(controlPlane, { type: "Warning", reason: "AdoptionFailed", message: obstacle })
        return yield* controlPlaneFailure(obstacle)
      }
    }
    for (const machine of orphans) {
      const ownerReferences = ensureOwnerReference(machine.metadata.ownerReferences, controllerReference(controlPlane))
      yield* patchMachine(scope, machine, { ...machine, metadata: { ...machine.metadata, ownerReferences } })
    }
    return true
  }
  if (foreign.length > 0) {
    const names = foreign.map(({ metadata }) => metadata.name).join(", ")
    return yield* controlPlaneFailure(
      `Machines ${names} are control-plane Machines of this Cluster but belong to somebody else`
    )
  }
  return false
})

/** Versions differ by one minor at most, and the bootstrap config is of a kind that can be compared. */
const whyNotAdoptable = (machine: Machine, controlPlane: KubeadmControlPlane): string | undefined => {
  const { name } = machine.metadata
  if (machine.spec.bootstrap.configRef?.kind !== KubeadmConfig.kind) return `Machine ${name} has no KubeadmConfig`
  const own = parseVersion(controlPlane.spec.version)
  const version = parseVersion(machine.spec.version ?? "")
  const skew = own === undefined || version === undefined ? undefined : minorSkew(own, version)
  return skew === undefined || Math.abs(skew) > 1
    ? `Machine ${name} of version ${machine.spec.version ?? "(none)"} is too far from ${controlPlane.spec.version}`
    : undefined
}
