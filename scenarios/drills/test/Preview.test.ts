import { assert, describe, it } from "@effect/vitest"
import { drawsOf, findLeaks, pickSome, previewDrill, previewLines } from "../src/index.ts"
import { aPlan, aWorld, cluster, imprint } from "./DrillWorld.ts"

const steps = `
- { id: stop, fault: compute.stop, target: { from: workers, pick: { count: 2 } }, for: 5m }
- { id: dark, fault: zone.outage, with: { zone: eu-west-1b, effects: [network-cut] }, for: 5m }
- { id: out, fault: lb.deregister, target: { from: cps }, for: 5m }
`.trim()

describe("a preview", () => {
  it("names the very resources that the drill then touches", () => {
    for (const seed of [0, 3]) {
      const world = aWorld()
      const plan = aPlan(steps)
      const preview = world.run(previewDrill({ plan, caller: world.caller, seed }))
      const outcome = world.drill(plan, undefined, world.caller, seed)
      assert.isTrue(typeof outcome === "object" && "verdict" in outcome && outcome.verdict === "passed")
      if (typeof outcome === "object" && "hit" in outcome) assert.sameMembers([...outcome.hit], [...preview.hit])
    }
  })

  it("calls nothing that changes anything", () => {
    const world = aWorld()
    const before = imprint(world.aws.view())
    const lines = previewLines(world.run(previewDrill({ plan: aPlan(steps), caller: world.caller })))
    assert.deepStrictEqual(imprint(world.aws.view()), before)
    assert.strictEqual(world.disk(), "")
    const [, , third = ""] = world.subnets
    assert.isTrue(
      lines.some((line) => line.includes(`stop ${[...world.workers].sort()[0]} by force`)),
      lines.join("\n")
    )
    assert.isTrue(lines.some((line) => line.includes(`cut ${world.subnets[1]} off`)))
    assert.isFalse(lines.some((line) => line.includes(third)))
  })

  it("says what would be refused", () => {
    const world = aWorld()
    const plan = aPlan("- { id: all, fault: compute.terminate, target: { from: vms, pick: { all: true } } }")
    const [step] = world.run(previewDrill({ plan, caller: world.caller })).steps
    assert.match(step?.problem ?? "", /7 instances would be hit/)
  })
})

describe("picking", () => {
  it("takes the first ones with seed 0, and always the same ones with any other", () => {
    const all = ["a", "b", "c", "d", "e", "f"]
    assert.deepStrictEqual(pickSome(all, { count: 2 }, drawsOf(0)), ["a", "b"])
    assert.deepStrictEqual(pickSome(all, { percent: 40 }, drawsOf(0)), ["a", "b", "c"])
    assert.deepStrictEqual(pickSome(all, undefined, drawsOf(0)), ["a"])
    const picks = Array.from({ length: 20 }, (_, seed) => pickSome(all, { count: 2 }, drawsOf(seed)).join(""))
    assert.deepStrictEqual(
      picks,
      Array.from({ length: 20 }, (_, seed) => pickSome(all, { count: 2 }, drawsOf(seed)).join(""))
    )
    assert.isAbove(new Set(picks).size, 5)
  })
})

describe("leaks", () => {
  it("are what is owned by clusters that do not exist, and nothing of strangers", () => {
    const world = aWorld()
    assert.deepStrictEqual(world.run(findLeaks([cluster])), [])
    const leaks = world.run(findLeaks(["another"]))
    assert.sameMembers(
      leaks.map(({ id }) => id),
      [
        world.vpc,
        ...world.subnets,
        world.controlPlane,
        ...world.workers,
        "demo-apiserver",
        "aws.cluster.x-k8s.io/demo-0"
      ]
    )
    assert.isTrue(leaks.every((leak) => leak.cluster === cluster))
  })
})
