import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { identityOf, shareOf } from "../../src/run/Sharding.ts"
import { groupsOf } from "../../src/report/TestReport.ts"
import { plan } from "../report/Canned.ts"

const between = (minimum: number, maximum: number) =>
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))
const sizes = Schema.Array(between(1, 30)).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(6)))

/** A scenario for each number, with so many seeds. */
const groupsOfSizes = (counts: ReadonlyArray<number>) =>
  groupsOf(
    counts.map((count, number) =>
      plan({ name: `scenario-${number}`, seeds: Array.from({ length: count }, (_, seed) => seed) })
    ),
    undefined
  )

const keysOf = (groups: ReturnType<typeof groupsOf>): ReadonlyArray<string> =>
  groups.flatMap(({ jobs, name }) => jobs.map(({ seed }) => `${name} ${seed}`))

describe("shareOf", () => {
  it.prop(
    "deals out every run once, evenly over all and over each scenario, numbered as reports need it",
    { counts: sizes, total: between(1, 12) },
    ({ counts, total }) => {
      const groups = groupsOfSizes(counts)
      const parts = Array.from({ length: total }, (_, index) => shareOf(groups, { index: index + 1, total }))
      assert.deepStrictEqual(parts.flatMap((part) => keysOf(part.groups)).sort(), [...keysOf(groups)].sort())
      const even = (sizes: ReadonlyArray<number>): boolean => Math.max(...sizes) - Math.min(...sizes) <= 1
      assert.isTrue(even(parts.map((part) => keysOf(part.groups).length)))
      for (const { name } of groups) {
        assert.isTrue(even(parts.map((part) => part.groups.find((group) => group.name === name)?.jobs.length ?? 0)))
      }
      for (const part of parts) {
        const jobs = part.groups.flatMap((group) => group.jobs)
        assert.deepStrictEqual(
          jobs.map(({ index }) => index),
          [...jobs.keys()]
        )
        assert.strictEqual(part.share.whole, identityOf(groups))
      }
    }
  )

  it("counts in a sweep what the shard itself tries", () => {
    const [group] = groupsOf([plan({ seeds: [1] })], undefined)
    const [job] = group?.jobs ?? []
    if (group === undefined || job === undefined) return assert.fail()
    const places = ["crash@after:ec2.RunInstances:1", "crash@after:ec2.RunInstances:2", "lost@ec2.RunInstances:1"]
    const jobs = [job, ...places.map((perturbation, index) => ({ ...job, index: index + 1, perturbation }))]
    const sweep = [
      { family: "crash", tried: 2, pruned: 5 },
      { family: "lost", tried: 1, pruned: 0 }
    ] as const
    const { groups } = shareOf([{ ...group, jobs, sweep }], { index: 2, total: 2 })
    assert.deepStrictEqual(
      groups[0]?.sweep?.map(({ tried }) => tried),
      [1, 1]
    )
  })
})

describe("identityOf", () => {
  const groups = (given: Parameters<typeof plan>[0]) => groupsOf([plan(given)], undefined)

  it.each([{ fingerprint: "changed" }, { seeds: [8] }, { name: "other" }, { cell: { zone: "c" } }])(
    "is another one with %j",
    (given) => {
      assert.notStrictEqual(identityOf(groups(given)), identityOf(groups({})))
    }
  )

  it("does not depend on where the files stand", () => {
    const elsewhere = { plan: { input: { path: "/else/zone.yaml", shown: "zone.yaml", variables: {} }, index: 0 } }
    assert.strictEqual(identityOf(groups(elsewhere)), identityOf(groups({})))
  })
})
