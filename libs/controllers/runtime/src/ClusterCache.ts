/**
 * Connections to workload clusters, kept and probed: connect when the kubeconfig Secret is there, probe every ten
 * seconds, drop after five failures, try again after thirty seconds.
 *
 * One fiber a cluster, asleep between two probes. A connection has a client and informers of its own, which end with it;
 * watches are put back on the next connection.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controllers/clustercache
 */
import {
  type AnyKind,
  Cluster,
  formatKey,
  groupKindOf,
  keyOf,
  type KubernetesObject,
  type ObjectKey
} from "@capstan/api"
import { KubernetesApi, type KubernetesClient, Secret } from "@capstan/kubernetes"
import { WorkloadClusters, type WorkloadConnection } from "@capstan/provider"
import { type Clock, Context, Effect, type Fiber, Result, Schema } from "effect"
import { Base64 } from "effect/encoding"
import { type Cache, type CacheReader, type InformerCache, makeCache } from "./Cache.ts"
import type { Request } from "./Controller.ts"
import type { Nursery } from "./Nursery.ts"
import type { Trigger } from "./ReconcileHook.ts"

/** No connection now. Callers fail with it: the reconcile comes back by backoff or when the connection does. */
export class ClusterNotConnected extends Schema.TaggedError<ClusterNotConnected>()("ClusterNotConnected", {
  cluster: Schema.String,
  message: Schema.String
}) {}

/** What the probes saw; times are epoch milliseconds, absent before the first. */
export interface ConnectionHealth {
  readonly connected: boolean
  /** When this manager began to look for a connection: before that it cannot have missed one. */
  readonly sinceMillis: number | undefined
  readonly lastProbeSuccessMillis: number | undefined
  readonly lastProbeMillis: number | undefined
  readonly consecutiveFailures: number
}

export interface WorkloadWatch {
  readonly cluster: ObjectKey
  readonly controller: string
  readonly kind: AnyKind
  /** Gets the management cluster's cache: the requests are for objects there. */
  readonly map: (object: KubernetesObject, cache: CacheReader) => ReadonlyArray<Request>
}

export class ClusterCache extends Context.Service<
  ClusterCache,
  {
    readonly client: (cluster: ObjectKey) => Effect.Effect<KubernetesClient, ClusterNotConnected>
    /** Cached reads of the workload cluster, with informers of its own. */
    readonly reader: (cluster: ObjectKey) => Effect.Effect<Cache["Service"], ClusterNotConnected>
    readonly health: (cluster: ObjectKey) => ConnectionHealth
    /**
     * Wakes a controller on changes of a kind in the workload cluster. Idempotent per cluster, controller and kind;
     * ends with the connection and starts again with the next.
     */
    readonly watch: (options: WorkloadWatch) => Effect.Effect<void, ClusterNotConnected>
  }
>()("@capstan/runtime/ClusterCache") {}

const retryMillis = 30_000
const probeMillis = 10_000
const probeFailuresMax = 5

interface Connection {
  readonly connection: WorkloadConnection
  readonly cache: InformerCache
  readonly fibers: Array<Fiber.Fiber<unknown, unknown>>
}

interface Entry {
  readonly key: ObjectKey
  readonly sinceMillis: number
  fiber: Fiber.Fiber<unknown, unknown> | undefined
  current: Connection | undefined
  readonly watches: Map<string, WorkloadWatch>
  lastProbeSuccessMillis: number | undefined
  lastProbeMillis: number | undefined
  failures: number
  /** When each controller was last told of the connection. */
  readonly toldMillis: Map<string, number>
}

/** A controller that wants to know of connections. */
export interface ConnectionListener {
  readonly controller: string
  readonly requests: (cluster: ObjectKey, cache: CacheReader) => ReadonlyArray<Request>
  /** Also told once when no probe has succeeded for so long. */
  readonly probeGraceMillis?: number
}

const unknownHealth: ConnectionHealth = {
  connected: false,
  sinceMillis: undefined,
  lastProbeSuccessMillis: undefined,
  lastProbeMillis: undefined,
  consecutiveFailures: 0
}

export const makeClusterCache = (options: {
  readonly cache: InformerCache
  readonly clock: Clock.Clock
  readonly nursery: Nursery<KubernetesApi | WorkloadClusters>
  readonly listeners: () => ReadonlyArray<ConnectionListener>
  readonly wake: (controller: string, request: Request, trigger: Trigger) => void
}): { readonly service: ClusterCache["Service"]; readonly start: () => void } => {
  const { cache, clock, nursery, wake } = options
  const entries = new Map<string, Entry>()
  const now = (): number => clock.currentTimeMillisUnsafe()

  const tell = (entry: Entry, cause: "connection" | "probe"): void => {
    for (const listener of options.listeners()) {
      if (cause === "probe" && !isOverdue(entry, listener)) continue
      entry.toldMillis.set(listener.controller, now())
      for (const request of listener.requests(entry.key, cache.reader)) {
        wake(listener.controller, request, { _tag: "Connection" })
      }
    }
  }

  const isOverdue = (entry: Entry, listener: ConnectionListener): boolean => {
    if (listener.probeGraceMillis === undefined) return false
    const success = entry.lastProbeSuccessMillis ?? entry.sinceMillis
    const told = entry.toldMillis.get(listener.controller) ?? 0
    return now() - success >= listener.probeGraceMillis && told - success < listener.probeGraceMillis
  }

  const subscribe = (entry: Entry, connection: Connection, watch: WorkloadWatch): void => {
    const kind = watch.kind.kind
    connection.cache.informer(watch.kind).subscribe(({ after, before }) => {
      const object = after ?? before
      if (object === undefined) return
      const { name, namespace = "", resourceVersion } = object.metadata
      const trigger: Trigger = { _tag: "Change", kind, namespace, name, resourceVersion, cluster: entry.key.name }
      for (const request of watch.map(object, cache.reader)) wake(watch.controller, request, trigger)
      if (after === undefined || before === undefined) return
      for (const request of watch.map(before, cache.reader)) wake(watch.controller, request, trigger)
    })
  }

  const connect = Effect.fnUntraced(function* (entry: Entry) {
    const api = yield* KubernetesApi
    const workloads = yield* WorkloadClusters
    const name = `${entry.key.name}-kubeconfig`
    const secret = yield* api.get(Secret, { namespace: entry.key.namespace, name })
    const kubeconfig = Base64.decodeString(secret.data?.["value"] ?? "")
    if (Result.isFailure(kubeconfig) || kubeconfig.success === "") {
      return yield* new ClusterNotConnected({
        cluster: formatKey(entry.key),
        message: `Secret ${name} has no readable value`
      })
    }
    const connection = yield* workloads.connect({ cluster: entry.key, kubeconfig: kubeconfig.success })
    const fibers: Array<Fiber.Fiber<unknown, unknown>> = []
    const spawn = (run: Effect.Effect<never>): void => void fibers.push(nursery.spawn(run))
    entry.current = { connection, cache: makeCache({ client: connection.client, spawn }), fibers }
    entry.lastProbeMillis = entry.lastProbeSuccessMillis = now()
    entry.failures = 0
    for (const watch of entry.watches.values()) subscribe(entry, entry.current, watch)
    return connection
  })

  const disconnect = (entry: Entry): void => {
    for (const fiber of entry.current?.fibers ?? []) fiber.interruptUnsafe()
    entry.current = undefined
  }

  /** Probes until the connection is given up. Gives back how long to wait before the next. */
  const hold = Effect.fnUntraced(function* (entry: Entry, connection: WorkloadConnection) {
    for (;;) {
      yield* Effect.sleep(probeMillis)
      const probed = yield* Effect.result(connection.probe)
      entry.lastProbeMillis = now()
      if (Result.isSuccess(probed)) {
        entry.lastProbeSuccessMillis = entry.lastProbeMillis
        entry.failures = 0
        continue
      }
      entry.failures++
      if (probed.failure.unauthorized) return 0
      if (entry.failures >= probeFailuresMax) return retryMillis
      tell(entry, "probe")
    }
  })

  const keep = Effect.fnUntraced(function* (entry: Entry) {
    for (;;) {
      const connected = yield* Effect.result(connect(entry))
      if (Result.isFailure(connected)) {
        yield* Effect.logDebug(`no connection to cluster ${formatKey(entry.key)}: ${connected.failure.message}`)
        tell(entry, "probe")
        yield* Effect.sleep(retryMillis)
        continue
      }
      tell(entry, "connection")
      const pauseMillis = yield* hold(entry, connected.success)
      disconnect(entry)
      tell(entry, "connection")
      if (pauseMillis > 0) yield* Effect.sleep(pauseMillis)
    }
  })

  const begin = (key: ObjectKey): void => {
    const id = formatKey(key)
    if (entries.has(id)) return
    const entry: Entry = {
      key,
      sinceMillis: now(),
      fiber: undefined,
      current: undefined,
      watches: new Map(),
      lastProbeSuccessMillis: undefined,
      lastProbeMillis: undefined,
      failures: 0,
      toldMillis: new Map()
    }
    entries.set(id, entry)
    entry.fiber = nursery.spawn(keep(entry))
  }

  const end = (key: ObjectKey): void => {
    const entry = entries.get(formatKey(key))
    if (entry === undefined) return
    entries.delete(formatKey(key))
    entry.fiber?.interruptUnsafe()
    disconnect(entry)
  }

  const connected = (
    cluster: ObjectKey
  ): Effect.Effect<{ readonly entry: Entry; readonly current: Connection }, ClusterNotConnected> =>
    Effect.suspend(() => {
      const entry = entries.get(formatKey(cluster))
      return entry?.current === undefined
        ? Effect.fail(
            new ClusterNotConnected({
              cluster: formatKey(cluster),
              message: `connection to the workload cluster ${formatKey(cluster)} is down`
            })
          )
        : Effect.succeed({ entry, current: entry.current })
    })

  return {
    service: {
      client: (cluster) => Effect.map(connected(cluster), ({ current }) => current.connection.client),
      reader: (cluster) => Effect.map(connected(cluster), ({ current }) => current.cache),
      health: (cluster) => {
        const entry = entries.get(formatKey(cluster))
        return entry === undefined
          ? unknownHealth
          : {
              connected: entry.current !== undefined,
              sinceMillis: entry.sinceMillis,
              lastProbeSuccessMillis: entry.lastProbeSuccessMillis,
              lastProbeMillis: entry.lastProbeMillis,
              consecutiveFailures: entry.failures
            }
      },
      watch: (watch) =>
        Effect.map(connected(watch.cluster), ({ current, entry }) => {
          const id = `${watch.controller}/${groupKindOf(watch.kind)}`
          if (entry.watches.has(id)) return
          entry.watches.set(id, watch)
          subscribe(entry, current, watch)
        })
    },
    start: () => {
      cache.informer(Cluster).subscribe(({ after, before }) => {
        if (after === undefined) {
          if (before !== undefined) end(keyOf(before))
          return
        }
        const cluster = cache.reader.find(Cluster, keyOf(after))
        if (cluster?.status?.initialization?.infrastructureProvisioned === true) begin(keyOf(after))
      })
    }
  }
}
