/**
 * What every EC2 has to do with network ACLs: the default one, a new one in its place, and the way back.
 *
 * @source https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
 */
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { Ec2 } from "../Ec2.ts"
import type { Ec2Shapes } from "../Shapes.ts"
import { checksOf, type ConformanceBackend } from "./Backend.ts"
import { aSubnet, aVpc, filter, patiently, present, refusedWith, until } from "./Fixtures.ts"

/** The ACL in front of a subnet, and the id of their association. */
const guardOf = (subnetId: string) =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const acl = yield* until(
      "the subnet has an ACL",
      Effect.map(
        ec2.describeNetworkAcls({ Filters: [filter("association.subnet-id", subnetId)] }),
        (found) => found.NetworkAcls?.[0]
      )
    )
    const association = acl.Associations?.find((one) => one.SubnetId === subnetId)
    return {
      acl: present(acl.NetworkAclId, "NetworkAclId"),
      association: present(association?.NetworkAclAssociationId, "NetworkAclAssociationId")
    }
  })

/** A new ACL, visible. */
const anAcl = (vpcId: string, more: Partial<Ec2Shapes.CreateNetworkAclRequest> = {}) =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const made = yield* ec2.createNetworkAcl({ VpcId: vpcId, ...more })
    const id = present(made.NetworkAcl?.NetworkAclId, "NetworkAclId")
    yield* until(
      "the ACL is visible",
      Effect.map(
        ec2.describeNetworkAcls({ NetworkAclIds: [id] }),
        (found) => found.NetworkAcls?.[0]
      )
    )
    return id
  })

/** Puts an ACL in front of a subnet. */
const put = (acl: string, subnetId: string) =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const before = yield* guardOf(subnetId)
    const answer = yield* ec2.replaceNetworkAclAssociation({ AssociationId: before.association, NetworkAclId: acl })
    return { before, id: present(answer.NewAssociationId, "NewAssociationId") }
  })

const gone = (acl: string) =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    yield* patiently("the ACL is deleted", ec2.deleteNetworkAcl({ NetworkAclId: acl }))
  })

const rulesOf = (acl: Ec2Shapes.NetworkAcl | undefined) =>
  (acl?.Entries ?? [])
    .map((entry) => `${entry.RuleNumber} ${entry.Egress === true ? "out" : "in"} ${entry.RuleAction}`)
    .sort()

export const ec2NetworkAclConformance = (backend: ConformanceBackend): void => {
  describe(`EC2 network ACLs: ${backend.name}`, () => {
    const check = checksOf(backend)

    check("a VPC comes with a default ACL that lets everything through, and stays", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const VpcId = yield* aVpc()
        const found = yield* ec2.describeNetworkAcls({ Filters: [filter("vpc-id", VpcId), filter("default", "true")] })
        const acl = present(found.NetworkAcls?.[0], "default ACL")
        assert.isTrue(acl.IsDefault)
        assert.deepStrictEqual(rulesOf(acl), ["100 in allow", "100 out allow", "32767 in deny", "32767 out deny"])
        yield* refusedWith("InvalidParameterValue", ec2.deleteNetworkAcl({ NetworkAclId: acl.NetworkAclId }))
      })
    )

    check("a new subnet stands behind the default ACL", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const VpcId = yield* aVpc()
        const subnet = yield* aSubnet(VpcId)
        const { acl } = yield* guardOf(subnet)
        const found = yield* ec2.describeNetworkAcls({ NetworkAclIds: [acl] })
        assert.isTrue(found.NetworkAcls?.[0]?.IsDefault)
      })
    )

    check("a new ACL carries its tags, stands before nothing and denies everything", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const Tags = [{ Key: "Name", Value: "shut" }]
        const acl = yield* anAcl(yield* aVpc(), { TagSpecifications: [{ ResourceType: "network-acl", Tags }] })
        const found = yield* ec2.describeNetworkAcls({ NetworkAclIds: [acl] })
        const shape = present(found.NetworkAcls?.[0], "ACL")
        assert.isFalse(shape.IsDefault)
        assert.deepStrictEqual(shape.Tags, Tags)
        assert.deepStrictEqual(shape.Associations, [])
        assert.deepStrictEqual(rulesOf(shape), ["32767 in deny", "32767 out deny"])
        yield* gone(acl)
      })
    )

    check("rules are numbered once in each direction", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const NetworkAclId = yield* anAcl(yield* aVpc())
        const rule = {
          NetworkAclId,
          RuleNumber: 1,
          Protocol: "-1",
          RuleAction: "deny",
          CidrBlock: "0.0.0.0/0"
        } as const
        yield* ec2.createNetworkAclEntry({ ...rule, Egress: false })
        yield* ec2.createNetworkAclEntry({ ...rule, Egress: true })
        const found = yield* ec2.describeNetworkAcls({ NetworkAclIds: [NetworkAclId] })
        assert.includeMembers(rulesOf(found.NetworkAcls?.[0]), ["1 in deny", "1 out deny"])
        yield* refusedWith("NetworkAclEntryAlreadyExists", ec2.createNetworkAclEntry({ ...rule, Egress: true }))
        yield* gone(NetworkAclId)
      })
    )

    check("another ACL takes the place of the first under a new association, and gives it back", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const VpcId = yield* aVpc()
        const subnet = yield* aSubnet(VpcId)
        const acl = yield* anAcl(VpcId)
        const { before, id } = yield* put(acl, subnet)
        assert.notStrictEqual(id, before.association)
        assert.deepStrictEqual(yield* guardOf(subnet), { acl, association: id })
        yield* refusedWith(
          "InvalidAssociationID.NotFound",
          ec2.replaceNetworkAclAssociation({ AssociationId: before.association, NetworkAclId: acl })
        )
        yield* refusedWith("DependencyViolation", ec2.deleteNetworkAcl({ NetworkAclId: acl }))
        yield* put(before.acl, subnet)
        assert.strictEqual((yield* guardOf(subnet)).acl, before.acl)
        yield* gone(acl)
      })
    )

    check("an unknown ACL is not found", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const NetworkAclId = "acl-0123456789abcdef0"
        const code = "InvalidNetworkAclID.NotFound"
        yield* refusedWith(code, ec2.describeNetworkAcls({ NetworkAclIds: [NetworkAclId] }))
        yield* refusedWith(code, ec2.deleteNetworkAcl({ NetworkAclId }))
      })
    )

    check("a VPC with an ACL of somebody's making is not deleted", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const VpcId = yield* aVpc()
        const acl = yield* anAcl(VpcId)
        yield* refusedWith("DependencyViolation", ec2.deleteVpc({ VpcId }))
        yield* gone(acl)
      })
    )

    check("a dry run says that it would have succeeded, and does nothing", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const VpcId = yield* aVpc()
        yield* refusedWith("DryRunOperation", ec2.createNetworkAcl({ VpcId, DryRun: true }))
        const found = yield* ec2.describeNetworkAcls({ Filters: [filter("vpc-id", VpcId)] })
        assert.strictEqual(found.NetworkAcls?.length, 1)
      })
    )

    check("key pairs are found by name, and those that are not there are said to be absent", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const { keyName } = backend.given
        const found = yield* ec2.describeKeyPairs({ KeyNames: [keyName] })
        assert.deepStrictEqual(
          found.KeyPairs?.map((pair) => pair.KeyName),
          [keyName]
        )
        yield* refusedWith("InvalidKeyPair.NotFound", ec2.describeKeyPairs({ KeyNames: ["conformance-absent"] }))
      })
    )

    check("the account tells how many elastic addresses it may have", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const { AccountAttributes = [] } = yield* ec2.describeAccountAttributes({})
        const addresses = AccountAttributes.find(({ AttributeName }) => AttributeName === "max-elastic-ips")
        const value = addresses?.AttributeValues?.[0]?.AttributeValue
        assert.isAbove(Number(value), 0)
      })
    )
  })
}
