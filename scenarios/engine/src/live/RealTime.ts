/**
 * Runs a simulated world by the clock on the wall: the same kernel, the same code, another pace.
 *
 * The kernel knows no real time. This driver lets it do what is due until now, moves its clock to now, and looks again when
 * the next timer falls due or when somebody outside has work for the world. Speed is an upper bound: a world that has more to
 * do than time allows goes slower and keeps no debt, so that a machine that is too slow, or was asleep, stays usable. Between
 * two slices of work the process gets its turn at its sockets.
 * Left out: stopping and stepping the clock by hand.
 *
 * @source simulator/kernel/src/Kernel.ts
 */
import type { Kernel } from "@capstan/kernel"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"

/** Longest stretch of work without a turn for the process's sockets, real milliseconds. */
const sliceMillis = 10

/** Longest wait for a timer of the world, real milliseconds: longer ones are waited for in pieces. */
const longestWaitMillis = 3_600_000

/** How many steps of the kernel go by between two looks at the real clock. */
const stepsPerLook = 64

export class RealTime {
  private readonly kernel: Kernel
  private readonly speed: number
  private readonly woken = Latch.makeUnsafe()
  private arrivals: Array<() => void> = []
  private departures: Array<() => void> = []

  /** `speed`: virtual seconds in a real one, above zero. */
  constructor(kernel: Kernel, speed: number) {
    this.kernel = kernel
    this.speed = speed
  }

  /** Keeps the world going for as long as it runs. A defect of the world is a defect of this effect. */
  readonly run: Effect.Effect<never> = Clock.clockWith((clock) => {
    const { kernel, speed } = this
    const realMillis = () => Number(clock.monotonicTimeNanosUnsafe() / 1000n) / 1000
    let since = { real: realMillis(), virtual: kernel.now() }
    const turn = Effect.suspend(() => {
      this.woken.closeUnsafe()
      const target = Math.floor(since.virtual + (realMillis() - since.real) * speed)
      const reached = kernel.run({ untilMillis: target, until: spent(realMillis) })
      if (reached === "until") since = { real: realMillis(), virtual: kernel.now() }
      if (reached === "idle") kernel.advanceTo(target)
      this.admit()
      const settled = kernel.run({ untilMillis: kernel.now(), until: spent(realMillis) })
      this.dismiss()
      if (reached === "until" || settled === "until") return Effect.yieldNow
      const next = kernel.nextMillis
      if (next === undefined) return this.woken.await
      const wait = since.real + (next - since.virtual) / speed - realMillis()
      const duration = Math.min(Math.max(Math.ceil(wait), 0), longestWaitMillis)
      return Effect.timeoutOrElse(this.woken.await, { duration, orElse: () => Effect.void })
    })
    return Effect.forever(turn)
  })

  /**
   * Does something in the world and waits for its end there. It happens at the world's present time. Whoever stops waiting
   * stops only that: what has entered the world goes on in it.
   */
  within<A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.callback<A, E>((resume) => {
      this.enter(() => {
        const leave = (exit: Exit.Exit<A, E>) => void this.departures.push(() => resume(exit))
        this.kernel.fork(effect).addObserver(leave)
      })
    })
  }

  /** Does something in the world at its present time, between two of its steps. It must not throw. */
  enter(act: () => void): void {
    this.arrivals.push(act)
    this.woken.openUnsafe()
  }

  private admit(): void {
    const arrived = this.arrivals
    this.arrivals = []
    for (const start of arrived) start()
  }

  /** Answers those outside only now: what they do with it is no part of the world. */
  private dismiss(): void {
    const departed = this.departures
    this.departures = []
    for (const leave of departed) leave()
  }
}

/** A limit for the kernel: true once a slice of real time is over. */
const spent = (realMillis: () => number): (() => boolean) => {
  const end = realMillis() + sliceMillis
  let steps = 0
  return () => ++steps % stepsPerLook === 0 && realMillis() >= end
}
