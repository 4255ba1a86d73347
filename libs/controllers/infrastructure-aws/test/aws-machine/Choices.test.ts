import { assert, describe, it } from "@effect/vitest"
import { isAbsenceProven } from "../../src/aws-machine/AwsMachineRemove.ts"
import { imageQuery, newestImage } from "../../src/aws-machine/ImageLookup.ts"
import { instanceIdOf } from "../../src/aws-machine/InstanceLookup.ts"
import { coreSecurityGroups } from "../../src/aws-machine/InstanceUpkeep.ts"
import { chooseReferenced, chooseSubnet } from "../../src/aws-machine/SubnetChoice.ts"

describe("imageQuery", () => {
  const base = { machine: {}, cluster: {}, version: "v1.20.5", architecture: "x86_64" }
  const cases = [
    {
      rule: "looks for Cluster API's images of the machine's version",
      given: base,
      expected: { namePattern: "capa-ami-ubuntu-24.04-?1.20.5-*", owner: "819546954734", architecture: "x86_64" }
    },
    {
      rule: "takes the cluster's wishes",
      given: { ...base, cluster: { imageLookupBaseOS: "flatcar", imageLookupOrg: "1" } },
      expected: { namePattern: "capa-ami-flatcar-?1.20.5-*", owner: "1", architecture: "x86_64" }
    },
    {
      rule: "prefers the machine's own",
      given: {
        ...base,
        cluster: { imageLookupFormat: "x" },
        machine: { imageLookupFormat: "mine-{{.BaseOS}}-{{ .K8sVersion }}" }
      },
      expected: { namePattern: "mine-ubuntu-24.04-1.20.5", owner: "819546954734", architecture: "x86_64" }
    }
  ]
  it.each(cases)("$rule", ({ expected, given }) => assert.deepStrictEqual(imageQuery(given), expected))
})

describe("newestImage", () => {
  it("is the one made last", () =>
    assert.strictEqual(
      newestImage([
        { ImageId: "a", CreationDate: "2025-01-01T00:00:00.000Z" },
        { ImageId: "b", CreationDate: "2026-01-01T00:00:00.000Z" },
        { ImageId: "c", CreationDate: "2024-01-01T00:00:00.000Z" }
      ])?.ImageId,
      "b"
    ))
})

describe("chooseSubnet", () => {
  const subnets = [
    { id: "pa", resourceID: "subnet-1", availabilityZone: "a", isPublic: true },
    { id: "a", resourceID: "subnet-2", availabilityZone: "a", isPublic: false },
    { id: "b", resourceID: "subnet-3", availabilityZone: "b" }
  ]
  const cases = [
    {
      rule: "takes the first private one when nothing is asked",
      wish: { failureDomain: undefined, publicIp: false },
      expected: "subnet-2"
    },
    { rule: "takes the private one of the zone", wish: { failureDomain: "b", publicIp: false }, expected: "subnet-3" },
    {
      rule: "takes a public one for a public address",
      wish: { failureDomain: undefined, publicIp: true },
      expected: "subnet-1"
    },
    {
      rule: "takes none when the zone has none of the kind",
      wish: { failureDomain: "b", publicIp: true },
      expected: undefined
    }
  ]
  it.each(cases)("$rule", ({ expected, wish }) => assert.strictEqual(chooseSubnet(subnets, wish)?.subnetId, expected))
})

describe("chooseReferenced", () => {
  it("prefers the cluster's VPC and keeps to the zone", () => {
    const found = [
      { SubnetId: "subnet-x", VpcId: "vpc-2", AvailabilityZone: "a" },
      { SubnetId: "subnet-y", VpcId: "vpc-1", AvailabilityZone: "b" },
      { SubnetId: "subnet-z", VpcId: "vpc-1", AvailabilityZone: "a" }
    ]
    const chosen = chooseReferenced(found, { failureDomain: "a", publicIp: false }, { vpcId: "vpc-1", subnets: [] })
    assert.deepStrictEqual(chosen, { subnetId: "subnet-z", zone: "a" })
  })
})

describe("coreSecurityGroups", () => {
  const groups = { node: { id: "sg-n" }, lb: { id: "sg-l" }, controlplane: { id: "sg-c" } }
  it("puts a control plane in three groups, a worker in two", () => {
    assert.deepStrictEqual(coreSecurityGroups(groups, { instanceType: "t" }, true).ids, ["sg-n", "sg-l", "sg-c"])
    assert.deepStrictEqual(coreSecurityGroups(groups, { instanceType: "t" }, false).ids, ["sg-n", "sg-l"])
  })
  it("takes overrides by role and names what is missing", () => {
    const spec = { instanceType: "t", securityGroupOverrides: { lb: "sg-mine" } }
    assert.deepStrictEqual(coreSecurityGroups({ lb: { id: "sg-l" } }, spec, false), {
      ids: ["sg-mine"],
      missing: ["node"]
    })
  })
})

describe("isAbsenceProven", () => {
  const cases = [
    { rule: "never launched, never there", launched: false, waited: 0, expected: true },
    { rule: "not seen just after the request proves nothing", launched: true, waited: 30_000, expected: false },
    { rule: "not seen for a minute and a half is gone", launched: true, waited: 90_000, expected: true }
  ]
  it.each(cases)("$rule", ({ expected, launched, waited }) =>
    assert.strictEqual(isAbsenceProven({ launched, deletionRequestedAt: 1_000, now: 1_000 + waited }), expected)
  )
})

describe("instanceIdOf", () => {
  it("is what follows the last slash", () => assert.strictEqual(instanceIdOf("aws:///eu-west-1a/i-1"), "i-1"))
  it("is nothing for nothing", () => assert.isUndefined(instanceIdOf(undefined)))
})
