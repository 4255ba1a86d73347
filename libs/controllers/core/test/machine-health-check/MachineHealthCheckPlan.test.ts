import { assert, describe, it } from "@effect/vitest"
import { isTarget, type HealthCheckFacts, type Target } from "../../src/machine-health-check/MachineHealthCheckFacts.ts"
import { planHealthCheck } from "../../src/machine-health-check/MachineHealthCheckPlan.ts"
import { remediationLimit } from "../../src/machine-health-check/RemediationLimit.ts"
import { formatDuration, judgeTarget } from "../../src/machine-health-check/TargetHealth.ts"
import { aCluster, aHealthCheck, ago, aMachine, aNode, aRunningMachine, condition, noon } from "../Specimens.ts"

const cluster = aCluster({
  status: {
    conditions: [
      condition("ControlPlaneInitialized", "True", { lastTransitionTime: ago(3600) }),
      condition("InfrastructureReady", "True", { lastTransitionTime: ago(3600) })
    ]
  }
})
const check = aHealthCheck()

const target = (
  name: string,
  more: { ready?: "True" | "False" | "Unknown"; since?: string; machine?: ReturnType<typeof aMachine> } = {}
): Target => ({
  machine: more.machine ?? aRunningMachine(name),
  node: aNode(`node-${name}`, { ready: more.ready ?? "True", since: more.since ?? ago(3600) }),
  nodeMissing: false
})
const starting = (name: string, createdAgo: number): Target => ({
  machine: aMachine(name, { metadata: { creationTimestamp: ago(createdAgo) } }),
  node: undefined,
  nodeMissing: false
})

const verdicts: ReadonlyArray<{
  rule: string
  target: Target
  cluster?: typeof cluster
  spec?: Parameters<typeof aHealthCheck>[0]
  expected: string
}> = [
  { rule: "is sound with a good Node", target: target("a"), expected: "Sound" },
  {
    rule: "is not yet unhealthy at the very end of the timeout",
    target: target("a", { ready: "Unknown", since: ago(300) }),
    expected: "Pending 1000"
  },
  {
    rule: "is unhealthy a second later",
    target: target("a", { ready: "Unknown", since: ago(301) }),
    expected: "UnhealthyNode"
  },
  {
    rule: "is looked at again a second after the timeout",
    target: target("a", { ready: "Unknown", since: ago(100) }),
    expected: "Pending 201000"
  },
  {
    rule: "ignores conditions that the check does not name",
    target: target("a", { ready: "False", since: ago(9999) }),
    expected: "Sound"
  },
  {
    rule: "is unhealthy when its Node has been deleted",
    target: { ...target("a"), node: undefined, nodeMissing: true },
    expected: "NodeDeleted"
  },
  { rule: "has ten minutes to get a Node", target: starting("a", 600), expected: "Pending 1000" },
  { rule: "is unhealthy after that", target: starting("a", 601), expected: "NodeStartupTimeout" },
  {
    rule: "starts its ten minutes when the control plane is up",
    target: starting("a", 5000),
    cluster: aCluster({
      status: {
        conditions: [
          condition("ControlPlaneInitialized", "True", { lastTransitionTime: ago(100) }),
          condition("InfrastructureReady", "True")
        ]
      }
    }),
    expected: "Pending 501000"
  },
  {
    rule: "starts its ten minutes when its infrastructure is ready",
    target: {
      ...starting("a", 5000),
      machine: aMachine("a", {
        status: { conditions: [condition("InfrastructureReady", "True", { lastTransitionTime: ago(50) })] }
      })
    },
    expected: "Pending 551000"
  },
  {
    rule: "never waits for a Node when told so",
    target: starting("a", 99_999),
    spec: { checks: { nodeStartupTimeoutSeconds: 0 } },
    expected: "Sound"
  },
  {
    rule: "does not judge workers before the control plane is up",
    target: starting("a", 99_999),
    cluster: aCluster({ status: { conditions: [condition("InfrastructureReady", "True")] } }),
    expected: "NotJudged"
  },
  {
    rule: "does not judge anyone without infrastructure",
    target: starting("a", 99_999),
    cluster: aCluster({ status: { conditions: [condition("ControlPlaneInitialized", "True")] } }),
    expected: "NotJudged"
  },
  {
    rule: "believes the annotation before everything else",
    target: target("a", {
      machine: aRunningMachine("a", { metadata: { annotations: { "cluster.x-k8s.io/remediate-machine": "" } } })
    }),
    cluster: aCluster(),
    expected: "HasRemediateAnnotation"
  },
  {
    rule: "puts Machine conditions before the Node's",
    target: target("a", {
      ready: "Unknown",
      since: ago(9999),
      machine: aRunningMachine("a", {
        status: { conditions: [condition("InfrastructureReady", "False", { lastTransitionTime: ago(100) })] }
      })
    }),
    spec: {
      checks: { unhealthyMachineConditions: [{ type: "InfrastructureReady", status: "False", timeoutSeconds: 60 }] }
    },
    expected: "UnhealthyMachine"
  }
]

describe("judgeTarget", () => {
  it.each(verdicts)("$rule", ({ cluster: given, expected, spec, target }) => {
    const health = judgeTarget({ check: aHealthCheck(spec), cluster: given ?? cluster, target, now: noon })
    const actual =
      health._tag === "Unhealthy"
        ? health.reason
        : health._tag === "Pending"
          ? `Pending ${health.nextCheckMillis}`
          : health._tag
    assert.strictEqual(actual, expected)
  })

  it("prints durations as Go does", () => {
    assert.deepStrictEqual([45, 300, 3661].map(formatDuration), ["45s", "5m0s", "1h1m1s"])
  })
})

describe("remediationLimit", () => {
  const limits: ReadonlyArray<{
    rule: string
    trigger: Parameters<typeof remediationLimit>[0]
    expected: number
    healthy: number
    allowed: boolean
    remaining: number
  }> = [
    {
      rule: "allows everything without a limit",
      trigger: undefined,
      expected: 3,
      healthy: 0,
      allowed: true,
      remaining: 0
    },
    {
      rule: "rounds percentages down",
      trigger: { unhealthyLessThanOrEqualTo: "40%" },
      expected: 3,
      healthy: 2,
      allowed: true,
      remaining: 0
    },
    {
      rule: "holds back above the limit",
      trigger: { unhealthyLessThanOrEqualTo: "40%" },
      expected: 3,
      healthy: 1,
      allowed: false,
      remaining: 0
    },
    {
      rule: "allows inside the range",
      trigger: { unhealthyInRange: "[1-2]", unhealthyLessThanOrEqualTo: 0 },
      expected: 5,
      healthy: 4,
      allowed: true,
      remaining: 1
    },
    {
      rule: "holds back below the range",
      trigger: { unhealthyInRange: "[2-3]" },
      expected: 5,
      healthy: 4,
      allowed: false,
      remaining: 2
    },
    {
      rule: "holds back above the range",
      trigger: { unhealthyInRange: "[1-2]" },
      expected: 5,
      healthy: 2,
      allowed: false,
      remaining: 0
    }
  ]
  it.each(limits)("$rule", ({ allowed, expected, healthy, remaining, trigger }) => {
    const limit = remediationLimit(trigger, { expected, healthy })
    assert.deepStrictEqual([limit.allowed, limit.remaining], [allowed, remaining])
  })
})

const limited = aHealthCheck({ remediation: { triggerIf: { unhealthyLessThanOrEqualTo: "40%" } } })
const factsOf = (targets: ReadonlyArray<Target>, given = limited): HealthCheckFacts => ({
  check: given,
  cluster,
  targets,
  now: noon
})
const bad = (name: string, machine = aRunningMachine(name)) =>
  target(name, { ready: "Unknown", since: ago(400), machine })
const print = (facts: HealthCheckFacts): ReadonlyArray<string> =>
  planHealthCheck(facts).actions.map((action) =>
    action._tag === "RecordRestricted"
      ? "restricted"
      : `${action.machine.metadata.name}: ${action.wanted.status?.conditions
          ?.filter((each) => ["HealthCheckSucceeded", "OwnerRemediated"].includes(each.type))
          .map((each) => `${each.type} ${each.status}`)
          .join(", ")}`
  )

describe("planHealthCheck", () => {
  it("asks the owner of an unhealthy Machine, and says of the others that they are well", () => {
    assert.deepStrictEqual(print(factsOf([target("a"), target("b"), bad("c")])), [
      "a: HealthCheckSucceeded True",
      "b: HealthCheckSucceeded True",
      "c: HealthCheckSucceeded False, OwnerRemediated False"
    ])
  })

  it("holds back when too many are unhealthy, but still says so of each", () => {
    const facts = factsOf([target("a"), bad("b"), bad("c")])
    assert.deepStrictEqual(print(facts), [
      "a: HealthCheckSucceeded True",
      "b: HealthCheckSucceeded False",
      "c: HealthCheckSucceeded False",
      "restricted"
    ])
    const plan = planHealthCheck(facts)
    const allowed = plan.check.status?.conditions?.find((each) => each.type === "RemediationAllowed")
    assert.deepStrictEqual(
      [allowed?.status, allowed?.reason, plan.check.status?.remediationsAllowed],
      ["False", "TooManyUnhealthy", 0]
    )
    assert.strictEqual(plan.requeueAfterMillis, undefined)
  })

  it("counts Machines that are starting against the limit", () => {
    const facts = factsOf([target("a"), starting("b", 10), bad("c")])
    assert.deepStrictEqual(print(facts), [
      "a: HealthCheckSucceeded True",
      "c: HealthCheckSucceeded False",
      "restricted"
    ])
    assert.deepStrictEqual(
      [planHealthCheck(facts).check.status?.expectedMachines, planHealthCheck(facts).check.status?.currentHealthy],
      [3, 1]
    )
  })

  it("comes back for the next that is due", () => {
    const facts = factsOf([target("a"), target("b", { ready: "Unknown", since: ago(100) }), target("c")])
    assert.strictEqual(planHealthCheck(facts).requeueAfterMillis, 201_000)
  })

  it("asks once", () => {
    const asked = aRunningMachine("c", {
      status: {
        conditions: [
          condition("HealthCheckSucceeded", "True"),
          condition("OwnerRemediated", "False", { reason: "RemediationDeferred" })
        ]
      }
    })
    const [, , action] = planHealthCheck(factsOf([target("a"), target("b"), bad("c", asked)])).actions
    assert.isTrue(action?._tag === "PatchMachine" && !action.marked)
  })

  it("asks nobody for a Machine that is going anyway", () => {
    const going = aRunningMachine("c", { metadata: { deletionTimestamp: ago(1) } })
    assert.deepStrictEqual(
      print(factsOf([target("a"), target("b"), bad("c", going)])).at(-1),
      "c: HealthCheckSucceeded False"
    )
  })

  it("writes nothing the second time", () => {
    const facts = factsOf([target("a"), target("b"), bad("c")])
    const plan = planHealthCheck(facts)
    const machines = new Map(
      plan.actions.flatMap((action) =>
        action._tag === "PatchMachine" ? [[action.machine.metadata.name, action.wanted] as const] : []
      )
    )
    const again = planHealthCheck(
      factsOf(
        facts.targets.map((each) => ({ ...each, machine: machines.get(each.machine.metadata.name) ?? each.machine })),
        plan.check
      )
    )
    assert.deepStrictEqual(again.actions, [])
    assert.deepStrictEqual(again.check, plan.check)
  })

  it("leaves alone what is paused or asks for it, and what belongs to another cluster", () => {
    const annotated = (name: string) => aMachine("a", { metadata: { annotations: { [name]: "" } } })
    assert.isTrue(isTarget(check, aMachine("a")))
    assert.isFalse(isTarget(check, annotated("cluster.x-k8s.io/paused")))
    assert.isFalse(isTarget(check, annotated("cluster.x-k8s.io/skip-remediation")))
    assert.isFalse(
      isTarget(
        check,
        aMachine("a", {
          metadata: { labels: { "cluster.x-k8s.io/set-name": "set", "cluster.x-k8s.io/cluster-name": "other" } }
        })
      )
    )
  })
})
