/**
 * The simulated API server as the service that controllers know: every call goes through the kernel's door.
 *
 * A call takes its latency, may be slowed, refused or cut off by an engine, and is performed atomically in between.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/
 */
import { type AnyKind, formatKey, type Kind } from "@capstan/api"
import {
  type ApiError,
  KubernetesApi,
  type KubernetesClient,
  Pod,
  type WatchEvent,
  type WatchOptions
} from "@capstan/kubernetes"
import { CurrentProcess } from "@capstan/kernel"
import { Cause, Effect, Layer, Queue, Result, Stream } from "effect"
import type { ApiServer } from "./ApiServer.ts"
import type { WatchReader } from "./Watches.ts"

export interface ClientOptions {
  /** Who the client is, such as `manager` or `kubectl`: the actor of its writes, unless a call names a field manager. */
  readonly userAgent: string
}

/** A client of the server. */
export const client = (server: ApiServer, options: ClientOptions): KubernetesClient => {
  const { kernel } = server
  const { userAgent } = options

  const call = <A>(
    operation: string,
    mutating: boolean,
    kind: AnyKind,
    target: string,
    request: unknown,
    perform: () => Result.Result<A, ApiError>
  ): Effect.Effect<A, ApiError> =>
    Effect.suspend(() =>
      kernel.call(
        {
          service: server.service,
          operation,
          mutating,
          target: target === "" ? kind.kind : `${kind.kind} ${target}`,
          request,
          latencyMillis: server.drawLatency(mutating)
        },
        perform
      )
    )

  const nameOf = (metadata: {
    readonly namespace?: string
    readonly name?: string
    readonly generateName?: string
  }): string => formatKey({ namespace: metadata.namespace ?? "", name: metadata.name ?? metadata.generateName ?? "" })

  return {
    get: (kind, key) => call("get", false, kind, formatKey(key), undefined, () => server.get(kind, key)),
    list: (kind, wanted) => call("list", false, kind, wanted?.namespace ?? "", wanted, () => server.list(kind, wanted)),
    watch: <Body>(kind: Kind<Body>, wanted: WatchOptions = {}) =>
      Stream.unwrap(
        Effect.gen(function* () {
          const owner = yield* CurrentProcess
          const queue = yield* Queue.unbounded<WatchEvent<unknown>, ApiError>()
          let id: number | undefined
          yield* Effect.addFinalizer(() => Effect.sync(() => (id === undefined ? undefined : server.watches.close(id))))
          id = yield* call("watch", false, kind, wanted.namespace ?? "", wanted, () => {
            const reader: WatchReader = {
              offer: (events) => void Queue.offerAllUnsafe(queue, events),
              fail: (error) => void Queue.failCauseUnsafe(queue, Cause.fail(error))
            }
            const opened = server.openWatch(kind, wanted, reader, owner)
            if (Result.isSuccess(opened)) id = opened.success
            return opened
          })
          // The server only puts objects of this kind into the queue.
          return Stream.fromQueue(queue) as Stream.Stream<WatchEvent<Body>, ApiError>
        })
      ),
    create: (kind, object, write) =>
      call("create", true, kind, nameOf(object.metadata), object, () =>
        server.create(kind, object, { actor: userAgent, ...write })
      ),
    update: (kind, object, write) =>
      call("update", true, kind, nameOf(object.metadata), object, () =>
        server.update(kind, object, { actor: userAgent, ...write })
      ),
    updateStatus: (kind, object, write) =>
      call("updateStatus", true, kind, nameOf(object.metadata), object, () =>
        server.updateStatus(kind, object, { actor: userAgent, ...write })
      ),
    patch: (kind, key, patch, write) =>
      call(write?.subresource === "status" ? "patchStatus" : "patch", true, kind, formatKey(key), patch, () =>
        server.patch(kind, key, patch, { actor: userAgent, ...write })
      ),
    delete: (kind, key, wanted) =>
      call("delete", true, kind, formatKey(key), wanted, () =>
        Result.map(server.delete(kind, key, { ...wanted, actor: userAgent }), () => undefined)
      ),
    evict: (pod, wanted) =>
      call("evict", true, Pod, formatKey(pod), wanted, () => server.evict(pod, { ...wanted, actor: userAgent }))
  }
}

/** The service on one server. */
export const layer = (server: ApiServer, options: ClientOptions): Layer.Layer<KubernetesApi> =>
  Layer.succeed(KubernetesApi, client(server, options))
