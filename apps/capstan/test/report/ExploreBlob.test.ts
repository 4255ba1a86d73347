import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import {
  exploreBlobText,
  exploredText,
  type ExploreOpening,
  isExploreBlob,
  mergeExplorations,
  readExploreBlob
} from "../../src/report/ExploreBlob.ts"

const opening: ExploreOpening = { capstan: "0.1.0", share: { index: 1, total: 2 }, profile: "all", seed: 1, runs: 4 }
const stuck = "settle"

const blob = (index: number, given: Partial<ExploreOpening> = {}) => {
  const runs = [
    { seed: index * 10, reasons: index === 2 ? [stuck] : [], virtualMillis: 1000 },
    { seed: index * 10 + 1, reasons: [stuck], virtualMillis: 500 }
  ]
  const text = exploreBlobText({ ...opening, share: { index, total: 2 }, ...given }, runs, {
    interrupted: false,
    wallMillis: 100,
    states: { "fault zone.outage": index, [`state ${index}`]: 1 }
  })
  assert.isTrue(isExploreBlob(text))
  return Result.getOrThrow(readExploreBlob(`${index}.ndjson`, text))
}

describe("mergeExplorations", () => {
  it("adds up runs, reasons and states, in the order of shards", () => {
    const explored = Result.getOrThrow(mergeExplorations([blob(2), blob(1)]))
    assert.deepInclude(explored, { runs: 4, failed: 3, virtualMillis: 3000, wallMillis: 200, missing: [] })
    assert.deepStrictEqual(explored.reasons, [{ reason: stuck, runs: 3, firstSeed: 11 }])
    assert.deepStrictEqual(explored.states, { "fault zone.outage": 3, "state 1": 1, "state 2": 1 })
    assert.include(exploredText(explored), "4 explored | 3 failed, for 1 reason")
  })

  it("names what is missing", () => {
    assert.deepStrictEqual(Result.getOrThrow(mergeExplorations([blob(2)])).missing, [1])
  })

  it("refuses what does not belong together", () => {
    const refusal = (...args: Parameters<typeof mergeExplorations>) =>
      Result.getOrUndefined(Result.flip(mergeExplorations(...args)))
    assert.include(refusal([blob(1), blob(2, { seed: 7 })]), "are of different explorations")
    assert.include(refusal([blob(1), blob(2, { capstan: "0.2.0" })]), "are of different explorations")
    assert.include(refusal([blob(1), blob(1)]), "are both shard 1/2")
    assert.include(refusal([]), "nothing to merge")
  })
})
