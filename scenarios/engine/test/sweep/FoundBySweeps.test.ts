import { assert, describe, it } from "@effect/vitest"
import { type Perturbation, Sweep } from "../../src/index.ts"
import { cataloguePlan } from "./CataloguePlan.ts"

/** What sweeps of the catalogue have found, at the place where they found it. */
const found: ReadonlyArray<{
  readonly rule: string
  readonly cell: string
  readonly perturbation: Perturbation
}> = [
  {
    rule: "a manager that comes back calls no Machine unready for not having connected to its cluster yet",
    cell: "provider=aws",
    perturbation: { _tag: "crash", when: "before", operation: "workload.patch", n: 7 }
  },
  {
    rule: "of two machines that two leaders made to initialise a cluster, the second joins as the first would have",
    cell: "provider=dev",
    perturbation: { _tag: "leaders", operation: "kubernetes.patch", n: 1 }
  }
]

describe("found by sweeps", () => {
  it.each(found)("$rule", ({ cell, perturbation }) => {
    const plan = cataloguePlan("instance-kill/worker.yaml", cell)
    const { differences, result } = new Sweep({ plan, seed: 0 }).run(perturbation)
    assert.strictEqual(result.problem, undefined)
    assert.isTrue(result.passed)
    assert.deepStrictEqual(differences, [])
  })
})
