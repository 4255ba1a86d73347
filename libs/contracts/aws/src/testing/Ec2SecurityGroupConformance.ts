/**
 * What every EC2 has to do with security groups and with tags.
 *
 * @source https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html
 */
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { Ec2 } from "../Ec2.ts"
import type { Ec2Shapes } from "../Shapes.ts"
import { checksOf, type ConformanceBackend } from "./Backend.ts"
import { aGroup, aVpc, present, refusedWith } from "./Fixtures.ts"

const fromAnywhere = (port: number, Description?: string): Ec2Shapes.IpPermission => ({
  IpProtocol: "tcp",
  FromPort: port,
  ToPort: port,
  IpRanges: [{ CidrIp: "0.0.0.0/0", Description }]
})

const fromGroup = (GroupId: string, port: number): Ec2Shapes.IpPermission => ({
  IpProtocol: "tcp",
  FromPort: port,
  ToPort: port,
  UserIdGroupPairs: [{ GroupId }]
})

const ingressOf = (GroupId: string) =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const found = yield* ec2.describeSecurityGroups({ GroupIds: [GroupId] })
    return present(found.SecurityGroups?.[0]?.IpPermissions, "IpPermissions")
  })

export const ec2SecurityGroupConformance = (backend: ConformanceBackend): void => {
  describe(`EC2 security groups and tags: ${backend.name}`, () => {
    const check = checksOf(backend)

    check("a name is taken once in a VPC", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const VpcId = yield* aVpc()
        yield* aGroup(VpcId, "web")
        yield* refusedWith(
          "InvalidGroup.Duplicate",
          ec2.createSecurityGroup({ GroupName: "web", Description: "again", VpcId })
        )
      })
    )

    check("an unknown group is not found", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const GroupId = "sg-0123456789abcdef0"
        yield* refusedWith("InvalidGroup.NotFound", ec2.describeSecurityGroups({ GroupIds: [GroupId] }))
        yield* refusedWith("InvalidGroup.NotFound", ec2.deleteSecurityGroup({ GroupId }))
        yield* refusedWith(
          "InvalidGroup.NotFound",
          ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions: [fromAnywhere(22)] })
        )
      })
    )

    check("a new group lets nothing in and everything out, until that is revoked", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const GroupId = yield* aGroup(yield* aVpc(), "new")
        const found = yield* ec2.describeSecurityGroups({ GroupIds: [GroupId] })
        assert.deepStrictEqual(found.SecurityGroups?.[0]?.IpPermissions, [])
        const egress = present(found.SecurityGroups?.[0]?.IpPermissionsEgress, "IpPermissionsEgress")
        assert.strictEqual(egress[0]?.IpProtocol, "-1")
        yield* ec2.revokeSecurityGroupEgress({
          GroupId,
          IpPermissions: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }]
        })
        const after = yield* ec2.describeSecurityGroups({ GroupIds: [GroupId] })
        assert.deepStrictEqual(after.SecurityGroups?.[0]?.IpPermissionsEgress, [])
      })
    )

    check("a rule is a duplicate whatever its description", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const GroupId = yield* aGroup(yield* aVpc(), "duplicates")
        yield* ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions: [fromAnywhere(443, "first")] })
        yield* refusedWith(
          "InvalidPermission.Duplicate",
          ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions: [fromAnywhere(443, "second")] })
        )
        const rules = yield* ingressOf(GroupId)
        assert.strictEqual(rules[0]?.IpRanges?.[0]?.Description, "first")
      })
    )

    check("a batch of rules is taken whole or not at all", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const GroupId = yield* aGroup(yield* aVpc(), "atomic")
        yield* ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions: [fromAnywhere(22)] })
        yield* refusedWith(
          "InvalidPermission.Duplicate",
          ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions: [fromAnywhere(80), fromAnywhere(22)] })
        )
        assert.deepStrictEqual(
          (yield* ingressOf(GroupId)).map((rule) => rule.FromPort),
          [22]
        )
      })
    )

    check("a rule is revoked once, by its ports and source alone", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const GroupId = yield* aGroup(yield* aVpc(), "revoked")
        yield* ec2.authorizeSecurityGroupIngress({
          GroupId,
          IpPermissions: [fromAnywhere(22, "described"), fromAnywhere(80)]
        })
        yield* ec2.revokeSecurityGroupIngress({ GroupId, IpPermissions: [fromAnywhere(22)] })
        assert.deepStrictEqual(
          (yield* ingressOf(GroupId)).map((rule) => rule.FromPort),
          [80]
        )
        yield* refusedWith(
          "InvalidPermission.NotFound",
          ec2.revokeSecurityGroupIngress({ GroupId, IpPermissions: [fromAnywhere(22)] })
        )
      })
    )

    check("protocols without ports forget the ports they are given", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const GroupId = yield* aGroup(yield* aVpc(), "ip-in-ip")
        yield* ec2.authorizeSecurityGroupIngress({
          GroupId,
          IpPermissions: [{ IpProtocol: "4", FromPort: -1, ToPort: 65535, UserIdGroupPairs: [{ GroupId }] }]
        })
        const rules = yield* ingressOf(GroupId)
        assert.strictEqual(rules[0]?.IpProtocol, "4")
        assert.strictEqual(rules[0]?.UserIdGroupPairs?.[0]?.GroupId, GroupId)
      })
    )

    check("a group that another one names cannot be deleted", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const VpcId = yield* aVpc()
        const named = yield* aGroup(VpcId, "named")
        const naming = yield* aGroup(VpcId, "naming")
        yield* ec2.authorizeSecurityGroupIngress({ GroupId: naming, IpPermissions: [fromGroup(named, 6443)] })
        yield* refusedWith("DependencyViolation", ec2.deleteSecurityGroup({ GroupId: named }))
        yield* ec2.revokeSecurityGroupIngress({ GroupId: naming, IpPermissions: [fromGroup(named, 6443)] })
        yield* ec2.deleteSecurityGroup({ GroupId: named })
      })
    )

    check("a rule cannot name a group that does not exist", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const GroupId = yield* aGroup(yield* aVpc(), "dangling")
        yield* refusedWith(
          "InvalidGroup.NotFound",
          ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions: [fromGroup("sg-0123456789abcdef0", 22)] })
        )
      })
    )

    check("tags are overwritten by key, and removed by key and value", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const id = yield* aVpc("first")
        const tags = (...pairs: ReadonlyArray<readonly [string, string]>) =>
          pairs.map(([Key, Value]) => ({ Key, Value }))
        yield* ec2.createTags({ Resources: [id], Tags: tags(["Name", "second"], ["team", "blue"]) })
        yield* ec2.deleteTags({ Resources: [id], Tags: tags(["team", "red"]) })
        const found = yield* ec2.describeVpcs({ VpcIds: [id] })
        assert.sameDeepMembers(found.Vpcs?.[0]?.Tags ?? [], tags(["Name", "second"], ["team", "blue"]))
        yield* ec2.deleteTags({ Resources: [id], Tags: [{ Key: "team" }] })
        const after = yield* ec2.describeVpcs({ VpcIds: [id] })
        assert.deepStrictEqual(after.Vpcs?.[0]?.Tags, tags(["Name", "second"]))
      })
    )

    check("tagging what does not exist is refused, and then nothing is tagged", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const id = yield* aVpc("untouched")
        yield* refusedWith(
          "InvalidSubnetID.NotFound",
          ec2.createTags({ Resources: [id, "subnet-0123456789abcdef0"], Tags: [{ Key: "Name", Value: "touched" }] })
        )
        const found = yield* ec2.describeVpcs({ VpcIds: [id] })
        assert.deepStrictEqual(found.Vpcs?.[0]?.Tags, [{ Key: "Name", Value: "untouched" }])
      })
    )

    check("a resource takes fifty tags", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const id = yield* aVpc()
        const tags = Array.from({ length: 50 }, (_, index) => ({ Key: `key-${index}`, Value: "x" }))
        yield* refusedWith("TagLimitExceeded", ec2.createTags({ Resources: [id], Tags: tags }))
        yield* ec2.createTags({ Resources: [id], Tags: tags.slice(0, 49) })
      })
    )
  })
}
