/**
 * Lists of kinds as one value: what an API server serves, what a client knows.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/
 */
import type { AnyKind, Unstructured } from "./Kind.ts"
import { KubeadmConfig } from "./bootstrap/KubeadmConfig.ts"
import { KubeadmConfigTemplate } from "./bootstrap/KubeadmConfigTemplate.ts"
import { Cluster } from "./cluster/Cluster.ts"
import { Machine } from "./cluster/Machine.ts"
import { MachineDeployment } from "./cluster/MachineDeployment.ts"
import { MachineHealthCheck } from "./cluster/MachineHealthCheck.ts"
import { MachineSet } from "./cluster/MachineSet.ts"
import { KubeadmControlPlane } from "./control-plane/KubeadmControlPlane.ts"
import { KubeadmControlPlaneTemplate } from "./control-plane/KubeadmControlPlaneTemplate.ts"

/** Cluster API's own kinds. A provider's kinds live with the provider. */
export const clusterApiKinds: ReadonlyArray<AnyKind> = [
  Cluster,
  Machine,
  MachineSet,
  MachineDeployment,
  MachineHealthCheck,
  KubeadmConfig,
  KubeadmConfigTemplate,
  KubeadmControlPlane,
  KubeadmControlPlaneTemplate
]

export interface KindRegistry {
  /** In the order they were given. */
  readonly all: ReadonlyArray<AnyKind>
  readonly find: (id: { readonly group: string; readonly kind: string }) => AnyKind | undefined
  /** The kind that serves this version, whether or not it is the storage version. */
  readonly findByApiVersion: (apiVersion: string, kind: string) => AnyKind | undefined
}

const servedVersions = (kind: AnyKind): ReadonlyArray<string> => [
  kind.version,
  ...kind.versions.filter((version) => version.served).map((version) => version.name)
]

/** A registry of kinds; a later kind replaces an earlier one of the same group and name. */
export const makeKindRegistry = (kinds: ReadonlyArray<AnyKind>): KindRegistry => {
  const byId = new Map<string, AnyKind>()
  for (const kind of kinds) byId.set(`${kind.group}/${kind.kind}`, kind)
  const byApiVersion = new Map<string, AnyKind>()
  for (const kind of byId.values()) {
    for (const version of servedVersions(kind)) {
      byApiVersion.set(`${kind.group === "" ? "" : `${kind.group}/`}${version} ${kind.kind}`, kind)
    }
  }
  return {
    all: [...byId.values()],
    find: (id) => byId.get(`${id.group}/${id.kind}`),
    findByApiVersion: (apiVersion, kind) => byApiVersion.get(`${apiVersion} ${kind}`)
  }
}

const versionOf = (object: Unstructured): string => {
  const apiVersion = typeof object.apiVersion === "string" ? object.apiVersion : ""
  return apiVersion.slice(apiVersion.indexOf("/") + 1)
}

/** The object at the kind's storage version; the same reference when it is there already or its version is unknown. */
export const convertToStorage = (kind: AnyKind, object: Unstructured): Unstructured => {
  const version = versionOf(object)
  if (version === kind.version) return object
  return kind.versions.find((candidate) => candidate.name === version)?.toStorage(object) ?? object
}

/** A stored object at another version; undefined when the kind is not written at that version. */
export const convertFromStorage = (kind: AnyKind, object: Unstructured, version: string): Unstructured | undefined =>
  version === kind.version
    ? object
    : kind.versions.find((candidate) => candidate.name === version)?.fromStorage?.(object)
