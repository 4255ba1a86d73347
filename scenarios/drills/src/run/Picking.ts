/**
 * Which of several candidates a fault hits: the first ones with seed 0, others by chance with any other seed. Pure.
 *
 * The same seed and the same candidates give the same picks, so that a preview shows what a run will do.
 *
 * @source https://en.wikipedia.org/wiki/Linear_congruential_generator
 */
import type { PlannedTarget } from "@capstan/engine"

/** A source of numbers below `n`. Seed 0 always gives 0. */
export const drawsOf = (seed: number): ((n: number) => number) => {
  if (seed === 0) return () => 0
  let state = seed >>> 0
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    // The low bits of such a generator are poor.
    return Math.floor(((state >>> 8) / 2 ** 24) * n)
  }
}

/** As many as the step says; all of them when it says so, and one when it says nothing. */
export const pickSome = <A>(
  matching: ReadonlyArray<A>,
  pick: PlannedTarget["pick"],
  draw: (n: number) => number
): ReadonlyArray<A> => {
  const { all, count, percent } = pick ?? {}
  if (all === true) return matching
  const wanted = count ?? (percent === undefined ? 1 : Math.ceil((matching.length * percent) / 100))
  const pool = [...matching]
  const picked: Array<A> = []
  while (picked.length < wanted && pool.length > 0) picked.push(...pool.splice(draw(pool.length), 1))
  return picked
}
