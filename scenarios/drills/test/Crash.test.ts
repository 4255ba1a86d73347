import { Intervention } from "@capstan/kernel"
import { assert, describe, it } from "@effect/vitest"
import { aPlan, aWorld, imprint, type World } from "./DrillWorld.ts"

const oneWorker = `target: { from: workers, where: "it.state == 'running'", pick: { count: 1 } }`

/** Every fault that a drill can do to an account. */
const faults = [
  { fault: "compute.terminate", steps: `- { id: hit, fault: compute.terminate, ${oneWorker} }`, lost: 1 },
  { fault: "compute.stop", steps: `- { id: hit, fault: compute.stop, ${oneWorker}, for: 20s }`, lost: 0 },
  { fault: "compute.reboot", steps: `- { id: hit, fault: compute.reboot, ${oneWorker} }`, lost: 0 },
  {
    fault: "zone.outage by network",
    steps: `- { id: hit, fault: zone.outage, with: { zone: eu-west-1b, effects: [network-cut] }, for: 20s }`,
    lost: 0
  },
  {
    fault: "zone.outage by network and stopped instances",
    steps: `- { id: hit, fault: zone.outage, with: { zone: eu-west-1b, effects: [network-cut, instances-stop] }, for: 20s }`,
    lost: 0
  },
  {
    fault: "lb.deregister",
    steps: `- { id: hit, fault: lb.deregister, target: { from: cps, pick: { count: 1 } }, for: 20s }`,
    lost: 0
  },
  {
    fault: "two at a time",
    steps: `- parallel:
    - { id: stop, fault: compute.stop, ${oneWorker}, for: 10s }
    - { id: cut, fault: zone.outage, with: { zone: eu-west-1c, effects: [network-cut] }, for: 20s }`,
    lost: 0
  }
]

/** The imprint without the instances that a terminating drill may have taken. */
const withoutLost = (world: World, before: unknown, lost: number): unknown => {
  if (lost === 0) return before
  const gone = new Set(
    world.aws
      .view()
      .instances.filter(({ state }) => state === "terminated" || state === "shutting-down")
      .map(({ id }) => id)
  )
  assert.isAtMost(gone.size, lost)
  const { instances, ...rest } = before as { readonly instances: ReadonlyArray<{ readonly id: string }> }
  return { ...rest, instances: instances.filter(({ id }) => !gone.has(id)) }
}

/** How many calls a drill makes from its first to its last. */
const callsOf = (steps: string, seed: number): number => {
  let calls = 0
  const report = aWorld(seed).drill(aPlan(steps), () => {
    calls++
    return Intervention.None()
  })
  assert.strictEqual(typeof report === "object" && "verdict" in report ? report.verdict : report, "passed")
  return calls
}

describe("a runner that is killed", () => {
  for (const { fault, lost, steps } of faults) {
    for (const [when, seed] of [
      ["before", 0],
      ["after", 0],
      ["after", 7]
    ] as const) {
      it(`${when} any call of ${fault}, seed ${seed}, leaves nothing that the janitor does not restore`, () => {
        const calls = callsOf(steps, seed)
        assert.isAbove(calls, 10)
        for (let nth = 1; nth <= calls; nth++) {
          for (const memory of ["journal and tags", "journal alone", "tags alone"] as const) {
            const world = aWorld(seed)
            const before = imprint(world.aws.view())
            let seen = 0
            const outcome = world.drill(aPlan(steps), () =>
              ++seen === nth ? Intervention.Crash({ when }) : Intervention.None()
            )
            assert.strictEqual(outcome, "killed", `call ${nth}`)
            if (memory === "tags alone") world.loseDisk()
            if (memory === "journal alone") world.loseMarks()
            world.wait("3 minutes")
            const swept = world.janitor()
            world.wait("10 minutes")
            const failed = swept.filter(({ outcome: { did } }) => did === "failed" || did === "waits")
            assert.deepStrictEqual(failed, [], `call ${nth}, ${memory}`)
            const after = withoutLost(world, imprint(world.aws.view()), lost)
            assert.deepStrictEqual(after, withoutLost(world, before, lost), `call ${nth}, ${memory}`)
            assert.deepStrictEqual(world.janitor(), [], `a second sweep, call ${nth}, ${memory}`)
          }
        }
      })
    }
  }
})

describe("a janitor that is killed", () => {
  it("before or after any of its calls is made good by the next one", () => {
    const steps = `- parallel:
    - { id: stop, fault: compute.stop, ${oneWorker}, for: 10m }
    - { id: cut, fault: zone.outage, with: { zone: eu-west-1c, effects: [network-cut] }, for: 10m }
    - { id: out, fault: lb.deregister, target: { from: cps }, for: 10m }`
    /** A world whose runner died when everything was done and nothing undone. */
    const broken = () => {
      const world = aWorld()
      const before = imprint(world.aws.view())
      let out = false
      world.drill(aPlan(steps), (call) => {
        if (call.operation === "DeregisterInstancesFromLoadBalancer") out = true
        else if (out && call.operation === "DescribeInstances") return Intervention.Crash({ when: "before" })
        return Intervention.None()
      })
      assert.notDeepEqual(imprint(world.aws.view()), before)
      world.wait("3 minutes")
      return { world, before }
    }
    let calls = 0
    broken().world.janitorProcess(() => {
      calls++
      return Intervention.None()
    })
    assert.isAbove(calls, 20)
    for (let nth = 1; nth <= calls; nth++) {
      for (const when of ["before", "after"] as const) {
        const { before, world } = broken()
        let seen = 0
        world.janitorProcess(() => (++seen === nth ? Intervention.Crash({ when }) : Intervention.None()))
        world.janitor()
        world.wait("10 minutes")
        assert.deepStrictEqual(imprint(world.aws.view()), before, `${when} call ${nth}`)
        assert.deepStrictEqual(world.janitor(), [])
      }
    }
  })
})
