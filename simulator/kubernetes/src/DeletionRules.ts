/**
 * How deletion begins and when it is over.
 *
 * @source https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/
 * @fidelity observed kube-apiserver-1.36 — The mark, grace of Pods, one more generation, preconditions, policies as finalizers.
 */
import type { AnyKind, KubernetesObject, ObjectMeta } from "@capstan/api"
import { type ApiError, type DeleteOptions, isPodFinished, type Pod } from "@capstan/kubernetes"
import { isObject } from "./FrozenValue.ts"
import * as Refusal from "./StatusErrors.ts"
import { asJson, statusOf } from "./StoredObject.ts"

/** The object with its deletion under way, under its next version; the same when that is so already. */
export const markedForDeletion = (
  kind: AnyKind,
  object: KubernetesObject,
  mark: {
    readonly finalizers: ReadonlyArray<string>
    readonly graceSeconds: number
    /** Epoch milliseconds. */
    readonly now: number
    readonly version: number
  }
): KubernetesObject => {
  const { metadata } = object
  if (metadata.deletionTimestamp !== undefined && (metadata.deletionGracePeriodSeconds ?? 0) <= mark.graceSeconds) {
    return object
  }
  const isNamespace = kind.group === "" && kind.kind === "Namespace"
  const { finalizers: _, generation, ...rest } = metadata
  return {
    ...object,
    ...(isNamespace ? { status: { ...statusOf(object), phase: "Terminating" } } : {}),
    metadata: {
      ...rest,
      resourceVersion: String(mark.version),
      ...(generation === undefined ? {} : { generation: generation + 1 }),
      deletionTimestamp: `${new Date(mark.now + mark.graceSeconds * 1000).toISOString().slice(0, 19)}Z`,
      ...(isNamespace ? {} : { deletionGracePeriodSeconds: mark.graceSeconds }),
      ...(mark.finalizers.length === 0 ? {} : { finalizers: mark.finalizers })
    }
  }
}

/** Whether a deleting object has nothing left that holds it. */
export const isReleased = (object: KubernetesObject): boolean => {
  const { deletionGracePeriodSeconds = 0, deletionTimestamp, finalizers = [] } = object.metadata
  if (deletionTimestamp === undefined || finalizers.length > 0 || deletionGracePeriodSeconds > 0) return false
  if (object.kind !== "Namespace" || object.apiVersion !== "v1") return true
  const { spec } = asJson(object)
  return !isObject(spec) || !Array.isArray(spec.finalizers) || spec.finalizers.length === 0
}

export const preconditionRefusal = (
  kind: AnyKind,
  metadata: ObjectMeta,
  wanted: DeleteOptions["preconditions"] = {}
): ApiError | undefined => {
  const { resourceVersion, uid } = wanted
  if (uid !== undefined && uid !== metadata.uid) {
    return Refusal.conflict(
      kind,
      metadata.name,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`
    )
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    return Refusal.conflict(
      kind,
      metadata.name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`
    )
  }
  return undefined
}

/** The finalizers with which deletion begins: a policy that is named brings its own and takes the others' away. */
export const finalizersFor = (
  finalizers: ReadonlyArray<string>,
  policy: DeleteOptions["propagationPolicy"]
): ReadonlyArray<string> => {
  if (policy === undefined) return finalizers
  const others = finalizers.filter((finalizer) => finalizer !== "orphan" && finalizer !== "foregroundDeletion")
  if (policy === "Background") return others
  return [...others, policy === "Orphan" ? "orphan" : "foregroundDeletion"]
}

/** Seconds that a Pod's containers get; none when there is nobody to stop them or nothing to stop. */
export const gracePeriodOf = (pod: Pod, options: DeleteOptions): number => {
  if ((pod.spec.nodeName ?? "") === "" || isPodFinished(pod)) return 0
  return (
    options.gracePeriodSeconds ??
    pod.metadata.deletionGracePeriodSeconds ??
    pod.spec.terminationGracePeriodSeconds ??
    30
  )
}
