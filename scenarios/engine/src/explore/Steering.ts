/**
 * What to try next: something new, or a neighbour of what led to a new state.
 *
 * Scenarios that were the first to reach a state are remembered by their choices. Half of all later ones are neighbours of
 * one of these, the younger ones more often, for behind a new state there may be another. Everything follows from the seed
 * and from what has been learnt, in order.
 *
 * @source https://lcamtuf.coredump.cx/afl/technical_details.txt
 */
import { RandomStream } from "@capstan/kernel"
import { Choices, neighbour } from "./Choices.ts"

export class Steering {
  /** Every state seen, with the number of runs that saw it. */
  readonly states = new Map<string, number>()
  private readonly finds: Array<ReadonlyArray<number>> = []
  private readonly stream: RandomStream

  constructor(seed: number) {
    this.stream = new RandomStream(seed, "explore/steering")
  }

  /** The choices of the next scenario; those that are not given are drawn from the seed. */
  next(seed: number): Choices {
    if (this.finds.length === 0 || this.stream.below(2) === 0) return new Choices(seed)
    // The greater of two draws: the younger half is taken three times out of four.
    const index = Math.max(this.stream.below(this.finds.length), this.stream.below(this.finds.length))
    return new Choices(seed, neighbour(this.finds[index] ?? [], this.stream))
  }

  /** Learns where a scenario led. Gives the states that no earlier one had reached. */
  learn(taken: ReadonlyArray<number>, states: ReadonlyArray<string>): ReadonlyArray<string> {
    const found = states.filter((state) => !this.states.has(state))
    for (const state of states) this.states.set(state, (this.states.get(state) ?? 0) + 1)
    if (found.length > 0) this.finds.push(taken)
    return found
  }
}
