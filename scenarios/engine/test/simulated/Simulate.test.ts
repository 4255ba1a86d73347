import { assert, describe, it } from "@effect/vitest"
import { builtInInvariants, ScenarioRun, simulate, SimulatedWorld, validateManifests } from "../../src/index.ts"
import { smallCluster } from "./SmallCluster.ts"

const minute = 60_000
const plan = smallCluster()

const world = (seed: number) => new SimulatedWorld({ plan, seed, keepTrace: "all" })

const runIn = (simulation: SimulatedWorld, seed: number) =>
  new ScenarioRun({ plan, seed, simulation, invariants: builtInInvariants })

/** Everything in a result but the plan, whose functions are no data. */
const essence = ({ result }: ReturnType<typeof simulate>) => {
  const { plan: _plan, ...rest } = result
  return rest
}

describe("a run", () => {
  it("brings a cluster up, heals it, and says so", () => {
    const { result } = simulate({ plan, seed: 0 })
    assert.strictEqual(result.problem, undefined)
    assert.isTrue(result.passed)
    assert.deepStrictEqual(
      result.invariants.flatMap((invariant) => invariant.violations),
      []
    )
  })

  it.each([0, 1, 2, 3, 4711])("is the same twice, to the byte, with seed %i", (seed) => {
    assert.deepStrictEqual(essence(simulate({ plan, seed })), essence(simulate({ plan, seed, keepTrace: "hash" })))
  })

  it("differs between seeds", () => {
    const hashes = new Set([0, 1, 2, 3].map((seed) => simulate({ plan, seed }).result.traceHash))
    assert.strictEqual(hashes.size, 4)
  })

  it("looks back: objects as they were", () => {
    const { objectsAt, startMillis } = simulate({ plan, seed: 0 })
    const machinesAt = (millis: number) =>
      objectsAt(startMillis + millis).filter((object) => object.kind === "Machine").length
    assert.strictEqual(machinesAt(0), 0)
    assert.strictEqual(machinesAt(15 * minute), 2)
  })

  it("stops where it is told to, without judging the end", () => {
    const { result } = simulate({ plan, seed: 0, untilMillis: minute })
    assert.strictEqual(result.virtualMillis, minute)
    assert.strictEqual(result.problem, undefined)
  })

  it("fails with what it was waiting for when it cannot settle", () => {
    const { result } = simulate({ plan: smallCluster("[{ wait: workers.size() == 7, timeout: 10m }]", "[]"), seed: 0 })
    assert.strictEqual(result.problem?.kind, "step")
    assert.match(result.problem?.message ?? "", /timed out after 10m: workers\.size\(\) == 7/)
  })

  it("knows what came of a fault, of its end, and of the crash that it struck", () => {
    const steps = `[
      { id: stop, fault: compute.stop, target: { from: vms, where: "it.role == 'worker'" }, for: 2m },
      { id: kill, fault: controller.crash },
      { id: trap, fault: controller.crash, with: { call: kubernetes.patchStatus }, for: 30m },
      { hold: 20m }
    ]`
    const { events } = simulate({ plan: smallCluster(steps, "[]"), seed: 1 })
    const seqOf = (kind: string, step: string) =>
      events.find((event) => event.kind === kind && event["step"] === step)?.seq
    const effects = (seq: number | undefined) => events.filter(({ cause }) => cause === seq).map(({ kind }) => kind)
    const stop = seqOf("fault", "stop")
    assert.includeMembers(effects(stop), ["dev.state", "fault.healed"])
    assert.includeMembers(effects(seqOf("fault.healed", "stop")), ["dev.state"])
    assert.includeMembers(effects(seqOf("fault", "kill")), ["process.killed", "process.started"])
    assert.includeMembers(effects(seqOf("fault", "trap")), ["process.killed", "process.started"])
  })

  it.each([0, 1])(
    "names as the cause of a reconcile the write that woke it, wherever that was, with seed %i",
    (seed) => {
      const { events } = simulate({ plan, seed })
      const causeOf = ({ cause }: (typeof events)[number]) => events[cause - 1]
      const reconciles = events.filter(({ kind }) => kind === "reconcile")
      const woken = reconciles.filter((event) => event["trigger"] === "Change")
      for (const event of woken) {
        const cause = causeOf(event)
        assert.notStrictEqual(cause?.["resource"], "Event")
        assert.isAtMost(event.t - (cause?.t ?? 0), minute, JSON.stringify([cause, event]))
      }
      for (const event of reconciles.filter(({ trigger }) => trigger === "Requeue" || trigger === "Backoff")) {
        const asker = causeOf(event)
        assert.deepStrictEqual(
          [asker?.kind, asker?.["controller"], asker?.["object"]],
          ["reconcile", event["controller"], event["object"]]
        )
      }
      const inside = woken.filter((event) => causeOf(event)?.["api"] === "workload/small")
      assert.deepStrictEqual(new Set(inside.map((event) => causeOf(event)?.["resource"])), new Set(["Node"]))
      assert.isTrue(inside.some((event) => event["controller"] === "machinehealthcheck"))
      const writes = events.filter(
        ({ actor, kind, resource }) => kind === "write" && actor === "manager" && resource !== "Event"
      )
      assert.deepStrictEqual(new Set(writes.map((event) => causeOf(event)?.kind)), new Set(["reconcile"]))
    }
  )

  it("measures what its budgets ask for", () => {
    const measured = smallCluster(
      "[{ id: kill, fault: compute.terminate, target: { from: vms } }, { id: healed, wait: \"workers.size() == 1 && workers.all(m, ready(m) && m.metadata.name != victim('kill').machine)\" }]",
      "[{ id: heals, metric: timeToHeal, after: kill, until: healed, value: 1h }, { id: never-healed, metric: timeToHeal, after: healed, until: kill, value: 1h }, { id: creates, metric: cloudCalls, of: dev.*, value: 9 }]"
    )
    const { result } = simulate({ plan: measured, seed: 0 })
    const [heals, neverHealed, creates] = result.measures
    assert.isTrue(result.passed)
    assert.isAbove(heals?.value ?? 0, minute)
    assert.isBelow(heals?.value ?? 0, 20 * minute)
    assert.isUndefined(neverHealed?.value)
    const calls = Object.values(result.statistics.cloudCalls).reduce((sum, count) => sum + count, 0)
    assert.strictEqual(creates?.value, calls)
  })

  it("tells an expectation that does not hold from one that does", () => {
    const { result } = simulate({
      plan: smallCluster(
        "[{ hold: 1m }]",
        "[{ id: two, finally: workers.size() == 2 }, { id: one, finally: workers.size() == 1 }]"
      ),
      seed: 0
    })
    assert.deepStrictEqual(
      result.expectations.map(({ id, status }) => [id, status]),
      [
        ["two", "violated"],
        ["one", "met"]
      ]
    )
    assert.isFalse(result.passed)
  })

  it("takes out of load balancers only what is behind one", () => {
    const { result } = simulate({
      plan: smallCluster("[{ id: out, fault: lb.deregister, target: { from: vms }, for: 5m }]", "[]"),
      seed: 0
    })
    assert.match(result.problem?.message ?? "", /none of the targets is behind a load balancer of its cluster$/)
  })

  it("puts manifests to the API before it runs", () => {
    assert.deepStrictEqual(validateManifests(plan), [])
    const bad = {
      ...plan,
      objects: plan.objects.map((planned) => ({
        ...planned,
        object: { ...planned.object, spec: { replicas: "three" } }
      }))
    }
    const messages = validateManifests(bad).map(({ message }) => message)
    assert.isTrue(
      messages.some((message) => message.includes("spec.replicas")),
      messages.join("\n")
    )
  })
})

describe("a world", () => {
  it.each([0, 7])("saved in the middle of a run and restored goes on as the original does, with seed %i", (seed) => {
    const first = world(seed)
    const run = runIn(first, seed)
    run.begin()
    run.advance(4 * minute)
    first.pause()
    const snapshot = first.kernel.save()

    const second = world(seed)
    const restored = runIn(second, seed)
    second.kernel.restore(snapshot)

    run.resume()
    run.advance()
    restored.resume()
    restored.advance()
    const [original, copy] = [run.finish(), restored.finish()]
    assert.isTrue(original.passed, JSON.stringify(original.problem))
    assert.strictEqual(copy.traceHash, original.traceHash)
    assert.strictEqual(copy.virtualMillis, original.virtualMillis)
  })
})
