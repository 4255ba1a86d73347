/**
 * The decisions that a generator takes: drawn from a seed, remembered in their order, and replaced one by one to make
 * something alike.
 *
 * Whatever is generated is a function of these numbers alone, so a neighbour of a scenario is the same numbers with a few
 * others among them.
 *
 * @source https://hypothesis.readthedocs.io/en/latest/explanation/
 */
import { RandomStream } from "@capstan/kernel"

export class Choices {
  /** Every decision so far, each from 0 up to, but not including, 1. */
  readonly taken: Array<number> = []
  private readonly given: ReadonlyArray<number>
  private readonly stream: RandomStream

  /** @param given decisions to begin with; those behind them are drawn. */
  constructor(seed: number, given: ReadonlyArray<number> = []) {
    this.given = given
    this.stream = new RandomStream(seed, "explore/choices")
  }

  /** A number from 0 up to, but not including, 1. */
  unit(): number {
    const value = this.given[this.taken.length] ?? this.stream.unit()
    this.taken.push(value)
    return value
  }

  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + Math.floor(this.unit() * (max - min + 1))
  }

  /** True in so many of a hundred cases. */
  percent(likely: number): boolean {
    return this.unit() * 100 < likely
  }

  /** One of the items, of which there must be one. */
  pick<A>(items: readonly [A, ...ReadonlyArray<A>]): A {
    return items[this.between(0, items.length - 1)] ?? items[0]
  }
}

/** The same decisions with one to four of them taken anew. */
export const neighbour = (taken: ReadonlyArray<number>, stream: RandomStream): ReadonlyArray<number> => {
  const changed = taken.slice()
  if (changed.length === 0) return changed
  for (let count = stream.between(1, 4); count > 0; count--) changed[stream.below(changed.length)] = stream.unit()
  return changed
}
