/**
 * A manager's life: endpoints open, the cluster looked at, the Lease waited for, the controllers run, everything given back.
 *
 * Asked to stop it takes no more work, lets reconciles end, gives the Leases back and is done. Whoever loses a Lease stops at once.
 */
import { cannotRun, type Stop } from "@capstan/command-line"
import { KubernetesApi } from "@capstan/kubernetes"
import {
  Kinds,
  ManagerProbe,
  ReconcileHook,
  reconcileTimeoutMillisDefault,
  runManager,
  whileLeading
} from "@capstan/runtime"
import { Clock, Deferred, Effect, type FileSystem, Layer, Logger, References } from "effect"
import { hostname } from "node:os"
import { type Backends, managerControllers } from "./assembly/Controllers.ts"
import { leasesIn } from "./assembly/Leases.ts"
import { managedKinds } from "./assembly/ManagedKinds.ts"
import { preflight } from "./assembly/Preflight.ts"
import { worldClock } from "./assembly/WorldClock.ts"
import { Health } from "./http/Health.ts"
import { serveDiagnostics, serveHealth } from "./http/Endpoints.ts"
import { jsonLogger, levelOf, textLogger } from "./log/JsonLog.ts"
import { reconcileLog } from "./log/ReconcileLog.ts"
import { runWebhooks } from "./webhooks/RunWebhooks.ts"
import type { LeaderSettings, ManagerSettings } from "./settings/ManagerSettings.ts"

/** Component name in Events. */
const managerName = "capstan-manager"

export interface ManagerLife {
  readonly settings: ManagerSettings
  readonly backends: Layer.Layer<Backends, { readonly message: string }>
  /** Asks it to stop. */
  readonly stop: Effect.Effect<void>
  /** Differs for every process. */
  readonly uniqueSuffix: string
}

export const runManagerProcess = (life: ManagerLife): Effect.Effect<void, Stop, FileSystem.FileSystem> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { settings } = life
      const health = new Health()
      if (settings.health !== undefined) {
        yield* Effect.logInfo(`health at ${yield* serveHealth(settings.health, health)}`)
      }
      if (settings.diagnostics !== undefined) {
        yield* Effect.logInfo(`metrics at ${yield* serveDiagnostics(settings.diagnostics)}/metrics`)
      }
      const backends = yield* Effect.mapError(Layer.build(life.backends), ({ message }) => cannotRun(`${message}.`))
      const stopping = yield* Deferred.make<void>()
      yield* Effect.forkScoped(
        Effect.andThen(life.stop, () => {
          health.stage = "stopping"
          return Effect.andThen(Effect.logInfo("stopping"), Deferred.succeed(stopping, undefined))
        })
      )
      if (settings.webhooks !== undefined) {
        const origin = yield* Effect.provide(runWebhooks(settings.webhooks, health), backends)
        yield* Effect.logInfo(`webhooks at ${origin}`)
      }
      const asked = Deferred.await(stopping)
      const work = runManager(
        {
          name: managerName,
          syncPeriodMillis: settings.syncPeriodMillis,
          stop: asked,
          // What a reconcile waits for is sockets, which live on the wall's time.
          ...(settings.worldClock === undefined
            ? {}
            : { reconcileTimeoutMillis: reconcileTimeoutMillisDefault * Math.max(1, settings.worldClock.speed) }),
          ...(settings.namespace === undefined ? {} : { namespace: settings.namespace }),
          ...(settings.watchFilter === undefined ? {} : { watchFilter: settings.watchFilter })
        },
        managerControllers(settings.concurrency)
      ).pipe(
        Effect.provideService(Kinds, managedKinds),
        Effect.provideService(ReconcileHook, reconcileLog),
        Effect.provideService(ManagerProbe, { register: (snapshot) => void (health.snapshot = snapshot) })
      )
      const leading = Effect.suspend(() => {
        if (health.stage !== "stopping") health.stage = "leading"
        return Effect.andThen(Effect.logInfo("the controllers start"), work)
      })
      const led = settings.leader === undefined ? leading : elected(life, settings.leader, health, asked, leading)
      const mayStart = Effect.raceFirst(Effect.as(preflight(settings.namespace), true), Effect.as(asked, false))
      yield* Effect.flatMap(mayStart, (may) => (may ? led : Effect.void)).pipe(Effect.provide(backends))
      yield* Effect.logInfo("stopped")
    })
  ).pipe(Effect.provide(loggingOf(life.settings)), inTimeOf(life.settings))

const inTimeOf =
  ({ worldClock: time }: ManagerSettings) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    time === undefined ? effect : Effect.provideService(effect, Clock.Clock, worldClock(time))

/** While a candidate waits it can be asked to stop at once; once it leads, its work ends by itself. */
const elected = <R>(
  { uniqueSuffix }: ManagerLife,
  leader: LeaderSettings,
  health: Health,
  asked: Effect.Effect<void>,
  leading: Effect.Effect<void, never, R>
): Effect.Effect<void, Stop, R | KubernetesApi> =>
  Effect.gen(function* () {
    health.stage = "waiting"
    const begun = yield* Deferred.make<void>()
    const options = {
      ...leader,
      identity: leader.identity ?? `${hostname()}_${uniqueSuffix}`,
      leases: leasesIn(leader.namespace)
    }
    const all = whileLeading(options, Effect.andThen(Deferred.succeed(begun, undefined), leading))
    const askedInVain = Effect.andThen(
      asked,
      Effect.suspend(() => (Deferred.isDoneUnsafe(begun) ? Effect.never : Effect.void))
    )
    yield* Effect.mapError(Effect.raceFirst(all, askedInVain), ({ message }) => cannotRun(`${message}.`))
  })

const loggingOf = ({ loggingFormat, verbosity }: ManagerSettings) =>
  Layer.mergeAll(
    Logger.layer([loggingFormat === "json" ? jsonLogger : textLogger]),
    Layer.succeed(References.MinimumLogLevel, levelOf(verbosity))
  )
