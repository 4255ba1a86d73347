import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { chooseZones, overlaps, planSubnets, splitCidr } from "../../../src/aws-cluster/network/SubnetPlan.ts"

const zones = ["ap-northeast-2a", "ap-northeast-2b", "ap-northeast-2c", "ap-northeast-2d", "ap-northeast-2e"]
const plan = (count: number, prefer: "PreferPrivate" | "PreferPublic" = "PreferPrivate", cidrBlock = "10.0.0.0/16") =>
  planSubnets({ cluster: "capi-quickstart", cidrBlock, zones: zones.slice(0, count), prefer })
const blocks = (count: number, isPublic: boolean) =>
  plan(count)
    .filter((subnet) => subnet.isPublic === isPublic)
    .map((subnet) => subnet.cidrBlock)

describe("planSubnets", () => {
  const cases = [
    { count: 1, publics: ["10.0.0.0/17"], privates: ["10.0.128.0/17"] },
    { count: 2, publics: ["10.0.0.0/19", "10.0.32.0/19"], privates: ["10.0.64.0/18", "10.0.128.0/18"] },
    {
      count: 3,
      publics: ["10.0.0.0/20", "10.0.16.0/20", "10.0.32.0/20"],
      privates: ["10.0.64.0/18", "10.0.128.0/18", "10.0.192.0/18"]
    },
    {
      count: 4,
      publics: ["10.0.0.0/21", "10.0.8.0/21", "10.0.16.0/21", "10.0.24.0/21"],
      privates: ["10.0.32.0/19", "10.0.64.0/19", "10.0.96.0/19", "10.0.128.0/19"]
    }
  ]
  it.each(cases)("cuts a VPC for $count zones as upstream does", ({ count, privates, publics }) => {
    assert.deepStrictEqual(blocks(count, true), publics)
    assert.deepStrictEqual(blocks(count, false), privates)
  })

  it("names subnets after cluster, kind and zone, public before private", () => {
    assert.deepStrictEqual(
      plan(2).map((subnet) => subnet.id),
      [
        "capi-quickstart-subnet-public-ap-northeast-2a",
        "capi-quickstart-subnet-private-ap-northeast-2a",
        "capi-quickstart-subnet-public-ap-northeast-2b",
        "capi-quickstart-subnet-private-ap-northeast-2b"
      ]
    )
  })

  it("gives the larger blocks to public subnets when they are preferred", () => {
    const subnets = plan(3, "PreferPublic")
    assert.strictEqual(subnets[0]?.cidrBlock, "10.0.64.0/18")
    assert.strictEqual(subnets[1]?.cidrBlock, "10.0.0.0/20")
  })

  it.prop(
    "makes two subnets a zone that lie in the VPC and never overlap",
    {
      count: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 })),
      prefix: Schema.Int.check(Schema.isBetween({ minimum: 16, maximum: 20 })),
      second: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
    },
    ({ count, prefix, second }) => {
      const vpc = `10.${second}.0.0/${prefix}`
      const cidrs = plan(count, "PreferPrivate", vpc).map((subnet) => subnet.cidrBlock ?? "")
      assert.lengthOf(cidrs, 2 * count)
      for (const [index, cidr] of cidrs.entries()) {
        assert.isTrue(overlaps(vpc, cidr))
        assert.isAbove(Number(cidr.split("/")[1]), prefix)
        for (const other of cidrs.slice(index + 1)) assert.isFalse(overlaps(cidr, other), `${cidr} and ${other}`)
      }
    }
  )
})

describe("splitCidr", () => {
  it("gives the block itself for one piece", () => assert.deepStrictEqual(splitCidr("10.1.0.0/16", 1), ["10.1.0.0/16"]))
  it("wastes what a power of two leaves over", () =>
    assert.deepStrictEqual(splitCidr("10.0.0.0/24", 3), ["10.0.0.0/26", "10.0.0.64/26", "10.0.0.128/26"]))
})

describe("chooseZones", () => {
  it("takes the first few when there are too many", () =>
    assert.deepStrictEqual(chooseZones(zones, 3), zones.slice(0, 3)))
  it("takes all when there are not", () => assert.deepStrictEqual(chooseZones(["a"], 3), ["a"]))
})
