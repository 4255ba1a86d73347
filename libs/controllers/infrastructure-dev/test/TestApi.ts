/**
 * A KubernetesApi made of a Map, with every call through a door: just what the conformance suite and the harness ask for.
 *
 * Left out: schemas, selectors, pages, updates, conflicts other than of a stated version.
 */
import { type AnyKind, apiVersionOf, formatKey, groupKindOf, type KubernetesObject, type ObjectKey } from "@capstan/api"
import { type ApiError, apiError, type KubernetesClient, type WatchEvent } from "@capstan/kubernetes"
import { type Cause, Effect, Queue, Stream } from "effect"

interface Json {
  readonly [key: string]: unknown
}

/** Lets a call pass, or not. */
export type Door = <A, E>(call: Effect.Effect<A, E>) => Effect.Effect<A, E>

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

const created = "2030-01-01T00:00:00Z"

export class TestApi {
  private readonly objects = new Map<string, KubernetesObject>()
  private readonly watchers = new Set<{
    readonly kind: string
    readonly queue: Queue.Queue<WatchEvent<never>, ApiError | Cause.Done>
  }>()
  private version = 0

  client(door: Door): KubernetesClient {
    const perform = <A>(run: () => unknown): Effect.Effect<A, ApiError> =>
      door(
        Effect.suspend(() => {
          const answer = run()
          // What comes out of the Map is what a test or a controller of the same kind put in.
          return answer instanceof Error ? Effect.fail(answer as ApiError) : Effect.succeed(answer as A)
        })
      )
    const unused = () => Effect.die("not part of this API")
    return {
      get: (kind, key) => perform(() => this.find(kind, key)),
      list: (kind) =>
        perform(() => ({
          items: [...this.objects].flatMap(([id, object]) => (id.startsWith(`${groupKindOf(kind)} `) ? [object] : [])),
          resourceVersion: String(this.version)
        })),
      watch: (kind) =>
        Stream.unwrap(
          Effect.map(Queue.unbounded<WatchEvent<never>, ApiError | Cause.Done>(), (queue) => {
            const watcher = { kind: groupKindOf(kind), queue }
            this.watchers.add(watcher)
            return Stream.ensuring(
              Stream.fromQueue(queue),
              Effect.sync(() => this.watchers.delete(watcher))
            )
          })
        ),
      create: (kind, object) =>
        perform(() => {
          const { status: _, ...body } = object
          const { name = "" } = object.metadata
          const metadata = {
            ...object.metadata,
            name,
            uid: `uid-${this.version + 1}`,
            creationTimestamp: created,
            generation: 1
          }
          return this.store(
            kind,
            { ...body, apiVersion: apiVersionOf(kind), kind: kind.kind, metadata } as never,
            "ADDED"
          )
        }),
      patch: (kind, key, { body }, options) =>
        perform(() => {
          const before = this.find(kind, key)
          if (before instanceof Error || !isJson(body)) return before
          const wanted = (body["metadata"] as { readonly resourceVersion?: string } | undefined)?.resourceVersion
          if (wanted !== undefined && wanted !== before.metadata.resourceVersion)
            return apiError("Conflict", "it has changed")
          const { status, ...main } = body
          const hasStatus = kind.subresources.status
          const after = merge(
            before,
            options?.subresource === "status" ? { status } : hasStatus ? main : body
          ) as KubernetesObject
          return JSON.stringify(after) === JSON.stringify(before) ? before : this.put(kind, after)
        }),
      delete: (kind, key) =>
        perform(() => {
          const before = this.find(kind, key)
          if (before instanceof Error) return before
          this.put(kind, { ...before, metadata: { ...before.metadata, deletionTimestamp: created } })
          return undefined
        }),
      update: unused,
      updateStatus: unused,
      evict: unused
    }
  }

  private find(kind: AnyKind, key: ObjectKey): KubernetesObject | ApiError {
    return (
      this.objects.get(`${groupKindOf(kind)} ${formatKey(key)}`) ??
      apiError("NotFound", `${kind.kind} ${key.name} not found`)
    )
  }

  private put(kind: AnyKind, object: KubernetesObject): KubernetesObject {
    const gone = object.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).length === 0
    return this.store(kind, object, gone ? "DELETED" : "MODIFIED")
  }

  private store(kind: AnyKind, object: KubernetesObject, type: "ADDED" | "MODIFIED" | "DELETED"): KubernetesObject {
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.version) } }
    const { name, namespace = "" } = stored.metadata
    const id = `${groupKindOf(kind)} ${formatKey({ namespace, name })}`
    if (type === "DELETED") this.objects.delete(id)
    else this.objects.set(id, stored)
    for (const { kind: watched, queue } of this.watchers) {
      if (watched === groupKindOf(kind)) Queue.offerUnsafe(queue, { type, object: stored as never })
    }
    return stored
  }
}
