/**
 * What every Kubernetes object carries besides its body: type, name, version, owners, deletion.
 *
 * Objects are deeply frozen values that share structure; nothing in Capstan mutates one.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/
 */

/** Labels or annotations. */
export type StringMap = { readonly [key: string]: string }

/** One entry of `metadata.ownerReferences`; at most one has `controller: true`. */
export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

/** Which manager set which fields, and how: one entry of `metadata.managedFields`. */
export interface ManagedFieldsEntry {
  readonly manager: string
  readonly operation: "Apply" | "Update"
  readonly apiVersion: string
  readonly time?: string
  readonly fieldsType: "FieldsV1"
  /** Nested objects keyed `f:name`, `k:{"name":"a"}`, `v:"x"` and `.`; leaves are empty. */
  readonly fieldsV1: { readonly [step: string]: unknown }
  readonly subresource?: string
}

/** Metadata of a stored object. Times are RFC 3339 in UTC, whole seconds. */
export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly generateName?: string
  readonly uid: string
  readonly resourceVersion: string
  readonly generation?: number
  readonly creationTimestamp: string
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly labels?: StringMap
  readonly annotations?: StringMap
  readonly finalizers?: ReadonlyArray<string>
  readonly ownerReferences?: ReadonlyArray<OwnerReference>
  /** Only of objects that somebody outside has written or applied. */
  readonly managedFields?: ReadonlyArray<ManagedFieldsEntry>
}

/** Metadata as a caller may send it with a create: the server fills in the rest. */
export type NewObjectMeta = Partial<Omit<ObjectMeta, "uid" | "resourceVersion" | "generation" | "creationTimestamp">>

/** Any stored object, its body unknown. */
export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
}

/** Namespace and name; `namespace` is empty for cluster-scoped objects. */
export interface ObjectKey {
  readonly namespace: string
  readonly name: string
}

export const keyOf = (object: KubernetesObject): ObjectKey => ({
  namespace: object.metadata.namespace ?? "",
  name: object.metadata.name
})

/** `namespace/name`, or the bare name of a cluster-scoped object. */
export const formatKey = (key: ObjectKey): string => (key.namespace === "" ? key.name : `${key.namespace}/${key.name}`)

export const isDeleting = (object: KubernetesObject): boolean => object.metadata.deletionTimestamp !== undefined
