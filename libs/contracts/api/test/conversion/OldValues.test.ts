/** Values that older versions write differently. */
import { assert, describe, it } from "@effect/vitest"
import { durationOfSeconds, listOfFlags, mapOfFlags, secondsOfDuration } from "../../src/index.ts"

describe("durations", () => {
  for (const [text, seconds] of [
    ["10m0s", 600],
    ["1h30m", 5400],
    ["1.5h", 5400],
    ["300s", 300],
    ["0s", 0],
    ["0", 0],
    ["1500ms", 1],
    ["-5s", -5],
    ["soon", "soon"],
    ["10", "10"]
  ] as const) {
    it(`${text} is ${seconds}`, () => assert.strictEqual(secondsOfDuration(text), seconds))
  }
  for (const [seconds, text] of [
    [0, "0s"],
    [30, "30s"],
    [600, "10m0s"],
    [3600, "1h0m0s"],
    [3725, "1h2m5s"]
  ] as const) {
    it(`${seconds} seconds are ${text}`, () => assert.strictEqual(durationOfSeconds(seconds), text))
  }
})

it("flags go in the order of their names, and the last of two wins", () => {
  assert.deepStrictEqual(listOfFlags({ b: "2", a: "1" }), [
    { name: "a", value: "1" },
    { name: "b", value: "2" }
  ])
  assert.deepStrictEqual(
    mapOfFlags([
      { name: "a", value: "1" },
      { name: "a", value: "2" }
    ]),
    { a: "2" }
  )
})
