/**
 * Effect's own services, as a simulation needs them: clock, scheduler, chance, metrics, logs, configuration.
 *
 * One context handed to `runForkWith` replaces them for every fiber that descends from it. The scheduler decides two things:
 * where runnable work goes (one queue for all fibers) and when a fiber yields. A fiber yields when a seeded coin says so or,
 * without a coin, after as many steps as Effect's default allows. It also yields when more than `nestedMax` fibers have been
 * woken inside one step: Effect resumes the waiters of a `Deferred` or a `Fiber` on the waker's stack, and a long chain of
 * such wake-ups would overflow it without a word.
 *
 * `crypto.subtle` is left out: it answers with promises, which no simulation can wait for. The environment is empty, spans
 * are off.
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
  type Fiber,
  Logger,
  type LogLevel,
  Metric,
  Random,
  References,
  Scheduler
} from "effect"
import { WebCrypto } from "effect/crypto"
import type { RandomStream } from "./RandomStream.ts"
import type { Task } from "./RunQueue.ts"

/** Fibers that may start on one stack; far below the thousand or so that fit. */
const nestedMax = 128

/** Decides when fibers yield; one for all fibers of a kernel. */
export class Preemption {
  private nested = 0
  private readonly coin: RandomStream | undefined
  private readonly oneIn: number
  /** Set while a livelock is suspected: sees every fiber that takes a step. */
  watch: ((fiber: Fiber.Fiber<unknown, unknown>) => void) | undefined

  constructor(coin: RandomStream | undefined, oneIn: number) {
    this.coin = oneIn > 0 ? coin : undefined
    this.oneIn = oneIn
  }

  /** A new step begins on an empty stack. */
  beginStep(): void {
    this.nested = 0
  }

  shouldYield(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    if (this.watch !== undefined) this.watch(fiber)
    // A run loop counts its first operation as 1: this is how a fiber that begins on someone's stack is recognised.
    if (fiber.currentOpCount === 1 && ++this.nested > nestedMax) return true
    return this.coin === undefined
      ? fiber.currentOpCount >= fiber.cache.maxOpsBeforeYield
      : this.coin.u32() % this.oneIn === 0
  }
}

/** A scheduler of Effect's that puts every fiber's steps into one queue. */
export const makeScheduler = (preemption: Preemption, enqueue: (task: Task) => void): Scheduler.Scheduler => {
  const dispatcher: Scheduler.SchedulerDispatcher = { scheduleTask: enqueue, flush: () => {} }
  return {
    executionMode: "async",
    shouldYield: (fiber) => preemption.shouldYield(fiber),
    makeDispatcher: () => dispatcher
  }
}

/** A clock that shows virtual time; it has whole milliseconds, and sleeps round up to them. */
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

/** Effect's `Random` over a stream. */
export const makeRandom = (stream: RandomStream): Context.Service.Shape<typeof Random.Random> => ({
  nextDoubleUnsafe: () => stream.unit(),
  nextIntUnsafe: () => (stream.u32() - 0x80000000) * 0x200000 + (stream.u32() >>> 11)
})

/** The part of WebCrypto that needs no promise, over a stream. Its values repeat with the seed: never use it for secrets. */
export const makeWebCrypto = (stream: RandomStream): Context.Service.Shape<typeof WebCrypto.WebCrypto> => {
  const fill = (bytes: Uint8Array): void => {
    for (let i = 0; i < bytes.length; i++) bytes[i] = stream.u32() & 0xff
  }
  const crypto = {
    getRandomValues: <T extends ArrayBufferView>(view: T): T => {
      fill(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
      return view
    },
    randomUUID: (): string => {
      const bytes = new Uint8Array(16)
      fill(bytes)
      const hex = Array.from(bytes, (byte, i) =>
        (i === 6 ? (byte & 0x0f) | 0x40 : i === 8 ? (byte & 0x3f) | 0x80 : byte).toString(16).padStart(2, "0")
      ).join("")
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-")
    },
    get subtle(): never {
      throw new Error("crypto.subtle answers with promises, which cannot be awaited in virtual time")
    }
  }
  // The platform's interface has more members and overloads than a simulation can offer.
  return crypto as unknown as Context.Service.Shape<typeof WebCrypto.WebCrypto>
}

/** A logger that hands what it is given to `emit`, as text. */
export const makeLogger = (emit: (level: LogLevel.LogLevel, message: string) => void): Logger.Logger<unknown, void> =>
  Logger.make(({ cause, logLevel, message }) => {
    const parts = (Array.isArray(message) ? message : [message]).map(textOf)
    for (const reason of cause.reasons) parts.push(textOfReason(reason))
    emit(logLevel, parts.join(" "))
  })

export interface SimulatedContextParts {
  readonly scheduler: Scheduler.Scheduler
  readonly clock: Clock.Clock
  readonly random: RandomStream
  readonly entropy: RandomStream
  readonly logger: Logger.Logger<unknown, void>
  readonly logLevel: LogLevel.LogLevel
}

/** The context with a metric registry of its own. */
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

const textOf = (part: unknown): string => {
  if (typeof part === "string") return part
  if (part instanceof Error) return `${part.name}: ${part.message}`
  return JSON.stringify(part) ?? String(part)
}

const textOfReason = (reason: Cause.Reason<unknown>): string => {
  if (reason._tag === "Fail") return textOf(reason.error)
  return reason._tag === "Die" ? textOf(reason.defect) : "interrupted"
}
