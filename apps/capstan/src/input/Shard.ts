/** `--shard i/n`: one part of several that together are the whole. Pure. */
import * as Result from "effect/Result"

export interface Shard {
  /** From 1. */
  readonly index: number
  readonly total: number
}

const totalMax = 10_000

export const wholeShard: Shard = { index: 1, total: 1 }

export const parseShard = (text: string): Result.Result<Shard, string> => {
  const [, first = "", second = ""] = /^([0-9]{1,5})\/([0-9]{1,5})$/.exec(text) ?? []
  const index = Number(first)
  const total = Number(second)
  return first !== "" && index >= 1 && index <= total && total <= totalMax
    ? Result.succeed({ index, total })
    : Result.fail(`--shard takes i/n, such as 2/8: the second of eight parts, of ${totalMax} at most; not '${text}'.`)
}

/** `2/8`. */
export const formatShard = ({ index, total }: Shard): string => `${index}/${total}`
