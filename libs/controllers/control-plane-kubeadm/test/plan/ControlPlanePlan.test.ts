/** Whole histories of the plan: each step is carried out at once and perfectly, and told as a line. */
import type { KubeadmControlPlane } from "@capstan/api"
import { describe, expect, it } from "vitest"
import { type ControlPlaneMachine, desiredReplicas, surgeMax } from "../../src/ControlPlaneFacts.ts"
import { type ControlPlaneStep, planControlPlane } from "../../src/plan/ControlPlanePlan.ts"
import { aControlPlane, drained, facts, owned, unhealthy } from "../Fixtures.ts"

interface State {
  readonly machines: ReadonlyArray<ControlPlaneMachine>
  readonly made: number
}

const without = (machines: State["machines"], name: string): State["machines"] =>
  machines.filter(({ machine }) => machine.metadata.name !== name)

const apply = (state: State, step: ControlPlaneStep): State => {
  switch (step._tag) {
    case "Create": {
      const name = `new${state.made}`
      const domain = step.failureDomain ?? "none"
      return {
        machines: [...state.machines, owned(name, { domain, ageMinutes: 100 - state.made })],
        made: state.made + 1
      }
    }
    case "Delete":
    case "DropHook":
    case "ReleaseMember":
      return { ...state, machines: without(state.machines, step.machine.metadata.name) }
    case "Remediate":
      return { ...state, machines: without(state.machines, step.remediation.machine.metadata.name) }
    default:
      return state
  }
}

const line = (step: ControlPlaneStep): string => {
  switch (step._tag) {
    case "Create":
      return `create ${step.first ? "first " : ""}in ${step.failureDomain}`
    case "Delete":
      return `delete ${step.machine.metadata.name}`
    case "Remediate":
      return `remediate ${step.remediation.machine.metadata.name}`
    case "Blocked":
      return `blocked ${step.scaling}`
    default:
      return step._tag
  }
}

const history = (controlPlane: KubeadmControlPlane, start: State["machines"]): ReadonlyArray<string> => {
  const lines: Array<string> = []
  const ceiling = Math.max(start.length, desiredReplicas(controlPlane) + surgeMax(controlPlane))
  let state: State = { machines: start, made: 0 }
  for (let steps = 0; steps < 40; steps++) {
    const { step } = planControlPlane(facts({ controlPlane, machines: state.machines }))
    expect(state.machines.length).toBeLessThanOrEqual(ceiling)
    if (step._tag === "Settled" || step._tag === "Blocked" || step._tag === "HookWait") {
      return step._tag === "Settled" ? lines : [...lines, line(step)]
    }
    lines.push(line(step))
    state = apply(state, step)
  }
  return [...lines, "never ends"]
}

const surge = (maxSurge: number) => ({
  rollout: { strategy: { type: "RollingUpdate" as const, rollingUpdate: { maxSurge } } }
})
const old = ["a", "b", "c"].map((domain, index) =>
  owned(`old${index}`, { domain, outdated: true, ageMinutes: 900 - index })
)
const fresh = ["a", "b", "c"].map((domain, index) => owned(`m${index}`, { domain, ageMinutes: 900 - index }))

describe("a control plane", () => {
  it("comes up one Machine at a time, over all failure domains", () => {
    expect(history(aControlPlane(), [])).toEqual(["create first in a", "create in b", "create in c"])
  })
  it("is rolled out by one more, one less", () => {
    expect(history(aControlPlane(surge(1)), old)).toEqual([
      "create in a",
      "delete old0",
      "create in b",
      "delete old1",
      "create in c",
      "delete old2"
    ])
  })
  it("is rolled out by one less, one more where no surge is wanted", () => {
    expect(history(aControlPlane(surge(0)), old)).toEqual([
      "delete old0",
      "create in a",
      "delete old1",
      "create in b",
      "delete old2",
      "create in c"
    ])
  })
  it("of one Machine is rolled out beside it", () => {
    expect(history(aControlPlane({ replicas: 1, ...surge(1) }), old.slice(0, 1))).toEqual([
      "create in b",
      "delete old0"
    ])
  })
  it("goes on with a rollout where it was left", () => {
    const half = [...old.slice(1), owned("new", { domain: "a", ageMinutes: 5 })]
    expect(history(aControlPlane(surge(1)), half)).toEqual(["create in b", "delete old1", "create in c", "delete old2"])
  })
  it("shrinks one at a time", () => {
    expect(history(aControlPlane({ replicas: 1 }), fresh)).toEqual(["delete m0", "delete m1"])
  })
  it("does nothing when all is as it should be", () => {
    expect(history(aControlPlane(), fresh)).toEqual([])
  })
  it("replaces an unhealthy Machine before it scales", () => {
    const broken = owned("bad", { domain: "c", failing: ["EtcdMemberHealthy"], conditions: unhealthy })
    expect(history(aControlPlane(), [...fresh.slice(0, 2), broken])).toEqual(["remediate bad", "create in c"])
  })
  it("lets a leaving Machine go before anything else", () => {
    const leaving = owned("bye", { domain: "c", deleting: true, conditions: drained })
    expect(history(aControlPlane(), [...fresh.slice(0, 2), leaving])).toEqual(["ReleaseMember", "create in c"])
  })
  it("waits for a Machine that does not come up", () => {
    expect(history(aControlPlane(), [...fresh.slice(0, 1), owned("x", { node: undefined })])).toEqual(["blocked up"])
  })
  it("rolls an outdated Machine away although it is broken itself", () => {
    const broken = owned("old9", { domain: "a", outdated: true, failing: ["SchedulerPodHealthy"] })
    expect(history(aControlPlane(surge(0)), [broken, ...fresh.slice(1)])).toEqual(["delete old9", "create in a"])
  })
})
