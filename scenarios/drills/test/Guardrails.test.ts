import { assert, describe, it } from "@effect/vitest"
import { loadScenarios, simulatedKinds } from "@capstan/engine"
import { Effect } from "effect"
import { obstacles, type Caller, drillTags, ownershipTag, StopSwitch, tagStop } from "../src/index.ts"
import { aPlan, aWorld, cluster, guardrails, imprint, region } from "./DrillWorld.ts"

const terminate = (count: number) =>
  `- { id: hit, fault: compute.terminate, target: { from: vms, where: "it.state == 'running'", pick: { count: ${count} } } }`
const stop = `- { id: hit, fault: compute.stop, target: { from: workers, where: "it.state == 'running'" }, for: 1m }`
const cut = `- { id: hit, fault: zone.outage, with: { zone: ${region}a, effects: [network-cut] }, for: 1m }`

const rails = (lines: string) => `${guardrails.trimEnd()}\n${lines.replace(/^/gm, "      ")}\n`

/** The verdict and the reason, for reports; whatever else came of it as it is. */
const outcomeOf = (outcome: ReturnType<ReturnType<typeof aWorld>["drill"]>) => {
  if (outcome === "killed") return outcome
  if ("failed" in outcome) return String((outcome.failed as { readonly message?: string }).message)
  return `${outcome.verdict}: ${outcome.reason ?? ""}`
}

/** Drills that a guardrail must stop, and the words in which it does. */
const refused = [
  {
    rule: "more targets than allowed",
    steps: terminate(6),
    rails: "",
    says: /^refused: step 'hit': 6 instances would be hit; maxTargets 5 allow 5$/
  },
  {
    rule: "a larger share than allowed",
    steps: terminate(2),
    rails: "maxPercent: 20",
    says: /2 instances would be hit; maxTargets 5 and maxPercent 20 of 7 instances allow 1/
  },
  {
    rule: "a zone with more machines than allowed",
    steps: cut,
    rails: "maxPercent: 30",
    says: /3 instances would be hit/
  },
  {
    rule: "a target without a required tag",
    steps: stop,
    rails: "requireTags: { chaos: allowed }",
    says: /does not carry the tag chaos=allowed/
  }
]

describe("guardrails", () => {
  it.each(refused)("refuse $rule, and nothing is done", ({ rails: lines, says, steps }) => {
    const world = aWorld()
    const before = imprint(world.aws.view())
    assert.match(outcomeOf(world.drill(aPlan(steps, rails(lines)))), says)
    world.wait("10 minutes")
    assert.deepStrictEqual(imprint(world.aws.view()), before)
  })

  it.each([
    { rule: "another account", caller: { account: "999999999999" }, says: /belong to account 999999999999/ },
    { rule: "another region", caller: { region: "us-east-1" }, says: /the region is us-east-1/ }
  ])("refuse $rule before anything is looked at", ({ caller, says }) => {
    const world = aWorld()
    const calls = world.aws.calls().length
    const outcome = world.drill(aPlan(stop), undefined, { ...world.caller, ...caller } satisfies Caller)
    assert.match(outcomeOf(outcome), says)
    assert.strictEqual(world.aws.calls().length, calls)
    assert.strictEqual(world.disk(), "")
  })

  it("count what was hit over the whole drill", () => {
    const again =
      "- { id: more, fault: compute.terminate, target: { from: workers, where: \"it.state == 'running'\", pick: { count: 3 } } }"
    const world = aWorld()
    const outcome = world.drill(aPlan(`${terminate(3)}\n${again}`))
    assert.match(outcomeOf(outcome), /step 'more': 6 instances would be hit/)
  })

  it("look at the target's tags at the moment of the act, not before", () => {
    const world = aWorld()
    const outcome = world.drill(aPlan(stop), (call) => {
      // Somebody takes the ownership away after the drill has chosen, and before it acts.
      if (call.service === "ec2" && call.operation === "DescribeVpcs") {
        for (const id of world.workers) {
          const Tags = [{ Key: ownershipTag(cluster) }]
          world.aws.outOfBand("ec2", "DeleteTags", { Resources: [id], Tags })
        }
      }
      return { _tag: "None" }
    })
    assert.match(outcomeOf(outcome), /nothing in 'workers' matches|is not tagged as owned by cluster 'demo'/)
    assert.isTrue(world.aws.view().instances.every(({ state }) => state === "running"))
  })

  it("refuse a subnet in which a stranger's instance runs", () => {
    const world = aWorld()
    const [first = ""] = world.workers
    world.aws.outOfBand("ec2", "DeleteTags", { Resources: [first], Tags: [{ Key: ownershipTag(cluster) }] })
    const before = imprint(world.aws.view())
    assert.match(outcomeOf(world.drill(aPlan(cut))), new RegExp(`${first} in .* is not owned by cluster 'demo'`))
    assert.deepStrictEqual(imprint(world.aws.view()), before)
  })

  it("end the drill and undo it when a stop condition comes true", () => {
    const world = aWorld()
    const before = imprint(world.aws.view())
    const lines = `stopWhen: ["workers.filter(w, w.state == 'running').size() < 6"]`
    const steps = `${stop.replace("for: 1m", "for: 20m")}\n- { id: rest, hold: 10m }`
    assert.match(outcomeOf(world.drill(aPlan(steps, rails(lines)))), /^stopped: stop condition: workers/)
    world.wait("10 minutes")
    assert.deepStrictEqual(imprint(world.aws.view()), before)
  })

  it("end the drill and undo it when its longest duration is over", () => {
    const world = aWorld()
    const before = imprint(world.aws.view())
    const begun = world.kernel.now()
    const steps = `${stop.replace("for: 1m", "for: 50m")}\n- { id: rest, hold: 55m }`
    assert.match(outcomeOf(world.drill(aPlan(steps))), /^refused: the longest duration of 30m is over/)
    assert.isBelow(world.kernel.now() - begun, 33 * 60_000)
    world.wait("10 minutes")
    assert.deepStrictEqual(imprint(world.aws.view()), before)
  })
})

describe("the kill switch", () => {
  it("keeps a drill from beginning while its file is there", () => {
    const world = aWorld()
    world.run(Effect.flatMap(StopSwitch, ({ pull }) => pull))
    assert.match(outcomeOf(world.drill(aPlan(stop))), /the kill switch is pulled: memory/)
    world.run(Effect.flatMap(StopSwitch, ({ lift }) => lift))
    assert.match(outcomeOf(world.drill(aPlan(stop))), /^passed/)
  })

  it("ends a drill in the middle by a tag, and what it did is undone", () => {
    const world = aWorld()
    const before = imprint(world.aws.view())
    let stopped = false
    const outcome = world.drill(aPlan(`${stop.replace("for: 1m", "for: 20m")}\n- { id: rest, hold: 10m }`), (call) => {
      if (call.operation === "StopInstances") stopped = true
      else if (stopped && call.operation === "DescribeInstances") {
        world.aws.outOfBand("ec2", "CreateTags", {
          Resources: [world.vpc],
          Tags: [{ Key: drillTags.stop, Value: "pulled" }]
        })
      }
      return { _tag: "None" }
    })
    assert.match(outcomeOf(outcome), /the kill switch is pulled: vpc-.* carries the tag capstan.dev\/drill-stop/)
    world.run(tagStop({ cluster, stop: false, dryRun: false }))
    world.wait("10 minutes")
    assert.deepStrictEqual(imprint(world.aws.view()), before)
  })

  it("is set on what the cluster owns and on nothing else", () => {
    const world = aWorld()
    const before = imprint(world.aws.view())
    const ids = world.run(tagStop({ cluster, stop: true, dryRun: false }))
    assert.sameMembers([...ids], [world.vpc, world.controlPlane, ...world.workers])
    assert.strictEqual(world.run(Effect.flip(tagStop({ cluster: "other", stop: true, dryRun: false })))._tag, "Refused")
    world.run(tagStop({ cluster, stop: false, dryRun: false }))
    assert.deepStrictEqual(imprint(world.aws.view()), before)
  })
})

/** Files that cannot be drills, the code and the place of the complaint. */
const unfit = [
  { rule: "has no guardrails", steps: stop, rails: "", code: "GRD001", line: 5 },
  {
    rule: "names a cluster beside the guardrails'",
    steps: stop,
    rails: guardrails.replace(`[${cluster}]`, "[other]"),
    code: "GRD003",
    line: 8
  },
  {
    rule: "cuts a zone's power",
    steps: `- { fault: zone.outage, with: { zone: ${region}a }, for: 5m }`,
    rails: guardrails,
    code: "GRD005",
    line: 12
  },
  {
    rule: "hangs a machine",
    steps: stop.replace("compute.stop", "compute.hang"),
    rails: guardrails,
    code: "GRD005",
    line: 12
  },
  {
    rule: "never says when a fault is over",
    steps: stop.replace(", for: 1m", ""),
    rails: guardrails,
    code: "GRD005",
    line: 12
  },
  {
    rule: "strikes calls of another process",
    steps: "- { fault: api.throttle, with: { service: ec2 }, for: 5m }",
    rails: guardrails,
    code: "GRD005",
    line: 12
  },
  {
    rule: "asks for what no account tells",
    steps: `- { check: "calls('ec2.*') > 0.0" }`,
    rails: guardrails,
    code: "GRD005",
    line: 12
  }
]

describe("a scenario that cannot be a drill", () => {
  it.each(unfit)("because it $rule is told so, with the place", ({ code, line, rails: block, steps }) => {
    const [first] = obstacles(aPlan(steps, block), { objects: false, calls: false })
    assert.deepStrictEqual([first?.code, first?.line], [code, line], first?.message)
  })

  it("because it requires what no account has is told so, with the place", () => {
    const { plans } = loadScenarios({
      file: "drill.yaml",
      text: `apiVersion: scenario.capstan.dev/v1alpha1\nkind: Scenario\nmetadata: { name: d }\nspec:\n  requires:\n    capabilities: [node.health, compute.hang]\n  given: { manifests: [] }\n  steps: []\n  expect: []${guardrails}`,
      manifests: { read: () => undefined },
      kinds: simulatedKinds
    })
    const found = plans.flatMap((plan) => obstacles(plan, { objects: true, calls: true }))
    assert.deepStrictEqual(
      found.map(({ code, column, line, message }) => [code, line, column, message]),
      [["GRD005", 6, 19, "The scenario requires compute.hang, and a real account has nothing like it."]]
    )
  })

  it("has its guardrails checked word by word", () => {
    const wrong = guardrails.replace(`"123456789012"`, "1234").replace("maxTargets: 5", "maxTarget: 5")
    const { diagnostics } = loadScenarios({
      file: "drill.yaml",
      text: `apiVersion: scenario.capstan.dev/v1alpha1\nkind: Scenario\nmetadata: { name: d }\nspec:\n  given: { manifests: [] }\n  steps: []\n  expect: []${wrong}`,
      manifests: { read: () => undefined },
      kinds: simulatedKinds
    })
    const shown = diagnostics.map(({ code, column, line, message }) => `${line}:${column} ${code} ${message}`)
    assert.includeMembers(shown, [
      "13:7 SCN002 Unknown field 'maxTarget'.",
      "10:7 SCN003 Field 'maxTargets' is missing."
    ])
    assert.isTrue(
      shown.some((text) => text.startsWith("10:18 SCN004 spec.guardrails.aws.accounts.0")),
      shown.join("\n")
    )
  })
})
