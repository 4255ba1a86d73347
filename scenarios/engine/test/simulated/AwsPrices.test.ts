import { assert, describe, it } from "@effect/vitest"
import { defaultInstanceTypes } from "@capstan/simulator-aws"
import { hourlyDollars, instancePrice } from "../../src/simulated/AwsPrices.ts"

type Paid = Parameters<typeof hourlyDollars>[0]

const nothing: Paid = { instances: [], natGateways: [], loadBalancers: [], addresses: [] }

/** Of each thing only what is looked at. */
const paid = (given: {
  readonly instances?: ReadonlyArray<object>
  readonly natGateways?: ReadonlyArray<object>
  readonly addresses?: ReadonlyArray<object>
}): Paid => ({ ...nothing, ...given }) as unknown as Paid

describe("instancePrice", () => {
  it.each([
    { type: "t3.large", price: 0.0832 },
    { type: "t3.micro", price: 0.0104 },
    { type: "m5.2xlarge", price: 0.384 },
    { type: "m7g.large", price: 0.0816 }
  ])("knows $type", ({ price, type }) => {
    assert.approximately(instancePrice(type) ?? 0, price, 1e-9)
  })

  it.each(defaultInstanceTypes)("knows $id, which every account has", ({ id }) => {
    assert.isAbove(instancePrice(id) ?? 0, 0)
  })

  it.each(["x9.large", "t3.huge", "t3", "", "constructor.large"])("does not guess at '%s'", (type) => {
    assert.isUndefined(instancePrice(type))
  })
})

describe("hourlyDollars", () => {
  it("charges for instances while they run, and for what stands by the hour", () => {
    const running = { instanceType: "t3.large", state: "running", publicIp: undefined }
    assert.strictEqual(hourlyDollars(nothing), 0)
    assert.approximately(
      hourlyDollars(paid({ instances: [running, { ...running, state: "stopped" }] })) ?? 0,
      0.0832,
      1e-9
    )
    const natGateways = ["pending", "available", "deleting", "deleted"].map((state) => ({ state }))
    assert.approximately(hourlyDollars(paid({ natGateways })) ?? 0, 0.09, 1e-9)
  })

  it("charges for a public address once", () => {
    const instances = [{ instanceType: "t3.large", state: "running", publicIp: "203.0.113.7" }]
    const addresses = [{ publicIp: "203.0.113.7" }]
    assert.approximately(hourlyDollars(paid({ instances })) ?? 0, 0.0882, 1e-9)
    assert.approximately(hourlyDollars(paid({ instances, addresses })) ?? 0, 0.0882, 1e-9)
  })

  it("says nothing while something runs whose price is not known", () => {
    assert.isUndefined(hourlyDollars(paid({ instances: [{ instanceType: "x9.large", state: "running" }] })))
  })
})
