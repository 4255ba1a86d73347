import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { grep, onlyPlan, pinMatrix } from "../../src/run/Selection.ts"
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

describe("grep", () => {
  it("looks at the name and the cell", () => {
    assert.deepStrictEqual(grep(plans, /^zone-outage zone=b$/), [cell("b")])
    assert.deepStrictEqual(grep(plans, /^other$/), [other])
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
