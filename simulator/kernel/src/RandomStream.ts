/**
 * A named stream of random numbers: one per concern, so that one more draw in one place shifts nothing elsewhere.
 *
 * The generator is Chris Doty-Humphrey's sfc32 ("small fast counter"): 128 bits of state, a period of at least 2^32, a few
 * additions and shifts a draw. A stream is seeded from the text `seed/name`, so the order in which streams are created does
 * not matter. Its state is four integers, which a snapshot keeps. Not for secrets.
 *
 * @source https://pracrand.sourceforge.net/RNG_engines.txt
 */

/** Four 32-bit integers: everything a stream is. */
export type RandomState = readonly [number, number, number, number]

/** Draws, all deterministic from the stream's state. */
export class RandomStream {
  private a = 0
  private b = 0
  private c = 0
  private counter = 0

  constructor(seed: number, name: string) {
    this.reseed(seed, name)
  }

  /** Puts the stream back to where it begins for this seed and name. */
  reseed(seed: number, name: string): void {
    const [a, b, c] = hashText(`${seed}/${name}`)
    this.restore([a, b, c, 1])
    for (let i = 0; i < 12; i++) this.u32()
  }

  /** A whole number from 0 to 2^32 - 1. */
  u32(): number {
    const sum = (((this.a + this.b) | 0) + this.counter) | 0
    this.counter = (this.counter + 1) | 0
    this.a = this.b ^ (this.b >>> 9)
    this.b = (this.c + (this.c << 3)) | 0
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** A whole number from 0 to `n - 1`; `n` is from 1 to 2^32. */
  below(n: number): number {
    return Math.floor((this.u32() / 4294967296) * n)
  }

  /** A number from 0 up to, but not including, 1, in steps of 2^-32. */
  unit(): number {
    return this.u32() / 4294967296
  }

  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1)
  }

  /** One of the items, each as likely as the others. An empty list is a mistake of the caller's, and throws. */
  pick<A>(items: ReadonlyArray<A>): A {
    if (items.length === 0) throw new Error("RandomStream.pick: there is nothing to pick from")
    return items[this.below(items.length)] as A
  }

  save(): RandomState {
    return [this.a, this.b, this.c, this.counter]
  }

  restore(state: RandomState): void {
    this.a = state[0] | 0
    this.b = state[1] | 0
    this.c = state[2] | 0
    this.counter = state[3] | 0
  }
}

/** Three well mixed 32-bit words of a text: FNV-1a with three different primes, each finished as in MurmurHash3. */
const hashText = (text: string): [number, number, number] => {
  let a = 0x811c9dc5
  let b = 0x9e3779b9
  let c = 0x243f6a88
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    a = Math.imul(a ^ unit, 0x01000193)
    b = Math.imul(b ^ unit, 0x85ebca6b)
    c = Math.imul(c ^ unit, 0xc2b2ae35)
  }
  return [finish(a ^ (c >>> 15)), finish(b ^ (a >>> 13)), finish(c ^ (b >>> 11))]
}

const finish = (word: number): number => {
  let mixed = word
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
