/**
 * What surrounds every reconcile: spans in production, cause and trace events in a simulation.
 *
 * The default does nothing.
 */
import { Context, type Effect } from "effect"
import type { Request } from "./Controller.ts"
import type { Result } from "./Result.ts"

/** Why an object was queued. Only the first cause since the last reconcile is kept. */
export type Trigger =
  | {
      readonly _tag: "Change"
      readonly kind: string
      readonly namespace: string
      readonly name: string
      readonly resourceVersion: string
      /** The workload cluster in which it changed; the management cluster when absent. */
      readonly cluster?: string
    }
  | { readonly _tag: "Requeue" | "Backoff" | "Resync" | "Connection" }

export interface ReconcileInfo {
  readonly controller: string
  readonly request: Request
  readonly trigger: Trigger
  /** Which reconcile of this manager's life it is, from 1. */
  readonly id: number
}

export interface ReconcileHook {
  readonly around: <E, R>(info: ReconcileInfo, reconcile: Effect.Effect<Result, E, R>) => Effect.Effect<Result, E, R>
}

export const ReconcileHook = Context.Reference<ReconcileHook>("@capstan/runtime/ReconcileHook", {
  defaultValue: () => ({ around: (_info, reconcile) => reconcile })
})
