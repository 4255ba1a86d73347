/**
 * Objects as they are stored: the order of their parts, what of metadata is whose, what counts for the generation.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/
 * @fidelity observed kube-apiserver-1.36 — Which changes count for the generation.
 */
import type { AnyKind, KubernetesObject, ObjectMeta } from "@capstan/api"
import { isObject, type JsonObject } from "./FrozenValue.ts"
import type { CallerMetadata } from "./Metadata.ts"
import { namespaceNameLabel } from "./NativeBehaviour.ts"

export const asJson = (value: object): JsonObject => value as JsonObject

export const statusOf = (object: KubernetesObject): JsonObject => {
  const { status } = asJson(object)
  return isObject(status) ? status : {}
}

/** Own fields and the caller's, in the order in which objects are shown. */
export const mergeMetadata = (kind: AnyKind, own: ObjectMeta, caller: CallerMetadata): ObjectMeta => {
  const { annotations, finalizers, labels: sentLabels, ownerReferences } = caller
  const labels =
    kind.group === "" && kind.kind === "Namespace" ? { ...sentLabels, [namespaceNameLabel]: own.name } : sentLabels
  return presentIn({
    name: own.name,
    generateName: own.generateName,
    namespace: own.namespace,
    uid: own.uid,
    resourceVersion: own.resourceVersion,
    generation: own.generation,
    creationTimestamp: own.creationTimestamp,
    deletionTimestamp: own.deletionTimestamp,
    deletionGracePeriodSeconds: own.deletionGracePeriodSeconds,
    labels,
    annotations,
    finalizers,
    ownerReferences,
    managedFields: own.managedFields
  })
}

type Optional<A> = { readonly [K in keyof A]: A[K] | undefined }

/** The fields that have a value. A loop, since every write comes by here. */
const presentIn = <A extends object>(fields: Optional<A>): A => {
  const present: Partial<A> = {}
  for (const key in fields) if (fields[key] !== undefined) present[key] = fields[key]
  // Only optional fields of `A` are undefined in `fields`.
  return present as A
}

export const numbered = (
  object: KubernetesObject,
  version: number,
  generation: number | undefined
): KubernetesObject => ({
  ...object,
  metadata: {
    ...object.metadata,
    resourceVersion: String(version),
    ...(generation === undefined ? {} : { generation })
  }
})

/** Whether anything that counts for the generation is different. Equal parts are the same reference by now. */
export const bodyChanged = (kind: AnyKind, old: KubernetesObject, next: KubernetesObject): boolean => {
  const [before, after] = [asJson(old), asJson(next)]
  const counts = (key: string): boolean => key !== "metadata" && !(key === "status" && kind.subresources.status)
  for (const key in after) if (counts(key) && after[key] !== before[key]) return true
  for (const key in before) if (counts(key) && !(key in after)) return true
  return false
}
