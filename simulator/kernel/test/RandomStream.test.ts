import { describe, expect, it } from "vitest"
import { RandomStream } from "@capstan/kernel"

const draw = (stream: RandomStream, n: number): Array<number> => Array.from({ length: n }, () => stream.u32())

describe("a random stream", () => {
  it("repeats for the same seed and name, and differs for another seed or another name", () => {
    const first = draw(new RandomStream(7, "boots"), 50)
    expect(draw(new RandomStream(7, "boots"), 50)).toEqual(first)
    expect(draw(new RandomStream(8, "boots"), 50)).not.toEqual(first)
    expect(draw(new RandomStream(7, "boot"), 50)).not.toEqual(first)
  })

  it("draws the same numbers on every machine and version", () => {
    expect(draw(new RandomStream(1, "golden"), 3)).toEqual([1439265657, 2857852113, 2157021360])
  })

  it("goes on where it was saved", () => {
    const stream = new RandomStream(3, "x")
    draw(stream, 17)
    const state = stream.save()
    const expected = draw(stream, 20)
    const other = new RandomStream(99, "y")
    other.restore(state)
    expect(draw(other, 20)).toEqual(expected)
    expect(JSON.parse(JSON.stringify(state))).toEqual(state)
  })

  it("keeps its draws within bounds and reaches both ends", () => {
    const stream = new RandomStream(5, "bounds")
    const seen = new Set<number>()
    for (let i = 0; i < 2000; i++) {
      const value = stream.between(3, 6)
      seen.add(value)
      const unit = stream.unit()
      expect(unit >= 0 && unit < 1).toBe(true)
    }
    expect([...seen].sort()).toEqual([3, 4, 5, 6])
  })

  it("is even enough: each of ten boxes gets its tenth within five percent", () => {
    const stream = new RandomStream(11, "even")
    const boxes = new Array<number>(10).fill(0)
    for (let i = 0; i < 100_000; i++) {
      const box = stream.below(10)
      boxes[box] = (boxes[box] ?? 0) + 1
    }
    for (const count of boxes) expect(Math.abs(count - 10_000)).toBeLessThan(500)
  })

  it("picks one of the items, and refuses to pick from nothing", () => {
    const stream = new RandomStream(2, "pick")
    expect(["a", "b"]).toContain(stream.pick(["a", "b"]))
    expect(() => stream.pick([])).toThrow("nothing to pick")
  })
})
