/**
 * A part of the simulated world whose whole state is data: an account, a store, the inside of machines.
 *
 * A component does things later by setting timers. A timer carries a plain tagged value, not a closure, so that a world can
 * be saved with everything it was about to do; the component's `handle` says what each value means.
 *
 * @source simulator/kernel/src/Kernel.ts
 */

/** Names one timer; a plain number, so that it can stand in a component's saved state. Unique within a kernel's life. */
export type TimerId = number

/** What a component brings. */
export interface ComponentDefinition<Event> {
  /** Unique within a kernel. */
  readonly name: string
  /** Called when a timer falls due, with `kernel.cause` set to what caused the timer. Runs to its end without interruption. */
  handle(event: Event): void
  /** The state as data: later changes of the component must not reach the value. Sharing frozen objects is fine. */
  save(): unknown
  /** Takes back what `save` gave, possibly several times (forks share one snapshot), so the value must not be changed. */
  restore(state: unknown): void
}

/** What a component gets. */
export interface ComponentHandle<Event> {
  readonly name: string
  /** Hands `event` to the component at this virtual time (epoch milliseconds, rounded up; the past means now). */
  at(epochMillis: number, event: Event): TimerId
  /** Hands `event` to the component after so many virtual milliseconds (rounded up; less than zero means now). */
  after(millis: number, event: Event): TimerId
  /** Takes a timer back. False when it has run or has been cancelled before. */
  cancel(id: TimerId): boolean
}
