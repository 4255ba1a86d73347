/**
 * A manager: controllers over one cache and one API client, until interrupted. Crash-only: it keeps nothing it may not lose.
 *
 * Asked to stop, it lets reconciles end before it goes. Informers start with the first controller that needs them; a controller starts when all of its informers have listed.
 *
 * @source https://github.com/kubernetes-sigs/controller-runtime pkg/manager
 */
import { keyOf, type KubernetesObject, Labels } from "@capstan/api"
import { KubernetesApi } from "@capstan/kubernetes"
import type { WorkloadClusters } from "@capstan/provider"
import { Clock, Context, Effect, Random } from "effect"
import { Cache, makeCache } from "./Cache.ts"
import { ClusterCache, type ConnectionListener, makeClusterCache } from "./ClusterCache.ts"
import type { Controller, ObjectChange } from "./Controller.ts"
import { type ControllerDriver, makeControllerDriver } from "./ControllerDriver.ts"
import { EventRecorder, makeEventRecorder } from "./EventRecorder.ts"
import type { Informer } from "./Informer.ts"
import type { Kinds } from "./Kinds.ts"
import { ManagerProbe } from "./ManagerProbe.ts"
import { makeNursery } from "./Nursery.ts"
import { ReconcileHook, type Trigger } from "./ReconcileHook.ts"

/** What a manager makes and gives to its controllers. */
export type ManagedServices = Cache | ClusterCache | EventRecorder

/** What the runtime gives to every reconcile. */
export type RuntimeServices = KubernetesApi | Kinds | ManagedServices

export interface ManagerOptions {
  /** Resync of everything, 10 minutes by default, with up to 10 % jitter. */
  readonly syncPeriodMillis?: number
  /** Component name in Events, such as `capi-controller-manager`. */
  readonly name: string
  /** Only objects of this namespace are seen; all unless given. Kinds without namespaces are seen in any case. */
  readonly namespace?: string
  /** Only objects with this value of the label `cluster.x-k8s.io/watch-filter` are reconciled. */
  readonly watchFilter?: string
  /** Asks the manager to stop: nothing more is begun, what is in flight may end. Never, unless given. */
  readonly stop?: Effect.Effect<void>
  /** How long after `stop` reconciles may go on before they are interrupted; 30 seconds unless given. */
  readonly gracePeriodMillis?: number
  /** A reconcile that takes longer is cut off and counts as failed; 60 seconds unless given. */
  readonly reconcileTimeoutMillis?: number
}

const syncPeriodMillisDefault = 600_000
const gracePeriodMillisDefault = 30_000
/** How long a reconcile may take unless somebody says otherwise. */
export const reconcileTimeoutMillisDefault = 60_000

/**
 * Runs controllers until interrupted or asked to stop; dies of the first defect in any of them.
 *
 * @param controllers the controllers, or an Effect that makes them with the manager's own services at hand.
 */
export const runManager = <R, R2 = never>(
  options: ManagerOptions,
  controllers: ReadonlyArray<Controller<R>> | Effect.Effect<ReadonlyArray<Controller<R>>, never, R2>
): Effect.Effect<void, never, Exclude<R | R2, ManagedServices> | KubernetesApi | WorkloadClusters | Kinds> =>
  // `Exclude` over an open type variable does not reduce: that the rest is exactly what is provided cannot be said otherwise.
  Effect.scoped(run(options, controllers as MadeControllers)) as Effect.Effect<
    void,
    never,
    Exclude<R | R2, ManagedServices> | KubernetesApi | WorkloadClusters | Kinds
  >

type Needed = RuntimeServices | WorkloadClusters
type AnyController = Controller<RuntimeServices>
type MadeControllers =
  | ReadonlyArray<AnyController>
  | Effect.Effect<ReadonlyArray<AnyController>, never, RuntimeServices>

const run = Effect.fnUntraced(function* (options: ManagerOptions, made: MadeControllers) {
  const outside = yield* Effect.context<KubernetesApi | WorkloadClusters | Kinds>()
  const clock = yield* Clock.Clock
  const hook = yield* ReconcileHook
  const probe = yield* ManagerProbe
  const client = Context.get(outside, KubernetesApi)

  const background = yield* makeNursery<KubernetesApi | WorkloadClusters | Kinds>()
  const drivers = new Map<string, ControllerDriver>()
  const listeners: Array<ConnectionListener> = []
  const cache = makeCache({
    client,
    spawn: (informer) => void background.spawn(informer),
    ...(options.namespace === undefined ? {} : { namespace: options.namespace })
  })
  const clusters = makeClusterCache({
    cache,
    clock,
    nursery: background,
    listeners: () => listeners,
    wake: (controller, request, trigger) => drivers.get(controller)?.add(request, trigger)
  })
  const recorder = makeEventRecorder({ component: options.name, clock, nursery: background })
  const context: Context.Context<Needed> = outside.pipe(
    Context.add(Cache, cache),
    Context.add(ClusterCache, clusters.service),
    Context.add(EventRecorder, recorder)
  )
  const controllers = yield* Effect.provide(isEffect(made) ? made : Effect.succeed(made), context)
  const reconciles = yield* Effect.provide(makeNursery<Needed>(), context)

  let reconcileCount = 0
  const nextId = (): number => ++reconcileCount
  for (const controller of controllers) {
    if (drivers.has(controller.name))
      return yield* Effect.die(new Error(`two controllers are named ${controller.name}`))
    drivers.set(
      controller.name,
      makeControllerDriver({
        controller,
        cache,
        clock,
        hook,
        nursery: reconciles,
        context,
        nextId,
        reconcileTimeoutMillis: options.reconcileTimeoutMillis ?? reconcileTimeoutMillisDefault
      })
    )
    if (controller.clusterCacheEvents !== undefined) {
      listeners.push({
        controller: controller.name,
        requests: controller.clusterCacheEvents,
        ...(controller.probeGraceMillis === undefined ? {} : { probeGraceMillis: controller.probeGraceMillis })
      })
    }
  }
  probe.register(() => ({
    manager: options.name,
    starting: cache.starting(),
    controllers: [...drivers.values()].map((driver) => ({ name: driver.name, ...driver.snapshot() }))
  }))

  const periodMillis = options.syncPeriodMillis ?? syncPeriodMillisDefault
  for (const controller of controllers) {
    const unfiltered = drivers.get(controller.name)
    if (unfiltered === undefined) continue
    const primary = cache.informer(controller.kind)
    const driver = options.watchFilter === undefined ? unfiltered : filtered(unfiltered, primary, options.watchFilter)
    drivers.set(controller.name, driver)
    const sources = [primary, ...connectSources(controller, driver, primary, cache)]
    background.spawn(
      Effect.gen(function* () {
        for (const source of sources) yield* source.awaitSync
        driver.start()
        return yield* resync(driver, primary, periodMillis)
      })
    )
  }
  clusters.start()

  const broken = Effect.raceFirst(background.join, reconciles.join)
  if (options.stop === undefined) return yield* broken
  yield* Effect.raceFirst(broken, options.stop)
  for (const driver of drivers.values()) driver.stop()
  const idle = Effect.forEach(drivers.values(), (driver) => driver.awaitIdle, { discard: true })
  const gracePeriodMillis = options.gracePeriodMillis ?? gracePeriodMillisDefault
  yield* Effect.raceFirst(broken, Effect.timeoutOption(idle, gracePeriodMillis))
})

/** A driver that leaves alone what does not carry the label. What is gone may have carried it. */
const filtered = (driver: ControllerDriver, primary: Informer, value: string): ControllerDriver => ({
  ...driver,
  add: (request, trigger, low) => {
    const object = primary.store.get(request)
    if (object === undefined || object.metadata.labels?.[Labels.WatchFilter] === value)
      driver.add(request, trigger, low)
  }
})

const isEffect = <A, E, R>(value: unknown | Effect.Effect<A, E, R>): value is Effect.Effect<A, E, R> =>
  Effect.isEffect(value)

const triggerOf = (object: KubernetesObject): Trigger => {
  const { name, namespace = "", resourceVersion } = object.metadata
  return { _tag: "Change", kind: object.kind, namespace, name, resourceVersion }
}

/** Lets changes of the controller's kind and of its watched kinds fill its queue. Gives back the informers of the watched kinds. */
const connectSources = (
  controller: AnyController,
  driver: ControllerDriver,
  primary: Informer,
  cache: Parameters<typeof makeClusterCache>[0]["cache"]
): ReadonlyArray<Informer> => {
  primary.subscribe((change, initial) => {
    const object = change.after ?? change.before
    if (object === undefined || controller.when?.(change) === false) return
    driver.add(keyOf(object), triggerOf(object), initial)
  })
  return controller.watches.map((watch) => {
    const informer = cache.informer(watch.kind)
    informer.subscribe((change: ObjectChange, initial) => {
      if (watch.when?.(change) === false) return
      const object = change.after ?? change.before
      if (object === undefined) return
      const trigger = triggerOf(object)
      for (const request of watch.map(object, cache.reader)) driver.add(request, trigger, initial)
      if (change.before === undefined || change.after === undefined) return
      for (const request of watch.map(change.before, cache.reader)) driver.add(request, trigger, initial)
    })
    return informer
  })
}

/** Now and then everything is looked at again, whether or not it changed. */
const resync = Effect.fnUntraced(function* (driver: ControllerDriver, primary: Informer, periodMillis: number) {
  const factor = 0.9 + 0.2 * (yield* Random.next)
  for (;;) {
    yield* Effect.sleep(Math.round(periodMillis * factor))
    for (const object of primary.store.list()) driver.add(keyOf(object), { _tag: "Resync" }, true)
    driver.sweep((request) => primary.store.get(request) !== undefined)
  }
})
