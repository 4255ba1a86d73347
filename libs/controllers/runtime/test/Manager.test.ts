/** A manager over a fake API: what wakes a controller, what holds it back, and what ends it. */
import { apiVersionOf, type KindObject, makeKind, makeKindRegistry } from "@capstan/api"
import { apiError } from "@capstan/kubernetes"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Deferred, Effect, Exit, Fiber, Layer, Metric, Option, Schema } from "effect"
import { Cache, ownerOf } from "../src/Cache.ts"
import { type Controller, makeController } from "../src/Controller.ts"
import { Kinds } from "../src/Kinds.ts"
import { type RuntimeServices, runManager } from "../src/Manager.ts"
import { isQuiet } from "../src/ManagerProbe.ts"
import { patchObject } from "../src/Patch.ts"
import { done, requeueAfter } from "../src/Result.ts"
import { ReconcileHook } from "../src/ReconcileHook.ts"
import { anObject, MemoryApi } from "@capstan/kubernetes/testing"
import { noWorkloads, pass, settle, startManager } from "./TestManager.ts"

const Body = Schema.Struct({
  spec: Schema.Struct({ size: Schema.Int }),
  status: Schema.optionalKey(Schema.Struct({ seen: Schema.Int }))
})
const Thing = makeKind({ group: "example.org", kind: "Thing", version: "v1", schema: Body })
type Thing = KindObject<typeof Thing>
const Child = makeKind({ group: "example.org", kind: "Child", version: "v1", schema: Body })

const thing = (name: string, size = 1) => anObject(Thing, name, { spec: { size } })

const recording = (options: Partial<Controller<RuntimeServices>> = {}) => {
  const seen: Array<string> = []
  const controller = makeController<RuntimeServices>({
    name: "thing",
    kind: Thing,
    watches: [],
    reconcile: (request) =>
      Effect.gen(function* () {
        const now = (yield* Clock.currentTimeMillis) / 1000
        seen.push(`${now}s ${request.name}`)
        return done
      }),
    ...options
  })
  return { controller, seen }
}

const stoppableServices = (api: MemoryApi) =>
  Layer.mergeAll(api.layer, noWorkloads, Layer.succeed(Kinds, makeKindRegistry([])))

const startStoppable = (api: MemoryApi, controller: Controller<RuntimeServices>, stop: Effect.Effect<void>) =>
  runManager({ name: "test", stop }, [controller]).pipe(
    Effect.provide(stoppableServices(api)),
    Effect.forkChild,
    Effect.tap(() => settle)
  )

describe("runManager", () => {
  it.effect("reconciles what is there and what comes, at most once a second an object", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      api.put(Thing, thing("a"))
      const { controller, seen } = recording()
      const manager = yield* startManager(api, [controller])
      api.put(Thing, thing("b"))
      api.put(Thing, thing("a", 2))
      yield* settle
      assert.deepStrictEqual(seen, ["0s a", "0s b"])
      assert.isFalse(isQuiet(manager.snapshot()))
      yield* pass("1 second")
      assert.deepStrictEqual(seen, ["0s a", "0s b", "1s a"])
      assert.isTrue(isQuiet(manager.snapshot()))
    })
  )

  it.effect("wakes an object for changes of what it watches", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      api.put(Thing, thing("a"))
      const { controller, seen } = recording({
        watches: [
          {
            kind: Child,
            map: (child) => [{ namespace: "default", name: child.metadata.labels?.["parent"] ?? "" }],
            when: ({ after }) => after?.metadata.labels?.["ignored"] === undefined
          }
        ]
      })
      yield* startManager(api, [controller])
      yield* pass("10 seconds")
      api.put(Child, anObject(Child, "c", { spec: { size: 1 }, metadata: { labels: { parent: "a" } } }))
      api.put(Child, anObject(Child, "d", { spec: { size: 1 }, metadata: { labels: { parent: "a", ignored: "" } } }))
      yield* pass("10 seconds")
      assert.deepStrictEqual(seen, ["0s a", "10s a"])
    })
  )

  it.effect("backs off after failures, is cut off after a minute, and comes back for the resync", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      api.put(Thing, thing("a"))
      const starts: Array<number> = []
      const { controller } = recording({
        reconcile: () =>
          Effect.gen(function* () {
            starts.push(yield* Clock.currentTimeMillis)
            if (starts.length === 1) return yield* Effect.fail(new Error("no"))
            if (starts.length === 2) return yield* Effect.never
            return done
          })
      })
      const manager = yield* startManager(api, [controller])
      assert.isTrue(isQuiet(manager.snapshot()))
      yield* pass("2 seconds")
      assert.deepStrictEqual(
        manager.snapshot().controllers.map(({ processing }) => processing),
        [["default/a"]]
      )
      yield* pass("5 minutes")
      assert.deepStrictEqual(starts, [0, 1005, 1005 + 60_000 + 1010])
      yield* pass("6 minutes")
      assert.strictEqual(starts.length, 4)
    })
  )

  it.effect("does not reconcile an object again before its own writes are seen", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      api.put(Thing, thing("a"))
      const seen: Array<string> = []
      const { controller } = recording({
        intervalMillis: 0,
        watches: [{ kind: Child, map: () => [] }],
        reconcile: Effect.fnUntraced(function* (request) {
          const cache = yield* Cache
          const children = yield* cache.list(Child)
          seen.push(`${yield* Clock.currentTimeMillis}: ${children.length}`)
          if (children.length > 0) return done
          const created = yield* Effect.orDie(
            api.client.create(Child, { spec: { size: 1 }, metadata: { namespace: "default", name: "c" } })
          )
          cache.wrote(ownerOf("thing", request), Child, created)
          return requeueAfter(1)
        })
      })
      const manager = yield* startManager(api, [controller])
      api.holding = true
      api.put(Thing, thing("a", 2))
      yield* pass(350)
      void manager
      assert.deepStrictEqual(seen, ["0: 0", "1: 1"])
    })
  )

  it.effect("stays stale while the informer lags", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      api.put(Thing, thing("a"))
      const seen: Array<string> = []
      const { controller } = recording({
        intervalMillis: 0,
        watches: [{ kind: Child, map: () => [] }],
        reconcile: Effect.fnUntraced(function* (request) {
          const cache = yield* Cache
          const children = yield* cache.list(Child)
          seen.push(`${yield* Clock.currentTimeMillis}: ${children.length}`)
          if (children.length > 0) return done
          api.holding = true
          const created = yield* Effect.orDie(
            api.client.create(Child, { spec: { size: 1 }, metadata: { namespace: "default", name: "c" } })
          )
          cache.wrote(ownerOf("thing", request), Child, created)
          return requeueAfter(1)
        })
      })
      const manager = yield* startManager(api, [controller])
      yield* pass(250)
      assert.deepStrictEqual(seen, ["0: 0"])
      assert.isFalse(isQuiet(manager.snapshot()))
      api.release()
      yield* pass(100)
      assert.deepStrictEqual(seen, ["0: 0", "301: 1"])
    })
  )

  it.effect("dies of a defect in a reconcile", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      api.put(Thing, thing("a"))
      const { controller } = recording({ reconcile: () => Effect.die(new Error("two instances for one machine")) })
      const { fiber } = yield* startManager(api, [controller])
      const exit = yield* Fiber.await(fiber)
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
    })
  )

  it.effect("gives its services to an effect that makes the controllers, and tells the hook why it reconciles", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      api.put(Thing, thing("a"))
      const why: Array<string> = []
      const make = Effect.gen(function* () {
        const cache = yield* Cache
        const { controller } = recording({
          reconcile: (request) =>
            Effect.gen(function* () {
              const found = Option.getOrThrow(yield* cache.get(Thing, request))
              const after: Thing = { ...found, status: { seen: found.spec.size } }
              yield* patchObject(Thing, found, after)
              return requeueAfter(5000)
            })
        })
        return [controller]
      })
      const fiber = yield* runManager({ name: "test" }, make).pipe(
        Effect.provide(Layer.mergeAll(api.layer, noWorkloads, Layer.succeed(Kinds, makeKindRegistry([])))),
        Effect.provideService(ReconcileHook, {
          around: ({ id, trigger }, reconcile) => {
            why.push(`${id} ${trigger._tag}${trigger._tag === "Change" ? ` ${trigger.resourceVersion}` : ""}`)
            return reconcile
          }
        }),
        Effect.forkChild
      )
      yield* pass("7 seconds")
      assert.deepStrictEqual(why, ["1 Change 1", "2 Change 2", "3 Requeue"])
      assert.deepStrictEqual(
        api.calls.filter(({ operation }) => operation === "patch").map(({ body }) => body),
        [{ status: { seen: 1 } }]
      )
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(apiVersionOf(Thing), "example.org/v1")
    })
  )

  it.effect("counts under upstream's names", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      api.put(Thing, thing("a"))
      yield* startManager(api, [recording().controller])
      const counted = (yield* Metric.snapshot).filter(({ id }) => id === "controller_runtime_reconcile_total")
      assert.deepInclude(
        counted.map(({ attributes, state }) => ({ attributes, state })),
        {
          attributes: { controller: "thing", result: "success" },
          state: { count: 1, incremental: true }
        }
      )
    }).pipe(
      Effect.provideServiceEffect(
        Metric.MetricRegistry,
        Effect.sync(() => new Map())
      )
    )
  )
})

describe("informers", () => {
  it.effect("resume a broken watch and report a deletion that happened meanwhile", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      api.put(Thing, thing("a"))
      api.put(Thing, thing("b"))
      const { controller, seen } = recording()
      yield* startManager(api, [controller])
      yield* pass("10 seconds")
      api.breakWatches(apiError("Expired", "too old"))
      api.remove(Thing, { namespace: "default", name: "b" })
      yield* pass("10 seconds")
      assert.deepStrictEqual(seen.slice(2), ["10s b"])
      api.breakWatches(apiError("Unreachable", "reset"))
      yield* pass("10 seconds")
      api.put(Thing, thing("a", 3))
      yield* settle
      assert.deepStrictEqual(seen.slice(3), ["30s a"])
      assert.strictEqual(api.calls.filter(({ kind, operation }) => kind === "Thing" && operation === "list").length, 2)
    })
  )

  it.effect("keep trying while the API cannot be reached", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      api.put(Thing, thing("a"))
      api.intervene = () => apiError("Unreachable", "refused")
      const { controller, seen } = recording()
      const manager = yield* startManager(api, [controller])
      yield* pass("20 minutes")
      assert.deepStrictEqual(manager.snapshot().starting, ["Thing.example.org", "Cluster.cluster.x-k8s.io"])
      api.intervene = () => undefined
      yield* pass("1 minute")
      assert.strictEqual(seen.length, 1)
      assert.deepStrictEqual(manager.snapshot().starting, [])
    })
  )

  it.effect("asked to stop, begins nothing more and waits for what it has begun", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      api.put(Thing, thing("a"))
      const ended: Array<string> = []
      const { controller, seen } = recording()
      const slow: typeof controller = {
        ...controller,
        reconcile: (request) =>
          Effect.andThen(
            controller.reconcile(request),
            Effect.as(
              Effect.tap(Effect.sleep("20 seconds"), () => Effect.sync(() => ended.push(request.name))),
              done
            )
          )
      }
      const stop = yield* Deferred.make<void>()
      const fiber = yield* startStoppable(api, slow, Deferred.await(stop))
      yield* Deferred.succeed(stop, undefined)
      yield* settle
      api.put(Thing, thing("b"))
      yield* pass("19 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* pass("2 seconds")
      assert.isTrue(Exit.isSuccess(fiber.pollUnsafe() ?? Exit.fail("still running")))
      assert.deepStrictEqual([seen, ended], [["0s a"], ["a"]])
    })
  )

  it.effect("asked to stop, gives a reconcile that does not end thirty seconds", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      api.put(Thing, thing("a"))
      const { controller } = recording({ reconcile: () => Effect.never })
      const fiber = yield* startStoppable(api, controller, Effect.sleep("1 second"))
      yield* pass("30 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* pass("2 seconds")
      assert.isTrue(Exit.isSuccess(fiber.pollUnsafe() ?? Exit.fail("still running")))
    })
  )

  it.effect("looks at one namespace, and at objects with the watch filter's label, when told so", () =>
    Effect.gen(function* () {
      const api = new MemoryApi()
      const labels = { "cluster.x-k8s.io/watch-filter": "mine" }
      api.put(Thing, anObject(Thing, "a", { spec: { size: 1 }, metadata: { labels } }))
      api.put(Thing, anObject(Thing, "b", { spec: { size: 1 } }))
      api.put(Thing, anObject(Thing, "c", { spec: { size: 1 }, metadata: { labels, namespace: "other" } }))
      const { controller, seen } = recording()
      yield* Effect.forkChild(
        runManager({ name: "test", namespace: "default", watchFilter: "mine" }, [controller]).pipe(
          Effect.provide(stoppableServices(api))
        )
      )
      yield* pass("1 second")
      assert.deepStrictEqual(seen, ["0s a"])
    })
  )
})
