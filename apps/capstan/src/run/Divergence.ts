/** Where two runs of the same plan and seed part, which must never happen. Pure. */

export interface Divergence {
  readonly hashes: readonly [first: string, second: string]
  /** Line number of the first event in which they differ, from 1; 0 when the traces are no longer there. */
  readonly seq: number
  /** That event in each run, as a line of the trace; undefined where the run had ended. */
  readonly events: readonly [first: string | undefined, second: string | undefined]
}

/** Compares two traces line by line. */
export const firstDifference = (
  hashes: Divergence["hashes"],
  first: ReadonlyArray<string>,
  second: ReadonlyArray<string>
): Divergence => {
  const length = Math.max(first.length, second.length)
  let at = 0
  while (at < length && first[at] === second[at]) at++
  return at === length
    ? { hashes, seq: 0, events: [undefined, undefined] }
    : { hashes, seq: at + 1, events: [first[at], second[at]] }
}
