/**
 * BLAKE2b without a key, for any length of digest: Node has only the 64-byte one, and shorter ones are other functions.
 *
 * @source https://www.rfc-editor.org/rfc/rfc7693
 */
const word = 0xffffffffffffffffn

const initial: ReadonlyArray<bigint> = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n
]

/** Which word of the message each half step takes, round by round. */
const schedule: ReadonlyArray<ReadonlyArray<number>> = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0]
]

const mixes: ReadonlyArray<readonly [number, number, number, number]> = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14]
]

const rotate = (value: bigint, bits: bigint): bigint => ((value >> bits) | (value << (64n - bits))) & word

const at = (list: ReadonlyArray<bigint> | BigUint64Array, index: number): bigint => list[index] ?? 0n

const mix = (
  v: BigUint64Array,
  [a, b, c, d]: readonly [number, number, number, number],
  x: bigint,
  y: bigint
): void => {
  v[a] = (at(v, a) + at(v, b) + x) & word
  v[d] = rotate(at(v, d) ^ at(v, a), 32n)
  v[c] = (at(v, c) + at(v, d)) & word
  v[b] = rotate(at(v, b) ^ at(v, c), 24n)
  v[a] = (at(v, a) + at(v, b) + y) & word
  v[d] = rotate(at(v, d) ^ at(v, a), 16n)
  v[c] = (at(v, c) + at(v, d)) & word
  v[b] = rotate(at(v, b) ^ at(v, c), 63n)
}

const compress = (h: BigUint64Array, block: DataView, counter: bigint, last: boolean): void => {
  const v = new BigUint64Array(16)
  for (let i = 0; i < 8; i++) {
    v[i] = at(h, i)
    v[i + 8] = at(initial, i)
  }
  v[12] = at(v, 12) ^ (counter & word)
  v[13] = at(v, 13) ^ (counter >> 64n)
  if (last) v[14] = at(v, 14) ^ word
  const message = new BigUint64Array(16)
  for (let i = 0; i < 16; i++) message[i] = block.getBigUint64(i * 8, true)
  for (let round = 0; round < 12; round++) {
    const order = schedule[round % 10] ?? []
    mixes.forEach((places, i) => mix(v, places, at(message, order[2 * i] ?? 0), at(message, order[2 * i + 1] ?? 0)))
  }
  for (let i = 0; i < 8; i++) h[i] = at(h, i) ^ at(v, i) ^ at(v, i + 8)
}

/** @param length of the digest in bytes, 1..64. */
export const blake2b = (input: Uint8Array, length: number): Uint8Array => {
  const h = BigUint64Array.from(initial)
  h[0] = at(h, 0) ^ 0x01010000n ^ BigInt(length)
  const blocks = Math.max(1, Math.ceil(input.length / 128))
  for (let index = 0; index < blocks; index++) {
    const block = new Uint8Array(128)
    block.set(input.subarray(index * 128, (index + 1) * 128))
    const last = index === blocks - 1
    const counter = BigInt(last ? input.length : (index + 1) * 128)
    compress(h, new DataView(block.buffer), counter, last)
  }
  const digest = new DataView(new ArrayBuffer(64))
  for (let i = 0; i < 8; i++) digest.setBigUint64(i * 8, at(h, i), true)
  return new Uint8Array(digest.buffer, 0, length)
}
