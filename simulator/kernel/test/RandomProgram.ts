/**
 * Programs made by chance, to put determinism to the test: fibers that sleep, race, queue, lock, draw, call and log.
 *
 * Left out: anything that real controllers may not use either (promises, real time).
 *
 * @source simulator/kernel/test/Kernel.test.ts
 */
import { Clock, Deferred, Effect, Fiber, Queue, Random, Ref, Result, Semaphore } from "effect"
import type { Kernel } from "@capstan/kernel"
import { RandomStream } from "@capstan/kernel"

/** A program that depends on `number` alone; all it does can be seen in the kernel's trace. */
export const randomProgram = (kernel: Kernel, number: number): Effect.Effect<void> =>
  Effect.gen(function* () {
    const plan = new RandomStream(number, "program")
    const queue = yield* Queue.bounded<number>(3)
    const shared = yield* Ref.make(0)
    const lock = yield* Semaphore.make(2)
    const gate = yield* Deferred.make<number>()
    const world = { writes: 0 }

    const act = (who: number, choice: number, amount: number): Effect.Effect<unknown> => {
      switch (choice) {
        case 0:
          return Effect.sleep(amount)
        case 1:
          return Effect.yieldNow
        case 2:
          return Effect.flatMap(Ref.get(shared), (n) => Effect.andThen(Effect.yieldNow, Ref.set(shared, n + 1)))
        case 3:
          return Effect.timeoutOption(Queue.offer(queue, who), amount)
        case 4:
          return Effect.timeoutOption(Queue.take(queue), amount)
        case 5:
          return Effect.flatMap(Random.nextIntBetween(0, 1000), (drawn) => kernel.emit("drew", { who, drawn }))
        case 6:
          return kernel.call({ service: "test", operation: "write", mutating: true, latencyMillis: amount % 9 }, () =>
            Result.succeed(kernel.trace.emit("write", { who, writes: ++world.writes }))
          )
        case 7:
          return lock.withPermits(1)(Effect.sleep(amount % 7))
        case 8:
          return Effect.flatMap(Clock.currentTimeMillis, (now) => kernel.emit("time", { who, now }))
        default:
          return amount < 30 ? Deferred.succeed(gate, who) : Effect.timeoutOption(Deferred.await(gate), amount)
      }
    }

    const worker = (who: number) => {
      const steps = Array.from({ length: plan.between(3, 12) }, () => act(who, plan.below(10), plan.below(60)))
      return Effect.gen(function* () {
        for (const step of steps) {
          yield* step
          yield* kernel.emit("step", { who, shared: yield* Ref.get(shared) })
        }
      })
    }
    const fibers = []
    for (let who = 0; who < plan.between(2, 8); who++) fibers.push(yield* Effect.forkChild(worker(who)))
    for (const fiber of fibers) yield* Fiber.join(fiber)
    yield* Effect.logWarning("all are done")
  })
