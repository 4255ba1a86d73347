import { Annotations } from "@capstan/api"
import { describe, expect, it } from "vitest"
import { machineToScaleDown } from "../../src/machine/ScaleDownChoice.ts"
import { aCluster, aControlPlane, owned } from "../Fixtures.ts"

const marked = { [Annotations.DeleteMachine]: "" }

describe("scaling down takes", () => {
  it.each([
    { rule: "nothing from nothing", machines: [], expected: undefined },
    { rule: "the oldest", machines: [owned("a", { ageMinutes: 5 }), owned("b", { ageMinutes: 9 })], expected: "b" },
    { rule: "the first by name of one age", machines: [owned("b"), owned("a")], expected: "a" },
    {
      rule: "an outdated one first",
      machines: [owned("a", { ageMinutes: 9 }), owned("b", { outdated: true, ageMinutes: 1 })],
      expected: "b"
    },
    {
      rule: "the unhealthy among the outdated",
      machines: [
        owned("a", { outdated: true, ageMinutes: 900 }),
        owned("b", { outdated: true, failing: ["SchedulerPodHealthy"] })
      ],
      expected: "b"
    },
    {
      rule: "one that a user chose, even when another is outdated",
      machines: [owned("a", { outdated: true }), owned("b", { annotations: marked })],
      expected: "b"
    },
    {
      rule: "the outdated among those that a user chose",
      machines: [
        owned("a", { annotations: marked, ageMinutes: 900 }),
        owned("b", { annotations: marked, outdated: true })
      ],
      expected: "b"
    },
    {
      rule: "from the fullest failure domain",
      machines: [
        owned("a", { domain: "a", ageMinutes: 900 }),
        owned("b", { domain: "b" }),
        owned("c", { domain: "b", ageMinutes: 5 })
      ],
      expected: "b"
    }
  ])("$rule", ({ expected, machines }) => {
    const chosen = machineToScaleDown({ cluster: aCluster(), controlPlane: aControlPlane(), machines })
    expect(chosen?.machine.metadata.name).toBe(expected)
  })
})
