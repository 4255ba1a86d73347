/**
 * The work queue of one controller: which objects to look at, in which order, and not before when. No clock, no fibers:
 * every method is told the time.
 *
 * An object is in the queue once, however often it is added, and is never handed out twice at a time: added
 * while it is being processed it is queued again afterwards. An object has at most one delayed entry, the earliest; an
 * immediate add replaces it, since the reconcile that follows computes its requeue anew. Resyncs wait behind everything else.
 * Between two starts of one object lie at least `intervalMillis`.
 *
 * Left out: the bucket that limits requeues of all objects together.
 *
 * @source https://github.com/kubernetes/client-go util/workqueue, and https://github.com/kubernetes-sigs/controller-runtime pkg/controller/priorityqueue
 */
import { formatKey } from "@capstan/api"
import type { Request } from "./Controller.ts"
import type { Trigger } from "./ReconcileHook.ts"
import { TimerHeap } from "./TimerHeap.ts"

/** Why an object waits: asked for, after a failure, held back by the minimum interval, or until its own writes are seen. */
export type DelayReason = "Requeue" | "Backoff" | "Interval" | "Stale"

/** How a reconcile ended, for the queue. Times are milliseconds from now. */
export type QueueOutcome =
  | { readonly _tag: "Done"; readonly deferMillis?: number }
  | { readonly _tag: "After"; readonly millis: number; readonly deferMillis?: number }
  | { readonly _tag: "Backoff" }

/** An object as the queue hands it out. */
export interface Work {
  readonly key: string
  readonly request: Request
  readonly trigger: Trigger
  /** When it became ready, epoch milliseconds. */
  readonly readySinceMillis: number
}

/** What waits and why, for people and for telling whether a manager is quiet. */
export interface WorkQueueSnapshot {
  /** Ready to run now. */
  readonly queued: number
  readonly processing: ReadonlyArray<string>
  readonly delayed: ReadonlyArray<{ readonly key: string; readonly atMillis: number; readonly why: DelayReason }>
}

interface Item {
  readonly key: string
  readonly request: Request
  state: "idle" | "ready" | "readyLow" | "processing"
  /** Added while processing. */
  dirty: boolean
  dirtyLow: boolean
  /** What added it since it was last handed out. */
  trigger: Trigger | undefined
  failures: number
  notBeforeMillis: number
  readySinceMillis: number
  /** Absent when nothing is delayed; entries of the heap that do not match are superseded. */
  delayedAtMillis: number | undefined
  why: DelayReason
}

const backoffBaseMillis = 5
const backoffMaxMillis = 1_000_000

/** 5 ms · 2ⁿ, at most 1000 s, for the failure after `failures` earlier ones. */
export const backoffMillis = (failures: number): number =>
  failures >= 18 ? backoffMaxMillis : Math.min(backoffBaseMillis * 2 ** failures, backoffMaxMillis)

/** First in, first out, without moving the rest. */
class Fifo<A> {
  #items: Array<A | undefined> = []
  #head = 0

  push(item: A): void {
    this.#items.push(item)
  }

  shift(): A | undefined {
    const item = this.#items[this.#head]
    if (this.#head >= this.#items.length) return undefined
    this.#items[this.#head++] = undefined
    if (this.#head > 256 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }
}

export class WorkQueue {
  readonly #intervalMillis: number
  readonly #items = new Map<string, Item>()
  readonly #ready = new Fifo<Item>()
  readonly #readyLow = new Fifo<Item>()
  readonly #timers = new TimerHeap<Item>()
  #delayedCount = 0
  #readyCount = 0
  #processingCount = 0
  /** Adds that made an object ready, and adds after failures, since the start. */
  adds = 0
  retries = 0

  constructor(options: { readonly intervalMillis: number }) {
    this.#intervalMillis = options.intervalMillis
  }

  /** Objects that are ready now. */
  get depth(): number {
    return this.#readyCount
  }

  get processing(): number {
    return this.#processingCount
  }

  /** Asks for the object as soon as it may run. `low`: after everything else, as resyncs are. */
  add(request: Request, trigger: Trigger, nowMillis: number, low = false): void {
    const item = this.#item(request)
    item.trigger ??= trigger
    this.#enqueue(item, nowMillis, low)
  }

  /** Asks for the object at a time, unless it is asked for earlier. */
  addAt(request: Request, atMillis: number, why: DelayReason): void {
    const item = this.#item(request)
    if (item.state !== "ready" && item.state !== "readyLow") this.#delay(item, atMillis, why)
  }

  /** When the next delayed object is due; absent when none is delayed. */
  nextAtMillis(): number | undefined {
    for (let entry = this.#timers.peek(); entry !== undefined; entry = this.#timers.peek()) {
      if (entry.value.delayedAtMillis === entry.atMillis) return entry.atMillis
      this.#timers.pop()
    }
    return undefined
  }

  /** Makes ready what is due. */
  advance(nowMillis: number): void {
    for (let at = this.nextAtMillis(); at !== undefined && at <= nowMillis; at = this.nextAtMillis()) {
      const item = this.#timers.pop()?.value
      if (item === undefined) return
      item.trigger ??= item.why === "Backoff" ? { _tag: "Backoff" } : { _tag: "Requeue" }
      this.#clearDelay(item)
      this.#enqueue(item, nowMillis, false)
    }
  }

  /** The next object to process, or nothing. It stays taken until `finish` or `putBack`. */
  take(nowMillis: number): Work | undefined {
    const item = this.#next(this.#ready, "ready") ?? this.#next(this.#readyLow, "readyLow")
    if (item === undefined) return undefined
    this.#readyCount--
    this.#processingCount++
    const trigger: Trigger = item.trigger ?? { _tag: "Requeue" }
    item.state = "processing"
    item.dirty = false
    item.trigger = undefined
    item.notBeforeMillis = nowMillis + this.#intervalMillis
    return { key: item.key, request: item.request, trigger, readySinceMillis: item.readySinceMillis }
  }

  /** Undoes a `take`: the object was not processed and is asked for again at the time. */
  putBack(work: Work, atMillis: number, why: DelayReason): void {
    const item = this.#items.get(work.key)
    if (item === undefined) return
    this.#processingCount--
    item.state = "idle"
    item.dirty = false
    item.trigger = work.trigger
    item.notBeforeMillis = 0
    this.#delay(item, atMillis, why)
  }

  finish(work: Work, outcome: QueueOutcome, nowMillis: number): void {
    const item = this.#items.get(work.key)
    if (item === undefined) return
    this.#processingCount--
    item.state = "idle"
    if (outcome._tag === "Backoff") {
      this.retries++
      this.#delay(item, nowMillis + this.#intervalMillis + backoffMillis(item.failures), "Backoff")
      item.failures++
    } else {
      item.failures = 0
      if (outcome.deferMillis !== undefined) {
        item.notBeforeMillis = Math.max(item.notBeforeMillis, nowMillis + outcome.deferMillis)
      }
      if (outcome._tag === "After") {
        this.#delay(item, nowMillis + Math.max(outcome.millis, this.#intervalMillis), "Requeue")
      }
    }
    if (item.dirty) this.#enqueue(item, nowMillis, item.dirtyLow)
  }

  /** Forgets the objects that have nothing pending, no failures and no interval to keep, and that no longer exist. */
  sweep(exists: (request: Request) => boolean, nowMillis: number): void {
    for (const [key, item] of this.#items) {
      if (
        item.state === "idle" &&
        item.delayedAtMillis === undefined &&
        item.notBeforeMillis <= nowMillis &&
        !exists(item.request)
      ) {
        this.#items.delete(key)
      }
    }
  }

  snapshot(): WorkQueueSnapshot {
    const processing: Array<string> = []
    const delayed: Array<{ readonly key: string; readonly atMillis: number; readonly why: DelayReason }> = []
    for (const item of this.#items.values()) {
      if (item.state === "processing") processing.push(item.key)
      if (item.delayedAtMillis !== undefined) {
        delayed.push({ key: item.key, atMillis: item.delayedAtMillis, why: item.why })
      }
    }
    return { queued: this.#readyCount, processing, delayed }
  }

  #item(request: Request): Item {
    const key = formatKey(request)
    const existing = this.#items.get(key)
    if (existing !== undefined) return existing
    const item: Item = {
      key,
      request: { namespace: request.namespace, name: request.name },
      state: "idle",
      dirty: false,
      dirtyLow: false,
      trigger: undefined,
      failures: 0,
      notBeforeMillis: 0,
      readySinceMillis: 0,
      delayedAtMillis: undefined,
      why: "Requeue"
    }
    this.#items.set(key, item)
    return item
  }

  #enqueue(item: Item, nowMillis: number, low: boolean): void {
    switch (item.state) {
      case "processing":
        item.dirtyLow = low && (item.dirtyLow || !item.dirty)
        item.dirty = true
        return
      case "ready":
        return
      case "readyLow":
        if (low) return
        item.state = "ready"
        this.#ready.push(item)
        return
      case "idle":
        if (nowMillis < item.notBeforeMillis) {
          this.#delay(item, item.notBeforeMillis, "Interval")
          return
        }
        this.#clearDelay(item)
        this.adds++
        this.#readyCount++
        item.dirty = false
        item.readySinceMillis = nowMillis
        item.state = low ? "readyLow" : "ready"
        ;(low ? this.#readyLow : this.#ready).push(item)
    }
  }

  /** Skips what was promoted from the low list meanwhile. */
  #next(queue: Fifo<Item>, state: Item["state"]): Item | undefined {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      if (item.state === state) return item
    }
    return undefined
  }

  #delay(item: Item, atMillis: number, why: DelayReason): void {
    if (item.delayedAtMillis !== undefined) {
      if (item.delayedAtMillis <= atMillis) return
    } else {
      this.#delayedCount++
    }
    item.delayedAtMillis = atMillis
    item.why = why
    this.#timers.push(atMillis, item)
    if (this.#timers.size > 2 * this.#delayedCount + 64) {
      this.#timers.retain((entry) => entry.value.delayedAtMillis === entry.atMillis)
    }
  }

  #clearDelay(item: Item): void {
    if (item.delayedAtMillis === undefined) return
    item.delayedAtMillis = undefined
    this.#delayedCount--
  }
}
