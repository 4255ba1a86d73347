/**
 * The fibers of one owner: started from plain code, ended together, and none dies unnoticed.
 *
 * Effect's own `FiberSet` does nearly this; a nursery also lets part of its fibers fail by design (`onExit`).
 */
import { Cause, type Context, Deferred, Effect, Exit, Fiber, type Scope } from "effect"

export class Nursery<R = never> {
  readonly #context: Context.Context<R>
  readonly #fibers = new Set<Fiber.Fiber<unknown, unknown>>()
  readonly #broken = Deferred.makeUnsafe<never>()
  #closed = false

  constructor(context: Context.Context<R>) {
    this.#context = context
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Starts a fiber of which only an interruption is expected to end it early. */
  spawn<A>(effect: Effect.Effect<A, never, R>): Fiber.Fiber<A, never> {
    return this.spawnWith(effect, (exit) => {
      if (Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)) this.fail(exit.cause)
    })
  }

  /** Starts a fiber whose end is handled; not called any more once the nursery is closed. Starts after a yield: the caller goes on first. */
  spawnWith<A, E>(effect: Effect.Effect<A, E, R>, onExit: (exit: Exit.Exit<A, E>) => void): Fiber.Fiber<A, E> {
    const fiber = Effect.runForkWith(this.#context)(Effect.flatMap(Effect.yieldNow, () => effect))
    if (this.#closed) {
      fiber.interruptUnsafe()
      return fiber
    }
    this.#fibers.add(fiber)
    fiber.addObserver((exit) => {
      this.#fibers.delete(fiber)
      if (!this.#closed) onExit(exit)
    })
    return fiber
  }

  /** Makes `join` die of the cause. */
  fail(cause: Cause.Cause<unknown>): void {
    Deferred.doneUnsafe(this.#broken, Exit.die(Cause.squash(cause)))
  }

  /** Waits for ever, or dies of the first defect among the fibers. */
  get join(): Effect.Effect<never> {
    return Deferred.await(this.#broken)
  }

  /** Interrupts all fibers and waits until they have ended. */
  get close(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#closed = true
      return Fiber.interruptAll(this.#fibers)
    })
  }
}

/** A nursery that ends with the scope, over the services at hand. */
export const makeNursery = <R = never>(): Effect.Effect<Nursery<R>, never, R | Scope.Scope> =>
  Effect.gen(function* () {
    const context = yield* Effect.context<R>()
    return yield* Effect.acquireRelease(
      Effect.sync(() => new Nursery<R>(context)),
      (nursery) => nursery.close
    )
  })
