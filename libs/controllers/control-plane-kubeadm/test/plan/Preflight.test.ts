import { Annotations } from "@capstan/api"
import { describe, expect, it } from "vitest"
import { preflightProblem, type Scaling } from "../../src/plan/Preflight.ts"
import { aCluster, aControlPlane, aMember, anEtcd, facts, type FactsOptions, owned } from "../Fixtures.ts"

const healthy = [owned("a"), owned("b"), owned("c")]
const topology = (version: string) => ({ ...aCluster(), spec: { ...aCluster().spec, topology: { version } } })
const inProgress = aControlPlane(
  {},
  {
    annotations: {
      [Annotations.RemediationInProgress]: '{"machine":"x","timestamp":"2030-01-01T00:00:00Z","retryCount":0}'
    }
  }
)

describe("before scaling", () => {
  const rows: ReadonlyArray<{
    readonly rule: string
    readonly given: FactsOptions
    readonly scaling?: Scaling
    readonly leaving?: number
    readonly expected: number | undefined
  }> = [
    {
      rule: "an empty control plane passes",
      given: { machines: [], certificatesAvailable: false },
      expected: undefined
    },
    { rule: "a healthy one passes", given: { machines: healthy }, expected: undefined },
    {
      rule: "a topology that is about to upgrade holds",
      given: { machines: healthy, cluster: topology("v1.32.0") },
      expected: 15_000
    },
    {
      rule: "a topology of the same version passes",
      given: { machines: healthy, cluster: topology("v1.31.2") },
      expected: undefined
    },
    {
      rule: "missing certificates hold a Machine more",
      given: { machines: healthy, certificatesAvailable: false },
      expected: 15_000
    },
    {
      rule: "missing certificates do not hold a Machine less",
      given: { machines: healthy, certificatesAvailable: false },
      scaling: "down",
      expected: undefined
    },
    {
      rule: "a Machine that is being deleted holds, for longer",
      given: { machines: [...healthy, owned("d", { deleting: true })] },
      expected: 30_000
    },
    {
      rule: "a Machine without a Node holds",
      given: { machines: [...healthy, owned("d", { node: undefined })] },
      expected: 15_000
    },
    {
      rule: "a component that is not known to be healthy holds",
      given: { machines: [...healthy, owned("d", { failing: ["SchedulerPodHealthy"] })] },
      expected: 15_000
    },
    {
      rule: "an etcd member that is not known to be healthy holds",
      given: { machines: [...healthy, owned("d", { failing: ["EtcdMemberHealthy"] })] },
      expected: 15_000
    },
    {
      rule: "what is wrong with the Machine that leaves does not hold",
      given: { machines: [owned("d", { failing: ["EtcdMemberHealthy"] }), ...healthy] },
      scaling: "down",
      leaving: 0,
      expected: undefined
    },
    {
      rule: "a remediation may add its Machine although another is sick, when etcd can bear it",
      given: {
        controlPlane: inProgress,
        machines: [...healthy, owned("d"), owned("e", { failing: ["EtcdMemberHealthy"] })]
      },
      expected: undefined
    },
    {
      rule: "a remediation may not, when etcd cannot bear it",
      given: { controlPlane: inProgress, machines: [owned("a"), owned("b", { failing: ["EtcdMemberHealthy"] })] },
      expected: 15_000
    },
    {
      rule: "a remediation may not, while nobody knows etcd's members",
      given: {
        controlPlane: inProgress,
        machines: [...healthy, owned("d", { failing: ["EtcdPodHealthy"] })],
        etcd: undefined
      },
      expected: 15_000
    },
    {
      rule: "a remediation may not, while a member is still joining",
      given: {
        controlPlane: inProgress,
        machines: [...healthy, owned("d", { failing: ["EtcdPodHealthy"] })],
        etcd: anEtcd([aMember("a"), aMember("b"), aMember("c"), aMember("d", { isLearner: true })])
      },
      expected: 15_000
    },
    {
      rule: "a remediation takes no Machine away under relaxed rules",
      given: {
        controlPlane: inProgress,
        machines: [...healthy, owned("d"), owned("e", { failing: ["EtcdMemberHealthy"] })]
      },
      scaling: "down",
      leaving: 0,
      expected: 15_000
    }
  ]
  it.each(rows)("$rule", ({ expected, given, leaving, scaling }) => {
    const all = facts(given)
    const machine = leaving === undefined ? undefined : all.machines[leaving]?.machine
    expect(preflightProblem(all, scaling ?? "up", machine)?.requeueAfterMillis).toBe(expected)
  })
})
