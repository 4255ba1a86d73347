/**
 * When a running fiber must let others run.
 *
 * A fiber yields when a seeded coin says so or, without a coin, after as many steps as Effect's default allows. It also
 * yields when more than `nestedMax` fibers have begun inside one step: Effect resumes the waiters of a `Deferred` or of a
 * fiber on the waker's stack, and a long chain of such wake-ups would overflow it without a word.
 *
 * @source https://github.com/Effect-TS/effect/blob/main/packages/effect/src/Scheduler.ts
 */
import type { Fiber, Scheduler } from "effect"
import type { RandomStream } from "./RandomStream.ts"
import type { Task } from "./RunQueue.ts"

/** Fibers that may begin on one stack; far below the thousand or so that fit. */
const nestedMax = 128

/** Decides for all fibers of a kernel. */
export class Preemption {
  private nested = 0
  /** Set while a dying process is taken down: its fibers are to come to their ends, not to be interleaved. */
  unwinding = false
  private readonly coin: RandomStream | undefined
  private readonly oneIn: number
  /** Sees every fiber that takes a step, while it is set. */
  watch: ((fiber: Fiber.Fiber<unknown, unknown>) => void) | undefined = undefined

  /** Without a coin, or with `oneIn` 0, fibers yield by Effect's step count only. `oneIn` 1 would let nobody get on. */
  constructor(coin: RandomStream | undefined, oneIn: number) {
    if (oneIn === 1) throw new Error("preemptOneIn must be 0 (never) or at least 2")
    this.coin = oneIn > 0 ? coin : undefined
    this.oneIn = oneIn
  }

  /** A new step begins on an empty stack. */
  beginStep(): void {
    this.nested = 0
  }

  shouldYield(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    if (this.watch !== undefined) this.watch(fiber)
    // A run loop counts its first operation as 1: this is how a fiber that begins, or goes on, is recognised. No coin is
    // tossed for it: it has just waited for its turn, and a fiber that could lose it again and again would not get on.
    if (fiber.currentOpCount === 1) return ++this.nested > nestedMax
    return this.coin === undefined || this.unwinding
      ? fiber.currentOpCount >= fiber.cache.maxOpsBeforeYield
      : this.coin.u32() % this.oneIn === 0
  }
}

/** A scheduler of Effect's whose fibers all put their steps into one queue. */
export const makeScheduler = (preemption: Preemption, enqueue: (task: Task) => void): Scheduler.Scheduler => {
  const dispatcher: Scheduler.SchedulerDispatcher = { scheduleTask: enqueue, flush: () => {} }
  return {
    executionMode: "async",
    shouldYield: (fiber) => preemption.shouldYield(fiber),
    makeDispatcher: () => dispatcher
  }
}
