import { assert, describe, it } from "@effect/vitest"
import { plainProgress, progressLine } from "../../src/report/Progress.ts"

const state = { done: 5, failed: 1, total: 20, elapsedMillis: 9600, latest: "zone-outage" }

describe("progress", () => {
  it("is a bar on a terminal", () => {
    assert.strictEqual(
      progressLine(state, 80),
      ` ${"█".repeat(5)}${"░".repeat(15)} 5/20, 1 failed · 9.6s · zone-outage`
    )
  })

  it("never wraps", () => {
    assert.strictEqual(progressLine(state, 20).length, 19)
  })

  it("is a sentence in a log", () => {
    assert.strictEqual(plainProgress(state), "5 of 20 runs done, 1 failed after 9.6s")
  })
})
