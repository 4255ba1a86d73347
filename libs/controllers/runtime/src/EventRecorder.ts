/**
 * Kubernetes Events: what happened to an object, for people; repeated ones are counted, not repeated.
 *
 * Recording only queues the event; one fiber writes, while there is something to write. The same event of the same object within
 * ten minutes becomes a higher count; an object that says more than 25 things in a row is cut down to one in five minutes.
 * Left out: the merging of similar events whose messages differ.
 *
 * @source https://github.com/kubernetes/client-go tools/record
 */
import type { KubernetesObject, NewObject, ObjectKey } from "@capstan/api"
import { type ApiError, Event, KubernetesApi } from "@capstan/kubernetes"
import { type Clock, Context, Effect } from "effect"
import type { Nursery } from "./Nursery.ts"
import { timestampOf } from "./Timestamp.ts"

export interface EventStatement {
  readonly type: "Normal" | "Warning"
  readonly reason: string
  readonly message: string
}

export class EventRecorder extends Context.Service<
  EventRecorder,
  {
    /** Never fails: an event that cannot be written is dropped with a log line. */
    readonly record: (object: KubernetesObject, event: EventStatement) => Effect.Effect<void>
  }
>()("@capstan/runtime/EventRecorder") {}

const burst = 25
const refillMillis = 300_000
const correlationMillis = 600_000
const queueMax = 1000
const rememberedMax = 4096
const attempts = 12
const attemptMillis = 10_000

interface Recorded {
  readonly key: ObjectKey
  readonly count: number
  readonly lastMillis: number
}

interface Pending {
  readonly object: KubernetesObject
  readonly event: EventStatement
  readonly atMillis: number
}

/** Tokens of one object: how many events it may still record. */
interface Bucket {
  tokens: number
  refilledMillis: number
}

/** A map that forgets what was set longest ago. */
const remember = <A>(map: Map<string, A>, key: string, value: A): void => {
  map.delete(key)
  map.set(key, value)
  if (map.size > rememberedMax) {
    const [oldest] = map.keys()
    if (oldest !== undefined) map.delete(oldest)
  }
}

/** Whether another try may succeed. */
const isTransient = (error: ApiError): boolean =>
  ["Unreachable", "Timeout", "ServerTimeout", "ServiceUnavailable", "TooManyRequests", "InternalError"].includes(
    error.reason
  )

export const makeEventRecorder = (options: {
  /** `source.component` of the events. */
  readonly component: string
  readonly clock: Clock.Clock
  readonly nursery: Nursery<KubernetesApi>
}): EventRecorder["Service"] => {
  const { clock, component, nursery } = options
  const buckets = new Map<string, Bucket>()
  const recorded = new Map<string, Recorded>()
  let queue: Array<Pending> = []
  let writing = false
  let sequence = 0

  const allow = (uid: string, now: number): boolean => {
    const bucket = buckets.get(uid) ?? { tokens: burst, refilledMillis: now }
    const refill = Math.floor((now - bucket.refilledMillis) / refillMillis)
    if (refill > 0) {
      bucket.tokens = Math.min(burst, bucket.tokens + refill)
      bucket.refilledMillis += refill * refillMillis
    }
    remember(buckets, uid, bucket)
    if (bucket.tokens === 0) return false
    bucket.tokens--
    return true
  }

  const newEvent = ({
    atMillis,
    event,
    object
  }: Pending): NewObject<Omit<Event, "apiVersion" | "kind" | "metadata">> => {
    const { name, namespace, resourceVersion, uid } = object.metadata
    const nanos = BigInt(atMillis) * 1_000_000n + BigInt(sequence++ % 1_000_000)
    const at = timestampOf(atMillis)
    return {
      metadata: { name: `${name}.${nanos.toString(16)}`, namespace: namespace ?? "default" },
      involvedObject: {
        apiVersion: object.apiVersion,
        kind: object.kind,
        name,
        ...(namespace === undefined ? {} : { namespace }),
        uid,
        resourceVersion
      },
      type: event.type,
      reason: event.reason,
      message: event.message,
      source: { component },
      count: 1,
      firstTimestamp: at,
      lastTimestamp: at,
      reportingComponent: component,
      reportingInstance: ""
    }
  }

  const write = Effect.fnUntraced(function* (pending: Pending) {
    const api = yield* KubernetesApi
    const { atMillis, event, object } = pending
    const id = [object.metadata.uid, event.type, event.reason, event.message].join("\u0000")
    const earlier = recorded.get(id)
    if (earlier !== undefined && atMillis - earlier.lastMillis <= correlationMillis) {
      const count = earlier.count + 1
      const body = { count, lastTimestamp: timestampOf(atMillis), message: event.message }
      const patched = yield* api.patch(Event, earlier.key, { type: "merge", body }).pipe(
        Effect.as(true),
        Effect.catchIf(
          (error) => error.reason === "NotFound",
          () => Effect.succeed(false)
        )
      )
      if (patched) {
        remember(recorded, id, { key: earlier.key, count, lastMillis: atMillis })
        return
      }
    }
    const create = Effect.suspend(() => api.create(Event, newEvent(pending)))
    const created = yield* Effect.catchIf(
      create,
      (error) => error.reason === "AlreadyExists",
      () => create
    )
    const key = { namespace: created.metadata.namespace ?? "", name: created.metadata.name }
    remember(recorded, id, { key, count: 1, lastMillis: atMillis })
  })

  const writePatiently = Effect.fnUntraced(function* (pending: Pending) {
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const error = yield* Effect.match(write(pending), { onFailure: (failure) => failure, onSuccess: () => undefined })
      if (error === undefined) return
      if (!isTransient(error) || attempt === attempts) {
        yield* Effect.logWarning(
          `dropped event ${pending.event.reason} of ${pending.object.metadata.name}: ${error.message}`
        )
        return
      }
      yield* Effect.sleep(attemptMillis)
    }
  })

  const drain = Effect.gen(function* () {
    while (queue.length > 0) {
      const batch = queue
      queue = []
      for (const pending of batch) yield* writePatiently(pending)
    }
    writing = false
  })

  return {
    record: (object, event) =>
      Effect.sync(() => {
        const atMillis = clock.currentTimeMillisUnsafe()
        if (queue.length >= queueMax || !allow(object.metadata.uid, atMillis)) return
        queue.push({ object, event, atMillis })
        if (writing) return
        writing = true
        nursery.spawn(drain)
      })
  }
}
