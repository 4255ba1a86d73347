/**
 * One informer a kind: lists, then watches, and tells its subscribers what changed.
 *
 * A broken watch resumes where it was; one that the server has forgotten lists again and reports the difference, so that
 * subscribers never miss a deletion. A subscriber that comes late is first told of what is there.
 *
 * @source https://github.com/kubernetes/client-go tools/cache (reflector, shared informer)
 */
import { type AnyKind, keyOf, type KubernetesObject } from "@capstan/api"
import type { ApiError, KubernetesClient, ObjectList, WatchEvent } from "@capstan/kubernetes"
import { Clock, Effect, Latch, Random, Result, Stream } from "effect"
import type { ObjectChange } from "./Controller.ts"
import { ObjectStore } from "./ObjectStore.ts"

/** Called once a change. `initial`: the object was there when the informer first listed or the subscriber came. */
export type ChangeHandler = (change: ObjectChange, initial: boolean) => void

const backoffBaseMillis = 800
const backoffMaxMillis = 30_000
/** A watch that held this long is not to blame for what came before. */
const steadyMillis = 60_000

const pause = (failures: number): Effect.Effect<void> =>
  Effect.flatMap(Random.next, (jitter) =>
    Effect.sleep(Math.round(Math.min(backoffBaseMillis * 2 ** failures, backoffMaxMillis) * (1 + jitter)))
  )

/** Whether version `a` is older than `b`: both whole numbers of any size. */
export const isOlderVersion = (a: string, b: string): boolean => (a.length === b.length ? a < b : a.length < b.length)

export class Informer {
  readonly kind: AnyKind
  readonly store = new ObjectStore()
  readonly #client: KubernetesClient
  readonly #scope: { readonly namespace?: string }
  readonly #handlers = new Set<ChangeHandler>()
  readonly #firstSync = Latch.makeUnsafe(false)
  #synced = false
  /** Everything up to this version has been seen. */
  #version = ""
  #relist = true

  /** `namespace`: the only one that is looked at. */
  constructor(client: KubernetesClient, kind: AnyKind, namespace?: string) {
    this.#client = client
    this.#scope = namespace === undefined ? {} : { namespace }
    this.kind = kind
  }

  get synced(): boolean {
    return this.#synced
  }

  get version(): string {
    return this.#version
  }

  /** Waits for the first list. */
  get awaitSync(): Effect.Effect<void> {
    return this.#synced ? Effect.void : this.#firstSync.await
  }

  /** Gives back the way out. */
  subscribe(handler: ChangeHandler): () => void {
    this.#handlers.add(handler)
    if (this.#synced) {
      for (const object of this.store.list()) handler({ before: undefined, after: object }, true)
    }
    return () => {
      this.#handlers.delete(handler)
    }
  }

  /** Lists and watches for ever. */
  readonly run: Effect.Effect<never> = Effect.gen({ self: this }, function* () {
    // Attempts in a row after which nothing was seen.
    let failures = 0
    for (;;) {
      if (this.#relist) {
        const listed = yield* Effect.result(this.#list())
        if (Result.isFailure(listed)) {
          yield* pause(failures++)
          continue
        }
      }
      const versionBefore = this.#version
      const startedMillis = yield* Clock.currentTimeMillis
      const watched = yield* Effect.result(this.#watch())
      const lasted = (yield* Clock.currentTimeMillis) - startedMillis
      if (this.#version !== versionBefore || lasted >= steadyMillis) failures = 0
      if (Result.isFailure(watched) && (watched.failure.reason === "Expired" || watched.failure.reason === "Gone")) {
        this.#relist = true
      }
      // The server ends a watch when it likes, and forgets old versions: the first time that is no reason to wait.
      const expected = Result.isSuccess(watched) || this.#relist
      if (expected && failures === 0) {
        failures = 1
        continue
      }
      yield* pause(failures++)
    }
  })

  #list(): Effect.Effect<void, ApiError> {
    return Effect.map(this.#client.list(this.kind, this.#scope), (list) => this.#replace(list))
  }

  #watch(): Effect.Effect<void, ApiError> {
    return Stream.runForEachArray(
      this.#client.watch(this.kind, { ...this.#scope, resourceVersion: this.#version }),
      (events) =>
        Effect.sync(() => {
          for (const event of events) this.#apply(event)
        })
    )
  }

  #replace(list: ObjectList<unknown>): void {
    const initial = !this.#synced
    const present = new Set<string>()
    for (const item of list.items) {
      // An object of an unknown body is an object.
      const object = item as KubernetesObject
      present.add(object.metadata.uid)
      const before = this.store.put(object)
      if (before === undefined) this.#emit({ before, after: object }, initial)
      else if (before.metadata.resourceVersion !== object.metadata.resourceVersion) {
        this.#emit({ before, after: object }, false)
      }
    }
    if (this.store.size > list.items.length) {
      for (const object of this.store.list()) {
        if (present.has(object.metadata.uid)) continue
        this.store.remove(keyOf(object))
        this.#emit({ before: object, after: undefined }, false)
      }
    }
    this.#version = list.resourceVersion
    this.#relist = false
    if (!this.#synced) {
      this.#synced = true
      this.#firstSync.openUnsafe()
    }
  }

  #apply(event: WatchEvent<unknown>): void {
    if (event.type === "BOOKMARK") {
      this.#version = event.resourceVersion
      return
    }
    const object = event.object as KubernetesObject
    this.#version = object.metadata.resourceVersion
    if (event.type === "DELETED") {
      if (this.store.remove(keyOf(object)) !== undefined) this.#emit({ before: object, after: undefined }, false)
      return
    }
    const before = this.store.put(object)
    if (before?.metadata.resourceVersion !== object.metadata.resourceVersion)
      this.#emit({ before, after: object }, false)
  }

  #emit(change: ObjectChange, initial: boolean): void {
    for (const handler of this.#handlers) handler(change, initial)
  }
}
