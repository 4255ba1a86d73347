import { assert, describe, it } from "@effect/vitest"
import type { TraceEvent } from "@capstan/kernel"
import { formatPerturbation, type Perturbation, PlaceNotReached, Sweep, sweepFamilies } from "../../src/index.ts"
import { smallCluster } from "../simulated/SmallCluster.ts"

const plan = smallCluster()
const sweepWith = (seed: number) => new Sweep({ plan, seed })

/** Every so many, so that each part of the run has some. */
const some = (perturbations: ReadonlyArray<Perturbation>, every: number): ReadonlyArray<Perturbation> =>
  perturbations.filter((_, index) => index % every === 0)

const firstOfEach = (perturbations: ReadonlyArray<Perturbation>): ReadonlyArray<Perturbation> => [
  ...new Map(perturbations.toReversed().map((perturbation) => [perturbation._tag, perturbation])).values()
]

describe("a survey", () => {
  it("finds places of every family, the same ones each time, each named once, and counts those it leaves out", () => {
    const { families, reference } = sweepWith(0).survey(sweepFamilies)
    assert.isTrue(reference.passed)
    assert.deepStrictEqual(
      families.map(({ family }) => family),
      [...sweepFamilies]
    )
    for (const { family, perturbations, pruned } of families) {
      assert.isAbove(perturbations.length, 0, family)
      const names = perturbations.map(formatPerturbation)
      assert.strictEqual(new Set(names).size, names.length, family)
      if (family !== "lost") assert.isAbove(pruned, 0, family)
    }
    assert.deepStrictEqual(sweepWith(0).survey(sweepFamilies).families, families)
  })

  it("tries no crash twice in the same state of the world", () => {
    const sweep = sweepWith(0)
    const [crashes] = sweep.survey(["crash"]).families
    assert.isDefined(crashes)
    /** How often the world had changed when the manager died: by a write, in the cloud, or inside a machine. */
    const changesBefore = (perturbation: Perturbation): number => {
      let changes = 0
      let dead = false
      const isChange = ({ ids, kind, resource }: TraceEvent): boolean =>
        kind === "dev" ? ids !== undefined : kind === "write" ? resource !== "Event" : !kind.startsWith("reconcile")
      sweep.run(perturbation, {
        fromStart: true,
        listen: (event) => {
          dead ||= event.kind === "process.killed"
          if (!dead && isChange(event)) changes++
        }
      })
      return changes
    }
    const changes = crashes.perturbations.slice(20, 28).map(changesBefore)
    assert.deepStrictEqual(
      changes,
      [...new Set(changes)].sort((a, b) => a - b)
    )
  })
})

describe("a crash", () => {
  it.each([0, 7])("forked from a snapshot is the run from the start, to the byte, with seed %i", (seed) => {
    const sweep = sweepWith(seed)
    const [crashes] = sweep.survey(["crash"]).families
    const chosen = some(crashes?.perturbations ?? [], 40)
    assert.isAbove(chosen.length, 4)
    for (const perturbation of chosen) {
      const forked = sweep.run(perturbation)
      const fromStart = sweep.run(perturbation, { fromStart: true })
      assert.strictEqual(forked.result.traceHash, fromStart.result.traceHash, formatPerturbation(perturbation))
      assert.deepStrictEqual(forked.differences, fromStart.differences)
    }
  })

  it("can be asked for in any order", () => {
    const sweep = sweepWith(0)
    const [crashes] = sweep.survey(["crash"]).families
    const [first, second] = some(crashes?.perturbations ?? [], 40)
    assert.isDefined(first)
    assert.isDefined(second)
    const late = sweep.run(second).result.traceHash
    const early = sweep.run(first).result.traceHash
    assert.strictEqual(sweep.run(second).result.traceHash, late)
    assert.notStrictEqual(early, late)
  })

  it("at any of these places is survived, and leaves behind what the undisturbed run does", () => {
    const sweep = sweepWith(0)
    const [crashes] = sweep.survey(["crash"]).families
    for (const perturbation of some(crashes?.perturbations ?? [], 19)) {
      const { differences, result } = sweep.run(perturbation)
      assert.isTrue(result.passed, formatPerturbation(perturbation))
      assert.deepStrictEqual(differences, [], formatPerturbation(perturbation))
    }
  })

  it("at a place that the run does not have is refused", () => {
    assert.throws(
      () => sweepWith(0).run({ _tag: "crash", when: "after", operation: "dev.createMachine", n: 99 }),
      PlaceNotReached,
      "the run never comes to crash@after:dev.createMachine:99"
    )
  })
})

describe("every other perturbation", () => {
  const sweep = sweepWith(0)
  const { families } = sweep.survey(["lost", "unobserved", "stale", "leaders"])
  const chosen = families.flatMap(({ perturbations }) => firstOfEach(perturbations))

  it("has a place in the run", () => {
    assert.deepStrictEqual(chosen.map(({ _tag }) => _tag).sort(), [
      "coalesce",
      "delay",
      "drop",
      "duplicate",
      "leaders",
      "lost",
      "stale"
    ])
  })

  it.each(chosen.filter(({ _tag }) => _tag !== "leaders").map((each) => [formatPerturbation(each), each] as const))(
    "%s strikes once, is survived, and is the same twice",
    (name, perturbation) => {
      const struck: Array<unknown> = []
      const { differences, result } = sweep.run(perturbation, {
        listen: (event) => void (event.kind === "perturbation" && struck.push(event["perturbation"]))
      })
      assert.deepStrictEqual(struck, [name])
      assert.isTrue(result.passed)
      assert.deepStrictEqual(differences, [])
      assert.strictEqual(sweep.run(perturbation).result.traceHash, result.traceHash)
    }
  )

  it("a second leader works beside the first, which is gone after a lease", () => {
    const leaders = chosen.find(({ _tag }) => _tag === "leaders")
    assert.isDefined(leaders)
    const lives: Array<string> = []
    sweep.run(leaders, {
      listen: ({ kind, process, t }) => {
        if (kind === "process.started" || kind === "process.killed") lives.push(`${kind} ${String(process)} ${t}`)
      }
    })
    const [first, second, gone] = lives
    const startedAt = Number(second?.split(" ")[2])
    assert.strictEqual(first, "process.started manager 0")
    assert.strictEqual(second, `process.started manager-2 ${startedAt}`)
    assert.strictEqual(gone, `process.killed manager ${startedAt + 15_000}`)
  })
})
