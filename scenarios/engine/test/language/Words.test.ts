import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { formatClock, formatDuration, parseDuration } from "../../src/language/Duration.ts"
import { editDistance, nearest } from "../../src/language/Nearest.ts"
import { substitute } from "../../src/language/Substitution.ts"

describe("parseDuration", () => {
  const cases = [
    { given: "90s", expected: 90_000 },
    { given: "1h4m12s", expected: 3_852_000 },
    { given: "+5m", expected: 300_000 },
    { given: "1.5h", expected: 5_400_000 },
    { given: "250ms", expected: 250 },
    { given: "2d", expected: 172_800_000 },
    { given: "5", expected: undefined },
    { given: "-5m", expected: undefined },
    { given: "5 m", expected: undefined },
    { given: "", expected: undefined }
  ]
  it.each(cases)("reads $given", ({ expected, given }) => {
    assert.strictEqual(parseDuration(given), expected)
  })

  it.prop("reads back what formatDuration writes, to the second", { seconds: Schema.Int }, ({ seconds }) => {
    const millis = Math.abs(seconds % 1_000_000) * 1000
    assert.strictEqual(parseDuration(formatDuration(millis)), millis)
  })

  it("writes times as clocks", () => {
    assert.strictEqual(formatClock(90_061_250), "25:01:01")
    assert.strictEqual(formatClock(90_061_250, { millis: true }), "25:01:01.250")
  })
})

describe("nearest", () => {
  it("counts a swap of neighbours as one edit", () => {
    assert.strictEqual(editDistance("deletin", "deleting"), 1)
    assert.strictEqual(editDistance("fualt", "fault"), 1)
  })
  it("gives nothing when nothing is near", () => {
    assert.strictEqual(nearest("banana", ["fault", "wait", "hold"]), undefined)
  })
})

describe("substitute", () => {
  const values = { NAME: "demo", EMPTY: "" }
  const cases = [
    { rule: "fills in a value", given: "a ${NAME} b", expected: "a demo b" },
    { rule: "takes the default of what is not given", given: "${NO:-x}${NO:=y}${NO-z}", expected: "xyz" },
    {
      rule: "takes the default of an empty value only with a colon",
      given: "[${EMPTY:-x}][${EMPTY-x}]",
      expected: "[x][]"
    },
    { rule: "gives the length", given: "${#NAME}", expected: "4" },
    { rule: "leaves an escaped one alone", given: "$${NAME}", expected: "${NAME}" },
    { rule: "leaves a bare dollar alone", given: "$NAME $5", expected: "$NAME $5" }
  ]
  it.each(cases)("$rule", ({ expected, given }) => {
    const { problems, text } = substitute(given, values)
    assert.strictEqual(text, expected)
    assert.deepStrictEqual(problems, [])
  })
  it("reports what has no value, and forms it does not know", () => {
    assert.deepStrictEqual(
      substitute("${NO} ${NAME/a/b}", values).problems.map(({ offset }) => offset),
      [0, 6]
    )
  })
})
