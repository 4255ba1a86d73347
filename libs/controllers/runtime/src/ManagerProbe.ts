/**
 * A look into a running manager: what is queued, in flight and waiting, and why.
 *
 * The default does nothing. A simulation provides one to tell whether the manager is quiet, and what a run that does
 * not settle is waiting for.
 */
import { Context } from "effect"
import type { WorkQueueSnapshot } from "./WorkQueue.ts"

export interface ManagerSnapshot {
  readonly manager: string
  /** Kinds whose informer has not listed yet; controllers that need them have not started. */
  readonly starting: ReadonlyArray<string>
  readonly controllers: ReadonlyArray<{ readonly name: string } & WorkQueueSnapshot>
}

/** Whether nothing runs or is about to: only requeues that were asked for and failures that are backing off remain. */
export const isQuiet = (snapshot: ManagerSnapshot): boolean =>
  snapshot.starting.length === 0 &&
  snapshot.controllers.every(
    (controller) =>
      controller.queued === 0 &&
      controller.processing.length === 0 &&
      controller.delayed.every(({ why }) => why === "Requeue" || why === "Backoff")
  )

export interface ManagerProbe {
  /** Called once by every manager as it starts; `snapshot` may be called at any time. */
  readonly register: (snapshot: () => ManagerSnapshot) => void
}

export const ManagerProbe = Context.Reference<ManagerProbe>("@capstan/runtime/ManagerProbe", {
  defaultValue: () => ({ register: () => {} })
})
