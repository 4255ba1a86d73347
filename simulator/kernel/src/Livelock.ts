/**
 * Finds a world in which something goes on for ever without time moving, such as a loop of `sleep(0)`.
 *
 * Counting names costs, so it begins only shortly before the cap: what is busiest then is what is busy for ever.
 *
 * @source https://en.wikipedia.org/wiki/Deadlock_(computer_science)#Livelock
 */
import type { Fiber } from "effect"
import { CurrentProcess } from "./ProcessInstance.ts"

/** Raised from `Kernel.step` when one instant took more steps than allowed. */
export class Livelock extends Error {
  override readonly name = "Livelock"
  readonly at: string
  readonly steps: number
  /** Names of what ran most often in the last steps, with counts, most often first. */
  readonly busiest: ReadonlyArray<string>

  constructor(at: string, steps: number, busiest: ReadonlyArray<string>) {
    const names = busiest.length === 0 ? "nothing that has a name" : busiest.join(", ")
    super(`time stands still at ${at} after ${steps} steps; the busiest: ${names}`)
    this.at = at
    this.steps = steps
    this.busiest = busiest
  }
}

/** Steps before the cap at which names begin to be counted. */
const sample = 1000

/** Counts the steps of one instant. */
export class LivelockGuard {
  private readonly stepsMax: number
  private readonly counts = new Map<string, number>()
  private steps = 0

  constructor(stepsMax: number) {
    this.stepsMax = stepsMax
  }

  /** Counts a step. True while a livelock is suspected: then names are worth counting. */
  step(): boolean {
    return ++this.steps > this.stepsMax - sample
  }

  /** Throws when the cap is reached. */
  check(at: string): void {
    if (this.steps > this.stepsMax) throw new Livelock(at, this.stepsMax, this.busiest())
  }

  count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
  }

  /** Counts a fiber's step by its process and the `Effect.fn` it is in. */
  countFiber(fiber: Fiber.Fiber<unknown, unknown>): void {
    const process = fiber.getRef(CurrentProcess)
    const place = process === undefined ? "fibers outside of any process" : `process ${process.name}`
    const frame = fiber.cache.stackFrame
    this.count(frame === undefined ? place : `${place} in ${frame.name}`)
  }

  /** Time has moved. */
  reset(): void {
    this.steps = 0
    this.counts.clear()
  }

  private busiest(): ReadonlyArray<string> {
    return [...this.counts]
      .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
      .slice(0, 3)
      .map(([name, count]) => `${name} (${count} times)`)
  }
}
