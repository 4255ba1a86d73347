import { assert, describe, it } from "@effect/vitest"
import { always, type Distribution, latencies, quantile, spread } from "../src/index.ts"

describe("distributions", () => {
  it("a spread goes through its median and its 95th percentile", () => {
    const distribution = spread(100, 400)
    assert.deepStrictEqual(
      [0, 0.25, 0.5, 0.95, 1].map((at) => quantile(distribution, at)),
      [50, 75, 100, 400, 800]
    )
  })

  it("a constant is always the same", () => {
    assert.deepStrictEqual(
      [0, 0.5, 1].map((at) => quantile(always(60), at)),
      [60, 60, 60]
    )
  })

  it("every latency rises from probability 0 to 1 and has whole milliseconds as its median", () => {
    for (const [name, distribution] of Object.entries<Distribution>(latencies)) {
      assert.strictEqual(distribution[0]?.[0], 0, name)
      assert.strictEqual(distribution.at(-1)?.[0], 1, name)
      distribution.reduce((before, after) => {
        assert.isTrue(after[0] > before[0] && after[1] >= before[1], name)
        return after
      })
      assert.isTrue(Number.isSafeInteger(quantile(distribution, 0.5)), name)
    }
  })

  it("without chance a new resource is visible at once", () => {
    assert.strictEqual(quantile(latencies.visibleById, 0.5), 0)
    assert.strictEqual(quantile(latencies.visibleByFilter, 0.5), 0)
  })
})
