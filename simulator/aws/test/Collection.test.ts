import { describe, expect, it } from "@effect/vitest"
import { Collection } from "../src/Collection.ts"

interface Box {
  readonly id: string
  readonly colors: ReadonlyArray<string>
}

const byColor = (box: Box): ReadonlyArray<string> => box.colors

const colors = ["red", "green", "blue"]

/** The same few numbers over and over, from a seed. */
const numbers = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % below
  }
}

const idsOf = (boxes: ReadonlyArray<Box>): ReadonlyArray<string> => boxes.map(({ id }) => id)

describe("an index of a collection", () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    it(`answers what a look at every record would, in the same order, whatever is put, changed and removed (${seed})`, () => {
      const below = numbers(seed)
      const boxes = new Collection<Box>()
      for (let step = 0; step < 300; step++) {
        const id = `box-${below(12)}`
        const chosen = colors.filter(() => below(2) === 0)
        if (below(4) === 0) boxes.remove(id)
        else if (below(2) === 0) boxes.change(id, { colors: chosen })
        else boxes.put({ id, colors: chosen })
        if (step % 97 === 96) boxes.restore(boxes.save())
        for (const color of colors) {
          const found = boxes.filter((box) => box.colors.includes(color))
          expect(idsOf(boxes.having(byColor, color))).toEqual(idsOf(found))
          expect(boxes.countHaving(byColor, color)).toBe(found.length)
        }
      }
    })
  }
})
