/**
 * Which event of the trace made a fiber do what it is doing.
 *
 * A reference that fibers carry and hand on to the fibers they start: whoever begins a piece of work (a reconcile, a step
 * of a scenario) emits an event and provides its sequence here; every `Kernel.call` below it then runs with `kernel.cause`
 * set to that number, and so do the timers that the call sets.
 *
 * @source simulator/kernel/src/Trace.ts
 */
import { Context } from "effect"

/** Sequence of the causing trace event; 0 when nothing in the trace caused it. */
export const Cause: Context.Reference<number> = Context.Reference<number>("@capstan/kernel/Cause", {
  defaultValue: () => 0
})
