import {
  Choices,
  exploredScenario,
  exploreProfiles,
  type ExploreProfileName,
  loadScenarios,
  neighbour,
  simulatedKinds,
  Steering
} from "@capstan/engine"
import { RandomStream } from "@capstan/kernel"
import { assert, describe, it } from "@effect/vitest"
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const manifests = fileURLToPath(new URL("../../../catalogue/manifests/", import.meta.url))
const profiles = Object.keys(exploreProfiles) as ReadonlyArray<ExploreProfileName>

const scenarioOf = (choices: Choices, profile: ExploreProfileName, seed = 1) =>
  exploredScenario({ choices, profile, name: `explored-${seed}`, seed, folder: manifests })

const plansOf = (document: unknown) =>
  loadScenarios({
    file: "explored",
    text: JSON.stringify(document),
    manifests: { read: (path) => (existsSync(path) ? { path, text: readFileSync(path, "utf8") } : undefined) },
    kinds: simulatedKinds
  })

describe("explored scenarios", () => {
  it.each(profiles)("of profile %s can be read, whatever the seed", (profile) => {
    for (let seed = 0; seed < 150; seed++) {
      assert.deepStrictEqual(plansOf(scenarioOf(new Choices(seed), profile, seed)).diagnostics, [])
    }
  })

  it("are the same for the same choices", () => {
    const first = new Choices(7)
    const document = scenarioOf(first, "all")
    assert.deepStrictEqual(scenarioOf(new Choices(7), "all"), document)
    assert.deepStrictEqual(scenarioOf(new Choices(99, first.taken), "all"), document)
  })

  it("use every kind of fault, and hold to their profile", () => {
    const faults = new Set<string>()
    for (let seed = 0; seed < 300; seed++) {
      for (const { fault } of scenarioOf(new Choices(seed), "faults").spec.steps)
        if (fault !== undefined) faults.add(fault)
      const changes = scenarioOf(new Choices(seed), "changes").spec.steps
      assert.isTrue(changes.every(({ fault }) => fault === undefined))
    }
    assert.deepStrictEqual([...faults].sort(), [
      "api.error",
      "api.latency",
      "api.throttle",
      "compute.hang",
      "compute.reboot",
      "compute.stop",
      "compute.terminate",
      "controller.crash",
      "lb.deregister",
      "zone.capacity",
      "zone.outage"
    ])
  })

  it("have neighbours that can be read, too", () => {
    const stream = new RandomStream(3, "test")
    for (let seed = 0; seed < 100; seed++) {
      const choices = new Choices(seed)
      scenarioOf(choices, "all")
      const near = neighbour(choices.taken, stream)
      assert.strictEqual(near.length, choices.taken.length)
      assert.isAtMost(near.filter((value, index) => value !== choices.taken[index]).length, 4)
      assert.deepStrictEqual(plansOf(scenarioOf(new Choices(seed, near), "all", seed)).diagnostics, [])
    }
  })
})

describe("steering", () => {
  it("counts states, tells the new ones, and goes back to what found them", () => {
    const steering = new Steering(1)
    assert.deepStrictEqual(steering.learn([0.25, 0.5], ["a", "b"]), ["a", "b"])
    assert.deepStrictEqual(steering.learn([0.75], ["b"]), [])
    assert.deepStrictEqual(
      [...steering.states],
      [
        ["a", 1],
        ["b", 2]
      ]
    )
    // A neighbour of two choices keeps one of them in many cases; new choices keep none.
    const drawn = Array.from({ length: 200 }, (_, seed) => steering.next(seed))
    const kept = drawn.filter((choices) =>
      [choices.unit(), choices.unit()].some((value) => [0.25, 0.5].includes(value))
    )
    assert.isAtLeast(kept.length, 10)
    assert.isAtMost(kept.length, 110)
  })
})
