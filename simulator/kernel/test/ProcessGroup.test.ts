import { Effect, Exit, Queue, Result } from "effect"
import { describe, expect, it } from "vitest"
import { type CallInfo, Intervention, Kernel } from "@capstan/kernel"

const write: CallInfo = { service: "test", operation: "write", mutating: true }

/** A world whose only effect is a counter. */
const makeWorld = (seed = 0) => {
  const kernel = new Kernel({ seed, epochMillis: 0 })
  const world = { effects: 0 }
  const effect = (latencyMillis = 0) => kernel.call({ ...write, latencyMillis }, () => Result.succeed(++world.effects))
  return { kernel, world, effect, manager: kernel.process("manager") }
}

const forever = <A>(effect: Effect.Effect<A>) => Effect.forever(Effect.andThen(effect, Effect.sleep(10)))

describe("a process group", () => {
  it("runs its effect from the next step on, is alive until the effect ends, and can be started again", () => {
    const { kernel, world, effect, manager } = makeWorld()
    expect(manager.alive).toBe(false)
    manager.start(Effect.asVoid(effect()))
    expect([manager.alive, manager.generation, world.effects]).toEqual([true, 1, 0])
    expect(() => manager.start(Effect.void)).toThrow("running already")
    kernel.run()
    expect([manager.alive, world.effects, manager.exit]).toEqual([false, 1, Exit.void])
    manager.start(Effect.asVoid(effect()))
    kernel.run()
    expect([manager.generation, world.effects]).toEqual([2, 2])
    expect(kernel.process("manager")).toBe(manager)
  })

  it("tells the trace of its starts and ends, and why", () => {
    const { kernel, manager } = makeWorld()
    manager.start(Effect.die(new Error("two leaders")))
    kernel.run()
    manager.start(Effect.never)
    kernel.run()
    manager.kill("drill")
    manager.kill("again")
    expect(kernel.trace.events).toMatchObject([
      { kind: "process.started", process: "manager", generation: 1 },
      { kind: "process.exited", generation: 1, failure: "Error: two leaders" },
      { kind: "process.started", generation: 2 },
      { kind: "process.killed", generation: 2, reason: "drill" }
    ])
    expect(kernel.trace.events).toHaveLength(4)
  })

  it.each([0, 1, 2, 3])("does nothing more once killed, however many fibers it had (seed %i)", (seed) => {
    const { kernel, world, effect, manager } = makeWorld(seed)
    manager.start(
      Effect.gen(function* () {
        for (let i = 0; i < 20; i++) yield* Effect.forkChild(forever(effect(i % 5)))
        for (let i = 0; i < 20; i++) yield* Effect.forkDetach(forever(effect(i % 5)))
        return yield* Effect.never
      })
    )
    kernel.run({ untilMillis: 105 })
    const before = world.effects
    expect(before).toBeGreaterThan(200)
    manager.kill()
    expect(manager.alive).toBe(false)
    expect(kernel.pendingWork()).toMatchObject({ runnable: 0, sleepingFibers: 0, processes: [] })
    expect(kernel.run()).toBe("idle")
    expect(world.effects).toBe(before)
    expect(kernel.now()).toBe(105)
    kernel.save()
  })

  it("is fenced before its finalizers run: they release memory, but cannot touch the world, sleep or speak", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { kernel, world, effect, manager } = makeWorld(seed)
      const released: Array<string> = []
      const releasing = (name: string) => Effect.sync(() => released.push(name))
      manager.start(
        Effect.gen(function* () {
          yield* Effect.addFinalizer(() => releasing("outer"))
          yield* Effect.addFinalizer(() => Effect.andThen(effect(), releasing("after a call")))
          yield* Effect.addFinalizer(() => Effect.andThen(Effect.sleep(1), releasing("after a sleep")))
          yield* Effect.addFinalizer(() => Effect.andThen(kernel.emit("last.words", {}), releasing("after an event")))
          yield* Effect.addFinalizer(() => Effect.andThen(Effect.logError("help"), releasing("inner")))
          return yield* Effect.never
        }).pipe(Effect.scoped)
      )
      kernel.run()
      manager.kill()
      expect(released).toEqual(["inner", "outer"])
      expect(world.effects).toBe(0)
      expect(kernel.trace.events.map((event) => event.kind)).toEqual(["process.started", "process.killed"])
    }
  })

  it("does not perform a call that is on its way there when it is killed", () => {
    const { kernel, world, effect, manager } = makeWorld()
    manager.start(Effect.asVoid(effect(100)))
    kernel.run({ untilMillis: 40 })
    kernel.run({ until: () => kernel.pendingWork().runnable === 0 })
    manager.kill()
    kernel.run()
    expect(world.effects).toBe(0)
  })

  it("does not perform a call whose way there has just ended, even if nothing can interrupt it", () => {
    const { kernel, world, effect, manager } = makeWorld()
    manager.start(Effect.asVoid(Effect.uninterruptible(effect(20))))
    kernel.run({ until: () => kernel.now() === 10 })
    expect(kernel.pendingWork().runnable).toBe(1)
    manager.kill()
    expect(kernel.run()).toBe("idle")
    expect(world.effects).toBe(0)
  })

  it("is not heard of by the engine once killed: its last calls have no number", () => {
    const { kernel, effect, manager } = makeWorld()
    const numbers: Array<number> = []
    kernel.intervene = ({ seq }) => {
      numbers.push(seq)
      return Intervention.None()
    }
    manager.start(Effect.ensuring(Effect.andThen(effect(), Effect.never), effect()))
    kernel.run()
    manager.kill()
    kernel.complete(effect())
    expect(numbers).toEqual([1, 2])
  })

  it("does not hear the answer of a call that took effect before it was killed", () => {
    const { kernel, world, effect, manager } = makeWorld()
    let heard = false
    manager.start(
      Effect.andThen(
        effect(100),
        Effect.sync(() => void (heard = true))
      )
    )
    kernel.component({ name: "clock", handle: () => manager.kill(), save: () => 0, restore: () => {} }).at(60, null)
    kernel.run()
    expect([world.effects, heard]).toEqual([1, false])
  })

  it("cannot hold out against its death, neither uninterruptibly nor by trying again", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { kernel, world, effect, manager } = makeWorld(seed)
      manager.start(
        Effect.gen(function* () {
          yield* Effect.forkChild(Effect.uninterruptible(forever(effect(3))))
          yield* Effect.forkChild(Effect.forever(Effect.exit(effect(2))))
          yield* Effect.forkDetach(Effect.forever(Effect.catchCause(effect(4), () => Effect.yieldNow)))
          return yield* Effect.never
        })
      )
      kernel.run({ untilMillis: 50 })
      const before = world.effects
      manager.kill()
      kernel.run()
      expect(world.effects).toBe(before)
      expect(kernel.now()).toBe(50)
    }
  })

  it("releases what a sleeping fiber holds, even if nothing can interrupt the sleep", () => {
    const { kernel, manager } = makeWorld()
    let released = false
    const holds = Effect.ensuring(
      Effect.sleep("1 hour"),
      Effect.sync(() => void (released = true))
    )
    manager.start(Effect.uninterruptible(holds))
    kernel.run({ until: () => kernel.pendingWork().sleepingFibers === 1 })
    manager.kill()
    expect(released).toBe(true)
  })

  it("releases thousands of things one after another, however often its fibers are preempted", () => {
    const { kernel, manager } = makeWorld()
    const restless = new Kernel({ seed: 1, preemptOneIn: 2 })
    for (const [each, group] of [[kernel, manager] as const, [restless, restless.process("manager")] as const]) {
      let released = 0
      const release = Effect.sync(() => void released++)
      const things = Effect.forEach(Array.from({ length: 5_000 }), () => Effect.addFinalizer(() => release))
      group.start(Effect.scoped(Effect.andThen(things, Effect.never)))
      each.run()
      group.kill()
      expect(released).toBe(5_000)
    }
  })

  it("leaves no step behind that could run after its death", () => {
    for (let seed = 0; seed < 10; seed++) {
      const { kernel, manager } = makeWorld(seed)
      let steps = 0
      const spin = Effect.forever(
        Effect.andThen(
          Effect.yieldNow,
          Effect.sync(() => void steps++)
        )
      )
      manager.start(Effect.andThen(Effect.forkDetach(spin), Effect.never))
      kernel.run({ until: () => steps > 20 })
      manager.kill()
      const before = steps
      expect(kernel.pendingWork().runnable).toBe(0)
      expect(kernel.run()).toBe("idle")
      expect(steps).toBe(before)
    }
  })

  it("takes only its own steps with it, in whatever order they were to come", () => {
    for (let seed = 0; seed < 30; seed++) {
      const { kernel, manager } = makeWorld(seed)
      const other = kernel.process("standby")
      let lived = 0
      const steps = Effect.forEach(
        Array.from({ length: 20 }),
        () =>
          Effect.forkChild(
            Effect.andThen(
              Effect.yieldNow,
              Effect.sync(() => void lived++)
            )
          ),
        { discard: true }
      )
      manager.start(Effect.andThen(Effect.forkChild(Effect.forever(Effect.yieldNow)), Effect.never))
      other.start(Effect.andThen(steps, Effect.never))
      kernel.run({ until: () => lived > 3 })
      manager.kill()
      kernel.run()
      expect(lived).toBe(20)
    }
  })

  it("keeps older generations fenced while a newer one runs", () => {
    const { kernel, manager } = makeWorld()
    const writes: Array<string> = []
    const made = kernel.complete(Queue.unbounded<string>())
    if (Exit.isFailure(made)) throw new Error("no mailbox")
    const mailbox = made.value
    const program = (name: string) =>
      Effect.gen(function* () {
        // Detached: waits for the world outside of the tree that is interrupted.
        yield* Effect.forkDetach(
          Effect.flatMap(Queue.take(mailbox), (text) =>
            kernel.call(write, () => Result.succeed(writes.push(`${name}:${text}`)))
          )
        )
        return yield* Effect.never
      })
    manager.start(program("first"))
    kernel.run()
    manager.kill()
    manager.start(program("second"))
    kernel.run()
    Queue.offerUnsafe(mailbox, "a")
    Queue.offerUnsafe(mailbox, "b")
    kernel.run()
    expect(writes).toEqual(["second:b"])
  })

  it("leaves other groups alone", () => {
    const { kernel, world, effect, manager } = makeWorld()
    const other = kernel.process("standby")
    manager.start(forever(effect()))
    other.start(forever(effect()))
    kernel.run({ untilMillis: 100 })
    const before = world.effects
    manager.kill()
    kernel.run({ untilMillis: 200 })
    expect(other.alive).toBe(true)
    expect(world.effects - before).toBe(10)
    expect(kernel.pendingWork().processes).toEqual(["standby"])
  })

  it("can be killed from one of its own fibers, by what the call itself does, and started anew at once", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { kernel, world, manager } = makeWorld(seed)
      const reached: Array<number> = []
      const program: Effect.Effect<void> = Effect.gen(function* () {
        const answer = yield* kernel.call({ ...write, latencyMillis: 4 }, () => {
          world.effects++
          if (world.effects === 1) {
            manager.kill("by itself")
            manager.start(program)
          }
          return Result.succeed(manager.generation)
        })
        reached.push(answer)
      })
      manager.start(program)
      kernel.run()
      expect([world.effects, reached, manager.generation, manager.alive]).toEqual([2, [2], 2, false])
    }
  })

  it("is wholly gone when the step in which it was killed is over: the world can be saved right then", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { kernel, manager } = makeWorld(seed)
      let released = false
      const crash = kernel.call(write, () => Result.succeed(manager.kill()))
      const other = Effect.acquireUseRelease(
        Effect.void,
        () => Effect.never,
        () => Effect.sync(() => void (released = true))
      )
      manager.start(Effect.asVoid(Effect.all([other, Effect.andThen(Effect.sleep(5), crash)], { concurrency: 2 })))
      expect(kernel.run({ until: () => !manager.alive })).toBe("until")
      expect(released).toBe(true)
      expect(kernel.save().nowMillis).toBe(5)
    }
  })

  it("gives what its fibers do the event of its start as cause", () => {
    const { kernel, manager } = makeWorld()
    manager.start(Effect.asVoid(kernel.emit("hello", {})))
    kernel.run()
    expect(kernel.trace.events).toMatchObject([{ kind: "process.started", seq: 1 }, { kind: "hello", cause: 1 }, {}])
  })
})
