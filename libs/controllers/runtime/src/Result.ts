/** What a reconcile asks of the work queue: nothing more, or another look after a while. */
export type Result =
  | { readonly _tag: "Done"; readonly deferMillis?: number }
  /** The backoff counter is reset. */
  | { readonly _tag: "RequeueAfter"; readonly millis: number; readonly deferMillis?: number }

export const done: Result = { _tag: "Done" }

export const requeueAfter = (millis: number): Result => ({ _tag: "RequeueAfter", millis })

export const fromMillis = (millis: number | undefined): Result => (millis === undefined ? done : requeueAfter(millis))

/** Holds every next reconcile of the object back for so long, whatever wakes it. Never a reason to come back by itself. */
export const deferred = (result: Result, deferMillis: number): Result => ({ ...result, deferMillis })
