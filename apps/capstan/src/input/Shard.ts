/** `--shard i/n`: one part of several that together are the whole. Pure. */
import * as Result from "effect/Result"

export interface Shard {
  /** From 1. */
  readonly index: number
  readonly total: number
}

const totalMax = 10_000

export const wholeShard: Shard = { index: 1, total: 1 }

/**
 * @param environment where `job/n` finds the number of its Pod, from 0.
 * @source https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode
 */
export const parseShard = (
  given: string,
  { JOB_COMPLETION_INDEX: pod }: { readonly JOB_COMPLETION_INDEX?: string } = process.env
): Result.Result<Shard, string> => {
  const ofJob = given.startsWith("job/")
  if (ofJob && !/^[0-9]{1,4}$/.test(pod ?? "")) {
    return Result.fail(`--shard ${given} is for a Pod of an Indexed Job: JOB_COMPLETION_INDEX says no number.`)
  }
  const text = ofJob ? `${Number(pod) + 1}${given.slice(3)}` : given
  const [, first = "", second = ""] = /^([0-9]{1,5})\/([0-9]{1,5})$/.exec(text) ?? []
  const index = Number(first)
  const total = Number(second)
  return first !== "" && index >= 1 && index <= total && total <= totalMax
    ? Result.succeed({ index, total })
    : Result.fail(`--shard takes i/n, such as 2/8: the second of eight parts, of ${totalMax} at most; not '${text}'.`)
}

/**
 * The parts of a whole, each once, in their order, and the numbers of those that are missing. A sentence when one is there twice.
 *
 * @param parts at least one, all of one division.
 */
export const partsOf = <A extends { readonly file: string; readonly opening: { readonly share: Shard } }>(
  parts: ReadonlyArray<A>
): Result.Result<{ readonly parts: ReadonlyArray<A>; readonly missing: ReadonlyArray<number> }, string> => {
  const byIndex = new Map<number, A>()
  for (const part of parts) {
    const { share } = part.opening
    const known = byIndex.get(share.index)
    if (known !== undefined) {
      return Result.fail(
        `'${known.file}' and '${part.file}' are both shard ${formatShard(share)}: leave one of them out.`
      )
    }
    byIndex.set(share.index, part)
  }
  const numbers = Array.from({ length: parts[0]?.opening.share.total ?? 0 }, (_, index) => index + 1)
  return Result.succeed({
    parts: numbers.flatMap((index) => byIndex.get(index) ?? []),
    missing: numbers.filter((index) => !byIndex.has(index))
  })
}

/** `2/8`. */
export const formatShard = ({ index, total }: Shard): string => `${index}/${total}`
