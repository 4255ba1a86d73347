import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { aWorld } from "./World.ts"

/** A subnet with a running instance, and the way to put ACLs in front of the subnet. */
const aGuardedSubnet = (seed = 0) => {
  const world = aWorld(seed)
  const { aws, ec2, run, subnet, vpc } = world
  const instance = run(world.launch(subnet))
  world.wait("5 minutes")
  const acls = () => aws.view().networkAcls.filter((acl) => acl.vpcId === vpc)
  const associationOf = (subnetId: string) =>
    acls()
      .flatMap((acl) => acl.associations)
      .find((one) => one.subnetId === subnetId)?.id ?? ""
  const newAcl = () =>
    run(Effect.map(ec2.createNetworkAcl({ VpcId: vpc }), (answer) => answer.NetworkAcl?.NetworkAclId ?? ""))
  const putInFront = (NetworkAclId: string, subnetId = subnet) =>
    run(ec2.replaceNetworkAclAssociation({ AssociationId: associationOf(subnetId), NetworkAclId }))
  const rule = (NetworkAclId: string, RuleNumber: number, RuleAction: "allow" | "deny", Egress: boolean) =>
    run(
      ec2.createNetworkAclEntry({
        NetworkAclId,
        RuleNumber,
        RuleAction,
        Egress,
        Protocol: "-1",
        CidrBlock: "0.0.0.0/0"
      })
    )
  const reachable = () => aws.instances.get(instance)?.reachable
  return { ...world, instance, acls, newAcl, putInFront, reachable, rule }
}

describe("a network ACL", () => {
  it("without rules cuts the subnet's machines off, and lets them back with the old one", () => {
    const { acls, newAcl, putInFront, reachable } = aGuardedSubnet()
    const before = acls()[0]?.id ?? ""
    assert.isTrue(reachable())
    putInFront(newAcl())
    assert.isFalse(reachable())
    putInFront(before)
    assert.isTrue(reachable())
  })

  it("tells whoever watches the machines", () => {
    const { aws, instance, newAcl, putInFront } = aGuardedSubnet()
    const told: Array<string> = []
    aws.instances.onChange((id) => told.push(id))
    putInFront(newAcl())
    assert.deepStrictEqual(told, [instance])
  })

  it("leaves machines of other subnets alone", () => {
    const { newAcl, other, putInFront, reachable } = aGuardedSubnet()
    putInFront(newAcl(), other)
    assert.isTrue(reachable())
  })

  it("lets nothing through that one direction denies", () => {
    const { newAcl, putInFront, reachable, rule } = aGuardedSubnet()
    const acl = newAcl()
    rule(acl, 100, "allow", false)
    putInFront(acl)
    assert.isFalse(reachable())
    rule(acl, 100, "allow", true)
    assert.isTrue(reachable())
  })

  it("goes by its lowest rule", () => {
    const { newAcl, putInFront, reachable, rule } = aGuardedSubnet()
    const acl = newAcl()
    rule(acl, 100, "allow", false)
    rule(acl, 100, "allow", true)
    putInFront(acl)
    assert.isTrue(reachable())
    rule(acl, 1, "deny", true)
    assert.isFalse(reachable())
  })

  it("goes with its subnet and its VPC", () => {
    const { acls, gateway, ec2, instance, other, run, subnet, vpc, wait } = aGuardedSubnet()
    run(ec2.terminateInstances({ InstanceIds: [instance] }))
    wait("5 minutes")
    for (const SubnetId of [subnet, other]) run(ec2.deleteSubnet({ SubnetId }))
    assert.deepStrictEqual(
      acls().flatMap((acl) => acl.associations),
      []
    )
    run(ec2.detachInternetGateway({ InternetGatewayId: gateway, VpcId: vpc }))
    run(ec2.deleteVpc({ VpcId: vpc }))
    assert.deepStrictEqual(acls(), [])
  })
})
