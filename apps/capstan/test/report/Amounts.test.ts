import { assert, describe, it } from "@effect/vitest"
import { counted, formatCount, formatSpan, thousands } from "../../src/report/Amounts.ts"

describe("amounts", () => {
  it.each([
    [0, "0ms"],
    [850, "850ms"],
    [9600, "9.6s"],
    [60_000, "60s"],
    [45 * 60_000, "45m"],
    [20 * 3_600_000, "20h"],
    [130 * 60_000, "2h10m"],
    [1234 * 3_600_000, "1,234h"]
  ])("formatSpan(%d) is %s", (millis, expected) => {
    assert.strictEqual(formatSpan(millis), expected)
  })

  it("counts as people do", () => {
    assert.deepStrictEqual([thousands(8670.4), formatCount(812), formatCount(3_100_000)], ["8,670", "812", "3.1M"])
    assert.deepStrictEqual([counted(1, "run"), counted(2000, "run")], ["1 run", "2,000 runs"])
    assert.deepStrictEqual([counted(1, "try", "tries"), counted(2, "try", "tries")], ["1 try", "2 tries"])
  })
})
