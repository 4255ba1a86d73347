import { catalogue } from "@capstan/catalogue"
import { type RunResult, simulate } from "@capstan/engine"
import { assert, describe, it } from "@effect/vitest"
import { cellOf, loadFile } from "./CatalogueFiles.ts"

/** Everything that a run did not keep, as sentences. Empty when it passed. */
const complaints = (result: RunResult): ReadonlyArray<string> => [
  ...(result.problem === undefined ? [] : [`${result.problem.kind}: ${result.problem.message}`]),
  ...result.expectations
    .filter(({ status }) => status === "violated")
    .map(({ id, line, message }) => `${id} (line ${line}): ${message ?? ""}`),
  ...result.invariants.flatMap(({ id, violations }) => violations.map(({ message }) => `${id}: ${message}`))
]

const cells = catalogue.flatMap(({ file }) =>
  loadFile(file).plans.map((plan) => ({ plan, seed: plan.seeds[0] ?? 0, title: `${file} ${cellOf(plan)}`.trim() }))
)

describe("every cell of every scenario", () => {
  it.each(cells)("$title passes with seed $seed, and the same way twice", { timeout: 120_000 }, ({ plan, seed }) => {
    const first = simulate({ plan, seed, keepTrace: "hash" }).result
    assert.deepStrictEqual(complaints(first), [])
    assert.strictEqual(simulate({ plan, seed, keepTrace: "hash" }).result.traceHash, first.traceHash)
  })
})
