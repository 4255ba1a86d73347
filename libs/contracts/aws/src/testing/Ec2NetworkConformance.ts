/**
 * What every EC2 has to do with networks: VPCs, subnets, gateways, addresses, routes, and the order of their deletion.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { isDependency } from "../AwsError.ts"
import { Ec2 } from "../Ec2.ts"
import { checksOf, type ConformanceBackend } from "./Backend.ts"
import {
  aGateway,
  aGroup,
  anAddress,
  aSubnet,
  aVpc,
  filter,
  named,
  present,
  refusedWith,
  until,
  zoneNames
} from "./Fixtures.ts"

export const ec2NetworkConformance = (backend: ConformanceBackend): void => {
  describe(`EC2 networks: ${backend.name}`, () => {
    const check = checksOf(backend)

    check("a new VPC answers with its tags and state", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const id = yield* aVpc("tagged")
        const found = yield* ec2.describeVpcs({ VpcIds: [id] })
        const vpc = present(found.Vpcs?.[0], "VPC")
        assert.deepStrictEqual(vpc.Tags, [{ Key: "Name", Value: "tagged" }])
        assert.strictEqual(vpc.CidrBlock, "10.0.0.0/16")
        assert.isString(vpc.DhcpOptionsId)
        assert.strictEqual(vpc.CidrBlockAssociationSet?.[0]?.CidrBlock, "10.0.0.0/16")
      })
    )

    check("a VPC larger than /16 is refused", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        yield* refusedWith("InvalidVpc.Range", ec2.createVpc({ CidrBlock: "10.0.0.0/8" }))
      })
    )

    check("an unknown VPC is not found", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const VpcId = "vpc-0123456789abcdef0"
        yield* refusedWith("InvalidVpcID.NotFound", ec2.describeVpcs({ VpcIds: [VpcId] }))
        yield* refusedWith("InvalidVpcID.NotFound", ec2.deleteVpc({ VpcId }))
        yield* refusedWith("InvalidVpcID.NotFound", ec2.createSubnet({ VpcId, CidrBlock: "10.0.0.0/24" }))
      })
    )

    check("a VPC is found by its tag and by no other", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const id = yield* aVpc("by-tag")
        const byName = yield* ec2.describeVpcs({ Filters: [filter("tag:Name", "by-tag")] })
        assert.deepStrictEqual(
          byName.Vpcs?.map((vpc) => vpc.VpcId),
          [id]
        )
        const byKey = yield* ec2.describeVpcs({ Filters: [filter("tag-key", "Name"), filter("vpc-id", id)] })
        assert.strictEqual(byKey.Vpcs?.length, 1)
        const other = yield* ec2.describeVpcs({ Filters: [filter("tag:Name", "another"), filter("vpc-id", id)] })
        assert.strictEqual(other.Vpcs?.length, 0)
      })
    )

    check("a filter that does not exist is refused", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        yield* refusedWith("InvalidParameterValue", ec2.describeVpcs({ Filters: [filter("no-such-filter", "x")] }))
      })
    )

    check("DNS support is on and DNS host names are off until asked for, one attribute a call", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const VpcId = yield* aVpc()
        const support = yield* ec2.describeVpcAttribute({ VpcId, Attribute: "enableDnsSupport" })
        assert.isTrue(support.EnableDnsSupport?.Value)
        const before = yield* ec2.describeVpcAttribute({ VpcId, Attribute: "enableDnsHostnames" })
        assert.isFalse(before.EnableDnsHostnames?.Value)
        yield* ec2.modifyVpcAttribute({ VpcId, EnableDnsHostnames: { Value: true } })
        const after = yield* ec2.describeVpcAttribute({ VpcId, Attribute: "enableDnsHostnames" })
        assert.isTrue(after.EnableDnsHostnames?.Value)
        yield* refusedWith(
          "InvalidParameterCombination",
          ec2.modifyVpcAttribute({ VpcId, EnableDnsHostnames: { Value: true }, EnableDnsSupport: { Value: true } })
        )
      })
    )

    check("a VPC comes with a main route table and a default security group, which stay", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const id = yield* aVpc()
        const tables = yield* ec2.describeRouteTables({ Filters: [filter("vpc-id", id)] })
        const main = present(tables.RouteTables?.[0], "route table")
        assert.isTrue(main.Associations?.[0]?.Main)
        assert.deepStrictEqual(
          main.Routes?.map((route) => route.GatewayId),
          ["local"]
        )
        yield* refusedWith("DependencyViolation", ec2.deleteRouteTable({ RouteTableId: main.RouteTableId }))
        const groups = yield* ec2.describeSecurityGroups({ Filters: [filter("vpc-id", id)] })
        assert.deepStrictEqual(
          groups.SecurityGroups?.map((group) => group.GroupName),
          ["default"]
        )
        yield* refusedWith("CannotDelete", ec2.deleteSecurityGroup({ GroupId: groups.SecurityGroups?.[0]?.GroupId }))
      })
    )

    check("zones are named, and an unknown one is refused", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const zones = yield* zoneNames
        assert.isAtLeast(zones.length, 2)
        const one = yield* ec2.describeAvailabilityZones({ ZoneNames: [present(zones[1], "zone")] })
        assert.strictEqual(one.AvailabilityZones?.[0]?.ZoneType, "availability-zone")
        yield* refusedWith("InvalidParameterValue", ec2.describeAvailabilityZones({ ZoneNames: ["nowhere-1a"] }))
      })
    )

    check("a subnet lies inside its VPC and overlaps with no other", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const VpcId = yield* aVpc()
        yield* aSubnet(VpcId, 0, "10.0.0.0/20")
        yield* refusedWith("InvalidSubnet.Range", ec2.createSubnet({ VpcId, CidrBlock: "10.1.0.0/24" }))
        yield* refusedWith("InvalidSubnet.Conflict", ec2.createSubnet({ VpcId, CidrBlock: "10.0.15.0/24" }))
        yield* aSubnet(VpcId, 1, "10.0.16.0/20")
      })
    )

    check("a subnet keeps five of its addresses back", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const id = yield* aSubnet(yield* aVpc(), 0, "10.0.0.0/24")
        const found = yield* ec2.describeSubnets({ SubnetIds: [id] })
        assert.strictEqual(found.Subnets?.[0]?.AvailableIpAddressCount, 251)
        assert.isFalse(found.Subnets?.[0]?.MapPublicIpOnLaunch)
      })
    )

    check("a subnet hands out public addresses once it is told to", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const SubnetId = yield* aSubnet(yield* aVpc())
        yield* ec2.modifySubnetAttribute({ SubnetId, MapPublicIpOnLaunch: { Value: true } })
        const found = yield* ec2.describeSubnets({ SubnetIds: [SubnetId] })
        assert.isTrue(found.Subnets?.[0]?.MapPublicIpOnLaunch)
      })
    )

    check("an unknown subnet is not found", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const SubnetId = "subnet-0123456789abcdef0"
        yield* refusedWith("InvalidSubnetID.NotFound", ec2.deleteSubnet({ SubnetId }))
        yield* refusedWith(
          "InvalidSubnetID.NotFound",
          ec2.modifySubnetAttribute({ SubnetId, MapPublicIpOnLaunch: { Value: true } })
        )
      })
    )

    check("an internet gateway serves one VPC, and goes only when detached", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const VpcId = yield* aVpc()
        const InternetGatewayId = yield* aGateway(VpcId)
        yield* refusedWith("Resource.AlreadyAssociated", ec2.attachInternetGateway({ InternetGatewayId, VpcId }))
        yield* refusedWith("DependencyViolation", ec2.deleteInternetGateway({ InternetGatewayId }))
        yield* ec2.detachInternetGateway({ InternetGatewayId, VpcId })
        yield* refusedWith("Gateway.NotAttached", ec2.detachInternetGateway({ InternetGatewayId, VpcId }))
        yield* ec2.deleteInternetGateway({ InternetGatewayId })
        yield* refusedWith("InvalidInternetGatewayID.NotFound", ec2.deleteInternetGateway({ InternetGatewayId }))
      })
    )

    check("a VPC goes last", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const VpcId = yield* aVpc()
        const SubnetId = yield* aSubnet(VpcId)
        yield* refusedWith("DependencyViolation", ec2.deleteVpc({ VpcId }))
        yield* ec2.deleteSubnet({ SubnetId })
        const InternetGatewayId = yield* aGateway(VpcId)
        yield* refusedWith("DependencyViolation", ec2.deleteVpc({ VpcId }))
        yield* ec2.detachInternetGateway({ InternetGatewayId, VpcId })
        yield* ec2.deleteInternetGateway({ InternetGatewayId })
        const GroupId = yield* aGroup(VpcId, "in-the-way")
        yield* refusedWith("DependencyViolation", ec2.deleteVpc({ VpcId }))
        yield* ec2.deleteSecurityGroup({ GroupId })
        const table = yield* ec2.createRouteTable({ VpcId })
        yield* refusedWith("DependencyViolation", ec2.deleteVpc({ VpcId }))
        const RouteTableId = table.RouteTable?.RouteTableId
        yield* until("the table is deleted", Effect.as(ec2.deleteRouteTable({ RouteTableId }), true))
      })
    )

    check("an address is released once", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const AllocationId = yield* anAddress
        const found = yield* ec2.describeAddresses({ AllocationIds: [AllocationId] })
        assert.match(found.Addresses?.[0]?.PublicIp ?? "", /^\d+\.\d+\.\d+\.\d+$/)
        assert.isUndefined(found.Addresses?.[0]?.AssociationId)
        yield* ec2.releaseAddress({ AllocationId })
        yield* refusedWith("InvalidAllocationID.NotFound", ec2.releaseAddress({ AllocationId }))
      })
    )

    check("a NAT gateway holds its address, its subnet and the internet gateway until it is deleted", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const VpcId = yield* aVpc()
        const SubnetId = yield* aSubnet(VpcId)
        const InternetGatewayId = yield* aGateway(VpcId)
        const AllocationId = yield* anAddress
        const made = yield* ec2.createNatGateway({ SubnetId, AllocationId })
        assert.strictEqual(made.NatGateway?.State, "pending")
        const id = present(made.NatGateway?.NatGatewayId, "NatGatewayId")
        yield* natState(id, "available")
        const held = yield* ec2.describeAddresses({ AllocationIds: [AllocationId] })
        assert.isString(held.Addresses?.[0]?.AssociationId)
        const refused = yield* Effect.flip(ec2.releaseAddress({ AllocationId }))
        assert.isTrue(isDependency(refused), refused.code)
        yield* refusedWith("DependencyViolation", ec2.deleteSubnet({ SubnetId }))
        yield* refusedWith("DependencyViolation", ec2.detachInternetGateway({ InternetGatewayId, VpcId }))
        yield* ec2.deleteNatGateway({ NatGatewayId: id })
        yield* natState(id, "deleted")
        yield* ec2.releaseAddress({ AllocationId })
        yield* ec2.deleteSubnet({ SubnetId })
      })
    )

    check("a NAT gateway asked for again with its token is the same one", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const AllocationId = yield* anAddress
        const VpcId = yield* aVpc()
        const SubnetId = yield* aSubnet(VpcId)
        yield* aGateway(VpcId)
        const request = { SubnetId, AllocationId, ClientToken: `nat-of-${SubnetId}` }
        const first = yield* ec2.createNatGateway(request)
        const again = yield* ec2.createNatGateway(request)
        assert.strictEqual(again.NatGateway?.NatGatewayId, first.NatGateway?.NatGatewayId)
        yield* natState(present(first.NatGateway?.NatGatewayId, "NatGatewayId"), "available")
      })
    )

    check("a NAT gateway without an internet gateway is created and fails", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const AllocationId = yield* anAddress
        const SubnetId = yield* aSubnet(yield* aVpc())
        const made = yield* ec2.createNatGateway({ SubnetId, AllocationId })
        const id = present(made.NatGateway?.NatGatewayId, "NatGatewayId")
        const failed = yield* natState(id, "failed")
        assert.strictEqual(failed.FailureCode, "Gateway.NotAttached")
      })
    )

    check("an unknown NAT gateway is not found", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        yield* refusedWith("NatGatewayNotFound", ec2.deleteNatGateway({ NatGatewayId: "nat-0123456789abcdef0" }))
      })
    )

    check("a destination has one route, which can be replaced", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const { RouteTableId, GatewayId } = yield* aRoutedTable
        const NatGatewayId = "nat-0123456789abcdef0"
        const DestinationCidrBlock = "0.0.0.0/0"
        yield* refusedWith(
          "InvalidNatGatewayID.NotFound",
          ec2.createRoute({ RouteTableId, DestinationCidrBlock, NatGatewayId })
        )
        yield* refusedWith(
          "InvalidParameterValue",
          ec2.replaceRoute({ RouteTableId, DestinationCidrBlock: "192.168.0.0/16", GatewayId })
        )
        yield* ec2.replaceRoute({ RouteTableId, DestinationCidrBlock, GatewayId })
        const found = yield* ec2.describeRouteTables({ RouteTableIds: [RouteTableId] })
        const route = found.RouteTables?.[0]?.Routes?.find((one) => one.DestinationCidrBlock === DestinationCidrBlock)
        assert.strictEqual(route?.GatewayId, GatewayId)
        assert.strictEqual(route?.State, "active")
      })
    )

    check("a subnet follows one table, which cannot be deleted while it does", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const { VpcId, RouteTableId } = yield* aRoutedTable
        const SubnetId = yield* aSubnet(VpcId)
        const associated = yield* ec2.associateRouteTable({ RouteTableId, SubnetId })
        const other = yield* aTable(VpcId)
        yield* refusedWith("Resource.AlreadyAssociated", ec2.associateRouteTable({ RouteTableId: other, SubnetId }))
        yield* refusedWith("DependencyViolation", ec2.deleteRouteTable({ RouteTableId }))
        const found = yield* ec2.describeRouteTables({ Filters: [filter("association.subnet-id", SubnetId)] })
        assert.deepStrictEqual(
          found.RouteTables?.map((table) => table.RouteTableId),
          [RouteTableId]
        )
        const AssociationId = associated.AssociationId
        yield* ec2.disassociateRouteTable({ AssociationId })
        yield* refusedWith("InvalidAssociationID.NotFound", ec2.disassociateRouteTable({ AssociationId }))
        yield* ec2.deleteRouteTable({ RouteTableId })
      })
    )

    check("a route table asked for again with its token is the same one", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const VpcId = yield* aVpc()
        const request = { VpcId, ClientToken: `table-of-${VpcId}`, TagSpecifications: named("route-table", "table") }
        const first = yield* ec2.createRouteTable(request)
        const again = yield* ec2.createRouteTable(request)
        assert.strictEqual(again.RouteTable?.RouteTableId, first.RouteTable?.RouteTableId)
        yield* refusedWith(
          "IdempotentParameterMismatch",
          ec2.createRouteTable({ ...request, TagSpecifications: named("route-table", "another") })
        )
      })
    )
  })
}

const natState = (id: string, state: "available" | "failed" | "deleted") =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    return yield* until(
      `the NAT gateway becomes ${state}`,
      Effect.map(ec2.describeNatGateways({ NatGatewayIds: [id] }), (found) => {
        const gateway = found.NatGateways?.[0]
        return gateway?.State === state ? gateway : undefined
      })
    )
  })

const aTable = (VpcId: string) =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const made = yield* ec2.createRouteTable({ VpcId })
    const id = present(made.RouteTable?.RouteTableId, "RouteTableId")
    yield* until(
      "the table is visible",
      Effect.map(
        ec2.describeRouteTables({ Filters: [filter("route-table-id", id)] }),
        (found) => found.RouteTables?.[0]
      )
    )
    return id
  })

/** A table with a route to an internet gateway. */
const aRoutedTable = Effect.gen(function* () {
  const ec2 = yield* Ec2
  const VpcId = yield* aVpc()
  const GatewayId = yield* aGateway(VpcId)
  const RouteTableId = yield* aTable(VpcId)
  yield* ec2.createRoute({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0", GatewayId })
  return { VpcId, GatewayId, RouteTableId }
})
