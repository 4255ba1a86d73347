/**
 * The condition that shows a referenced object on the object that refers to it, whether or not the referenced one is there.
 * Missing has three meanings: never existed, gone while the referring one goes too, gone under our feet. Pure.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machine/machine_controller_status.go
 */
import {
  type ConditionStatement,
  type ContractVersionedObjectReference,
  isDeleting,
  type KubernetesObject
} from "@capstan/api"
import { mirrorCondition } from "./MirroredCondition.ts"
import type { FoundObject, ProviderObject } from "./ProviderObject.ts"

export interface ReferencedConditionOptions {
  /** The object that refers. */
  readonly owner: KubernetesObject
  readonly read: ProviderObject
  /** Whether the referenced object has once done its part. */
  readonly wasReady: boolean
  readonly source: string
  readonly target: string
  /** What to say where nothing is referenced. */
  readonly unreferenced: Omit<ConditionStatement, "type">
  readonly reasons: readonly [positive: string, negative: string]
  /** The contract's flag, and where it stands. */
  readonly flag: (found: FoundObject) => { readonly status: boolean; readonly path: ReadonlyArray<string> }
}

export const internalErrorMessage = "Please check controller logs for errors"

export const referencedCondition = (options: ReferencedConditionOptions): ConditionStatement => {
  const { owner, read, target: type } = options
  switch (read._tag) {
    case "NoReference":
      return { type, ...options.unreferenced }
    case "Unreadable":
      return { type, status: "Unknown", reason: "InternalError", message: internalErrorMessage }
    case "Missing":
      return { type, status: "False", ...explainMissing(owner, read.reference, options.wasReady) }
    case "Found": {
      const { path, status } = options.flag(read)
      const message = `${read.object.kind} ${path.join(".")} is ${status}`
      const fallback = { status, reasons: options.reasons, message }
      return mirrorCondition(read.object, { source: options.source, target: type, fallback })
    }
  }
}

const explainMissing = (
  owner: KubernetesObject,
  { kind }: ContractVersionedObjectReference,
  wasReady: boolean
): Pick<ConditionStatement, "reason" | "message"> => {
  if (!wasReady) return { reason: "ObjectDoesNotExist", message: `${kind} does not exist` }
  const circumstance = isDeleting(owner) ? "" : ` while the ${owner.kind} still exists`
  return { reason: "ObjectDeleted", message: `${kind} has been deleted${circumstance}` }
}
