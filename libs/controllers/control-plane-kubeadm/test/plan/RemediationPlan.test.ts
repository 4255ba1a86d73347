import { Annotations } from "@capstan/api"
import { describe, expect, it } from "vitest"
import { keepsQuorum, memberHealth } from "../../src/etcd/EtcdQuorum.ts"
import { planRemediation } from "../../src/plan/RemediationPlan.ts"
import { formatRemediation, lastRemediation } from "../../src/plan/RemediationRecord.ts"
import {
  aControlPlane,
  aMachine,
  aMember,
  anEtcd,
  at,
  condition,
  facts,
  type FactsOptions,
  owned,
  unhealthy
} from "../Fixtures.ts"

const sick = (name: string, options: Parameters<typeof owned>[1] = {}) =>
  owned(name, {
    failing: ["EtcdMemberHealthy", "APIServerPodHealthy"],
    ...options,
    conditions: [...unhealthy, ...(options.conditions ?? [])]
  })

const record = (machine: string, minutes: number, retryCount = 0) =>
  formatRemediation({ machine, timestamp: at(minutes), retryCount })
const answering = (text: string) => ({ annotations: { [Annotations.RemediationFor]: text } })
const underWay = (text: string) => aControlPlane({}, { annotations: { [Annotations.RemediationInProgress]: text } })
const external = {
  clusterConfiguration: { etcd: { external: { caFile: "a", certFile: "b", keyFile: "c", endpoints: ["d"] } } }
}

/** `delete <machine> <retry>`, the reason of a refusal, or nothing. */
const told = (options: FactsOptions): string => {
  const { dropRecord, recovered, refused, remediate } = planRemediation(facts(options))
  return [
    ...recovered.map(({ metadata }) => `recovered ${metadata.name}`),
    ...(dropRecord ? ["drop record"] : []),
    ...(remediate === undefined ? [] : [`delete ${remediate.machine.metadata.name} ${remediate.record.retryCount}`]),
    ...(refused === undefined ? [] : [`${refused.statement.reason} ${refused.machine.metadata.name}`])
  ].join(", ")
}

describe("remediation", () => {
  const rows: ReadonlyArray<{ readonly rule: string; readonly given: FactsOptions; readonly expected: string }> = [
    {
      rule: "has nothing to do with healthy Machines",
      given: { machines: [owned("a"), owned("b"), owned("c")] },
      expected: ""
    },
    { rule: "replaces one of three", given: { machines: [sick("a"), owned("b"), owned("c")] }, expected: "delete a 0" },
    {
      rule: "leaves a Machine alone that only its owner could mark",
      given: { machines: [owned("a", { conditions: unhealthy.slice(0, 1) }), owned("b"), owned("c")] },
      expected: ""
    },
    {
      rule: "cannot replace the only Machine of a control plane that works",
      given: { machines: [sick("a")] },
      expected: "CannotBeRemediated a"
    },
    {
      rule: "replaces the only Machine of one that never came up",
      given: {
        controlPlane: aControlPlane({}, { initialized: false }),
        machines: [sick("a", { node: undefined })],
        etcd: undefined
      },
      expected: "delete a 0"
    },
    {
      rule: "replaces neither of two",
      given: { machines: [sick("a"), owned("b", { failing: ["EtcdMemberHealthy"] })] },
      expected: "CannotBeRemediated a"
    },
    {
      rule: "replaces one of five while another is lost, too",
      given: { machines: [sick("a"), sick("b"), owned("c"), owned("d"), owned("e")] },
      expected: "delete a 0"
    },
    {
      rule: "replaces nobody when three of five are lost",
      given: { machines: [sick("a"), sick("b"), sick("c"), owned("d"), owned("e")] },
      expected: "CannotBeRemediated a"
    },
    {
      rule: "waits while nobody knows etcd's members",
      given: { machines: [sick("a"), owned("b"), owned("c")], etcd: undefined },
      expected: "RemediationDeferred a"
    },
    {
      rule: "does not ask for members of an etcd that is elsewhere",
      given: {
        controlPlane: aControlPlane({ kubeadmConfigSpec: external }),
        machines: [sick("a"), owned("b"), owned("c")],
        etcd: undefined
      },
      expected: "delete a 0"
    },
    {
      rule: "waits while another Machine is being made",
      given: { machines: [sick("a"), owned("b"), owned("c", { node: undefined })] },
      expected: "RemediationDeferred a"
    },
    {
      rule: "does not wait for a Machine that will never be",
      given: { machines: [owned("a"), owned("b"), sick("c", { node: undefined }), sick("d", { node: undefined })] },
      expected: "delete c 0"
    },
    {
      rule: "waits while another Machine is being deleted",
      given: { machines: [sick("a"), owned("b"), owned("c", { deleting: true })] },
      expected: "RemediationDeferred a"
    },
    {
      rule: "does nothing twice",
      given: { machines: [sick("a", { deleting: true }), owned("b"), owned("c")] },
      expected: ""
    },
    {
      rule: "needs one other Machine that answers",
      given: {
        machines: [
          sick("a"),
          owned("b", { failing: ["SchedulerPodHealthy"] }),
          owned("c", { failing: ["APIServerPodHealthy"] })
        ]
      },
      expected: "CannotBeRemediated a"
    },
    {
      rule: "tells Nodes and members from Machines' names",
      given: {
        machines: [sick("a", { node: "ip-1" }), owned("b", { node: "ip-2" }), owned("c", { node: "ip-3" })],
        etcd: anEtcd([1, 2, 3].map((index) => aMember("", { id: `${index}`, name: `ip-${index}` })))
      },
      expected: "delete a 0"
    },
    {
      rule: "may replace a Machine that has no member",
      given: { machines: [sick("a", { node: undefined }), owned("b"), owned("c")] },
      expected: "delete a 0"
    },
    {
      rule: "prefers what a user chose, then what has no Node",
      given: {
        machines: [
          sick("a"),
          sick("b", { node: undefined }),
          sick("c", { annotations: { [Annotations.RemediateMachine]: "" } }),
          owned("d"),
          owned("e"),
          owned("f"),
          owned("g")
        ]
      },
      expected: "delete c 0"
    },
    {
      rule: "prefers a sick member to a sick scheduler, however old",
      given: {
        machines: [
          owned("a", { ageMinutes: 999, conditions: [...unhealthy, condition("SchedulerPodHealthy", "False")] }),
          owned("b", { conditions: [...unhealthy, condition("EtcdMemberHealthy", "False")] }),
          owned("c"),
          owned("d"),
          owned("e")
        ]
      },
      expected: "delete b 0"
    },
    {
      rule: "takes the oldest among equals",
      given: {
        machines: [sick("a", { ageMinutes: 5 }), sick("b", { ageMinutes: 9 }), owned("c"), owned("d"), owned("e")]
      },
      expected: "delete b 0"
    },
    {
      rule: "takes its word back when the Machine is well",
      given: {
        machines: [
          owned("a", { conditions: [condition("HealthCheckSucceeded"), condition("OwnerRemediated", "False")] }),
          owned("b"),
          owned("c")
        ]
      },
      expected: "recovered a"
    }
  ]
  it.each(rows)("$rule", ({ expected, given }) => expect(told(given)).toBe(expected))
})

describe("a second try", () => {
  const others = [owned("b"), owned("c")]
  const retry = { maxRetry: 2, retryPeriodSeconds: 600, minHealthyPeriodSeconds: 3600 }
  it.each([
    {
      rule: "counts on while the last one is young",
      remediation: {},
      text: record("old", -20, 1),
      expected: "delete a 2"
    },
    {
      rule: "begins anew an hour after the last",
      remediation: {},
      text: record("old", -60, 7),
      expected: "delete a 0"
    },
    {
      rule: "begins anew after the period that was set",
      remediation: { minHealthyPeriodSeconds: 60 },
      text: record("old", -2, 7),
      expected: "delete a 0"
    },
    {
      rule: "waits for the retry period",
      remediation: retry,
      text: record("old", -9, 0),
      expected: "RemediationDeferred a"
    },
    {
      rule: "comes when the retry period is over",
      remediation: retry,
      text: record("old", -10, 0),
      expected: "delete a 1"
    },
    {
      rule: "is the last when the limit is reached",
      remediation: retry,
      text: record("old", -20, 2),
      expected: "CannotBeRemediated a"
    },
    {
      rule: "has no limit unless one is set",
      remediation: { retryPeriodSeconds: 1 },
      text: record("old", -20, 99),
      expected: "delete a 100"
    }
  ])("$rule", ({ expected, remediation, text }) => {
    const controlPlane = aControlPlane({ remediation })
    expect(told({ controlPlane, machines: [sick("a", answering(text)), ...others] })).toBe(expected)
  })
  it("is looked at again when its period is over", () => {
    const controlPlane = aControlPlane({ remediation: { retryPeriodSeconds: 600 } })
    const plan = planRemediation(
      facts({ controlPlane, machines: [sick("a", answering(record("old", -9))), ...others] })
    )
    expect(plan.requeueAfterMillis).toBe(60_000)
  })
})

describe("a remediation that was written down", () => {
  it.each([
    {
      rule: "is carried out after a crash, with its count",
      machines: [sick("a"), owned("b"), owned("c")],
      expected: "delete a 3"
    },
    {
      rule: "is carried out before any other",
      machines: [sick("0", { ageMinutes: 999 }), sick("a"), owned("b"), owned("c"), owned("d")],
      expected: "delete a 3"
    },
    {
      rule: "is forgotten when its Machine is well",
      machines: [owned("a"), owned("b"), owned("c")],
      expected: "drop record"
    },
    {
      rule: "stays while its Machine goes",
      machines: [sick("a", { deleting: true }), owned("b"), owned("c")],
      expected: ""
    },
    {
      rule: "lets no other begin while its Machine goes",
      machines: [sick("a", { deleting: true }), sick("b"), owned("c"), owned("d"), owned("e")],
      expected: ""
    },
    { rule: "stays until its Machine is replaced", machines: [owned("b"), owned("c")], expected: "" },
    { rule: "lets no other begin until its Machine is replaced", machines: [sick("b"), owned("c")], expected: "" },
    {
      rule: "is forgotten once it is answered",
      machines: [owned("b"), owned("c", { ageMinutes: 1 })],
      expected: "drop record"
    },
    {
      rule: "is forgotten when no answer is wanted",
      machines: [owned("b"), owned("c"), owned("d")],
      expected: "drop record"
    }
  ])("$rule", ({ expected, machines }) => {
    expect(told({ controlPlane: underWay(record("a", -5, 3)), machines })).toBe(expected)
  })
  it("is forgotten when it makes no sense", () => {
    expect(told({ controlPlane: underWay("?"), machines: [owned("a"), owned("b")] })).toBe("drop record")
  })
  it("is what the status tells, else the latest that was answered", () => {
    const machines = [aMachine("b", answering(record("x", -50, 1))), aMachine("c", answering(record("y", -40, 2)))]
    expect(lastRemediation(underWay(record("a", -5, 3)), machines)).toEqual({
      machine: "a",
      time: at(-5),
      retryCount: 3
    })
    expect(lastRemediation(aControlPlane(), machines)?.machine).toBe("y")
    expect(lastRemediation(aControlPlane(), [])).toBeUndefined()
  })
})

describe("whatever is lost", () => {
  it("no remediation costs etcd a quorum that it has", () => {
    for (const size of [1, 3, 5, 7]) {
      for (let lost = 0; lost < 2 ** size; lost++) {
        const isLost = (index: number): boolean => (lost & (2 ** index)) !== 0
        const machines = Array.from({ length: size }, (_, index) =>
          isLost(index) ? sick(`m${index}`) : owned(`m${index}`)
        )
        const all = facts({ machines })
        const gone = planRemediation(all).remediate?.machine.metadata.name
        if (gone === undefined || all.etcd === undefined) continue
        const { etcd } = all
        const left = etcd.members.filter(({ name }) => name !== `node-${gone}`)
        const plain = machines.map(({ machine }) => machine)
        expect(keepsQuorum(left.map((member) => memberHealth(etcd, member, plain)))).toBe(true)
      }
    }
  })
})
