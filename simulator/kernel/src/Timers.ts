/**
 * The kernel's appointments: timers of components, which are data, and sleeping fibers, which are not.
 *
 * Both share one heap and one sequence, so that at one instant they fall due in the order in which they were set. Timers of
 * components can also be found by their number, to be cancelled or saved.
 *
 * @source simulator/kernel/src/TimerHeap.ts
 */
import type { Effect } from "effect"
import type { ComponentDefinition, TimerId } from "./Component.ts"
import type { ProcessInstance } from "./ProcessInstance.ts"
import type { SavedTimer } from "./Snapshot.ts"
import { type Resume, Timer, TimerHeap } from "./TimerHeap.ts"

export class Timers {
  private readonly heap = new TimerHeap()
  private readonly byId = new Map<TimerId, Timer>()
  private lastSeq = 0
  private asleep = 0

  /** Timers set so far, of both kinds. */
  get seq(): number {
    return this.lastSeq
  }

  /** Fibers that sleep, those that are about to be woken at this instant included. */
  get sleepers(): number {
    return this.asleep
  }

  /** Whether a fiber sleeps that is not of this process. */
  hasSleepersBeside(owner: ProcessInstance): boolean {
    return this.heap.sorted().some((timer) => timer.component === undefined && timer.owner !== owner)
  }

  /** When the next timer of either kind falls due, epoch milliseconds. */
  get nextMillis(): number | undefined {
    return this.heap.peek()?.at
  }

  /** Sets a component's timer. */
  set(component: ComponentDefinition<unknown>, at: number, event: unknown, cause: number): TimerId {
    const timer = new Timer(at, ++this.lastSeq, component, event, cause, undefined, undefined)
    this.byId.set(timer.seq, timer)
    this.heap.push(timer)
    return timer.seq
  }

  /** Cancels a component's timer, also one that is due but has not run. False when there is none. */
  cancel(component: ComponentDefinition<unknown>, id: TimerId): boolean {
    const timer = this.byId.get(id)
    if (timer === undefined || timer.component !== component) return false
    this.byId.delete(id)
    this.heap.cancel(timer)
    return true
  }

  /** Puts a fiber to sleep. */
  sleep(at: number, owner: ProcessInstance | undefined, resume: Resume): Timer {
    const timer = new Timer(at, ++this.lastSeq, undefined, undefined, 0, owner, resume)
    this.heap.push(timer)
    this.asleep++
    return timer
  }

  /** Forgets a sleeping fiber, if it still sleeps. */
  dropSleeper(timer: Timer): void {
    if (timer.state === "over") return
    this.heap.cancel(timer)
    this.asleep--
  }

  /** Takes all of one process's fibers out of their sleep; each answer resumes one. */
  takeSleepers(owner: ProcessInstance): Array<(effect: Effect.Effect<never>) => void> {
    const sleepers = this.heap.sorted().filter((timer) => timer.owner === owner)
    return sleepers.map((timer) => {
      this.dropSleeper(timer)
      return (effect) => timer.wake(effect)
    })
  }

  /** Takes the next timer that is due by `millis` out of the heap. */
  takeDue(millis: number): Timer | undefined {
    const next = this.heap.peek()
    return next === undefined || next.at > millis ? undefined : this.heap.pop()
  }

  /** Marks a due timer as run. False when it was cancelled after it fell due. */
  begin(timer: Timer): boolean {
    if (timer.state === "over") return false
    timer.state = "over"
    if (timer.component === undefined) this.asleep--
    else this.byId.delete(timer.seq)
    return true
  }

  /** Timers of components that wait, first due first. */
  save(): Array<SavedTimer> {
    return this.heap.sorted().flatMap(asSaved)
  }

  /** Replaces everything by what was saved. Answers with the timers that are due already, in order. */
  restore(
    seq: number,
    waiting: ReadonlyArray<SavedTimer>,
    due: ReadonlyArray<SavedTimer>,
    components: ReadonlyMap<string, ComponentDefinition<unknown>>
  ): ReadonlyArray<Timer> {
    this.heap.clear()
    this.byId.clear()
    this.lastSeq = seq
    this.asleep = 0
    const revive = (saved: SavedTimer): Timer => {
      const component = components.get(saved.component)
      const timer = new Timer(saved.at, saved.id, component, saved.event, saved.cause, undefined, undefined)
      this.byId.set(timer.seq, timer)
      return timer
    }
    for (const saved of waiting) this.heap.push(revive(saved))
    return due.map((saved) => {
      const timer = revive(saved)
      timer.state = "due"
      return timer
    })
  }
}

/** A component's timer as data; nothing for a sleeping fiber. */
export const asSaved = (timer: Timer): ReadonlyArray<SavedTimer> =>
  timer.component === undefined
    ? []
    : [{ id: timer.seq, component: timer.component.name, at: timer.at, event: timer.event, cause: timer.cause }]
