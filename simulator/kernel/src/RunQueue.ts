/**
 * What can run now: fibers' steps and timers that have fallen due, of all processes alike.
 *
 * A ring buffer. Taken in order it is plain first-in-first-out; with a stream of random numbers any of the waiting entries
 * may come next. Each step remembers whose it is, so that a killed process's steps can be found.
 *
 * @source https://en.wikipedia.org/wiki/Circular_buffer
 */
import type { ProcessInstance } from "./ProcessInstance.ts"
import type { RandomStream } from "./RandomStream.ts"
import { Timer } from "./TimerHeap.ts"

/** A step of a fiber. */
export type Task = () => void

export class RunQueue {
  private entries: Array<Task | Timer | undefined> = new Array(1024).fill(undefined)
  private owners: Array<ProcessInstance | undefined> = new Array(1024).fill(undefined)
  private head = 0
  private count = 0
  private readonly order: RandomStream | undefined

  /** Without a stream, first in, first out. */
  constructor(order: RandomStream | undefined) {
    this.order = order
  }

  get size(): number {
    return this.count
  }

  push(entry: Task | Timer, owner: ProcessInstance | undefined): void {
    if (this.count === this.entries.length) this.grow()
    const index = (this.head + this.count++) & (this.entries.length - 1)
    this.entries[index] = entry
    this.owners[index] = owner
  }

  take(): Task | Timer | undefined {
    if (this.count === 0) return undefined
    const { entries, owners, head } = this
    const mask = entries.length - 1
    const pick = this.order === undefined || this.count === 1 ? head : (head + this.order.below(this.count)) & mask
    const entry = entries[pick]
    entries[pick] = entries[head]
    owners[pick] = owners[head]
    entries[head] = undefined
    owners[head] = undefined
    this.head = (head + 1) & mask
    this.count--
    return entry
  }

  /** Takes out everything of one process, in order; the rest keeps its order. */
  takeOwnedBy(owner: ProcessInstance): Array<Task | Timer> {
    if (this.count === 0) return []
    const taken: Array<Task | Timer> = []
    const all = this.toArray()
    this.clear()
    for (const { entry, owner: other } of all) {
      if (other === owner) taken.push(entry)
      else this.push(entry, other)
    }
    return taken
  }

  /**
   * The entries that are timers of components, in order, or `undefined` when there is a step of a fiber among them.
   * Steps of `without` do not count.
   */
  timers(without?: ProcessInstance): Array<Timer> | undefined {
    const timers: Array<Timer> = []
    for (const { entry, owner } of this.toArray()) {
      if (without !== undefined && owner === without) continue
      if (!(entry instanceof Timer)) return undefined
      if (entry.state === "over") continue
      if (entry.component === undefined) return undefined
      timers.push(entry)
    }
    return timers
  }

  clear(): void {
    this.entries.fill(undefined)
    this.owners.fill(undefined)
    this.head = 0
    this.count = 0
  }

  private toArray(): Array<{ readonly entry: Task | Timer; readonly owner: ProcessInstance | undefined }> {
    const all = []
    const mask = this.entries.length - 1
    for (let i = 0; i < this.count; i++) {
      const index = (this.head + i) & mask
      const entry = this.entries[index]
      if (entry !== undefined) all.push({ entry, owner: this.owners[index] })
    }
    return all
  }

  private grow(): void {
    const all = this.toArray()
    const size = this.entries.length * 2
    this.entries = new Array(size).fill(undefined)
    this.owners = new Array(size).fill(undefined)
    this.head = 0
    this.count = 0
    for (const { entry, owner } of all) this.push(entry, owner)
  }
}
