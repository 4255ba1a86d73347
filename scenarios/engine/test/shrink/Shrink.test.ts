import { failureReasons, oneRunOf, reductions, type ScenarioDocument, shrink } from "@capstan/engine"
import { RandomStream } from "@capstan/kernel"
import { assert, describe, it } from "@effect/vitest"

type Step = ScenarioDocument["spec"]["steps"][number]

const scenario = (steps: ReadonlyArray<Step>, more: Partial<ScenarioDocument["spec"]> = {}): ScenarioDocument => ({
  apiVersion: "scenario.capstan.dev/v1alpha1",
  kind: "Scenario",
  metadata: { name: "big", labels: { tier: "nightly" } },
  spec: {
    given: { manifests: [{ file: "cluster.yaml", substitute: { WORKERS: 7 } }, { file: "more.yaml" }] },
    let: { a: { kind: "Machine" }, b: { kind: "Cluster" } },
    steps: [...steps],
    expect: [
      { id: "good", always: "true" },
      { id: "bad", always: "false" }
    ],
    ...more
  }
})

const marks = (count: number): ReadonlyArray<Step> =>
  Array.from({ length: count }, (_, index) => ({ mark: `m${index}`, at: "+45m" }))

const textOf = ({ spec }: ScenarioDocument): ReadonlyArray<string> => spec.steps.map(({ mark }) => mark ?? "")

describe("shrink", () => {
  it("finds the two steps of twenty that it takes, wherever they are, and leaves out all else", () => {
    const stream = new RandomStream(1, "test")
    for (let round = 0; round < 30; round++) {
      const culprits = [`m${stream.below(20)}`, `m${stream.below(20)}`]
      const { document, minimal, seed, tries } = shrink({
        document: scenario(marks(20)),
        seed: 107,
        reason: "invariant I4",
        failsBy: (candidate) =>
          culprits.every((mark) => textOf(candidate).includes(mark)) ? ["invariant I4", "problem settle"] : [],
        mayGoOn: () => true
      })
      assert.deepStrictEqual(new Set(textOf(document)), new Set(culprits))
      assert.isTrue(minimal)
      assert.strictEqual(seed, 0)
      assert.isAtMost(tries, 150)
      assert.deepStrictEqual(document.spec.given.manifests, [])
      assert.deepStrictEqual(document.spec.let, {})
      assert.deepStrictEqual(document.spec.expect, [])
      assert.isTrue(document.spec.steps.every(({ at }) => at === undefined))
    }
  })

  it("gives what no single reduction makes smaller", () => {
    const fails = ({ spec }: ScenarioDocument): boolean =>
      spec.given.manifests.some(({ substitute }) => Number(substitute?.["WORKERS"] ?? 0) >= 3) &&
      spec.steps.filter(({ fault }) => fault !== undefined).length >= 2 &&
      spec.expect.some(({ id }) => id === "bad")
    const failsBy = (candidate: ScenarioDocument): ReadonlyArray<string> =>
      fails(candidate) ? ["expectation bad"] : []
    const faults: ReadonlyArray<Step> = Array.from({ length: 6 }, () => ({
      fault: "api.throttle",
      with: { service: "ec2", probability: 0.5 },
      for: "40m"
    }))
    const { document } = shrink({
      document: scenario([...faults, ...marks(3)]),
      seed: 0,
      reason: "expectation bad",
      failsBy,
      mayGoOn: () => true
    })
    assert.isTrue(fails(document))
    for (const candidate of reductions(document, "bad")) assert.isFalse(fails(candidate), JSON.stringify(candidate))
    assert.strictEqual(document.spec.given.manifests[0]?.substitute?.["WORKERS"], 3)
  })

  it("stops when time is up, with what it has by then", () => {
    let left = 5
    const { minimal, tries } = shrink({
      document: scenario(marks(20)),
      seed: 0,
      reason: "problem settle",
      failsBy: (candidate) => (textOf(candidate).includes("m3") ? ["problem settle"] : []),
      mayGoOn: () => left-- > 0
    })
    assert.isFalse(minimal)
    assert.strictEqual(tries, 5)
  })

  it("does not take another failure for the one it was given", () => {
    const { document } = shrink({
      document: scenario(marks(4)),
      seed: 0,
      reason: "invariant I1",
      failsBy: (candidate) => (candidate.spec.steps.length === 4 ? ["invariant I1"] : ["invariant I2"]),
      mayGoOn: () => true
    })
    assert.strictEqual(document.spec.steps.length, 4)
  })
})

describe("one run of a scenario", () => {
  it("has the values of its cell, and nothing that selects or repeats", () => {
    const document = scenario(marks(1), {
      vars: { zone: { type: "string", default: "a", enum: ["a", "b"] } },
      matrix: { axes: { zone: ["a", "b"] } },
      seeds: [1, 2, 3],
      requires: { capabilities: ["zone.outage"] }
    })
    const { metadata, spec } = oneRunOf({ document, cell: { zone: "b" }, variables: { zone: "b" } })
    assert.deepStrictEqual(metadata, { name: "big" })
    assert.deepStrictEqual(spec.vars, { zone: { type: "string", default: "b" } })
    assert.deepStrictEqual(spec.matrix, { axes: { zone: ["b"] } })
    assert.isUndefined(spec.seeds)
    assert.isUndefined(spec.requires)
  })
})

describe("why a run failed", () => {
  const none = { problem: undefined, invariants: [], expectations: [] }
  const expectation = { kind: "always", text: "", line: 1, column: 1, atMillis: 1, message: undefined } as const

  it("is named with the gravest first, and the same wherever it happens", () => {
    const defect = (message: string) =>
      failureReasons({ ...none, problem: { kind: "defect", atMillis: 0, message, waitingFor: [] } })
    assert.deepStrictEqual(failureReasons(none), [])
    assert.deepStrictEqual(defect("i-0123456789 died 3 times\nat x"), defect("i-0fedcba987 died 14 times"))
    assert.deepStrictEqual(
      failureReasons({
        problem: { kind: "settle", atMillis: 0, message: "", waitingFor: [] },
        invariants: [
          { id: "I1", rule: "", violations: [] },
          { id: "I4", rule: "", violations: [{ atMillis: 0, message: "" }] }
        ],
        expectations: [
          { ...expectation, id: "a", status: "met" },
          { ...expectation, id: "b", status: "violated" },
          { ...expectation, id: "c", status: "violated", atMillis: undefined }
        ]
      }),
      ["invariant I4", "expectation b", "problem settle"]
    )
  })
})
