/**
 * Small worlds for the conformance suites: each is made, waited for until everybody sees it, and taken away at the end.
 *
 * Taking away goes the way that AWS demands (load balancers, instances, gateways, addresses, subnets, groups, VPC), and
 * tries again for as long as something still lingers.
 *
 * @source https://docs.aws.amazon.com/vpc/latest/userguide/delete-vpc.html
 */
import { assert } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { type AwsError, isDependency, isNotFound } from "../AwsError.ts"
import { Ec2 } from "../Ec2.ts"
import { Elb } from "../Elb.ts"
import type { Ec2Shapes } from "../Shapes.ts"

/** Fails the check unless the effect fails with exactly this code. */
export const refusedWith = <A, R>(
  code: string,
  effect: Effect.Effect<A, AwsError, R>
): Effect.Effect<AwsError, never, R> =>
  Effect.map(Effect.flip(effect), (error) => {
    assert.strictEqual(error.code, code, error.message)
    return error
  }).pipe(Effect.catch(() => Effect.die(new Error(`expected ${code}, but the call succeeded`))))

/** Asks again and again until the answer is there; fails the check after `seconds`. */
export const until = <A, R>(
  what: string,
  ask: Effect.Effect<A | undefined, AwsError, R>,
  seconds = 600
): Effect.Effect<A, AwsError, R> =>
  Effect.gen(function* () {
    for (let waited = 0; waited <= seconds; waited += 2) {
      const answer = yield* Effect.catchIf(ask, isNotFound, () => Effect.succeed(undefined))
      if (answer !== undefined) return answer
      yield* Effect.sleep("2 seconds")
    }
    return yield* Effect.die(new Error(`waited ${seconds} s in vain: ${what}`))
  })

/** Tries again for as long as another resource is in the way. */
export const patiently = <A, R>(what: string, act: Effect.Effect<A, AwsError, R>): Effect.Effect<void, AwsError, R> =>
  Effect.asVoid(
    until(
      what,
      act.pipe(
        Effect.as(true as const),
        Effect.catchIf(isNotFound, () => Effect.succeed(true as const)),
        Effect.catchIf(isDependency, () => Effect.succeed(undefined))
      )
    )
  )

/** A value that has to be there, or the check fails. */
export const present = <T>(value: T | null | undefined, what: string): T => {
  if (value === undefined || value === null) throw new Error(`the answer has no ${what}`)
  return value
}

export const filter = (Name: string, ...Values: Array<string>): Ec2Shapes.Filter => ({ Name, Values })

export const named = (ResourceType: Ec2Shapes.ResourceType, Name: string): Array<Ec2Shapes.TagSpecification> => [
  { ResourceType, Tags: [{ Key: "Name", Value: Name }] }
]

/** A VPC of 10.0.0.0/16 that is available and visible; everything in it goes with it. */
export const aVpc = (name = "conformance"): Effect.Effect<string, AwsError, Ec2 | Elb | Scope.Scope> =>
  Effect.acquireRelease(
    Effect.gen(function* () {
      const ec2 = yield* Ec2
      const made = yield* ec2.createVpc({ CidrBlock: "10.0.0.0/16", TagSpecifications: named("vpc", name) })
      const id = present(made.Vpc?.VpcId, "VpcId")
      yield* until(
        "the VPC becomes available",
        Effect.map(
          ec2.describeVpcs({ Filters: [filter("vpc-id", id), filter("state", "available")] }),
          (found) => found.Vpcs?.[0]
        )
      )
      yield* until(
        "its main route table is visible",
        Effect.map(ec2.describeRouteTables({ Filters: [filter("vpc-id", id)] }), (found) => found.RouteTables?.[0])
      )
      yield* until(
        "its default group is visible",
        Effect.map(
          ec2.describeSecurityGroups({ Filters: [filter("vpc-id", id)] }),
          (found) => found.SecurityGroups?.[0]
        )
      )
      return id
    }),
    (id) => Effect.orDie(demolish(id))
  )

/** A subnet in the n-th zone of the region (from 0), available and visible. `10.0.<n>.0/24` unless a block is given. */
export const aSubnet = (vpcId: string, zone = 0, block = `10.0.${zone}.0/24`): Effect.Effect<string, AwsError, Ec2> =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const made = yield* ec2.createSubnet({
      VpcId: vpcId,
      CidrBlock: block,
      AvailabilityZone: (yield* zoneNames)[zone]
    })
    const id = present(made.Subnet?.SubnetId, "SubnetId")
    yield* until(
      "the subnet becomes available",
      Effect.map(
        ec2.describeSubnets({ Filters: [filter("subnet-id", id), filter("state", "available")] }),
        (found) => found.Subnets?.[0]
      )
    )
    return id
  })

export const zoneNames: Effect.Effect<ReadonlyArray<string>, AwsError, Ec2> = Effect.gen(function* () {
  const ec2 = yield* Ec2
  const { AvailabilityZones = [] } = yield* ec2.describeAvailabilityZones({ Filters: [filter("state", "available")] })
  return AvailabilityZones.map((zone) => present(zone.ZoneName, "ZoneName"))
})

/** An internet gateway, attached. */
export const aGateway = (vpcId: string): Effect.Effect<string, AwsError, Ec2> =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const made = yield* ec2.createInternetGateway({})
    const id = present(made.InternetGateway?.InternetGatewayId, "InternetGatewayId")
    yield* until(
      "the gateway can be attached",
      Effect.as(ec2.attachInternetGateway({ InternetGatewayId: id, VpcId: vpcId }), true)
    )
    yield* until(
      "the gateway is visible",
      Effect.map(
        ec2.describeInternetGateways({ Filters: [filter("attachment.vpc-id", vpcId)] }),
        (found) => found.InternetGateways?.[0]
      )
    )
    return id
  })

/** An elastic address, released at the end: ask for it before the VPC in which something is going to hold it. */
export const anAddress: Effect.Effect<string, AwsError, Ec2 | Scope.Scope> = Effect.acquireRelease(
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const id = present((yield* ec2.allocateAddress({ Domain: "vpc" })).AllocationId, "AllocationId")
    yield* until(
      "the address is visible",
      Effect.map(ec2.describeAddresses({ AllocationIds: [id] }), (found) => found.Addresses?.[0])
    )
    return id
  }),
  (id) => Effect.orDie(releaseAddress(id))
)

/** While a NAT gateway still holds an address, EC2 answers `AuthFailure`, which counts as a dependency here. */
const releaseAddress = (id: string): Effect.Effect<void, AwsError, Ec2> =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    yield* patiently("the address is released", ec2.releaseAddress({ AllocationId: id }))
  })

/** A security group, visible. */
export const aGroup = (vpcId: string, name: string): Effect.Effect<string, AwsError, Ec2> =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const made = yield* ec2.createSecurityGroup({ GroupName: name, Description: name, VpcId: vpcId })
    const id = present(made.GroupId, "GroupId")
    yield* until(
      "the group is visible",
      Effect.map(
        ec2.describeSecurityGroups({ Filters: [filter("group-id", id)] }),
        (found) => found.SecurityGroups?.[0]
      )
    )
    return id
  })

/** The instance as EC2 sees it now, or `undefined` when it does not see it. */
export const findInstance = (id: string): Effect.Effect<Ec2Shapes.Instance | undefined, AwsError, Ec2> =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const found = yield* ec2.describeInstances({ Filters: [filter("instance-id", id)] })
    return found.Reservations?.[0]?.Instances?.[0]
  })

/** Waits for the instance to be in a state. */
export const inState = (
  id: string,
  state: Ec2Shapes.InstanceStateName
): Effect.Effect<Ec2Shapes.Instance, AwsError, Ec2> =>
  until(
    `the instance becomes ${state}`,
    Effect.map(findInstance(id), (instance) => (instance?.State?.Name === state ? instance : undefined))
  )

/** Takes a VPC away with everything in it. */
export const demolish = (vpcId: string): Effect.Effect<void, AwsError, Ec2 | Elb> =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const here = [filter("vpc-id", vpcId)]
    const clear = clearOut(vpcId)
    for (const { InternetGatewayId } of (yield* ec2.describeInternetGateways({
      Filters: [filter("attachment.vpc-id", vpcId)]
    })).InternetGateways ?? []) {
      yield* patiently(
        "the gateway is detached",
        Effect.andThen(clear, ec2.detachInternetGateway({ InternetGatewayId, VpcId: vpcId }))
      )
      yield* patiently("the gateway is deleted", ec2.deleteInternetGateway({ InternetGatewayId }))
    }
    for (const { SubnetId } of (yield* ec2.describeSubnets({ Filters: here })).Subnets ?? []) {
      yield* patiently("the subnet is deleted", Effect.andThen(clear, ec2.deleteSubnet({ SubnetId })))
    }
    yield* patiently("the VPC is deleted", Effect.andThen(clearRulesOf(vpcId), ec2.deleteVpc({ VpcId: vpcId })))
  })

/**
 * Asks for the end of everything that holds addresses in a VPC. Asked again with every attempt, since what was made just
 * before may come into sight late.
 */
const clearOut = (vpcId: string): Effect.Effect<void, AwsError, Ec2 | Elb> =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const elb = yield* Elb
    const here = [filter("vpc-id", vpcId)]
    for (const balancer of (yield* elb.describeLoadBalancers({})).LoadBalancerDescriptions ?? []) {
      if (balancer.VPCId === vpcId) yield* elb.deleteLoadBalancer({ LoadBalancerName: balancer.LoadBalancerName })
    }
    const alive = [...here, filter("instance-state-name", "pending", "running", "stopping", "stopped")]
    const reservations = (yield* ec2.describeInstances({ Filters: alive })).Reservations ?? []
    const ids = reservations.flatMap((one) => one.Instances ?? []).map((one) => present(one.InstanceId, "InstanceId"))
    if (ids.length > 0) yield* ec2.terminateInstances({ InstanceIds: ids })
    const working = [...here, filter("state", "pending", "available")]
    for (const { NatGatewayId } of (yield* ec2.describeNatGateways({ Filter: working })).NatGateways ?? []) {
      yield* ec2.deleteNatGateway({ NatGatewayId })
    }
  })

/** Deletes the route tables and security groups of a VPC that do not come with it. */
const clearRulesOf = (vpcId: string): Effect.Effect<void, AwsError, Ec2> =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const here = [filter("vpc-id", vpcId)]
    for (const table of (yield* ec2.describeRouteTables({ Filters: here })).RouteTables ?? []) {
      if (table.Associations?.some((one) => one.Main === true)) continue
      yield* patiently("the route table is deleted", ec2.deleteRouteTable({ RouteTableId: table.RouteTableId }))
    }
    const groups = ((yield* ec2.describeSecurityGroups({ Filters: here })).SecurityGroups ?? []).filter(
      (group) => group.GroupName !== "default"
    )
    for (const { GroupId, IpPermissions = [] } of groups) {
      if (IpPermissions.length > 0) yield* ec2.revokeSecurityGroupIngress({ GroupId, IpPermissions })
    }
    for (const { GroupId } of groups) yield* patiently("the group is deleted", ec2.deleteSecurityGroup({ GroupId }))
  })
