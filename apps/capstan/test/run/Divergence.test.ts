import { assert, describe, it } from "@effect/vitest"
import { firstDifference } from "../../src/run/Divergence.ts"

const hashes = ["a", "b"] as const

describe("firstDifference", () => {
  it.each([
    {
      rule: "finds the first line that differs",
      first: ["x", "y", "z"],
      second: ["x", "q", "z"],
      seq: 2,
      events: ["y", "q"]
    },
    { rule: "finds where one trace ends", first: ["x"], second: ["x", "y"], seq: 2, events: [undefined, "y"] },
    {
      rule: "has nothing to show when the traces are gone",
      first: [],
      second: [],
      seq: 0,
      events: [undefined, undefined]
    }
  ])("$rule", ({ events, first, second, seq }) => {
    assert.deepStrictEqual(
      { ...firstDifference(hashes, first, second) },
      { hashes, seq, events: [events[0], events[1]] }
    )
  })
})
