/**
 * Open watches: who wants to hear of which writes, and when they hear of them.
 *
 * A write is put into the outbox of every watch that it concerns and reaches the reader a little later, always in
 * order; what is ready together comes together. Watches belong to fibers and are not saved; those of a killed process
 * are dropped. Bookmarks come along with events once a minute of virtual time has gone by.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 * @fidelity observed kube-apiserver-1.36 — Starts, order, selector transitions, `Expired`, what a DELETED event carries.
 * @fidelity assumed — An event takes 5 ms to a watcher with seed 0; 1 to 50 ms otherwise, and one in fifty up to a second longer.
 */
import { type AnyKind, groupKindOf, type KubernetesObject } from "@capstan/api"
import { apiError, type ApiError, type WatchEvent } from "@capstan/kubernetes"
import type { ComponentHandle, Kernel, ProcessInstance, RandomStream } from "@capstan/kernel"
import { Result } from "effect"
import { deepFreeze } from "./FrozenValue.ts"
import { type Selecting, selection, type Selection } from "./Selection.ts"
import { badRequest, tooOld } from "./StatusErrors.ts"
import type { Collection, LogEntry, Store } from "./Store.ts"
import type { ServerEvent } from "./ServerEvent.ts"

/** What an engine may do to the watches of a kind, as data. */
export interface WatchFault {
  /** Added to every delivery. */
  readonly delayMillis?: number
  /** New watches fail with `Unreachable`. */
  readonly refuse?: boolean
}

/** One event on its way to one watcher. */
export interface CourierParcel {
  /** As in `LogEntry`. */
  readonly groupKind: string
  /** The watcher's process group; `undefined` outside of all. */
  readonly process: string | undefined
  readonly event: WatchEvent<unknown>
  /** Hands an event on: this one or another, now or later. Nothing happens once the watch is closed. */
  readonly hand: (event: WatchEvent<unknown>, delayMillis?: number) => void
}

/** Who reads a watch. Called while the world runs: must not write to it. */
export interface WatchReader {
  readonly offer: (events: ReadonlyArray<WatchEvent<unknown>>) => void
  /** The watch is closed by then. */
  readonly fail: (error: ApiError) => void
}

export interface Watching extends Selecting {
  /** As in `WatchOptions`. */
  readonly resourceVersion?: string
  /** From outside of the world: what happens is told at once, without chance or time, so that who looks changes nothing. */
  readonly onlooker?: boolean
}

interface Delivery {
  readonly at: number
  readonly event: WatchEvent<unknown>
}

interface Watch {
  readonly id: number
  readonly groupKind: string
  readonly selects: Selection | undefined
  readonly reader: WatchReader
  readonly owner: ProcessInstance | undefined
  readonly onlooker: boolean
  readonly latencyMillis: number
  outbox: Array<Delivery>
  lastAt: number
  timerAt: number
  bookmarkAt: number
}

export interface WatchesOptions {
  readonly kernel: Kernel
  readonly store: Store
  readonly timers: ComponentHandle<ServerEvent>
  readonly random: RandomStream
  /** Milliseconds of every delivery when the seed is 0. */
  readonly latencyMillis: number
}

const bookmarkMillis = 60_000

export class Watches {
  private readonly options: WatchesOptions
  private readonly byKind = new Map<string, Map<number, Watch>>()
  private readonly byId = new Map<number, Watch>()
  private readonly faults = new Map<string, WatchFault>()
  private opened = 0
  /** Stands between the log and every watcher, unless `undefined`: decides what is handed on, and when. */
  courier: ((parcel: CourierParcel) => void) | undefined = undefined

  constructor(options: WatchesOptions) {
    this.options = options
  }

  /** Watches that are open. */
  get size(): number {
    return this.byId.size
  }

  open(
    collection: Collection,
    wanted: Watching,
    reader: WatchReader,
    owner: ProcessInstance | undefined
  ): Result.Result<number, ApiError> {
    const { kernel, latencyMillis, random, store } = this.options
    const { onlooker = false } = wanted
    const selects = selection(collection.kind, wanted)
    if (Result.isFailure(selects)) return Result.fail(selects.failure)
    if (!onlooker && this.faultOf(collection.groupKind)?.refuse === true)
      return Result.fail(brokenWatch(collection.kind))
    const start = wanted.resourceVersion ?? "0"
    if (!/^\d+$/.test(start)) return Result.fail(invalidStart(start))
    const version = Number(start)
    if (version > 0 && version < store.oldestVersion) return Result.fail(tooOld(version, store.oldestVersion))
    const watch: Watch = {
      id: ++this.opened,
      groupKind: collection.groupKind,
      selects: selects.success,
      reader,
      owner,
      onlooker,
      latencyMillis: onlooker || kernel.seed === 0 ? latencyMillis : random.between(1, 50),
      outbox: [],
      lastAt: 0,
      timerAt: Number.POSITIVE_INFINITY,
      bookmarkAt: kernel.now() + bookmarkMillis
    }
    this.byId.set(watch.id, watch)
    const sameKind = this.byKind.get(watch.groupKind)
    if (sameKind === undefined) this.byKind.set(watch.groupKind, new Map([[watch.id, watch]]))
    else sameKind.set(watch.id, watch)
    this.begin(watch, collection, version)
    return Result.succeed(watch.id)
  }

  /** Whether everything that concerns a watch has reached its reader. */
  isCaughtUp(id: number): boolean {
    return this.byId.get(id)?.outbox.length === 0
  }

  close(id: number): void {
    const watch = this.byId.get(id)
    if (watch === undefined) return
    this.byId.delete(id)
    this.byKind.get(watch.groupKind)?.delete(id)
  }

  /** Tells everybody whom a write concerns. */
  announce(entry: LogEntry): void {
    const watches = this.byKind.get(entry.groupKind)
    if (watches === undefined) return
    for (const watch of watches.values()) {
      if (watch.owner?.fenced === true) this.close(watch.id)
      else this.consider(watch, entry)
    }
  }

  /** Hands over what is ready by now. */
  deliver(id: number): void {
    const watch = this.byId.get(id)
    if (watch === undefined) return
    watch.timerAt = Number.POSITIVE_INFINITY
    const now = this.options.kernel.now()
    let ready = 0
    while (ready < watch.outbox.length && (watch.outbox[ready]?.at ?? 0) <= now) ready++
    const events = watch.outbox.splice(0, ready).map((delivery) => delivery.event)
    // What a courier holds back must not be overtaken by a bookmark.
    const caughtUp = watch.outbox.length === 0 && this.courier === undefined
    if (caughtUp && events.length > 0 && now >= watch.bookmarkAt) {
      watch.bookmarkAt = now + bookmarkMillis
      events.push({ type: "BOOKMARK", resourceVersion: String(this.options.store.version) })
    }
    if (events.length > 0) watch.reader.offer(events)
    this.schedule(watch)
  }

  /** Sets or clears the fault of a kind, or of all kinds that have none of their own (`*`). */
  setFault(kind: AnyKind | "*", fault: WatchFault | undefined): void {
    const id = kind === "*" ? kind : groupKindOf(kind)
    if (fault === undefined) this.faults.delete(id)
    else this.faults.set(id, fault)
  }

  /** Ends a process's watches of a kind with `Expired`: it has to list again. */
  expire(groupKind: string, process: string): void {
    const { store } = this.options
    for (const watch of [...(this.byKind.get(groupKind)?.values() ?? [])]) {
      if (watch.owner?.name !== process) continue
      this.close(watch.id)
      watch.reader.fail(tooOld(store.oldestVersion, store.version))
    }
  }

  /** Ends open watches with `Unreachable`; what they had not been handed is lost to them until they resume. */
  breakAll(kind: AnyKind | "*", process?: string): void {
    const id = kind === "*" ? undefined : groupKindOf(kind)
    for (const watch of [...this.byId.values()]) {
      if (id !== undefined && watch.groupKind !== id) continue
      if (process !== undefined && watch.owner?.name !== process) continue
      this.close(watch.id)
      const collection = this.options.store.collections.get(watch.groupKind)
      if (collection !== undefined) watch.reader.fail(brokenWatch(collection.kind))
    }
  }

  save(): SavedWatches {
    return { opened: this.opened, faults: [...this.faults] }
  }

  restore(saved: SavedWatches): void {
    this.opened = saved.opened
    this.byId.clear()
    this.byKind.clear()
    this.faults.clear()
    for (const [id, fault] of saved.faults) this.faults.set(id, fault)
  }

  private begin(watch: Watch, collection: Collection, version: number): void {
    if (version === 0) {
      for (const object of collection.inOrder()) {
        if (watch.selects === undefined || watch.selects(object)) this.push(watch, { type: "ADDED", object })
      }
      return
    }
    for (const entry of this.options.store.since(version)) {
      if (entry.groupKind === watch.groupKind) this.consider(watch, entry)
    }
  }

  /** Turns a write into what this watch sees of it: an object may come into its selection or leave it. */
  private consider(watch: Watch, entry: LogEntry): void {
    const { selects } = watch
    const { object, previous, type } = entry
    if (selects === undefined) return this.push(watch, { type, object })
    const was = previous !== undefined && selects(previous)
    if (type === "DELETED") return was ? this.push(watch, { type, object }) : undefined
    const is = selects(object)
    if (is) return this.push(watch, { type: was ? "MODIFIED" : "ADDED", object })
    if (was) this.push(watch, { type: "DELETED", object: atVersionOf(previous, object) })
  }

  private push(watch: Watch, event: WatchEvent<unknown>): void {
    if (watch.onlooker) return watch.reader.offer([event])
    if (this.courier === undefined) return this.send(watch, event, 0)
    const { groupKind, owner } = watch
    const hand = (handed: WatchEvent<unknown>, delayMillis = 0): void => this.send(watch, handed, delayMillis)
    this.courier({ groupKind, process: owner?.name, event, hand })
  }

  private send(watch: Watch, event: WatchEvent<unknown>, delayMillis: number): void {
    const { kernel, random } = this.options
    const tail = kernel.seed !== 0 && random.below(50) === 0 ? random.between(100, 1000) : 0
    const delay = watch.latencyMillis + tail + delayMillis + (this.faultOf(watch.groupKind)?.delayMillis ?? 0)
    const at = Math.max(watch.lastAt, kernel.now() + delay)
    watch.lastAt = at
    watch.outbox.push({ at, event })
    this.schedule(watch)
  }

  private schedule(watch: Watch): void {
    const next = watch.outbox[0]
    if (next === undefined || watch.timerAt <= next.at) return
    watch.timerAt = next.at
    this.options.timers.at(next.at, { _tag: "Deliver", watch: watch.id })
  }

  private faultOf(groupKind: string): WatchFault | undefined {
    return this.faults.size === 0 ? undefined : (this.faults.get(groupKind) ?? this.faults.get("*"))
  }
}

export interface SavedWatches {
  readonly opened: number
  readonly faults: ReadonlyArray<readonly [string, WatchFault]>
}

const brokenWatch = (kind: AnyKind): ApiError =>
  apiError("Unreachable", `watch of ${kind.plural}: connection reset by peer`)

const unparsable = (version: string): string =>
  `resourceVersion: Invalid value: ${JSON.stringify(version)}: strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`

/** What a list answers to a version that is no number. */
export const invalidVersion = (version: string): ApiError =>
  badRequest(`invalid resource version: ${unparsable(version)}`)

/** What a watch answers to it: an error of the server's own, where a list has better words. */
export const invalidStart = (version: string): ApiError => apiError("InternalError", unparsable(version))

const atVersionOf = (object: KubernetesObject, other: KubernetesObject): KubernetesObject =>
  deepFreeze({ ...object, metadata: { ...object.metadata, resourceVersion: other.metadata.resourceVersion } })
