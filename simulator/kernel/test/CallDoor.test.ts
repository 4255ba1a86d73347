import { Effect, Exit, Result } from "effect"
import { describe, expect, it } from "vitest"
import { type CallInfo, Cause, type InterceptedCall, Intervention, Kernel } from "@capstan/kernel"

const info: CallInfo = { service: "ec2", operation: "RunInstances", mutating: true, target: "i-1" }

/** One call by an ungrouped fiber, 10 ms there and back. */
const callOnce = (intervention: Intervention, perform?: () => Result.Result<string, string>) => {
  const kernel = new Kernel({ seed: 0, epochMillis: 0 })
  const performedAt: Array<number> = []
  kernel.intervene = () => intervention
  const exit = kernel.complete(
    kernel.call({ ...info, latencyMillis: 10 }, () => {
      performedAt.push(kernel.now())
      return perform === undefined ? Result.succeed("done") : perform()
    })
  )
  return { exit, performedAt, answeredAt: kernel.now() }
}

describe("a call", () => {
  it.each<[string, Intervention, unknown]>([
    ["takes effect in the middle of its latency", Intervention.None(), [Exit.succeed("done"), [5], 10]],
    ["that is delayed takes effect later", Intervention.Delay({ millis: 100 }), [Exit.succeed("done"), [105], 110]],
    ["that is refused performs nothing", Intervention.Fail({ error: "throttled" }), [Exit.fail("throttled"), [], 10]],
    [
      "whose answer is lost has taken effect all the same",
      Intervention.LoseAnswer({ error: "timed out", afterMillis: 30 }),
      [Exit.fail("timed out"), [5], 35]
    ]
  ])("%s", (_, intervention, expected) => {
    const { exit, performedAt, answeredAt } = callOnce(intervention)
    expect([exit, performedAt, answeredAt]).toEqual(expected)
  })

  it("answers with the error that it was given", () => {
    expect(callOnce(Intervention.None(), () => Result.fail("not found")).exit).toEqual(Exit.fail("not found"))
  })

  it("that breaks a promise of the simulator's ends in a defect, and leaves the cause as it was", () => {
    const kernel = new Kernel({ seed: 0 })
    const exit = kernel.complete(
      Effect.provideService(
        kernel.call(info, () => {
          throw new Error("two of them")
        }),
        Cause,
        5
      )
    )
    expect(Exit.isFailure(exit) && Exit.hasDies(exit)).toBe(true)
    expect(kernel.cause).toBe(0)
  })

  it("without latency takes no time and no step", () => {
    const kernel = new Kernel({ seed: 0 })
    let sum = 0
    const loop = Effect.forEach(
      Array.from({ length: 100 }, (_, i) => i),
      (i) => kernel.call(info, () => Result.succeed((sum += i))),
      { discard: true }
    )
    const fiber = kernel.fork(loop)
    expect(kernel.step()).toBe("ran")
    expect(fiber.pollUnsafe()).toEqual(Exit.void)
    expect(sum).toBe(4950)
  })

  it("runs with the cause that its fiber carries, and so do the events and timers that it brings about", () => {
    const kernel = new Kernel({ seed: 0, epochMillis: 0 })
    const boots = kernel.component<string>({
      name: "boots",
      handle: (event) => void kernel.trace.emit("booted", { event }),
      save: () => 0,
      restore: () => {}
    })
    const launch = kernel.call({ ...info, latencyMillis: 2 }, () => {
      kernel.cause = kernel.trace.emit("launched", {})
      boots.after(10, "i-1")
      return Result.succeed(undefined)
    })
    kernel.complete(
      Effect.gen(function* () {
        const reconcile = yield* kernel.emit("reconcile", {})
        yield* Effect.provideService(launch, Cause, reconcile)
        yield* kernel.emit("after", {})
      })
    )
    kernel.run()
    expect(kernel.trace.events.map(({ kind, seq, cause }) => [kind, seq, cause])).toEqual([
      ["reconcile", 1, 0],
      ["launched", 2, 1],
      ["after", 3, 0],
      ["booted", 4, 2]
    ])
  })

  it.each(["before", "after"] as const)("crashes %s the call by the event that the engine names", (when) => {
    const kernel = new Kernel({ seed: 0 })
    const fault = kernel.trace.emit("fault", {})
    kernel.intervene = () => Intervention.Crash({ when, cause: fault })
    kernel.process("manager").start(kernel.call(info, () => Result.succeed(undefined)))
    kernel.run()
    expect(kernel.trace.events.find(({ kind }) => kind === "process.killed")?.cause).toBe(fault)
  })

  it("is shown to the engine with its process, its number and its cause", () => {
    const kernel = new Kernel({ seed: 0 })
    const seen: Array<InterceptedCall> = []
    const causes: Array<number> = []
    kernel.intervene = (call) => {
      seen.push(call)
      causes.push(kernel.cause)
      return Intervention.None()
    }
    const call = kernel.call({ ...info, request: { count: 1 } }, () => Result.succeed(1))
    kernel.process("manager").start(Effect.asVoid(call))
    kernel.run()
    kernel.complete(Effect.provideService(call, Cause, 77))
    expect(seen).toEqual([
      { ...info, request: { count: 1 }, process: "manager", seq: 1 },
      { ...info, request: { count: 1 }, process: undefined, seq: 2 }
    ])
    expect(causes).toEqual([1, 77])
  })

  it("outside of any process cannot be crashed", () => {
    const { exit } = callOnce(Intervention.Crash({ when: "before" }))
    expect(Exit.isFailure(exit) && String(exit.cause)).toContain("no process to crash at ec2.RunInstances")
  })
})

/**
 * A program of six steps that remembers its progress in the world, as a controller must: on each start it looks up what is
 * done and does what is left, two calls at a time.
 */
const crashAt = (index: number, when: "before" | "after", seed: number) => {
  const kernel = new Kernel({ seed })
  const manager = kernel.process("manager")
  const done: Array<number> = []
  let atCrash = -1
  const reached: Array<number> = []
  const program = Effect.gen(function* () {
    for (let step = 0; step < 6; step++) {
      if (done.includes(step)) continue
      yield* kernel.call({ ...info, latencyMillis: (step * 7) % 4 }, () => Result.succeed(void done.push(step)))
      reached.push(step)
      yield* Effect.sleep(step % 2)
    }
  })
  kernel.intervene = ({ seq }) => (seq === index ? Intervention.Crash({ when }) : Intervention.None())
  kernel.trace.subscribe((event) => {
    if (event.kind !== "process.killed") return
    atCrash = done.length
    kernel.process("manager").start(program)
  })
  manager.start(program)
  kernel.run()
  return { kernel, done, atCrash, reached, generation: manager.generation, exit: manager.exit }
}

describe("a crash between any two calls", () => {
  const places = [1, 2, 3, 4, 5, 6].flatMap((index) =>
    [0, 1, 2, 3].flatMap((seed) => [
      { index, seed, when: "before" as const },
      { index, seed, when: "after" as const }
    ])
  )

  it.each(places)(
    "$when call $index leaves just what had been done, and the next life finishes it (seed $seed)",
    (at) => {
      const { done, atCrash, reached, generation, exit } = crashAt(at.index, at.when, at.seed)
      expect(atCrash).toBe(at.when === "before" ? at.index - 1 : at.index)
      expect(done).toEqual([0, 1, 2, 3, 4, 5])
      // The life that crashed never went on past the call at which it crashed.
      expect(reached).toEqual(at.when === "before" ? [0, 1, 2, 3, 4, 5] : done.filter((step) => step !== at.index - 1))
      expect([generation, exit]).toEqual([2, Exit.void])
    }
  )

  it("is the same crash when it is run again", () => {
    for (const { index, when, seed } of places) {
      expect(crashAt(index, when, seed).kernel.trace.hash()).toBe(crashAt(index, when, seed).kernel.trace.hash())
    }
  })
})
