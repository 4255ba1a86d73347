/**
 * A binary heap of entries by time, then by order of insertion. Plain data, no clock.
 *
 * Entries are never taken out of the middle: whoever supersedes one leaves it and recognises it when it comes up.
 */

export interface TimerEntry<A> {
  readonly atMillis: number
  readonly sequence: number
  readonly value: A
}

const precedes = <A>(a: TimerEntry<A>, b: TimerEntry<A>): boolean =>
  a.atMillis < b.atMillis || (a.atMillis === b.atMillis && a.sequence < b.sequence)

export class TimerHeap<A> {
  #entries: Array<TimerEntry<A>> = []
  #sequence = 0

  get size(): number {
    return this.#entries.length
  }

  peek(): TimerEntry<A> | undefined {
    return this.#entries[0]
  }

  push(atMillis: number, value: A): TimerEntry<A> {
    const entry = { atMillis, sequence: this.#sequence++, value }
    this.#entries.push(entry)
    this.#rise(this.#entries.length - 1, entry)
    return entry
  }

  pop(): TimerEntry<A> | undefined {
    const entries = this.#entries
    const top = entries[0]
    const last = entries.pop()
    if (top === undefined || last === undefined || entries.length === 0) return top
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      let candidate = entries[child]
      if (candidate === undefined) break
      const right = entries[child + 1]
      if (right !== undefined && precedes(right, candidate)) {
        child++
        candidate = right
      }
      if (!precedes(candidate, last)) break
      entries[index] = candidate
      index = child
    }
    entries[index] = last
    return top
  }

  /** Drops the entries that are no longer wanted; costs as much as building the heap. */
  retain(wanted: (entry: TimerEntry<A>) => boolean): void {
    const kept = this.#entries.filter(wanted)
    this.#entries = []
    for (const entry of kept) {
      this.#entries.push(entry)
      this.#rise(this.#entries.length - 1, entry)
    }
  }

  #rise(from: number, entry: TimerEntry<A>): void {
    const entries = this.#entries
    let index = from
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = entries[parentIndex]
      if (parent === undefined || !precedes(entry, parent)) break
      entries[index] = parent
      index = parentIndex
    }
    entries[index] = entry
  }
}
