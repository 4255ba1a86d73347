/**
 * A provider object as a reconcile found it. Missing, unreadable and not referenced at all are three different things.
 */
import {
  type Cluster,
  type ContractVersionedObjectReference,
  type KubernetesObject,
  ownerReference
} from "@capstan/api"
import { clonedKindName, withOwner } from "@capstan/runtime"
import type { ProviderKind } from "./ProviderKind.ts"

export type ProviderObject =
  | { readonly _tag: "NoReference" }
  | { readonly _tag: "Missing"; readonly reference: ContractVersionedObjectReference; readonly kind: ProviderKind }
  | { readonly _tag: "Found"; readonly kind: ProviderKind; readonly object: KubernetesObject }
  /** The kind is not installed or follows no contract that we know: an error, never "deleted". */
  | { readonly _tag: "Unreadable"; readonly reference: ContractVersionedObjectReference; readonly message: string }

export type FoundObject = Extract<ProviderObject, { readonly _tag: "Found" }>

export const noReference: ProviderObject = { _tag: "NoReference" }

/** The object itself when it was found. */
export const foundObject = (read: ProviderObject): KubernetesObject | undefined =>
  read._tag === "Found" ? read.object : undefined

export const isFoundAndDeleting = (read: ProviderObject): boolean =>
  read._tag === "Found" && read.object.metadata.deletionTimestamp !== undefined

/** A template as it should be: with its Cluster among its owners. */
export interface Adoption {
  readonly found: FoundObject
  readonly wanted: KubernetesObject
}

/** Templates that the Cluster does not own yet. */
export const templatesToAdopt = (cluster: Cluster, reads: ReadonlyArray<ProviderObject>): ReadonlyArray<Adoption> =>
  reads.flatMap((found) => {
    if (found._tag !== "Found" || clonedKindName(found.object.kind) === undefined) return []
    const wanted = withOwner(found.object, ownerReference(cluster))
    return wanted === found.object ? [] : [{ found, wanted }]
  })
