/**
 * A KubernetesApi made of a Map, for the tests of the runtime alone: versions, conflicts, finalizers, merge patches, watches.
 *
 * Left out: schemas, selectors, pages, generation of status subresources other than `status`, everything asynchronous.
 */
import { type AnyKind, formatKey, groupKindOf, keyOf, type KubernetesObject, type ObjectKey } from "@capstan/api"
import { type ApiError, apiError, KubernetesApi, type KubernetesClient, type WatchEvent } from "@capstan/kubernetes"
import { Cause, Clock, DateTime, Effect, Layer, Queue, Stream } from "effect"

interface Json {
  readonly [key: string]: unknown
}

interface Call {
  readonly operation: "get" | "list" | "watch" | "create" | "patch" | "delete"
  readonly kind: string
  readonly name: string
  readonly body?: unknown
}

interface Watcher {
  readonly kind: string
  readonly queue: Queue.Queue<WatchEvent<never>, ApiError | Cause.Done>
}

const isJson = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

const merge = (target: unknown, patch: unknown): unknown => {
  if (!isJson(patch)) return patch
  const result: { [key: string]: unknown } = { ...(isJson(target) ? target : {}) }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = merge(result[key], value)
  }
  return result
}

export class FakeApi {
  readonly objects = new Map<string, KubernetesObject>()
  readonly calls: Array<Call> = []
  /** Fails a call by giving back an error. */
  intervene: (call: Call) => ApiError | undefined = () => undefined
  /** While true, watchers are told of nothing; `release` tells them all at once. */
  holding = false
  #held: Array<() => void> = []
  #version = 0
  #uid = 0
  readonly #watchers = new Set<Watcher>()

  readonly client: KubernetesClient = this.clientThrough((call) => call)
  readonly layer = Layer.sync(KubernetesApi, () => this.client)

  /** A client of which every call goes through the door. */
  clientThrough(door: <A, E>(call: Effect.Effect<A, E>) => Effect.Effect<A, E>): KubernetesClient {
    const perform = <A>(call: Call, run: (now: string) => A | ApiError): Effect.Effect<A, ApiError> =>
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
      list: (kind) =>
        perform({ operation: "list", kind: kind.kind, name: "" }, () =>
          typed({ items: this.list(kind), resourceVersion: String(this.#version) })
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
      update: () => Effect.die("update is not part of this fake"),
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
          return typed(this.put(kind, after))
        }),
      delete: (kind, key) =>
        perform({ operation: "delete", kind: kind.kind, name: key.name }, (now) => {
          const before = this.find(kind, key)
          if (before === undefined) return notFound(kind, key)
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
    const stored: KubernetesObject = {
      ...object,
      apiVersion: object.apiVersion ?? `${kind.group}/${kind.version}`,
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

const notFound = (kind: AnyKind, key: ObjectKey): ApiError =>
  apiError("NotFound", `${kind.kind} ${formatKey(key)} not found`)

/** An object as a test states it. */
export const anObject = (
  kind: AnyKind,
  name: string,
  rest: { readonly metadata?: object; readonly [field: string]: unknown } = {}
): KubernetesObject => ({
  ...rest,
  apiVersion: kind.group === "" ? kind.version : `${kind.group}/${kind.version}`,
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
