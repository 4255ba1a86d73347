/** The nearest right spelling of a mistyped word, if one is near enough to be meant. Pure. */

/** Edits (insert, delete, replace, swap of neighbours) from one word to the other. */
export const editDistance = (from: string, to: string): number => {
  const width = to.length + 1
  let beforeLast: Array<number> = []
  let last = Array.from({ length: width }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column < width; column++) {
      const same = from[row - 1] === to[column - 1]
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1)
      )
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      if (swapped) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1)
      current.push(cost)
    }
    beforeLast = last
    last = current
  }
  return last[width - 1] ?? 0
}

/** The candidate with the fewest edits, within a third of the word's length (at least two edits). */
export const nearest = (word: string, candidates: ReadonlyArray<string>): string | undefined => {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** `Did you mean 'x'?` or nothing, ready to spread into a diagnostic. */
export const didYouMean = (word: string, candidates: ReadonlyArray<string>): { readonly hint?: string } => {
  const candidate = nearest(word, candidates)
  if (candidate !== undefined) return { hint: `Did you mean '${candidate}'?` }
  return candidates.length > 0 && candidates.length <= 12 ? { hint: `Known: ${candidates.join(", ")}.` } : {}
}
