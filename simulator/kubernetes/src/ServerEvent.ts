/**
 * What a server has set itself to do later: plain values in the kernel's heap.
 *
 * @source simulator/kernel/src/Component.ts
 */
export type ServerEvent =
  /** A watch has something ready. */
  | { readonly _tag: "Deliver"; readonly watch: number }
  /** An owner is gone: look at everything that named its uid. */
  | { readonly _tag: "CollectDependents"; readonly uid: string }
  /** Look whether an object's owners are there. */
  | { readonly _tag: "CheckOwners"; readonly uid: string; readonly groupKind: string }
  /** An owner waits for its dependents, by `foregroundDeletion` or `orphan`. */
  | { readonly _tag: "ReleaseOwner"; readonly uid: string; readonly groupKind: string }
  /** A namespace is being deleted. */
  | { readonly _tag: "EmptyNamespace"; readonly name: string }
  /** Pods or budgets of a namespace have changed. */
  | { readonly _tag: "ReviewBudgets"; readonly namespace: string }
