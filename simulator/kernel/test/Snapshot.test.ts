import { Effect, Result } from "effect"
import { describe, expect, it } from "vitest"
import { Intervention, Kernel, type KernelOptions, type Snapshot } from "@capstan/kernel"

type BootEvent = { readonly _tag: "Boot"; readonly id: number } | { readonly _tag: "Die"; readonly id: number }

/** A world that schedules, draws and cancels: instances that boot after a while and some time later die and are replaced. */
const makeWorld = (options: KernelOptions) => {
  const kernel = new Kernel(options)
  let state: { readonly ids: number; readonly deaths: Readonly<Record<number, number>> } = { ids: 0, deaths: {} }
  const chance = kernel.random("instances")
  const handle = kernel.component<BootEvent>({
    name: "instances",
    handle: (event) => {
      const seq = kernel.trace.emit(event._tag, { id: event.id, lot: chance.below(1000) })
      kernel.cause = seq
      if (event._tag === "Boot") {
        state = {
          ...state,
          deaths: { ...state.deaths, [event.id]: handle.after(chance.between(1, 5) * 10, die(event.id)) }
        }
        const victim = chance.below(state.ids)
        const timer = state.deaths[victim]
        if (chance.below(3) === 0 && timer !== undefined && handle.cancel(timer)) launch()
      } else launch()
    },
    save: () => state,
    restore: (saved) => {
      // What `save` gave, and nothing else, comes back.
      state = saved as typeof state
    }
  })
  const die = (id: number): BootEvent => ({ _tag: "Die", id })
  const launch = () => {
    handle.after(chance.between(0, 3) * 10, { _tag: "Boot", id: state.ids })
    state = { ...state, ids: state.ids + 1 }
  }
  return { kernel, launch }
}

const started = (options: KernelOptions) => {
  const world = makeWorld(options)
  for (let i = 0; i < 6; i++) world.launch()
  return world
}

const goOn = (kernel: Kernel, steps: number): string => {
  for (let i = 0; i < steps; i++) kernel.step()
  return kernel.trace.hash()
}

describe("a saved world", () => {
  it.each([0, 1, 2, 3])("goes on byte for byte, wherever it was saved (seed %i)", (seed) => {
    for (const at of [0, 1, 2, 3, 5, 8, 13, 50, 200]) {
      const original = started({ seed }).kernel
      goOn(original, at)
      const snapshot = original.save()
      const fresh = makeWorld({ seed }).kernel
      fresh.restore(snapshot)
      expect(fresh.trace.hash()).toBe(original.trace.hash())
      const expected = goOn(original, 400)
      expect(goOn(fresh, 400)).toBe(expected)
      expect([...fresh.trace.lines()]).toEqual([...original.trace.lines()])
      expect(fresh.now()).toBe(original.now())
    }
  })

  it("can be forked any number of times, into used kernels too, and saving disturbs nothing", () => {
    const undisturbed = started({ seed: 3 }).kernel
    const original = started({ seed: 3 }).kernel
    goOn(original, 60)
    const snapshot = original.save()
    original.save()
    const expected = goOn(original, 300)
    expect(goOn(undisturbed, 360)).toBe(expected)
    const used = makeWorld({ seed: 3 }).kernel
    for (let fork = 0; fork < 3; fork++) {
      used.restore(snapshot)
      expect(goOn(used, 300)).toBe(expected)
    }
  })

  it("has the trace that it has everywhere and always had", () => {
    expect(goOn(started({ seed: 3 }).kernel, 300)).toBe(
      "325fdc9aafe2c07a61e4646fe3ec898ab8ef8ccc2fec23661c17d5a2d264bb8e"
    )
  })

  it("goes on the same when only the hash of its trace was kept", () => {
    const original = started({ seed: 2, keep: "hash" }).kernel
    goOn(original, 700)
    const fresh = makeWorld({ seed: 2, keep: "hash" }).kernel
    fresh.restore(original.save())
    expect(goOn(fresh, 500)).toBe(goOn(original, 500))
  })

  it("branches under another seed: the same past, another future", () => {
    const original = started({ seed: 1 }).kernel
    goOn(original, 100)
    const snapshot = original.save()
    const branch = (seed: number): string => {
      const kernel = makeWorld({ seed }).kernel
      kernel.restore(snapshot)
      expect(kernel.trace.hash()).toBe(original.trace.hash())
      return goOn(kernel, 300)
    }
    const futures = [1, 2, 3, 4].map(branch)
    expect(new Set(futures).size).toBe(4)
    expect([1, 2, 3, 4].map(branch)).toEqual(futures)
  })

  it("goes on the same with processes that are started again after it was saved", () => {
    const life = (kernel: Kernel) =>
      Effect.gen(function* () {
        for (let i = 0; i < 20; i++) {
          yield* kernel.call({ service: "t", operation: "w", mutating: true, latencyMillis: 3 }, () =>
            Result.succeed(kernel.trace.emit("write", { i, lot: kernel.random("controller").below(100) }))
          )
          yield* Effect.sleep(7)
        }
      })
    const original = started({ seed: 4 }).kernel
    original.process("manager").start(life(original))
    original.run({ untilMillis: original.now() + 60 })
    original.process("manager").kill()
    const snapshot = original.save()
    const numbers: Array<number> = []
    const future = (kernel: Kernel) => {
      kernel.intervene = ({ seq }) => {
        numbers.push(seq)
        return Intervention.None()
      }
      kernel.process("manager").start(life(kernel))
      expect(kernel.process("manager").generation).toBe(2)
      kernel.run({ untilMillis: kernel.now() + 500 })
      return kernel.trace.hash()
    }
    const fresh = makeWorld({ seed: 4 }).kernel
    fresh.restore(snapshot)
    expect(future(fresh)).toBe(future(original))
    expect(numbers.length).toBe(40)
    expect(numbers.slice(20)).toEqual(numbers.slice(0, 20))
  })
})

describe("saving and restoring", () => {
  const refusals: ReadonlyArray<[string, (kernel: Kernel) => void, string]> = [
    ["a process is alive", (kernel) => kernel.process("manager").start(Effect.never), "processes run: manager"],
    ["a fiber sleeps", (kernel) => void (kernel.fork(Effect.sleep(5)), kernel.step()), "fibers sleep: 1 of them"],
    ["a fiber can run", (kernel) => void kernel.fork(Effect.void), "fibers can run"]
  ]

  it.each(refusals)("is refused while %s", (_, disturb, message) => {
    const snapshot = makeWorld({ seed: 0 }).kernel.save()
    const kernel = makeWorld({ seed: 0 }).kernel
    disturb(kernel)
    expect(() => kernel.save()).toThrow(message)
    expect(() => kernel.restore(snapshot)).toThrow(message)
  })

  it("is refused for another world: other components, another start of time", () => {
    const snapshot: Snapshot = makeWorld({ seed: 0 }).kernel.save()
    expect(() => new Kernel({ seed: 0 }).restore(snapshot)).toThrow("not here [instances]")
    const larger = makeWorld({ seed: 0 }).kernel
    larger.component({ name: "volumes", handle: () => {}, save: () => 0, restore: () => {} })
    expect(() => larger.restore(snapshot)).toThrow("not there [volumes]")
    expect(() => makeWorld({ seed: 0, epochMillis: 5 }).kernel.restore(snapshot)).toThrow("epochMillis")
  })
})

describe("a world saved as though a process had been killed", () => {
  /** A process that calls the world again and again, and is killed at one of its calls or saved there. */
  const makeCaller = (seed: number) => {
    const kernel = new Kernel({ seed })
    let done = 0
    kernel.component<never>({
      name: "done",
      handle: () => {},
      save: () => done,
      restore: (saved) => {
        // What `save` gave, and nothing else, comes back.
        done = saved as number
      }
    })
    const restart = kernel.component<"Restart">({
      name: "restart",
      handle: () => start(),
      save: () => undefined,
      restore: () => {}
    })
    const call = kernel.call({ service: "s", operation: "o", mutating: true, latencyMillis: 10 }, () => {
      kernel.trace.emit("done", { done: ++done })
      return Result.succeed(done)
    })
    const loop = Effect.forEach([1, 2, 3, 4, 5, 6], () => call, { concurrency: 3, discard: true })
    const start = () => kernel.process("manager").start(loop)
    kernel.trace.subscribe(({ kind }) => void (kind === "process.killed" && restart.after(50, "Restart")))
    return { kernel, start }
  }

  it.each([
    ["before", 0],
    ["after", 0],
    ["before", 5],
    ["after", 5]
  ] as const)("goes on as the world in which it was, %s a call, with seed %i", (when, seed) => {
    const killed = makeCaller(seed)
    killed.kernel.intervene = ({ seq }) => (seq === 3 ? Intervention.Crash({ when }) : Intervention.None())
    killed.start()
    killed.kernel.run()

    const living = makeCaller(seed)
    let snapshot: Snapshot | undefined
    const save = ({ seq }: { readonly seq: number }): void => {
      if (seq === 3) snapshot = living.kernel.saveKilled("manager", `crash ${when} s.o`)
    }
    living.kernel.intervene = (call) => {
      if (when === "before") save(call)
      return Intervention.None()
    }
    if (when === "after") living.kernel.performed = save
    living.start()
    living.kernel.run()
    expect(living.kernel.trace.events.filter(({ kind }) => kind === "done")).toHaveLength(6)

    const { kernel } = makeCaller(seed)
    if (snapshot === undefined) throw new Error("the third call was never made")
    kernel.restore(snapshot)
    kernel.run()
    expect([...kernel.trace.lines()]).toEqual([...killed.kernel.trace.lines()])
  })

  it("is refused for a process that does not run, and beside another that does", () => {
    const { kernel, start } = makeCaller(0)
    expect(() => kernel.saveKilled("manager", "no")).toThrow("which does not run")
    start()
    kernel.process("other").start(Effect.never)
    expect(() => kernel.saveKilled("manager", "no")).toThrow("while other processes run: other")
  })
})
