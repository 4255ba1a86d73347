/**
 * One promise of an API server, as a program over the service and nothing else.
 *
 * Every check works in a namespace of its own and waits for whatever is eventual, so that it runs unchanged against a simulated
 * server under virtual time and against a real one.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/
 */
import { type KubernetesObject, type NewObject } from "@capstan/api"
import { Duration, Effect, Fiber, Result, Schema, Stream } from "effect"
import type { Kind } from "@capstan/api"
import { ApiError, type StatusReason } from "../ApiError.ts"
import { Namespace } from "../core/Namespace.ts"
import { KubernetesApi, type KubernetesClient, type WatchEvent, type WatchOptions } from "../KubernetesApi.ts"
import { Widget } from "./Widget.ts"

/** A promise that was not kept. */
export class BrokenPromise extends Schema.TaggedError<BrokenPromise>()("BrokenPromise", { message: Schema.String }) {}

export type CheckEffect = Effect.Effect<void, ApiError | BrokenPromise>

/** What a check works with: the client, and a namespace that is its own. */
export interface CheckContext {
  readonly api: KubernetesClient
  readonly namespace: string
  /** Makes a Widget of size 1 with this name; the body and metadata may add to it. */
  readonly widget: (
    name: string,
    more?: { readonly spec?: object; readonly metadata?: object; readonly status?: object }
  ) => Effect.Effect<Widget, ApiError>
  readonly key: (name: string) => { readonly namespace: string; readonly name: string }
}

export interface ConformanceCheck {
  /** What it is about, such as `watch`. */
  readonly topic: string
  /** The promise as a sentence. */
  readonly name: string
  readonly run: Effect.Effect<void, ApiError | BrokenPromise, KubernetesApi>
}

export const check = (topic: string, name: string, body: (context: CheckContext) => CheckEffect): ConformanceCheck => ({
  topic,
  name,
  run: Effect.gen(function* () {
    const api = yield* KubernetesApi
    const made = yield* api.create(Namespace, { metadata: { generateName: "conformance-" } })
    const namespace = made.metadata.name
    yield* body({
      api,
      namespace,
      key: (own) => ({ namespace, name: own }),
      widget: (own, more = {}) => api.create(Widget, newWidget(namespace, own, more))
    }).pipe(Effect.ensuring(Effect.ignore(api.delete(Namespace, { namespace: "", name: namespace }))))
  })
})

type WidgetBody = Omit<Widget, keyof KubernetesObject>

/** A Widget to create. What `more` brings may break the schema on purpose. */
export const newWidget = (
  namespace: string,
  name: string,
  more: { readonly spec?: object; readonly metadata?: object; readonly status?: object } = {}
): NewObject<WidgetBody> => ({
  ...(more.status === undefined ? {} : { status: more.status }),
  metadata: { name, namespace, ...more.metadata },
  spec: { size: 1, ...more.spec }
})

export const claim = (holds: boolean, sentence: string): Effect.Effect<void, BrokenPromise> =>
  holds ? Effect.void : Effect.fail(new BrokenPromise({ message: sentence }))

/** That two JSON values are equal, whatever the order of keys. */
export const same = (what: string, found: unknown, wanted: unknown): Effect.Effect<void, BrokenPromise> => {
  const [a, b] = [canonical(found), canonical(wanted)]
  return claim(a === b, `${what}: found ${a}, expected ${b}`)
}

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part
  ) ?? "nothing"

/** That a call is refused for this reason; answers with the refusal. */
export const refused = <A>(
  reason: StatusReason,
  effect: Effect.Effect<A, ApiError>
): Effect.Effect<ApiError, BrokenPromise> =>
  Effect.flatMap(Effect.result(effect), (result) => {
    if (Result.isSuccess(result))
      return Effect.fail(new BrokenPromise({ message: `expected ${reason}, but the call succeeded` }))
    const error = result.failure
    return error.reason === reason
      ? Effect.succeed(error)
      : Effect.fail(new BrokenPromise({ message: `expected ${reason}, found ${error.reason}: ${error.message}` }))
  })

/** Asks again until it holds, for at most thirty seconds. */
export const eventually = <E>(
  sentence: string,
  holds: Effect.Effect<boolean, E>
): Effect.Effect<void, E | BrokenPromise> =>
  Effect.gen(function* () {
    for (let attempt = 0; attempt < 60; attempt++) {
      if (yield* holds) return
      yield* Effect.sleep(Duration.millis(500))
    }
    return yield* new BrokenPromise({ message: `not within 30 seconds: ${sentence}` })
  })

/** Whether nothing of that name is there any more. */
export const isGone = <Body>(
  api: KubernetesClient,
  kind: Kind<Body>,
  key: { readonly namespace: string; readonly name: string }
): Effect.Effect<boolean, ApiError> =>
  Effect.flatMap(Effect.result(api.get(kind, key)), (result) => {
    if (Result.isSuccess(result)) return Effect.succeed(false)
    return result.failure.reason === "NotFound" ? Effect.succeed(true) : Effect.fail(result.failure)
  })

/** `TYPE name` of the first events of a watch while `action` runs; bookmarks are left out. */
export const watched = <Body, E>(
  api: KubernetesClient,
  kind: Kind<Body>,
  options: WatchOptions & { readonly count: number },
  action: Effect.Effect<unknown, E>
): Effect.Effect<
  ReadonlyArray<Exclude<WatchEvent<Body>, { readonly type: "BOOKMARK" }>>,
  E | ApiError | BrokenPromise
> =>
  Effect.gen(function* () {
    const { count, ...where } = options
    const events = api.watch(kind, where).pipe(
      Stream.filter((event) => event.type !== "BOOKMARK"),
      Stream.take(count),
      Stream.runCollect
    )
    const fiber = yield* Effect.forkChild(events)
    yield* action
    const found = yield* Fiber.join(fiber).pipe(Effect.timeoutOption(Duration.seconds(30)))
    if (found._tag === "None")
      return yield* new BrokenPromise({ message: `fewer than ${count} events within 30 seconds` })
    return found.value
  })

export const labelOf = (event: WatchEvent<unknown>): string =>
  event.type === "BOOKMARK" ? event.type : `${event.type} ${event.object.metadata.name}`

export const versionOf = (object: KubernetesObject): number => Number(object.metadata.resourceVersion)
