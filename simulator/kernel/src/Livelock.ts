/**
 * The defect of a world in which something goes on for ever without time moving, such as a loop of `sleep(0)`.
 *
 * Counting names costs, so it begins only shortly before the cap: what is busiest then is what is busy for ever.
 *
 * @source https://en.wikipedia.org/wiki/Deadlock_(computer_science)#Livelock
 */

/** Raised from `Kernel.step` when one instant took more steps than allowed. */
export class Livelock extends Error {
  override readonly name = "Livelock"
  readonly at: string
  readonly steps: number
  /** Names of what ran most often, most often first. */
  readonly busiest: ReadonlyArray<string>

  constructor(at: string, steps: number, busiest: ReadonlyArray<string>) {
    const names = busiest.length === 0 ? "nothing that has a name" : busiest.join(", ")
    super(`time stands still at ${at} after ${steps} steps; the busiest: ${names}`)
    this.at = at
    this.steps = steps
    this.busiest = busiest
  }
}

/** Counts by name, for a short while. */
export class BusyCounter {
  private readonly counts = new Map<string, number>()

  count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
  }

  /** The most frequent names with their counts, at most three. */
  top(): ReadonlyArray<string> {
    return [...this.counts]
      .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
      .slice(0, 3)
      .map(([name, count]) => `${name} (${count} times)`)
  }
}
