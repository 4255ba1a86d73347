/**
 * What every classic load balancer has to do: names, idempotent creation and deletion, settings, the instances behind it.
 *
 * @source https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/Welcome.html
 */
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { Ec2, type Ec2Operations } from "../Ec2.ts"
import { Elb } from "../Elb.ts"
import { checksOf, type ConformanceBackend } from "./Backend.ts"
import { aGateway, aGroup, aSubnet, aVpc, inState, patiently, present, refusedWith, until } from "./Fixtures.ts"

const Listeners = [{ Protocol: "TCP", LoadBalancerPort: 6443, InstanceProtocol: "TCP", InstancePort: 6443 }]

const HealthCheck = { Target: "TCP:6443", Interval: 5, Timeout: 4, HealthyThreshold: 2, UnhealthyThreshold: 3 }

/** A load balancer in one public subnet. */
const aBalancer = (name: string) =>
  Effect.gen(function* () {
    const elb = yield* Elb
    const vpc = yield* aVpc()
    yield* aGateway(vpc)
    const subnet = yield* aSubnet(vpc)
    const group = yield* aGroup(vpc, "balancer")
    const request = { LoadBalancerName: name, Listeners, Subnets: [subnet], SecurityGroups: [group] }
    const made = yield* elb.createLoadBalancer(request)
    yield* until("the load balancer is visible", describeOne(name))
    return { vpc, subnet, group, request, dnsName: made.DNSName }
  })

const describeOne = (name: string) =>
  Effect.gen(function* () {
    const elb = yield* Elb
    const found = yield* elb.describeLoadBalancers({ LoadBalancerNames: [name] })
    return found.LoadBalancerDescriptions?.[0]
  })

export const elbConformance = (backend: ConformanceBackend): void => {
  const { imageId: ImageId, instanceType } = backend.given

  const anInstance = (SubnetId: string) =>
    Effect.gen(function* () {
      const ec2 = yield* Ec2
      const made = yield* ec2.runInstances({
        ImageId,
        InstanceType: instanceType as NonNullable<Ec2Operations["RunInstances"]["input"]["InstanceType"]>,
        MinCount: 1,
        MaxCount: 1,
        SubnetId
      })
      const id = present(made.Instances?.[0]?.InstanceId, "InstanceId")
      yield* inState(id, "running")
      return id
    })

  describe(`Classic load balancers: ${backend.name}`, () => {
    const check = checksOf(backend)

    check("a load balancer has a DNS name in its region and says where it is", () =>
      Effect.gen(function* () {
        const { vpc, subnet, group, dnsName } = yield* aBalancer("conformance-name")
        assert.match(dnsName ?? "", /^conformance-name-\d+\.[a-z0-9-]+\.elb\.amazonaws\.com$/)
        const found = present(yield* describeOne("conformance-name"), "load balancer")
        assert.strictEqual(found.DNSName, dnsName)
        assert.strictEqual(found.Scheme, "internet-facing")
        assert.strictEqual(found.VPCId, vpc)
        assert.deepStrictEqual(found.Subnets, [subnet])
        assert.deepStrictEqual(found.SecurityGroups, [group])
        assert.deepStrictEqual(found.Instances, [])
      })
    )

    check("creating it again is the same one, creating another of its name is refused", () =>
      Effect.gen(function* () {
        const elb = yield* Elb
        const { request, dnsName } = yield* aBalancer("conformance-again")
        assert.strictEqual((yield* elb.createLoadBalancer(request)).DNSName, dnsName)
        yield* refusedWith(
          "DuplicateLoadBalancerName",
          elb.createLoadBalancer({
            ...request,
            Listeners: [{ ...Listeners[0], LoadBalancerPort: 443 }] as typeof Listeners
          })
        )
      })
    )

    check("an absent load balancer is not found, and deleting it succeeds", () =>
      Effect.gen(function* () {
        const elb = yield* Elb
        const LoadBalancerName = "conformance-absent"
        yield* refusedWith("LoadBalancerNotFound", elb.describeLoadBalancers({ LoadBalancerNames: [LoadBalancerName] }))
        yield* refusedWith("LoadBalancerNotFound", elb.describeLoadBalancerAttributes({ LoadBalancerName }))
        yield* elb.deleteLoadBalancer({ LoadBalancerName })
      })
    )

    check("health check and attributes read as they were set", () =>
      Effect.gen(function* () {
        const elb = yield* Elb
        const LoadBalancerName = "conformance-settings"
        yield* aBalancer(LoadBalancerName)
        yield* elb.configureHealthCheck({ LoadBalancerName, HealthCheck })
        assert.deepStrictEqual((yield* describeOne(LoadBalancerName))?.HealthCheck, HealthCheck)
        const before = yield* elb.describeLoadBalancerAttributes({ LoadBalancerName })
        assert.strictEqual(before.LoadBalancerAttributes?.ConnectionSettings?.IdleTimeout, 60)
        assert.isFalse(before.LoadBalancerAttributes?.CrossZoneLoadBalancing?.Enabled)
        yield* elb.modifyLoadBalancerAttributes({
          LoadBalancerName,
          LoadBalancerAttributes: {
            ConnectionSettings: { IdleTimeout: 600 },
            CrossZoneLoadBalancing: { Enabled: true }
          }
        })
        const after = yield* elb.describeLoadBalancerAttributes({ LoadBalancerName })
        assert.strictEqual(after.LoadBalancerAttributes?.ConnectionSettings?.IdleTimeout, 600)
        assert.isTrue(after.LoadBalancerAttributes?.CrossZoneLoadBalancing?.Enabled)
      })
    )

    check("tags are added, overwritten and removed", () =>
      Effect.gen(function* () {
        const elb = yield* Elb
        const LoadBalancerNames = ["conformance-tags"]
        yield* aBalancer("conformance-tags")
        const tags = Effect.map(elb.describeTags({ LoadBalancerNames }), (found) => found.TagDescriptions?.[0]?.Tags)
        assert.deepStrictEqual(yield* tags, [])
        yield* elb.addTags({
          LoadBalancerNames,
          Tags: [
            { Key: "a", Value: "1" },
            { Key: "b", Value: "2" }
          ]
        })
        yield* elb.addTags({ LoadBalancerNames, Tags: [{ Key: "a", Value: "3" }] })
        yield* elb.removeTags({ LoadBalancerNames, Tags: [{ Key: "b" }] })
        assert.deepStrictEqual(yield* tags, [{ Key: "a", Value: "3" }])
      })
    )

    check("a load balancer takes one subnet a zone", () =>
      Effect.gen(function* () {
        const elb = yield* Elb
        const LoadBalancerName = "conformance-subnets"
        const { vpc, subnet } = yield* aBalancer(LoadBalancerName)
        const sameZone = yield* aSubnet(vpc, 0, "10.0.100.0/24")
        yield* refusedWith(
          "InvalidConfigurationRequest",
          elb.attachLoadBalancerToSubnets({ LoadBalancerName, Subnets: [sameZone] })
        )
        const otherZone = yield* aSubnet(vpc, 1)
        const attached = yield* elb.attachLoadBalancerToSubnets({ LoadBalancerName, Subnets: [otherZone] })
        assert.sameMembers(attached.Subnets ?? [], [subnet, otherZone])
        assert.strictEqual((yield* describeOne(LoadBalancerName))?.AvailabilityZones?.length, 2)
      })
    )

    check("its security groups are replaced as a whole", () =>
      Effect.gen(function* () {
        const elb = yield* Elb
        const LoadBalancerName = "conformance-groups"
        const { vpc, group } = yield* aBalancer(LoadBalancerName)
        const other = yield* aGroup(vpc, "other")
        const applied = yield* elb.applySecurityGroupsToLoadBalancer({ LoadBalancerName, SecurityGroups: [other] })
        assert.deepStrictEqual(applied.SecurityGroups, [other])
        const ec2 = yield* Ec2
        yield* ec2.deleteSecurityGroup({ GroupId: group })
        yield* refusedWith("DependencyViolation", ec2.deleteSecurityGroup({ GroupId: other }))
      })
    )

    check("an instance is registered, listed, out of service at first, and deregistered", () =>
      Effect.gen(function* () {
        const elb = yield* Elb
        const LoadBalancerName = "conformance-members"
        const { subnet } = yield* aBalancer(LoadBalancerName)
        const InstanceId = yield* anInstance(subnet)
        const Instances = [{ InstanceId }]
        yield* elb.registerInstancesWithLoadBalancer({ LoadBalancerName, Instances })
        yield* elb.registerInstancesWithLoadBalancer({ LoadBalancerName, Instances })
        assert.deepStrictEqual((yield* describeOne(LoadBalancerName))?.Instances, Instances)
        const health = yield* elb.describeInstanceHealth({ LoadBalancerName })
        assert.strictEqual(health.InstanceStates?.[0]?.State, "OutOfService")
        yield* elb.deregisterInstancesFromLoadBalancer({ LoadBalancerName, Instances })
        assert.deepStrictEqual((yield* describeOne(LoadBalancerName))?.Instances, [])
      })
    )

    check("an unknown instance is refused", () =>
      Effect.gen(function* () {
        const elb = yield* Elb
        const LoadBalancerName = "conformance-unknown"
        yield* aBalancer(LoadBalancerName)
        const Instances = [{ InstanceId: "i-0123456789abcdef0" }]
        yield* refusedWith("InvalidInstance", elb.registerInstancesWithLoadBalancer({ LoadBalancerName, Instances }))
        yield* refusedWith("InvalidInstance", elb.deregisterInstancesFromLoadBalancer({ LoadBalancerName, Instances }))
      })
    )

    check("a deleted name is free at once, while its interfaces may hold its subnet", () =>
      Effect.gen(function* () {
        const elb = yield* Elb
        const ec2 = yield* Ec2
        const LoadBalancerName = "conformance-deleted"
        const { subnet } = yield* aBalancer(LoadBalancerName)
        yield* elb.deleteLoadBalancer({ LoadBalancerName })
        yield* refusedWith("LoadBalancerNotFound", elb.describeLoadBalancers({ LoadBalancerNames: [LoadBalancerName] }))
        yield* patiently("the subnet is deleted", ec2.deleteSubnet({ SubnetId: subnet }))
      })
    )

    const { answer } = backend
    if (answer === undefined) return

    check("an instance comes into service when it answers, and goes when it does not", () =>
      Effect.gen(function* () {
        const elb = yield* Elb
        const LoadBalancerName = "conformance-health"
        const { subnet } = yield* aBalancer(LoadBalancerName)
        yield* elb.configureHealthCheck({ LoadBalancerName, HealthCheck })
        const InstanceId = yield* anInstance(subnet)
        yield* elb.registerInstancesWithLoadBalancer({ LoadBalancerName, Instances: [{ InstanceId }] })
        const state = (wanted: string) =>
          until(
            `the instance is ${wanted}`,
            Effect.map(elb.describeInstanceHealth({ LoadBalancerName }), (health) =>
              health.InstanceStates?.[0]?.State === wanted ? true : undefined
            )
          )
        yield* answer(InstanceId, 6443, true)
        yield* state("InService")
        yield* answer(InstanceId, 6443, false)
        yield* state("OutOfService")
      })
    )
  })
}
