/** Who owns an object, and how to say so without disturbing other owners. Pure. */
import type { KubernetesObject, OwnerReference } from "./ObjectMeta.ts"

/** The owner that is responsible for the object, if it has one. */
export const controllerOf = (object: KubernetesObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find((owner) => owner.controller === true)

export const isControlledBy = (object: KubernetesObject, owner: KubernetesObject): boolean =>
  controllerOf(object)?.uid === owner.metadata.uid

/** Group of an `apiVersion`: empty for the core group. */
export const groupOf = (apiVersion: string): string => {
  const slash = apiVersion.indexOf("/")
  return slash === -1 ? "" : apiVersion.slice(0, slash)
}

/** A plain reference to `owner`: it takes part in garbage collection and says nothing of control. */
export const ownerReference = (owner: KubernetesObject): OwnerReference => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid
})

export const controllerReference = (owner: KubernetesObject): OwnerReference => ({
  ...ownerReference(owner),
  controller: true,
  blockOwnerDeletion: true
})

const sameReferent = (a: OwnerReference, b: OwnerReference): boolean =>
  groupOf(a.apiVersion) === groupOf(b.apiVersion) && a.kind === b.kind && a.name === b.name

const sameReference = (a: OwnerReference, b: OwnerReference): boolean =>
  a.apiVersion === b.apiVersion &&
  a.uid === b.uid &&
  a.controller === b.controller &&
  a.blockOwnerDeletion === b.blockOwnerDeletion

/** The references with one put in or brought up to date (same group, kind and name); the same array when nothing changes. */
export const ensureOwnerReference = (
  references: ReadonlyArray<OwnerReference> | undefined,
  reference: OwnerReference
): ReadonlyArray<OwnerReference> => {
  const before = references ?? []
  const index = before.findIndex((existing) => sameReferent(existing, reference))
  const existing = before[index]
  if (existing === undefined) return [...before, reference]
  return sameReference(existing, reference) ? before : before.with(index, reference)
}

/** Whether an object of this kind is among the owners. */
export const isOwnedByKind = (object: KubernetesObject, kind: string): boolean =>
  object.metadata.ownerReferences?.some((reference) => reference.kind === kind) === true
