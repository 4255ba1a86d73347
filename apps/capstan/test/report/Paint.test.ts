import { assert, describe, it } from "@effect/vitest"
import { wantsColour } from "../../src/report/Paint.ts"

const cases = [
  { rule: "colours a terminal", isTerminal: true, environment: {}, expected: true },
  { rule: "leaves pipes plain", isTerminal: false, environment: {}, expected: false },
  { rule: "obeys NO_COLOR", isTerminal: true, environment: { NO_COLOR: "1" }, expected: false },
  { rule: "takes an empty NO_COLOR for none", isTerminal: true, environment: { NO_COLOR: "" }, expected: true },
  {
    rule: "prefers NO_COLOR to FORCE_COLOR",
    isTerminal: true,
    environment: { NO_COLOR: "1", FORCE_COLOR: "1" },
    expected: false
  },
  { rule: "obeys FORCE_COLOR in a pipe", isTerminal: false, environment: { FORCE_COLOR: "1" }, expected: true },
  { rule: "takes FORCE_COLOR=0 for no", isTerminal: true, environment: { FORCE_COLOR: "0" }, expected: false },
  { rule: "is plain in CI", isTerminal: true, environment: { CI: "true" }, expected: false },
  { rule: "is plain on a dumb terminal", isTerminal: true, environment: { TERM: "dumb" }, expected: false },
  {
    rule: "obeys --no-color over all",
    flag: false,
    isTerminal: true,
    environment: { FORCE_COLOR: "1" },
    expected: false
  },
  { rule: "obeys --color over all", flag: true, isTerminal: false, environment: { NO_COLOR: "1" }, expected: true }
]

describe("wantsColour", () => {
  it.each(cases)("$rule", ({ environment, expected, flag, isTerminal }) => {
    assert.strictEqual(wantsColour({ flag, isTerminal, environment }), expected)
  })
})
