/**
 * Runs one controller: takes work from its queue, runs up to `concurrency` reconciles, and gives the results back to the queue.
 *
 * Nothing sleeps per object: the earliest delayed object of the queue has a timer, and so has the oldest
 * reconcile in flight. A timer that has become too early fires for nothing; one that would be too late is joined by another.
 */
import { Cause, type Clock, type Context, Effect, Exit, type Fiber } from "effect"
import { type Cache, ownerOf } from "./Cache.ts"
import type { Controller, Request } from "./Controller.ts"
import { makeControllerMetrics } from "./ControllerMetrics.ts"
import type { Nursery } from "./Nursery.ts"
import type { ReconcileHook, Trigger } from "./ReconcileHook.ts"
import type { Result } from "./Result.ts"
import { type QueueOutcome, type Work, WorkQueue, type WorkQueueSnapshot } from "./WorkQueue.ts"

const staleRetryMillis = 100
const defaultConcurrency = 10
const defaultIntervalMillis = 1000

interface Flight {
  readonly work: Work
  readonly startedMillis: number
  fiber: Fiber.Fiber<unknown, unknown> | undefined
  timedOut: boolean
}

export interface ControllerDriver {
  readonly name: string
  /** Asks for objects now. `low`: behind everything else. */
  readonly add: (request: Request, trigger: Trigger, low?: boolean) => void
  /** Begins to process; until then objects only queue up. */
  readonly start: () => void
  /** Begins nothing more; what is in flight goes on. */
  readonly stop: () => void
  /** Waits until nothing is in flight. */
  readonly awaitIdle: Effect.Effect<void>
  readonly sweep: (exists: (request: Request) => boolean) => void
  readonly snapshot: () => WorkQueueSnapshot
}

export const makeControllerDriver = <R>(options: {
  readonly controller: Controller<R>
  readonly cache: Cache["Service"]
  readonly clock: Clock.Clock
  readonly hook: ReconcileHook
  readonly nursery: Nursery<R>
  readonly context: Context.Context<never>
  /** Numbers the reconciles of the whole manager. */
  readonly nextId: () => number
  /** A reconcile that takes longer is cut off and counts as failed. */
  readonly reconcileTimeoutMillis: number
}): ControllerDriver => {
  const { cache, clock, controller, hook, nursery, reconcileTimeoutMillis } = options
  const concurrency = controller.concurrency ?? defaultConcurrency
  const queue = new WorkQueue({ intervalMillis: controller.intervalMillis ?? defaultIntervalMillis })
  const metrics = makeControllerMetrics(controller.name, options.context)
  /** In the order of their start, hence of their deadlines. */
  const flights = new Set<Flight>()
  /** Times at which a timer fires, latest first. */
  const timers: Array<number> = []
  let watching = false
  let started = false
  let stopped = false
  let whenIdle: Array<() => void> = []

  const now = (): number => clock.currentTimeMillisUnsafe()

  const armTimer = (): void => {
    const next = queue.nextAtMillis()
    const earliest = timers.at(-1)
    if (next === undefined || (earliest !== undefined && earliest <= next)) return
    timers.push(next)
    nursery.spawn(
      Effect.flatMap(Effect.sleep(Math.max(0, next - now())), () =>
        Effect.sync(() => {
          timers.splice(timers.lastIndexOf(next), 1)
          pump()
        })
      )
    )
  }

  const armWatchdog = (): void => {
    if (watching) return
    const oldest = firstWhere(flights, (flight) => !flight.timedOut)
    if (oldest === undefined) return
    watching = true
    const wait = Math.max(0, oldest.startedMillis + reconcileTimeoutMillis - now())
    nursery.spawn(
      Effect.flatMap(Effect.sleep(wait), () =>
        Effect.sync(() => {
          watching = false
          const overdue = now() - reconcileTimeoutMillis
          for (const flight of [...flights]) {
            if (flight.startedMillis > overdue) break
            flight.timedOut = true
            flight.fiber?.interruptUnsafe()
          }
          armWatchdog()
        })
      )
    )
  }

  const pump = (): void => {
    if (!started || stopped || nursery.closed) return
    const time = now()
    queue.advance(time)
    while (queue.processing < concurrency) {
      const work = queue.take(time)
      if (work === undefined) break
      if (cache.isFresh(ownerOf(controller.name, work.request))) begin(work, time)
      else {
        metrics.skippedStale()
        queue.putBack(work, time + staleRetryMillis, "Stale")
      }
    }
    metrics.queued(queue.adds, queue.retries, queue.depth)
    armTimer()
  }

  const begin = (work: Work, time: number): void => {
    metrics.started(time - work.readySinceMillis, queue.processing, queue.depth)
    const flight: Flight = { work, startedMillis: time, fiber: undefined, timedOut: false }
    flights.add(flight)
    const info = { controller: controller.name, request: work.request, trigger: work.trigger, id: options.nextId() }
    const reconcile = Effect.suspend(() => hook.around(info, controller.reconcile(work.request)))
    flight.fiber = nursery.spawnWith(reconcile, (exit) => end(flight, exit))
    armWatchdog()
  }

  const end = (flight: Flight, exit: Exit.Exit<Result, { readonly message: string }>): void => {
    flights.delete(flight)
    if (flights.size === 0) {
      for (const resume of whenIdle) resume()
      whenIdle = []
    }
    if (Exit.isFailure(exit) && Cause.hasDies(exit.cause)) {
      nursery.fail(exit.cause)
      return
    }
    const time = now()
    const outcome = outcomeOf(exit)
    if (Exit.isFailure(exit)) {
      const failed = `${controller.name}: reconcile of ${flight.work.key} failed`
      // The hook tells of failures; of a reconcile that was cut off it sees an interruption only.
      nursery.spawn(
        flight.timedOut
          ? Effect.logWarning(`${failed}: timed out after 60 s`)
          : Effect.logDebug(`${failed}: ${messageOf(exit.cause)}`)
      )
    }
    queue.finish(flight.work, outcome, time)
    const result = outcome._tag === "Done" ? "success" : outcome._tag === "After" ? "requeue_after" : "error"
    metrics.ended(result, time - flight.startedMillis, queue.processing)
    pump()
  }

  return {
    name: controller.name,
    add: (request, trigger, low = false) => {
      queue.add(request, trigger, now(), low)
      pump()
    },
    start: () => {
      started = true
      pump()
    },
    stop: () => {
      stopped = true
    },
    awaitIdle: Effect.callback((resume) => {
      if (flights.size === 0) resume(Effect.void)
      else whenIdle.push(() => resume(Effect.void))
    }),
    sweep: (exists) => queue.sweep(exists, now()),
    snapshot: () => queue.snapshot()
  }
}

const firstWhere = <A>(items: Iterable<A>, wanted: (item: A) => boolean): A | undefined => {
  for (const item of items) if (wanted(item)) return item
  return undefined
}

const messageOf = (cause: Cause.Cause<{ readonly message: string }>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message : String(error)
}

const outcomeOf = (exit: Exit.Exit<Result, unknown>): QueueOutcome => {
  if (Exit.isFailure(exit)) return { _tag: "Backoff" }
  const { deferMillis } = exit.value
  const deferral = deferMillis === undefined ? {} : { deferMillis }
  return exit.value._tag === "Done"
    ? { _tag: "Done", ...deferral }
    : { _tag: "After", millis: exit.value.millis, ...deferral }
}
