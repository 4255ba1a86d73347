/** Names: suffixes, truncation, label values. */
import { assert, describe, it } from "@effect/vitest"
import { formatLabelValue, isLabelValue, nameWithSuffix, randomSuffix, safeAlphabet } from "../../src/index.ts"

it("a suffix has five characters of the safe alphabet, drawn in order", () => {
  const draws = [0, 1, safeAlphabet.length - 1, 2, 3]
  let next = 0
  assert.strictEqual(
    randomSuffix(() => draws[next++] ?? 0),
    "bc9df"
  )
})

it("a name leaves room for its suffix", () => {
  assert.strictEqual(nameWithSuffix("md-", "bcdfg"), "md-bcdfg")
  assert.strictEqual(nameWithSuffix("x".repeat(70), "bcdfg"), `${"x".repeat(58)}bcdfg`)
})

describe("label values", () => {
  for (const [value, valid] of [
    ["", true],
    ["a.b_c-d", true],
    ["-a", false],
    ["a/b", false],
    ["x".repeat(63), true],
    ["x".repeat(64), false]
  ] as const) {
    it(`${JSON.stringify(value)} is ${valid ? "" : "not "}one`, () => assert.strictEqual(isLabelValue(value), valid))
  }

  it("stand for themselves where they can", () => assert.strictEqual(formatLabelValue("md-0"), "md-0"))

  it("are FNV-1a hashes otherwise", () => {
    // The published algorithm, step by step with big integers.
    const name = "a".repeat(64)
    let hash = 0x811c9dc5n
    for (const byte of Buffer.from(name)) hash = ((hash ^ BigInt(byte)) * 0x01000193n) % 2n ** 32n
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(Number(hash))
    assert.strictEqual(formatLabelValue(name), `hash_${bytes.toString("base64url")}_z`)
  })
})
