/** The rules of the dev cloud: pure steps from state to state. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import {
  changedMachines,
  type CloudEvent,
  type CloudMachineState,
  createMachine,
  deleteBalancer,
  type DevCloudState,
  emptyCloud,
  ensureBalancer,
  hangMachine,
  happen,
  isReachable,
  machineLifecycle,
  type MachineRequest,
  moveMachine,
  providerIdOf,
  setTarget,
  setZone,
  type Step
} from "../../src/cloud/DevCloudState.ts"

const aMachine: MachineRequest = {
  token: "uid-1",
  name: "worker-1",
  cluster: "prod",
  role: "worker",
  zones: ["a", "b"],
  size: "small",
  image: "kubernetes-v1.33.1"
}
const aBalancer = { name: "default/prod", cluster: "prod", host: "prod.example", port: 6443 }

const done = <A, E>(result: Result.Result<A, E>): A => Result.getOrThrow(result)
const refusal = <A>(result: Result.Result<A, { readonly reason: string }>): string | undefined =>
  Result.isFailure(result) ? result.failure.reason : undefined
const only = <A>(list: ReadonlyArray<A>): A => {
  assert.lengthOf(list, 1)
  return list[0] as A
}

/** Everything that is due happens, in the order of time, for so long. */
const live = (step: Step<unknown>, millis: number): DevCloudState => {
  let state = step.state
  let due = step.due.map(({ afterMillis, event }) => ({ at: afterMillis, event }))
  for (;;) {
    due = due.filter(({ at }) => at <= millis).sort((a, b) => a.at - b.at)
    const first = due.shift()
    if (first === undefined) return state
    const next = happen(state, first.event, first.at)
    state = next.state
    due = [...due, ...next.due.map(({ afterMillis, event }) => ({ at: first.at + afterMillis, event }))]
  }
}

const created = (state = emptyCloud(["a", "b"]), request = aMachine) => done(createMachine(state, request, 0))
const running = (): DevCloudState => live(created(), 60_000)
const machineIn = (state: DevCloudState) => only(state.machines)

describe("the lifecycle of a machine", () => {
  const settles: ReadonlyArray<{
    readonly after: string
    readonly step: () => Step
    readonly to: CloudMachineState | "forgotten"
  }> = [
    { after: "its creation, runs", step: () => ({ ...created(), answer: undefined }), to: "running" },
    { after: "a stop, is stopped", step: () => moveMachine(running(), "m-000001", "stop", 0), to: "stopped" },
    {
      after: "a termination, is terminated",
      step: () => moveMachine(running(), "m-000001", "terminate", 0),
      to: "terminated"
    }
  ]
  it.each(settles)("a minute after $after", ({ step, to }) => {
    assert.strictEqual(machineIn(live(step(), 60_000)).state, to)
  })

  it("knows no way out of terminated, and forgets the machine after an hour", () => {
    const terminating = moveMachine(running(), "m-000001", "terminate", 0)
    assert.deepStrictEqual(machineLifecycle.terminated, {})
    assert.lengthOf(live(terminating, 3_500_000).machines, 1)
    assert.lengthOf(live(terminating, 3_700_000).machines, 0)
  })

  it("does not move where the table has no move: the very same state comes back", () => {
    const state = running()
    for (const move of ["booted", "halted", "start", "gone"] as const) {
      const step = moveMachine(state, "m-000001", move, 0)
      assert.strictEqual(step.state, state)
      assert.lengthOf(step.due, 0)
    }
    assert.strictEqual(moveMachine(state, "m-000009", "terminate", 0).state, state)
  })

  it("ignores a boot that falls due after the machine was terminated", () => {
    const { due, state } = created()
    const event = only(due).event
    const terminating = moveMachine(state, "m-000001", "terminate", 0).state
    assert.strictEqual(happen(terminating, event, 10_000).state, terminating)
  })

  it("boots anew when a stopped machine is started: it was launched again, and nothing hangs", () => {
    const stopped = live(moveMachine(hangMachine(running(), "m-000001", true).state, "m-000001", "stop", 0), 60_000)
    const machine = machineIn(live(moveMachine(stopped, "m-000001", "start", 70_000), 60_000))
    assert.deepInclude(machine, {
      state: "running",
      bootGeneration: 2,
      hung: false,
      launchedMillis: 70_000,
      createdMillis: 0
    })
  })
})

describe("creating machines", () => {
  it("makes one machine for one token, however often it is asked", () => {
    const first = created()
    const again = done(createMachine(first.state, { ...aMachine, zones: ["b"], size: "large" }, 5))
    assert.strictEqual(again.state, first.state)
    assert.strictEqual(again.answer, first.answer)
  })

  it("gives every machine an id, an address and a provider id of its own", () => {
    const first = created()
    const second = created(first.state, { ...aMachine, token: "uid-2", zones: ["b"] })
    assert.deepStrictEqual(
      [first.answer, second.answer].map(({ address, id }) => [id, address]),
      [
        ["m-000001", "10.0.0.10"],
        ["m-000002", "10.0.0.11"]
      ]
    )
    assert.strictEqual(providerIdOf(second.answer), "dev:///b/m-000002")
  })

  const full = (...zones: ReadonlyArray<string>) =>
    zones.reduce((state, zone) => setZone(state, zone, { capacity: false }).state, emptyCloud(["a", "b"]))
  const placements = [
    { rule: "takes the first zone that was asked for", state: full(), zones: ["b", "a"], expected: "b" },
    { rule: "passes over a zone without room", state: full("a"), zones: ["a", "b"], expected: "b" },
    { rule: "refuses when no zone has room", state: full("a", "b"), zones: ["a", "b"], expected: "NoCapacity" },
    {
      rule: "refuses when the only zone asked for has no room",
      state: full("a"),
      zones: ["a"],
      expected: "NoCapacity"
    },
    { rule: "refuses a zone that there is not", state: full(), zones: ["c"], expected: "NoCapacity" }
  ]
  it.each(placements)("$rule", ({ expected, state, zones }) => {
    const result = createMachine(state, { ...aMachine, zones }, 0)
    assert.strictEqual(refusal(result) ?? done(result).answer.zone, expected)
  })
})

describe("zones", () => {
  it("without power the cloud goes on saying running, and the machine boots anew once it is back", () => {
    const dark = setZone(running(), "a", { power: false }).state
    assert.deepInclude(machineIn(dark), { state: "running", powered: false, bootGeneration: 1 })
    const back = setZone(dark, "a", { power: true })
    assert.isFalse(isReachable(machineIn(live(back, 30_000))))
    assert.deepInclude(machineIn(live(back, 90_000)), { state: "running", powered: true, bootGeneration: 2 })
  })

  it("stays dark when power goes again before the machine is back", () => {
    const back = setZone(setZone(running(), "a", { power: false }).state, "a", { power: true })
    const again = { ...back, state: setZone(back.state, "a", { power: false }).state }
    assert.deepInclude(machineIn(live(again, 90_000)), { powered: false, bootGeneration: 1 })
  })

  it("leaves the machines of other zones alone", () => {
    const before = running()
    const after = setZone(before, "b", { power: false, network: false }).state
    assert.lengthOf(changedMachines(before, after), 0)
  })

  it("without network a machine runs on and nobody reaches it", () => {
    const cut = machineIn(setZone(running(), "a", { network: false }).state)
    assert.isFalse(isReachable(cut))
    assert.deepInclude(cut, { state: "running", powered: true, bootGeneration: 1 })
  })

  it("a machine made or started in a dark zone has no power", () => {
    const dark = setZone(emptyCloud(["a"]), "a", { power: false }).state
    assert.isFalse(created(dark).answer.powered)
  })
})

describe("load balancers", () => {
  const balanced = (state = running()) => done(ensureBalancer(state, aBalancer, 0))
  const targets = (state: DevCloudState) => only(state.balancers).targets

  it("are made once, and their name resolves a little later", () => {
    const first = balanced()
    assert.strictEqual(balanced(first.state).state, first.state)
    assert.isFalse(first.answer.resolvable)
    assert.isTrue(only(live(first, 10_000).balancers).resolvable)
  })

  it("refuse a host that belongs to another", () => {
    assert.strictEqual(refusal(ensureBalancer(balanced().state, { ...aBalancer, name: "other/prod" }, 0)), "HostTaken")
  })

  it("take a target once, give it back, and refuse one when they are gone", () => {
    const with1 = done(setTarget(balanced().state, aBalancer.name, "m-000001", true)).state
    assert.strictEqual(done(setTarget(with1, aBalancer.name, "m-000001", true)).state, with1)
    assert.deepStrictEqual(targets(with1), ["m-000001"])
    assert.deepStrictEqual(targets(done(setTarget(with1, aBalancer.name, "m-000001", false)).state), [])
    const gone = deleteBalancer(with1, aBalancer.name).state
    assert.strictEqual(refusal(setTarget(gone, aBalancer.name, "m-000001", true)), "NotFound")
    assert.strictEqual(done(setTarget(gone, aBalancer.name, "m-000001", false)).state, gone)
  })

  it("lose a target that is terminated", () => {
    const with1 = done(setTarget(balanced().state, aBalancer.name, "m-000001", true)).state
    assert.deepStrictEqual(targets(live(moveMachine(with1, "m-000001", "terminate", 0), 60_000)), [])
  })

  it("may resolve after they were deleted, which changes nothing", () => {
    const { due, state } = balanced()
    const event: CloudEvent = only(due).event
    const gone = deleteBalancer(state, aBalancer.name).state
    assert.strictEqual(happen(gone, event, 0).state, gone)
  })
})

describe("changedMachines", () => {
  const first = created()
  const second = created(first.state, { ...aMachine, token: "uid-2" })
  const third = created(second.state, { ...aMachine, token: "uid-3" })
  const ids = (before: DevCloudState, after: DevCloudState) =>
    changedMachines(before, after).map(
      (change) => `${change.before?.state ?? "-"} ${change.after?.state ?? "-"} ${(change.after ?? change.before)?.id}`
    )
  const rows = [
    { rule: "sees nothing between a state and itself", before: third.state, after: third.state, expected: [] },
    {
      rule: "sees new machines",
      before: first.state,
      after: third.state,
      expected: ["- pending m-000002", "- pending m-000003"]
    },
    {
      rule: "sees a move",
      before: second.state,
      after: moveMachine(second.state, "m-000001", "booted", 0).state,
      expected: ["pending running m-000001"]
    },
    {
      rule: "sees one that was forgotten among others that changed",
      before: third.state,
      after: moveMachine(
        happen(third.state, { _tag: "Forgotten", machine: "m-000002" }, 0).state,
        "m-000003",
        "booted",
        0
      ).state,
      expected: ["pending - m-000002", "pending running m-000003"]
    }
  ]
  it.each(rows)("$rule", ({ after, before, expected }) => {
    assert.deepStrictEqual(ids(before, after), expected)
  })
})
