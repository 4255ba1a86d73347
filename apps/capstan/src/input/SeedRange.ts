/** `--seed N` or `--seed A..B`, both ends included. Pure. */
import * as Result from "effect/Result"

const seedMax = 2 ** 32 - 1
const rangeMax = 1_000_000

const whole = (text: string): number | undefined =>
  /^[0-9]{1,10}$/.test(text) && Number(text) <= seedMax ? Number(text) : undefined

/** The seeds in order, or a sentence that says what is wrong. */
export const parseSeeds = (text: string): Result.Result<ReadonlyArray<number>, string> => {
  const [first = "", last = first, ...rest] = text.split("..")
  const from = whole(first)
  const to = whole(last)
  if (from === undefined || to === undefined || rest.length > 0) {
    return Result.fail(`--seed takes a whole number from 0 to ${seedMax} or a range such as 1..20, not '${text}'.`)
  }
  if (to < from) return Result.fail(`--seed ${text} runs backwards: did you mean ${to}..${from}?`)
  if (to - from >= rangeMax) return Result.fail(`--seed ${text} asks for more than ${rangeMax} seeds.`)
  return Result.succeed(Array.from({ length: to - from + 1 }, (_, index) => from + index))
}

/** `1..20, 100..109, 4711`: the shortest writing of a set of seeds. */
export const formatSeeds = (seeds: Iterable<number>): string => {
  const sorted = [...new Set(seeds)].sort((a, b) => a - b)
  const ranges: Array<{ readonly from: number; to: number }> = []
  for (const seed of sorted) {
    const last = ranges.at(-1)
    if (last !== undefined && seed === last.to + 1) last.to = seed
    else ranges.push({ from: seed, to: seed })
  }
  return ranges.map(({ from, to }) => (from === to ? String(from) : `${from}..${to}`)).join(", ")
}
