/**
 * Whose an object is, by group, kind and name: as Cluster API looks for descendants, whatever uid or version the
 * reference carries.
 */
import { groupOf, type KubernetesObject, type OwnerReference } from "@capstan/api"

export const refersTo = (reference: OwnerReference, owner: KubernetesObject): boolean =>
  groupOf(reference.apiVersion) === groupOf(owner.apiVersion) &&
  reference.kind === owner.kind &&
  reference.name === owner.metadata.name

export const isOwnedByName = (object: KubernetesObject, owner: KubernetesObject): boolean =>
  object.metadata.ownerReferences?.some((reference) => refersTo(reference, owner)) === true
