import { assert, describe, it } from "@effect/vitest"
import { exitCodeMeanings, ExitCode, mostAlarming } from "../src/ExitCode.ts"

describe("exit codes", () => {
  it("all have a meaning, and no code has two", () => {
    const codes = Object.values(ExitCode).sort((a, b) => a - b)
    assert.deepStrictEqual(
      exitCodeMeanings.map(([code]) => code),
      codes
    )
  })

  it("rank a defect above a broken promise of determinism above a failure", () => {
    assert.strictEqual(mostAlarming([0, 1, 6, 70, 4]), 70)
    assert.strictEqual(mostAlarming([4, 1, 6]), 6)
    assert.strictEqual(mostAlarming([4, 0, 1]), 1)
    assert.strictEqual(mostAlarming([]), 0)
  })
})
