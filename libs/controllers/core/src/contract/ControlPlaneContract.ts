/**
 * What core reads from a control plane.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/control-plane
 */
import type { ClusterControlPlaneStatus, KubernetesObject, StatusVersion } from "@capstan/api"
import type { ContractVersion } from "./ProviderKind.ts"
import { countAt, flagAt, listAt, textAt } from "./ValueAt.ts"

export const controlPlaneInitializedPath = {
  v1beta1: ["status", "initialized"],
  v1beta2: ["status", "initialization", "controlPlaneInitialized"]
} as const

export const isControlPlaneInitialized = (object: KubernetesObject, contract: ContractVersion): boolean =>
  flagAt(object, controlPlaneInitializedPath[contract])

export const isExternallyManaged = (object: KubernetesObject): boolean =>
  flagAt(object, ["status", "externalManagedControlPlane"])

export const controlPlaneVersionOf = (object: KubernetesObject): string | undefined =>
  textAt(object, ["spec", "version"])

/** Versions that the control plane runs, old to new; empty before the first Machine. */
export const controlPlaneVersionsOf = (object: KubernetesObject): ReadonlyArray<StatusVersion> => {
  const versions = listAt(object, ["status", "versions"]).flatMap((entry) => {
    const version = textAt(entry, ["version"])
    const replicas = countAt(entry, ["replicas"])
    return version === undefined ? [] : [{ version, ...(replicas === undefined ? {} : { replicas }) }]
  })
  const single = textAt(object, ["status", "version"])
  return versions.length > 0 || single === undefined ? versions : [{ version: single }]
}

/** The replica counters as the Cluster shows them. */
export const controlPlaneReplicasOf = (
  object: KubernetesObject,
  contract: ContractVersion
): ClusterControlPlaneStatus => {
  const replicas = countAt(object, ["status", "replicas"])
  const unavailable = countAt(object, ["status", "unavailableReplicas"])
  const older = contract === "v1beta1"
  const available =
    older && replicas !== undefined && unavailable !== undefined
      ? replicas - unavailable
      : countAt(object, ["status", "availableReplicas"])
  const versions = controlPlaneVersionsOf(object)
  return {
    ...count("desiredReplicas", countAt(object, ["spec", "replicas"])),
    ...count("replicas", replicas),
    ...count("readyReplicas", countAt(object, ["status", "readyReplicas"])),
    ...count("availableReplicas", available),
    ...count("upToDateReplicas", countAt(object, ["status", older ? "updatedReplicas" : "upToDateReplicas"])),
    ...(versions.length === 0 ? {} : { versions })
  }
}

type Counter = "desiredReplicas" | "replicas" | "readyReplicas" | "availableReplicas" | "upToDateReplicas"

const count = (name: Counter, value: number | undefined): ClusterControlPlaneStatus =>
  value === undefined ? {} : { [name]: value }
