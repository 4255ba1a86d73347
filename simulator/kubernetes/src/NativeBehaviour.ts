/**
 * Where Kubernetes' own kinds differ from custom resources in how they are written.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/
 * @fidelity observed kube-apiserver-1.36 — Kinds without generation, writes without a version, namespaces' label and finalizer.
 * @fidelity documented https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase — A new Pod is Pending.
 * @fidelity documented https://kubernetes.io/docs/concepts/architecture/nodes/#management — A Node may be created with its status.
 */
import { type AnyKind, groupKindOf } from "@capstan/api"
import type { JsonObject } from "./FrozenValue.ts"
import { isNative } from "./Selection.ts"

export interface NativeBehaviour {
  readonly native: boolean
  readonly hasGeneration: boolean
  /** Whether a PUT without a resource version overwrites. */
  readonly overwritesUnconditionally: boolean
  /** Whether a PUT to a missing object creates it. */
  readonly createsOnUpdate: boolean
  readonly keepsStatusOnCreate: boolean
  /** Whether a write to the status may carry labels and annotations. */
  readonly statusCarriesMetadata: boolean
  /** What the server adds to a new object's body. */
  readonly prepare?: (object: JsonObject) => JsonObject
}

const withGeneration = ["Pod", "Deployment.apps", "DaemonSet.apps", "PodDisruptionBudget.policy"]

const known = new Map<string, NativeBehaviour>()

export const nativeBehaviour = (kind: AnyKind): NativeBehaviour => {
  const id = groupKindOf(kind)
  const before = known.get(id)
  if (before !== undefined) return before
  const native = isNative(kind)
  const prepare = preparations[id]
  const behaviour: NativeBehaviour = {
    native,
    hasGeneration: !native || withGeneration.includes(id),
    overwritesUnconditionally: native && id !== "Lease.coordination.k8s.io",
    createsOnUpdate: id === "Lease.coordination.k8s.io" || id === "Event",
    keepsStatusOnCreate: id === "Node",
    statusCarriesMetadata: native,
    ...(prepare === undefined ? {} : { prepare })
  }
  known.set(id, behaviour)
  return behaviour
}

const preparations: { readonly [groupKind: string]: (object: JsonObject) => JsonObject } = {
  Namespace: (object) => ({ ...object, spec: { finalizers: ["kubernetes"] }, status: { phase: "Active" } }),
  Pod: (object) => ({ ...object, status: { phase: "Pending" } }),
  "PodDisruptionBudget.policy": (object) => ({
    ...object,
    status: { observedGeneration: 0, disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }
  })
}

/** Namespaces that are always there. */
export const standardNamespaces = ["default", "kube-node-lease", "kube-public", "kube-system"]

/** Namespaces that nobody may delete. */
export const immortalNamespaces = ["default", "kube-public", "kube-system"]

/** The label by which selectors find a namespace by name. */
export const namespaceNameLabel = "kubernetes.io/metadata.name"
