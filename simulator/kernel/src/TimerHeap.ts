/**
 * What is due later: a stable heap, ordered by time and then by the order in which timers were set.
 *
 * It holds two kinds of entries in one order: *data timers* (a component and a tagged value, which can be saved) and
 * *wake-ups* (the rest of a sleeping fiber, which cannot). Cancelling marks an entry dead where it lies; when more than half
 * are dead the heap is rebuilt without them. Four children a node: fewer levels, fewer cache misses.
 *
 * @source https://en.wikipedia.org/wiki/D-ary_heap
 */
import { type Effect, Exit } from "effect"
import type { ComponentDefinition } from "./Component.ts"
import type { ProcessInstance } from "./ProcessInstance.ts"

/** Resumes a suspended fiber. */
export type Resume = (effect: Effect.Effect<void>) => void

/** Where a timer is in its life. */
type TimerState = "waiting" | "due" | "over"

/** One entry: a data timer when `component` is set, else a fiber's wake-up. */
export class Timer {
  readonly at: number
  readonly seq: number
  readonly component: ComponentDefinition<unknown> | undefined
  readonly event: unknown
  readonly cause: number
  readonly owner: ProcessInstance | undefined
  private resume: Resume | undefined
  state: TimerState = "waiting"

  constructor(
    at: number,
    seq: number,
    component: ComponentDefinition<unknown> | undefined,
    event: unknown,
    cause: number,
    owner: ProcessInstance | undefined,
    resume: Resume | undefined
  ) {
    this.at = at
    this.seq = seq
    this.component = component
    this.event = event
    this.cause = cause
    this.owner = owner
    this.resume = resume
  }

  /** Lets the sleeping fiber go on, as if woken or with another effect. */
  wake(effect: Effect.Effect<void> = Exit.void): void {
    const resume = this.resume
    this.resume = undefined
    if (resume !== undefined) resume(effect)
  }
}

export class TimerHeap {
  private items: Array<Timer> = []
  private dead = 0

  /** Number of timers that are still waiting. */
  get size(): number {
    return this.items.length - this.dead
  }

  /** Number of entries held, cancelled ones included. */
  get stored(): number {
    return this.items.length
  }

  push(timer: Timer): void {
    const items = this.items
    let index = items.length
    items.push(timer)
    while (index > 0) {
      const parent = (index - 1) >> 2
      const other = items[parent] as Timer
      if (!isBefore(timer, other)) break
      items[index] = other
      index = parent
    }
    items[index] = timer
  }

  /** The next timer that is still waiting. */
  peek(): Timer | undefined {
    for (;;) {
      const top = this.items[0]
      if (top === undefined || top.state === "waiting") return top
      this.removeTop()
      this.dead--
    }
  }

  /** Takes the next timer that is still waiting out, and marks it due. */
  pop(): Timer | undefined {
    const top = this.peek()
    if (top === undefined) return undefined
    this.removeTop()
    top.state = "due"
    return top
  }

  /** Marks a timer over, wherever it is. */
  cancel(timer: Timer): void {
    if (timer.state === "waiting") {
      timer.state = "over"
      this.dead++
      if (this.dead > 64 && this.dead * 2 > this.items.length) this.compact()
    } else {
      timer.state = "over"
    }
  }

  /** Every waiting timer, first due first. */
  sorted(): Array<Timer> {
    return this.items.filter(isWaiting).sort((a, b) => a.at - b.at || a.seq - b.seq)
  }

  clear(): void {
    this.items = []
    this.dead = 0
  }

  private compact(): void {
    const items = this.items.filter(isWaiting)
    this.items = items
    this.dead = 0
    for (let index = (items.length - 2) >> 2; index >= 0; index--) this.siftDown(index, items[index] as Timer)
  }

  private removeTop(): void {
    const last = this.items.pop()
    if (last !== undefined && this.items.length > 0) this.siftDown(0, last)
  }

  private siftDown(from: number, timer: Timer): void {
    const items = this.items
    const length = items.length
    let index = from
    for (;;) {
      const first = index * 4 + 1
      if (first >= length) break
      const end = first + 4 < length ? first + 4 : length
      let child = first
      let least = items[first] as Timer
      for (let other = first + 1; other < end; other++) {
        const candidate = items[other] as Timer
        if (isBefore(candidate, least)) {
          child = other
          least = candidate
        }
      }
      if (!isBefore(least, timer)) break
      items[index] = least
      index = child
    }
    items[index] = timer
  }
}

const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.seq < b.seq)

const isWaiting = (timer: Timer): boolean => timer.state === "waiting"
