/** What a reconcile asks of the work queue: nothing more, or another look after a while. */
export type Result =
  | { readonly _tag: "Done" }
  /** The backoff counter is reset. */
  | { readonly _tag: "RequeueAfter"; readonly millis: number }

export const done: Result = { _tag: "Done" }

export const requeueAfter = (millis: number): Result => ({ _tag: "RequeueAfter", millis })

/** The one that comes back first. */
export const soonest = (a: Result, b: Result): Result =>
  a._tag === "Done" ? b : b._tag === "Done" ? a : a.millis <= b.millis ? a : b

export const fromMillis = (millis: number | undefined): Result => millis === undefined ? done : requeueAfter(millis)
