/**
 * A KubernetesApi made of a Map, for the tests of controllers: versions, conflicts, finalizers, merge patches, watches.
 *
 * Left out: schemas, field selectors, pages, updates, JSON patches, evictions, everything asynchronous. It is not meant
 * to pass the conformance suite of the API: that is what the simulated server is for.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/
 */
import {
  type AnyKind,
  apiVersionOf,
  formatKey,
  groupKindOf,
  isJsonObject,
  keyOf,
  type KubernetesObject,
  matches,
  type ObjectKey
} from "@capstan/api"
import { Cause, Clock, DateTime, Effect, Layer, Queue, Stream } from "effect"
import { type ApiError, apiError } from "../ApiError.ts"
import { KubernetesApi, type KubernetesClient, type WatchEvent } from "../KubernetesApi.ts"
import type { Door } from "./CallLimit.ts"

/** One call, as it was made. */
export interface MemoryApiCall {
  readonly operation: "get" | "list" | "watch" | "create" | "update" | "patch" | "delete"
  readonly kind: string
  readonly name: string
  readonly body?: unknown
}

interface Watcher {
  readonly kind: string
  readonly queue: Queue.Queue<WatchEvent<never>, ApiError | Cause.Done>
}

const merge = (target: unknown, patch: unknown): unknown => {
  if (!isJsonObject(patch)) return patch
  const result: { [key: string]: unknown } = { ...(isJsonObject(target) ? target : {}) }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = merge(result[key], value)
  }
  return result
}

export class MemoryApi {
  readonly objects = new Map<string, KubernetesObject>()
  readonly calls: Array<MemoryApiCall> = []
  /** Fails a call by giving back an error. */
  intervene: (call: MemoryApiCall) => ApiError | undefined = () => undefined
  /** While true, watchers are told of nothing; `release` tells them all at once. */
  holding = false
  #held: Array<() => void> = []
  #version = 0
  #uid = 0
  /** Of everything that was ever stored, by group and kind. */
  readonly #kinds = new Map<string, AnyKind>()
  readonly #watchers = new Set<Watcher>()

  readonly client: KubernetesClient = this.clientThrough((call) => call)
  readonly layer = Layer.sync(KubernetesApi, () => this.client)

  /** A client of which every call goes through the door. */
  clientThrough(door: Door): KubernetesClient {
    const perform = <A>(call: MemoryApiCall, run: (now: string) => A | ApiError): Effect.Effect<A, ApiError> =>
      door(
        Effect.flatMap(Clock.currentTimeMillis, (millis) =>
          Effect.suspend(() => {
            this.calls.push(call)
            const error = this.intervene(call)
            if (error !== undefined) return Effect.fail(error)
            const result = run(`${DateTime.formatIso(DateTime.makeUnsafe(millis)).slice(0, 19)}Z`)
            return result instanceof Error ? Effect.fail(result) : Effect.succeed(result)
          })
        )
      )
    // A Map of objects knows nothing of bodies: what comes out is what a test put in.
    const typed = <A>(value: unknown): A => value as A
    return {
      get: (kind, key) =>
        perform({ operation: "get", kind: kind.kind, name: key.name }, () =>
          typed(this.find(kind, key) ?? notFound(kind, key))
        ),
      list: (kind, { labels = {}, namespace = "" } = {}) =>
        perform({ operation: "list", kind: kind.kind, name: "" }, () =>
          typed({
            items: this.list(kind).filter(
              ({ metadata }) =>
                (namespace === "" || metadata.namespace === namespace) && matches(labels, metadata.labels)
            ),
            resourceVersion: String(this.#version)
          })
        ),
      watch: (kind) =>
        Stream.unwrap(
          Effect.map(
            Effect.andThen(
              perform({ operation: "watch", kind: kind.kind, name: "" }, () => undefined),
              Queue.unbounded<WatchEvent<never>, ApiError | Cause.Done>()
            ),
            (queue) => {
              const watcher = { kind: groupKindOf(kind), queue }
              this.#watchers.add(watcher)
              return Stream.ensuring(
                Stream.fromQueue(queue),
                Effect.sync(() => this.#watchers.delete(watcher))
              )
            }
          )
        ),
      create: (kind, object) =>
        perform({ operation: "create", kind: kind.kind, name: object.metadata.name ?? "", body: object }, (now) => {
          const key = { namespace: object.metadata.namespace ?? "", name: object.metadata.name ?? "" }
          if (this.find(kind, key) !== undefined) return apiError("AlreadyExists", `${key.name} exists`)
          const { status: _, ...body } = object
          return typed(
            this.store(
              kind,
              typed({ ...body, metadata: { ...object.metadata, uid: `uid-${++this.#uid}`, creationTimestamp: now } }),
              "ADDED"
            )
          )
        }),
      update: (kind, object) =>
        perform({ operation: "update", kind: kind.kind, name: object.metadata.name, body: object }, () => {
          const before = this.find(kind, keyOf(object))
          if (before === undefined) return notFound(kind, keyOf(object))
          if (object.metadata.resourceVersion !== before.metadata.resourceVersion)
            return apiError("Conflict", "it has changed")
          const after = kind.subresources.status
            ? { ...object, status: (before as { status?: unknown }).status }
            : object
          return typed(this.put(kind, withGeneration(before, typed(after))))
        }),
      updateStatus: () => Effect.die("updateStatus is not part of this fake"),
      evict: () => Effect.die("evict is not part of this fake"),
      patch: (kind, key, patch, options) =>
        perform({ operation: "patch", kind: kind.kind, name: key.name, body: patch.body }, () => {
          const before = this.find(kind, key)
          if (before === undefined) return notFound(kind, key)
          const body = patch.body as {
            readonly metadata?: { readonly resourceVersion?: string }
            readonly status?: unknown
          }
          const version = body.metadata?.resourceVersion
          if (version !== undefined && version !== before.metadata.resourceVersion)
            return apiError("Conflict", "it has changed")
          const { status: _, ...main } = body
          const applied =
            options?.subresource === "status" ? { status: body.status } : kind.subresources.status ? main : body
          const after = merge(before, applied) as KubernetesObject
          if (JSON.stringify(after) === JSON.stringify(before)) return typed(before)
          return typed(this.put(kind, options?.subresource === "status" ? after : withGeneration(before, after)))
        }),
      delete: (kind, key, { preconditions } = {}) =>
        perform({ operation: "delete", kind: kind.kind, name: key.name }, (now) => {
          const before = this.find(kind, key)
          if (before === undefined) return notFound(kind, key)
          if (preconditions?.uid !== undefined && preconditions.uid !== before.metadata.uid)
            return apiError("Conflict", "it is another object")
          this.put(kind, {
            ...before,
            metadata: { ...before.metadata, deletionTimestamp: before.metadata.deletionTimestamp ?? now }
          })
          return undefined
        })
    }
  }

  find(kind: AnyKind, key: ObjectKey): KubernetesObject | undefined {
    return this.objects.get(`${groupKindOf(kind)} ${formatKey(key)}`)
  }

  list(kind: AnyKind): ReadonlyArray<KubernetesObject> {
    return [...this.objects.entries()]
      .filter(([id]) => id.startsWith(`${groupKindOf(kind)} `))
      .map(([, object]) => object)
  }

  /** Stores the object as if someone had written it, or removes it when it is deleted and has no finalizers left. */
  put(kind: AnyKind, object: KubernetesObject): KubernetesObject {
    const gone = object.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).length === 0
    const known = this.find(kind, keyOf(object)) !== undefined
    return this.store(kind, object, gone ? "DELETED" : known ? "MODIFIED" : "ADDED")
  }

  remove(kind: AnyKind, key: ObjectKey): void {
    const object = this.find(kind, key)
    if (object !== undefined) this.store(kind, object, "DELETED")
  }

  /** Does what the garbage collector would: deletes whatever has lost all its owners, until nothing has. */
  collectGarbage(): void {
    for (;;) {
      const uids = new Set([...this.objects.values()].map(({ metadata }) => metadata.uid))
      const isLost = ({ metadata }: KubernetesObject): boolean => {
        const owners = metadata.ownerReferences ?? []
        return (
          metadata.deletionTimestamp === undefined && owners.length > 0 && owners.every(({ uid }) => !uids.has(uid))
        )
      }
      const lost = [...this.#kinds.values()].flatMap((kind) =>
        this.list(kind).flatMap((object) => (isLost(object) ? [{ kind, object }] : []))
      )
      if (lost.length === 0) return
      for (const { kind, object } of lost) {
        const { metadata } = object
        this.put(kind, { ...object, metadata: { ...metadata, deletionTimestamp: metadata.creationTimestamp } })
      }
    }
  }

  /** Ends every watch with the error, or as a server does that has had enough. */
  breakWatches(error?: ApiError): void {
    const broken = [...this.#watchers]
    this.#watchers.clear()
    for (const { queue } of broken) {
      if (error === undefined) Queue.endUnsafe(queue)
      else Queue.failCauseUnsafe(queue, Cause.fail(error))
    }
  }

  release(): void {
    this.holding = false
    const held = this.#held
    this.#held = []
    for (const deliver of held) deliver()
  }

  private store(kind: AnyKind, object: KubernetesObject, type: "ADDED" | "MODIFIED" | "DELETED"): KubernetesObject {
    const generation = (object.metadata.generation ?? 0) + (type === "ADDED" ? 1 : 0)
    this.#kinds.set(groupKindOf(kind), kind)
    const stored: KubernetesObject = {
      ...object,
      apiVersion: object.apiVersion ?? apiVersionOf(kind),
      kind: kind.kind,
      metadata: { ...object.metadata, generation, resourceVersion: String(++this.#version) }
    }
    const id = `${groupKindOf(kind)} ${formatKey(keyOf(stored))}`
    if (type === "DELETED") this.objects.delete(id)
    else this.objects.set(id, stored)
    const deliver = (): void => {
      for (const watcher of this.#watchers) {
        if (watcher.kind === groupKindOf(kind)) Queue.offerUnsafe(watcher.queue, { type, object: stored as never })
      }
    }
    if (this.holding) this.#held.push(deliver)
    else deliver()
    return stored
  }
}

/** A new generation when anything but metadata and status has changed. */
const withGeneration = (before: KubernetesObject, after: KubernetesObject): KubernetesObject => {
  const intent = ({ metadata: _, status: __, ...rest }: KubernetesObject & { readonly status?: unknown }): string =>
    JSON.stringify(rest)
  if (intent(before) === intent(after)) return after
  return { ...after, metadata: { ...after.metadata, generation: (before.metadata.generation ?? 0) + 1 } }
}

const notFound = (kind: AnyKind, key: ObjectKey): ApiError =>
  apiError("NotFound", `${kind.kind} ${formatKey(key)} not found`)

/** An object as a test states it. */
export const anObject = (
  kind: AnyKind,
  name: string,
  rest: { readonly metadata?: object; readonly [field: string]: unknown } = {}
): KubernetesObject => ({
  ...rest,
  apiVersion: apiVersionOf(kind),
  kind: kind.kind,
  metadata: {
    namespace: "default",
    name,
    uid: `uid-of-${name}`,
    resourceVersion: "0",
    creationTimestamp: "2030-01-01T00:00:00Z",
    ...rest.metadata
  }
})
