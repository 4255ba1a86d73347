/**
 * Reconciles and calls of a trace as spans of time. Pure.
 *
 * A trace says when a reconcile begins and what it did; it ends with the answer to the last thing that it did. A call takes effect
 * half-way through its latency, which is when its event stands in the trace.
 */
import type { TraceEvent } from "@capstan/kernel"

/** Virtual milliseconds. */
export interface Span {
  readonly from: number
  readonly to: number
}

export interface Reconcile extends Span {
  readonly event: TraceEvent
  /** What it did: its writes and calls, in their order. */
  readonly acts: ReadonlyArray<TraceEvent>
  /** Why it failed. */
  readonly failure: string | undefined
}

export const isCall = ({ kind }: TraceEvent): boolean => kind === "aws" || kind === "dev"

/** When a call was sent, and when its answer came. */
export const callSpan = (event: TraceEvent): Span => {
  const latency = typeof event["latency"] === "number" ? event["latency"] : 0
  const there = Math.floor(latency / 2)
  return { from: Math.max(0, event.t - there), to: event.t + latency - there }
}

/** Every reconcile, by the number of its event. */
export const reconcilesOf = (events: ReadonlyArray<TraceEvent>): ReadonlyMap<number, Reconcile> => {
  const found = new Map<number, Reconcile>()
  for (const event of events) {
    if (event.kind === "reconcile") {
      found.set(event.seq, { event, from: event.t, to: event.t, acts: [], failure: undefined })
      continue
    }
    const reconcile = found.get(event.cause)
    if (reconcile === undefined) continue
    const failed = event.kind === "reconcile.failed"
    // What others do later because of it, such as a garbage collector, is no part of it.
    if (!failed && !isCall(event) && !(event.kind === "write" && event["actor"] === "manager")) continue
    found.set(event.cause, {
      ...reconcile,
      to: Math.max(reconcile.to, isCall(event) ? callSpan(event).to : event.t),
      acts: failed ? reconcile.acts : [...reconcile.acts, event],
      failure: failed ? String(event["message"]) : reconcile.failure
    })
  }
  return found
}
