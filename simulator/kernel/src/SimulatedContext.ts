/**
 * Effect's own services as a simulation needs them: clock, scheduler, chance, metrics, logs, configuration.
 *
 * One context handed to `runForkWith` replaces them for every fiber that descends from it. Each context has a metric registry
 * of its own, configuration does not see the environment, and spans are off, since their ids would come from real chance.
 *
 * @source https://effect.website/docs
 */
import {
  type Cause,
  Clock,
  ConfigProvider,
  Context,
  Duration,
  Effect,
  Formatter,
  Logger,
  type LogLevel,
  Metric,
  Random,
  References,
  Scheduler
} from "effect"
import { WebCrypto } from "effect/crypto"
import { makeRandom, makeWebCrypto } from "./Entropy.ts"
import type { RandomStream } from "./RandomStream.ts"

export interface SimulatedContextParts {
  readonly scheduler: Scheduler.Scheduler
  readonly clock: Clock.Clock
  /** Feeds Effect's `Random`. */
  readonly random: RandomStream
  /** Feeds WebCrypto: identifiers, tokens. */
  readonly entropy: RandomStream
  readonly logger: Logger.Logger<unknown, void>
  readonly logLevel: LogLevel.LogLevel
}

export const makeContext = (parts: SimulatedContextParts): Context.Context<never> =>
  Context.empty().pipe(
    Context.add(Scheduler.Scheduler, parts.scheduler),
    Context.add(Clock.Clock, parts.clock),
    Context.add(Random.Random, makeRandom(parts.random)),
    Context.add(WebCrypto.WebCrypto, makeWebCrypto(parts.entropy)),
    Context.add(Metric.MetricRegistry, new Map()),
    Context.add(Logger.CurrentLoggers, new Set([parts.logger])),
    Context.add(References.MinimumLogLevel, parts.logLevel),
    Context.add(References.TracerEnabled, false),
    Context.add(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown({}))
  )

/** A clock that shows virtual time: whole milliseconds, the same by every name. */
export const makeClock = (now: () => number, sleep: (millis: number) => Effect.Effect<void>): Clock.Clock => {
  const nanos = () => BigInt(now()) * 1_000_000n
  return {
    currentTimeMillisUnsafe: now,
    currentTimeMillis: Effect.sync(now),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) => sleep(Duration.toMillis(duration))
  }
}

/** A logger that hands on what it is given as one line of text, without stack traces, which differ between machines. */
export const makeLogger = (emit: (level: LogLevel.LogLevel, message: string) => void): Logger.Logger<unknown, void> =>
  Logger.make(({ cause, logLevel, message }) => {
    const parts = (Array.isArray(message) ? message : [message]).map(textOf)
    emit(logLevel, [...parts, ...cause.reasons.map(textOfReason)].join(" "))
  })

const textOf = (part: unknown): string => {
  if (typeof part === "string") return part
  return part instanceof Error ? `${part.name}: ${part.message}` : Formatter.formatJson(part)
}

const textOfReason = (reason: Cause.Reason<unknown>): string => {
  if (reason._tag === "Fail") return textOf(reason.error)
  return reason._tag === "Die" ? textOf(reason.defect) : "interrupted"
}
