import { DateTime, Deferred, Effect, Exit, Fiber, Latch, Metric, Queue, Random, Ref } from "effect"
import { SecureRandom } from "effect/crypto"
import { describe, expect, it } from "vitest"
import { CurrentKernel, Kernel, type KernelOptions, Livelock } from "@capstan/kernel"
import { wakeUpsPerSecond } from "../bench/wakeUps.ts"
import { randomProgram } from "./RandomProgram.ts"

const run = <A, E>(effect: Effect.Effect<A, E>, options: Partial<KernelOptions> = {}): A => {
  const exit = new Kernel({ seed: 0, ...options }).complete(effect)
  if (Exit.isSuccess(exit)) return exit.value
  throw new Error(`the effect failed: ${String(exit.cause)}`)
}

/** In which order ten fibers that are all ready came to run. */
const orderOf = (seed: number): string => {
  const kernel = new Kernel({ seed, preemptOneIn: 0 })
  const order: Array<number> = []
  for (let i = 0; i < 10; i++) kernel.fork(Effect.sync(() => order.push(i)))
  kernel.run()
  return order.join(" ")
}

describe("virtual time", () => {
  it("stands still while something can run, and jumps to the next due instant otherwise", () => {
    const kernel = new Kernel({ seed: 0 })
    const start = kernel.now()
    const seen: Array<string> = []
    kernel.fork(
      Effect.andThen(
        Effect.sleep("2 hours"),
        Effect.sync(() => seen.push(`slept ${kernel.now() - start}`))
      )
    )
    kernel.fork(
      Effect.gen(function* () {
        for (let i = 0; i < 100; i++) yield* Effect.yieldNow
        seen.push(`yielded ${kernel.now() - start}`)
      })
    )
    expect(kernel.run()).toBe("idle")
    expect(seen).toEqual(["yielded 0", "slept 7200000"])
  })

  it("is what clocks and dates show, in whole milliseconds and RFC 3339", () => {
    const kernel = new Kernel({ seed: 0, epochMillis: Date.UTC(2030, 0, 31, 23, 59, 58) })
    const shown = kernel.complete(
      Effect.andThen(
        Effect.sleep("1500.4 millis"),
        Effect.map(DateTime.now, (now) => DateTime.formatIso(now))
      )
    )
    expect(shown).toEqual(Exit.succeed("2030-01-31T23:59:59.501Z"))
    expect(kernel.timestamp()).toBe("2030-01-31T23:59:59Z")
    kernel.advanceTo(kernel.now() + 499)
    expect(kernel.timestamp()).toBe("2030-02-01T00:00:00Z")
  })

  it("stops at a limit after everything due by then has run", () => {
    const kernel = new Kernel({ seed: 0, epochMillis: 0 })
    const fired: Array<number> = []
    const timers = kernel.component<number>({
      name: "timers",
      handle: (n) => fired.push(n),
      save: () => 0,
      restore: () => {}
    })
    for (const at of [10, 20, 30]) timers.at(at, at)
    expect(kernel.run({ untilMillis: 20 })).toBe("time")
    expect([kernel.now(), fired]).toEqual([20, [10, 20]])
    expect(kernel.run({ untilMillis: 25 })).toBe("time")
    expect(kernel.now()).toBe(25)
    expect(kernel.run({ untilMillis: 5 })).toBe("time")
    expect(kernel.now()).toBe(25)
    expect(kernel.run({ until: () => fired.length === 3 })).toBe("until")
    expect(kernel.run({ untilMillis: 1000 })).toBe("idle")
    expect(kernel.now()).toBe(30)
  })

  it("cannot be moved over work that is due", () => {
    const kernel = new Kernel({ seed: 0, epochMillis: 0 })
    kernel.fork(Effect.sleep(100))
    expect(() => kernel.advanceTo(50)).toThrow("run first")
    kernel.step()
    kernel.advanceTo(99)
    expect(() => kernel.advanceTo(100)).toThrow("run first")
    expect(kernel.now()).toBe(99)
  })

  it("forgets the deadline of a time-out that was not needed", () => {
    const kernel = new Kernel({ seed: 0, epochMillis: 0 })
    kernel.complete(Effect.timeout(Effect.sleep(5), "1 hour"))
    expect(kernel.run()).toBe("idle")
    expect(kernel.now()).toBe(5)
    expect(kernel.pendingWork().sleepingFibers).toBe(0)
  })

  it.each([-1, 1.5, Number.NaN])("refuses %s as a seed", (seed) => {
    expect(() => new Kernel({ seed })).toThrow("seed must be a whole number")
  })
})

describe("timers of components", () => {
  const world = (seed: number) => {
    const kernel = new Kernel({ seed, epochMillis: 0 })
    const fired: Array<string> = []
    const handle = kernel.component<string>({
      name: "world",
      handle: (event) => fired.push(`${event}@${kernel.now()}<${kernel.cause}`),
      save: () => 0,
      restore: () => {}
    })
    return { kernel, handle, fired }
  }

  it("run in the order of time and setting, together with fibers, and carry their cause", () => {
    const { kernel, handle, fired } = world(0)
    kernel.cause = 7
    handle.at(10, "b")
    handle.after(5, "a")
    kernel.cause = 0
    kernel.fork(
      Effect.andThen(
        Effect.sleep(10),
        Effect.sync(() => fired.push("fiber"))
      )
    )
    kernel.step()
    handle.at(10, "c")
    kernel.run()
    expect(fired).toEqual(["a@5<7", "b@10<7", "fiber", "c@10<0"])
    expect(kernel.cause).toBe(0)
  })

  it("can be cancelled before they are due and while they are due, but not afterwards", () => {
    const { kernel, handle, fired } = world(0)
    const early = handle.at(10, "early")
    const late = handle.at(10, "late")
    const never = handle.at(20, "never")
    expect(handle.cancel(never)).toBe(true)
    expect(handle.cancel(never)).toBe(false)
    expect(kernel.step()).toBe("advanced")
    expect(kernel.step()).toBe("ran")
    expect(handle.cancel(late)).toBe(true)
    expect(handle.cancel(early)).toBe(false)
    expect(kernel.run()).toBe("idle")
    expect(fired).toEqual(["early@10<0"])
    expect(kernel.now()).toBe(10)
  })

  it("cannot be cancelled by another component", () => {
    const { kernel, handle, fired } = world(0)
    const other = kernel.component({ name: "other", handle: () => {}, save: () => 0, restore: () => {} })
    const id = handle.at(1, "mine")
    expect(other.cancel(id)).toBe(false)
    kernel.run()
    expect(fired).toEqual(["mine@1<0"])
  })

  it("that lie in the past are due now; those at no finite time are refused", () => {
    const { kernel, handle, fired } = world(0)
    kernel.advanceTo(50)
    handle.at(3, "past")
    kernel.run()
    expect(fired).toEqual(["past@50<0"])
    expect(() => handle.after(Number.NaN, "x")).toThrow("finite")
  })

  it("of one instant come in a different order under different seeds", () => {
    const orders = new Set<string>()
    for (let seed = 0; seed < 30; seed++) {
      const { kernel, handle, fired } = world(seed)
      for (const name of ["a", "b", "c", "d", "e"]) handle.at(5, name)
      kernel.run()
      orders.add(fired.join(" "))
    }
    expect(orders.size).toBeGreaterThan(15)
  })

  it("belong to a component whose name is taken once", () => {
    const { kernel } = world(0)
    expect(() => kernel.component({ name: "world", handle: () => {}, save: () => 0, restore: () => {} })).toThrow(
      "already"
    )
  })
})

describe("order", () => {
  it("is first in, first out under seed 0", () => {
    expect(orderOf(0)).toBe("0 1 2 3 4 5 6 7 8 9")
  })

  it("is permuted by other seeds, each in its own way and always the same", () => {
    const orders = Array.from({ length: 50 }, (_, i) => orderOf(i + 1))
    expect(new Set(orders).size).toBe(50)
    expect(Array.from({ length: 50 }, (_, i) => orderOf(i + 1))).toEqual(orders)
  })

  it("is the same for the same seed, over a hundred programs made by chance", () => {
    const hashOf = (program: number, seed: number) => {
      const kernel = new Kernel({ seed })
      const exit = kernel.complete(randomProgram(kernel, program))
      expect(Exit.isSuccess(exit)).toBe(true)
      return kernel.trace.hash()
    }
    let permuted = 0
    for (let program = 0; program < 100; program++) {
      const seed = program % 4
      const hash = hashOf(program, seed)
      expect(hashOf(program, seed)).toBe(hash)
      if (hashOf(program, 1000 + program) !== hash) permuted++
    }
    expect(permuted).toBeGreaterThan(80)
  })

  it("is not touched by another kernel that runs in turns with it", () => {
    const alone = new Kernel({ seed: 9 })
    alone.complete(randomProgram(alone, 1))
    const [one, two] = [new Kernel({ seed: 9 }), new Kernel({ seed: 10 })]
    one.fork(randomProgram(one, 1))
    two.fork(randomProgram(two, 2))
    for (let busy = true; busy;) busy = [one.step(), two.step(), two.step()].some((what) => what !== "idle")
    expect(one.trace.hash()).toBe(alone.trace.hash())
  })
})

/** Two fibers add one to the same Ref, in two steps each. */
const losesAnUpdate = (options: KernelOptions): boolean => {
  const addOne = (ref: Ref.Ref<number>) =>
    Effect.gen(function* () {
      const n = yield* Ref.get(ref)
      yield* Ref.set(ref, n + 1)
    })
  return run(
    Effect.gen(function* () {
      const ref = yield* Ref.make(0)
      yield* Effect.all([addOne(ref), addOne(ref)], { concurrency: "unbounded" })
      return (yield* Ref.get(ref)) !== 2
    }),
    options
  )
}

describe("preemption", () => {
  const found = (preemptOneIn: number) =>
    Array.from({ length: 300 }, (_, i) => i + 1).filter((seed) => losesAnUpdate({ seed, preemptOneIn })).length

  it("finds a read-modify-write race within 300 seeds", () => {
    expect(found(8)).toBeGreaterThan(3)
    expect(found(3)).toBeGreaterThan(found(8))
  })

  it("is off with seed 0, and with a coin that never falls: then the race never shows", () => {
    expect(losesAnUpdate({ seed: 0 })).toBe(false)
    expect(losesAnUpdate({ seed: 0, preemptOneIn: 2 })).toBe(false)
    expect(found(0)).toBe(0)
  })

  it("lets every fiber get on, even when it falls on every second step; on every step it is refused", () => {
    const kernel = new Kernel({ seed: 1, preemptOneIn: 2 })
    const exit = kernel.complete(Effect.forEach(Array.from({ length: 10_000 }), () => Effect.sync(() => 1)))
    expect(Exit.isSuccess(exit) && exit.value.length).toBe(10_000)
    expect(() => new Kernel({ seed: 1, preemptOneIn: 1 })).toThrow("at least 2")
  })

  it("still lets others run when a fiber goes on and on, also with seed 0", () => {
    const kernel = new Kernel({ seed: 0 })
    let stop = false
    kernel.fork(Effect.whileLoop({ while: () => !stop, body: () => Effect.sync(() => {}), step: () => {} }))
    kernel.fork(Effect.sync(() => void (stop = true)))
    expect(kernel.run()).toBe("idle")
    expect(stop).toBe(true)
  })
})

describe("long chains of wake-ups", () => {
  const length = 20_000

  it.each([0, 1])("of deferred values come to their end (seed %i)", (seed) => {
    const chain = Effect.gen(function* () {
      const links = yield* Effect.all(Array.from({ length }, () => Deferred.make<number>()))
      for (let i = 0; i + 1 < length; i++) {
        const [here, next] = [links[i], links[i + 1]]
        if (here === undefined || next === undefined) continue
        yield* Effect.forkChild(Effect.flatMap(Deferred.await(here), (n) => Deferred.succeed(next, n + 1)))
      }
      yield* Effect.sleep(1)
      const [first, last] = [links[0], links[length - 1]]
      if (first === undefined || last === undefined) return 0
      yield* Deferred.succeed(first, 1)
      return yield* Deferred.await(last)
    })
    expect(run(chain, { seed })).toBe(length)
  })

  it("of joined fibers come to their end", () => {
    const chain = Effect.gen(function* () {
      const latch = yield* Latch.make()
      let fiber: Fiber.Fiber<number> = yield* Effect.forkChild(Effect.as(latch.await, 1))
      for (let i = 1; i < length; i++) {
        const before = fiber
        fiber = yield* Effect.forkChild(Effect.map(Fiber.join(before), (n) => n + 1))
      }
      yield* Effect.sleep(1)
      yield* latch.open
      return yield* Fiber.join(fiber)
    })
    expect(run(chain)).toBe(length)
  })
})

describe("a world in which time stands still", () => {
  it("ends with a defect that names the process and the function that go round", () => {
    const kernel = new Kernel({ seed: 0, maxStepsPerInstant: 20_000 })
    const poll = Effect.fn("Machine.poll")(function* () {
      for (;;) yield* Effect.sleep(0)
    })
    kernel.process("manager").start(poll())
    expect(() => kernel.run()).toThrow(Livelock)
    expect(() => kernel.run()).toThrow(/busiest: process manager in Machine\.poll/)
  })

  it("ends with a defect that names the component whose timer sets itself again at once", () => {
    const kernel = new Kernel({ seed: 5, maxStepsPerInstant: 20_000 })
    const clock: ReturnType<typeof kernel.component<null>> = kernel.component<null>({
      name: "restless",
      handle: () => void clock.after(0, null),
      save: () => 0,
      restore: () => {}
    })
    clock.after(1000, null)
    expect(() => kernel.run()).toThrow(/2030-01-01T00:00:01Z.*component restless/)
  })

  it("does not count steps of different instants together", () => {
    const kernel = new Kernel({ seed: 0, maxStepsPerInstant: 50 })
    const exit = kernel.complete(Effect.forEach(Array.from({ length: 500 }), () => Effect.sleep(1), { discard: true }))
    expect(Exit.isSuccess(exit)).toBe(true)
  })
})

describe("what fibers find in their context", () => {
  it("is chance that repeats with the seed: numbers, shuffles, identifiers", () => {
    const draw = Effect.gen(function* () {
      const random = yield* SecureRandom.SecureRandom
      return [yield* Random.nextInt, yield* Random.shuffle([1, 2, 3, 4, 5, 6]), yield* random.uuidV4()]
    }).pipe(Effect.provide(SecureRandom.layerWebCrypto))
    const first = run(draw, { seed: 4 })
    expect(run(draw, { seed: 4 })).toEqual(first)
    expect(run(draw, { seed: 5 })).not.toEqual(first)
    expect(first[2]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  it("is a metric registry of the kernel's own", () => {
    const count = Effect.gen(function* () {
      const counter = Metric.counter("reconcile_total")
      yield* Metric.update(counter, 1)
      return (yield* Metric.value(counter)).count
    })
    expect([run(count), run(count)]).toEqual([1, 1])
  })

  it("is the kernel itself", () => {
    const kernel = new Kernel({ seed: 0 })
    expect(kernel.complete(Effect.map(CurrentKernel, (found) => found === kernel))).toEqual(Exit.succeed(true))
  })

  it("is a logger that puts warnings and worse into the trace, without stack traces", () => {
    const kernel = new Kernel({ seed: 0 })
    kernel.complete(
      Effect.gen(function* () {
        yield* Effect.logInfo("of no importance")
        yield* Effect.logWarning("odd", { zone: "a" })
        yield* Effect.logError("bad", new Error("broken"))
      })
    )
    expect(kernel.trace.events.map(({ kind, level, message }) => ({ kind, level, message }))).toEqual([
      { kind: "log", level: "Warn", message: 'odd {"zone":"a"}' },
      { kind: "log", level: "Error", message: "bad Error: broken" }
    ])
  })
})

describe("a world with nothing left to do", () => {
  it("tells what it waits for", () => {
    const kernel = new Kernel({ seed: 0, epochMillis: 0 })
    const boots = kernel.component<{ readonly id: string }>({
      name: "boots",
      handle: () => {},
      save: () => 0,
      restore: () => {}
    })
    boots.at(50, { id: "i-2" })
    boots.at(40, { id: "i-1" })
    kernel.fork(Effect.sleep(30))
    kernel.process("manager").start(Effect.never)
    while (kernel.step() === "ran");
    expect(kernel.run({ untilMillis: 20 })).toBe("time")
    expect(kernel.pendingWork()).toEqual({
      runnable: 0,
      timers: [
        { id: 2, component: "boots", at: 40, event: { id: "i-1" }, cause: 0 },
        { id: 1, component: "boots", at: 50, event: { id: "i-2" }, cause: 0 }
      ],
      sleepingFibers: 0,
      nextMillis: 40,
      processes: ["manager"]
    })
  })

  it("says so when a fiber waits for what never comes", () => {
    const stuck = Effect.flatMap(Queue.unbounded<number>(), Queue.take)
    expect(() => new Kernel({ seed: 0 }).complete(stuck)).toThrow("never comes")
  })
})

describe("the measurement of wake-ups", () => {
  it("counts real work", () => {
    expect(wakeUpsPerSecond(100, { wakeUps: 2_000 })).toBeGreaterThan(1_000)
    expect(wakeUpsPerSecond(100, { wakeUps: 2_000, seed: 1 })).toBeGreaterThan(1_000)
  })
})
