import { describe, expect, it } from "vitest"
import type { ControlPlaneMachine } from "../../src/ControlPlaneFacts.ts"
import { controlPlaneDomains, domainForNewMachine, inFullestDomain } from "../../src/machine/FailureDomains.ts"
import { machineToScaleDown } from "../../src/machine/ScaleDownChoice.ts"
import { aCluster, aControlPlane, domains, owned } from "../Fixtures.ts"

describe("a new Machine goes to", () => {
  it.each([
    { rule: "no domain when there is none", given: [], among: [], expected: undefined },
    { rule: "the first domain by name when all are empty", given: [], among: domains, expected: "a" },
    {
      rule: "the emptiest domain",
      given: [owned("1", { domain: "a" }), owned("2", { domain: "c" })],
      among: domains,
      expected: "b"
    },
    {
      rule: "where the fewest will be left after a rollout",
      given: [owned("1", { domain: "a", outdated: true }), owned("2", { domain: "b" }), owned("3", { domain: "c" })],
      among: domains,
      expected: "a"
    },
    {
      rule: "where one is being deleted",
      given: [owned("1", { domain: "a" }), owned("2", { domain: "b", deleting: true }), owned("3", { domain: "c" })],
      among: domains,
      expected: "b"
    },
    {
      rule: "the domain with the fewest at all among those that are equal otherwise",
      given: [
        owned("1", { domain: "a", outdated: true }),
        owned("2", { domain: "a", outdated: true }),
        owned("3", { domain: "b", outdated: true })
      ],
      among: ["a", "b"],
      expected: "b"
    }
  ])("$rule", ({ among, expected, given }) => expect(domainForNewMachine(among, given)).toBe(expected))

  it("only to domains for control planes, told in the order of their names", () => {
    const cluster = aCluster(["z", "b"])
    const failureDomains = [
      ...(cluster.status?.failureDomains ?? []),
      { name: "worker", controlPlane: false },
      { name: "unsaid" }
    ]
    expect(controlPlaneDomains({ ...cluster, status: { failureDomains } })).toEqual(["b", "z"])
  })
})

const counts = (machines: ReadonlyArray<ControlPlaneMachine>, among: ReadonlyArray<string>): ReadonlyArray<number> =>
  among.map((domain) => machines.filter(({ machine }) => machine.spec.failureDomain === domain).length)

const spread = (numbers: ReadonlyArray<number>): number => Math.max(...numbers) - Math.min(...numbers)

describe("growing and shrinking", () => {
  it.each([1, 2, 3, 4])("over %i domains leaves no two of them more than one Machine apart", (size) => {
    const among = ["a", "b", "c", "d"].slice(0, size)
    let machines: ReadonlyArray<ControlPlaneMachine> = []
    for (let index = 0; index < 9; index++) {
      const domain = domainForNewMachine(among, machines)
      machines = [...machines, owned(`m${index}`, { domain: domain ?? "", ageMinutes: 100 - index })]
      expect(spread(counts(machines, among))).toBeLessThanOrEqual(1)
    }
    while (machines.length > 0) {
      const gone = machineToScaleDown({ cluster: aCluster(among), controlPlane: aControlPlane(), machines })
      machines = machines.filter((each) => each !== gone)
      expect(spread(counts(machines, among))).toBeLessThanOrEqual(1)
    }
  })

  it("rolls over domains evenly in the end", () => {
    let machines = domains.map((domain, index) => owned(`old${index}`, { domain, outdated: true }))
    for (let index = 0; index < 3; index++) {
      const domain = domainForNewMachine(domains, machines)
      machines = [...machines, owned(`new${index}`, { domain: domain ?? "", ageMinutes: 1 })]
      const gone = machineToScaleDown({ cluster: aCluster(), controlPlane: aControlPlane(), machines })
      machines = machines.filter((each) => each !== gone)
    }
    expect(machines.map(({ machine }) => machine.metadata.name)).toEqual(["new0", "new1", "new2"])
    expect(counts(machines, domains)).toEqual([1, 1, 1])
  })
})

describe("inFullestDomain", () => {
  it("takes Machines of a domain that is gone before all others", () => {
    const machines = [owned("1", { domain: "a" }), owned("2", { domain: "a" }), owned("3", { domain: "gone" })]
    expect(inFullestDomain(domains, machines, machines).map(({ machine }) => machine.metadata.name)).toEqual(["3"])
  })
  it("looks only at domains that have a candidate, but counts all Machines there", () => {
    const machines = [owned("1", { domain: "a" }), owned("2", { domain: "a" }), owned("3", { domain: "b" })]
    expect(inFullestDomain(domains, machines, machines.slice(2)).map(({ machine }) => machine.metadata.name)).toEqual([
      "3"
    ])
  })
})
