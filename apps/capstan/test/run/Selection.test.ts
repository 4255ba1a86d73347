import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { failedAgain, filtered, type Filters, onlyPlan, pinMatrix } from "../../src/run/Selection.ts"
import { groupsOf } from "../../src/report/TestReport.ts"
import { plan } from "../report/Canned.ts"

const cell = (zone: string) => plan({ cell: { zone } })
const other = plan({ name: "other", cell: {} })
const plans = [cell("a"), cell("b"), other]

describe("pinMatrix", () => {
  it("keeps cells with the value, and plans without the axis", () => {
    assert.deepStrictEqual(Result.getOrThrow(pinMatrix(plans, { zone: "b" })), [cell("b"), other])
  })

  it("says which axis was probably meant", () => {
    assert.deepStrictEqual(
      pinMatrix(plans, { zon: "b" }),
      Result.fail("No scenario has an axis 'zon' in its matrix. Did you mean 'zone'?")
    )
  })

  it("says which values there are", () => {
    assert.deepStrictEqual(
      pinMatrix(plans, { zone: "zebra" }),
      Result.fail("Axis 'zone' has no value 'zebra'. Known: a, b.")
    )
  })
})

describe("filtered", () => {
  const chosen = (given: Partial<Filters>) =>
    filtered(plans, { pattern: undefined, unwanted: undefined, labels: undefined, file: undefined, ...given })

  it("looks at the name and the cell", () => {
    assert.deepStrictEqual(chosen({ pattern: /^zone-outage zone=b$/ }), [cell("b")])
    assert.deepStrictEqual(chosen({ pattern: /^other$/ }), [other])
    assert.deepStrictEqual(chosen({ pattern: /zone/, unwanted: /=a$/ }), [cell("b")])
  })

  it("looks at labels and files", () => {
    assert.deepStrictEqual(chosen({ labels: ({ suite }) => suite === "resilience" }), plans)
    assert.deepStrictEqual(chosen({ labels: ({ suite }) => suite !== "resilience" }), [])
    assert.deepStrictEqual(chosen({ file: (path) => path === "/work/zone.yaml" }), plans)
    assert.deepStrictEqual(chosen({ file: () => false }), [])
  })
})

describe("failedAgain", () => {
  const groups = groupsOf([cell("a"), cell("b"), other], undefined)
  const failed = { file: "scenarios/zone.yaml", name: "zone-outage", backend: "sim", cell: { zone: "b" }, seed: 107 }
  const again = (...args: Parameters<typeof failedAgain>) =>
    failedAgain(...args).flatMap(({ jobs, name }) =>
      jobs.map(({ index, perturbation, plan, seed }) => [index, name, plan.cell, seed, perturbation])
    )

  it("takes the very seeds and perturbations that failed, whatever the file's own seeds are", () => {
    const crashed = { ...failed, name: "other", cell: {}, seed: 7, perturbation: "crash@after:ec2.RunInstances:1" }
    assert.deepStrictEqual(again(groups, [failed, crashed], undefined), [
      [0, "zone-outage", { zone: "b" }, 107, undefined],
      [1, "other", {}, 7, "crash@after:ec2.RunInstances:1"]
    ])
  })

  it.each([
    { what: "another file", other: { file: "scenarios/other.yaml" } },
    { what: "another cell", other: { cell: { zone: "c" } } },
    { what: "another backend", other: { backend: "emulated" } }
  ])("leaves out what is of $what", ({ other }) => {
    assert.deepStrictEqual(again(groups, [{ ...failed, ...other }], undefined), [])
  })

  it("keeps to the seeds that were asked for", () => {
    assert.deepStrictEqual(again(groups, [failed], [1, 2]), [])
    assert.strictEqual(again(groups, [failed], [107]).length, 1)
  })
})

describe("onlyPlan", () => {
  it("lists the cells to choose from", () => {
    const chosen = onlyPlan(plans.slice(0, 2), { scenario: undefined, pins: {} })
    assert.deepStrictEqual(
      chosen,
      Result.fail("The scenario has 2 cells: choose one of\n  --matrix zone=a\n  --matrix zone=b")
    )
  })

  it("asks for the scenario where there are several", () => {
    const chosen = onlyPlan(plans, { scenario: undefined, pins: {} })
    assert.deepStrictEqual(
      chosen,
      Result.fail("The file holds 2 scenarios: choose one with --scenario zone-outage or other.")
    )
  })

  it("finds the one that is left", () => {
    assert.deepStrictEqual(onlyPlan(plans, { scenario: "zone-outage", pins: { zone: "b" } }), Result.succeed(cell("b")))
  })
})
