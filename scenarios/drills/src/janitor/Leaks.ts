/**
 * Leaked resources: what is tagged as owned by a cluster that is not among those that exist.
 *
 * Lists only; nothing is deleted. Whether a cluster exists is for the caller to say: an account does not know.
 * Left out: volumes, which carry their instances' fate, and load balancers other than classic ones.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
 */
import { type AwsError, Ec2, type Elb, SecretsManager } from "@capstan/aws"
import { clusterTagPrefix } from "@capstan/infrastructure-aws"
import { Effect } from "effect"
import { allPages, describeInstances, filter, ownedLoadBalancers } from "../account/Estate.ts"
import { ownershipTag, ownersOf, toTagMap } from "../DrillTags.ts"

export interface Leak {
  readonly kind: string
  readonly id: string
  readonly cluster: string
}

interface Tagged {
  readonly Tags?: Parameters<typeof toTagMap>[0]
}

const leaksAmong = <Item extends Tagged>(
  kind: string,
  items: ReadonlyArray<Item>,
  idOf: (item: Item) => string | undefined,
  existing: ReadonlyArray<string>
): ReadonlyArray<Leak> =>
  items.flatMap((item) =>
    ownersOf(toTagMap(item.Tags))
      .filter((cluster) => !existing.includes(cluster))
      .map((cluster) => ({ kind, id: idOf(item) ?? "", cluster }))
  )

/** Everything that belongs to clusters other than these, by kind. */
export const findLeaks = (
  existing: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Leak>, AwsError, Ec2 | Elb | SecretsManager> =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const Filters = [filter("tag-key", ownershipTag("*"))]
    const instances = yield* describeInstances(
      ...Filters,
      filter("instance-state-name", "pending", "running", "stopping", "stopped")
    )
    const gateways = yield* allPages(
      (token) => ec2.describeNatGateways({ Filter: [...Filters, filter("state", "pending", "available")], ...token }),
      (page) => page.NatGateways
    )
    const { Addresses: addresses = [] } = yield* ec2.describeAddresses({ Filters })
    const groups = yield* allPages(
      (token) => ec2.describeSecurityGroups({ Filters, ...token }),
      (page) => page.SecurityGroups
    )
    const tables = yield* allPages(
      (token) => ec2.describeRouteTables({ Filters, ...token }),
      (page) => page.RouteTables
    )
    const internet = yield* allPages(
      (token) => ec2.describeInternetGateways({ Filters, ...token }),
      (page) => page.InternetGateways
    )
    const subnets = yield* allPages(
      (token) => ec2.describeSubnets({ Filters, ...token }),
      (page) => page.Subnets
    )
    const vpcs = yield* allPages(
      (token) => ec2.describeVpcs({ Filters, ...token }),
      (page) => page.Vpcs
    )
    const balancers = (yield* ownedLoadBalancers).filter(({ cluster }) => !existing.includes(cluster))
    const secretsManager = yield* SecretsManager
    const secrets = yield* allPages(
      (token) => secretsManager.listSecrets({ Filters: [{ Key: "tag-key", Values: [clusterTagPrefix] }], ...token }),
      (page) => page.SecretList
    )
    return [
      ...leaksAmong("instance", instances, (one) => one.InstanceId, existing),
      ...balancers.map(({ cluster, name }) => ({ kind: "load balancer", id: name, cluster })),
      ...leaksAmong("NAT gateway", gateways, (one) => one.NatGatewayId, existing),
      ...leaksAmong("Elastic IP address", addresses, (one) => one.AllocationId, existing),
      ...leaksAmong("security group", groups, (one) => one.GroupId, existing),
      ...leaksAmong("route table", tables, (one) => one.RouteTableId, existing),
      ...leaksAmong("internet gateway", internet, (one) => one.InternetGatewayId, existing),
      ...leaksAmong("subnet", subnets, (one) => one.SubnetId, existing),
      ...leaksAmong("VPC", vpcs, (one) => one.VpcId, existing),
      ...leaksAmong("secret", secrets, (one) => one.Name, existing)
    ]
  })
