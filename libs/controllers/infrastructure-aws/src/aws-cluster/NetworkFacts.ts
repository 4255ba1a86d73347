/**
 * Read: everything of a cluster's network that AWS shows, one describe a type of resource.
 *
 * Resources are found by the VPC or by the cluster's tag, never one by one, so that a steady cluster costs a dozen calls.
 * Addresses and the load balancer are looked for even when the VPC is gone: they outlive it.
 */
import { catchClass, catchCode, type Ec2Shapes, type ElbShapes } from "@capstan/aws"
import { Effect } from "effect"
import { clusterTag, isOwned, toTagMap, type TagMap } from "../Tags.ts"
import { type ClusterContext, networkOf, specOf } from "./ClusterStep.ts"
import { loadBalancerName } from "./network/LoadBalancerName.ts"

export interface LoadBalancerFacts {
  readonly description: ElbShapes.LoadBalancerDescription
  readonly attributes: ElbShapes.LoadBalancerAttributes
  readonly tags: TagMap
}

export interface NetworkFacts {
  readonly vpc: Ec2Shapes.Vpc | undefined
  /** The VPC carries our tag: we made it and may change and delete it. True as long as there is none. */
  readonly managed: boolean
  /** Further VPCs with this cluster's tag, left by an attempt whose answer was lost. */
  readonly duplicateVpcs: ReadonlyArray<Ec2Shapes.Vpc>
  readonly subnets: ReadonlyArray<Ec2Shapes.Subnet>
  readonly routeTables: ReadonlyArray<Ec2Shapes.RouteTable>
  /** Those with the cluster's tag, attached or not. */
  readonly internetGateways: ReadonlyArray<Ec2Shapes.InternetGateway>
  readonly natGateways: ReadonlyArray<Ec2Shapes.NatGateway>
  /** Those with the cluster's tag. */
  readonly addresses: ReadonlyArray<Ec2Shapes.Address>
  readonly securityGroups: ReadonlyArray<Ec2Shapes.SecurityGroup>
  readonly loadBalancer: LoadBalancerFacts | undefined
}

export const ownedFilter = (cluster: string) => ({ Name: `tag:${clusterTag(cluster)}`, Values: ["owned"] })

export const vpcFilter = (vpcId: string) => ({ Name: "vpc-id", Values: [vpcId] })

const vpcById = ({ ec2 }: ClusterContext, id: string) =>
  ec2.describeVpcs({ VpcIds: [id] }).pipe(
    Effect.map((answer) => answer.Vpcs?.[0]),
    catchClass("notFound", () => Effect.succeed(undefined))
  )

const byId = (a: Ec2Shapes.Vpc, b: Ec2Shapes.Vpc): number => ((a.VpcId ?? "") < (b.VpcId ?? "") ? -1 : 1)

/** The recorded VPC, or the one that carries the cluster's tag. */
const readVpc = Effect.fnUntraced(function* (context: ClusterContext) {
  const recorded = networkOf(context).vpc
  const id = recorded?.id
  const knownForeign = id !== undefined && recorded?.tags?.[clusterTag(context.name)] !== "owned"
  if (knownForeign) {
    const vpc = yield* vpcById(context, id)
    return { vpc, managed: isOwned(vpc?.Tags, context.name), duplicateVpcs: [] }
  }
  const owned = ((yield* context.ec2.describeVpcs({ Filters: [ownedFilter(context.name)] })).Vpcs ?? []).toSorted(byId)
  const vpc =
    id === undefined ? owned[0] : (owned.find((candidate) => candidate.VpcId === id) ?? (yield* vpcById(context, id)))
  return {
    vpc,
    managed: vpc === undefined || isOwned(vpc.Tags, context.name),
    duplicateVpcs: owned.filter((candidate) => candidate.VpcId !== vpc?.VpcId)
  }
})

const readLoadBalancer = Effect.fnUntraced(
  function* (context: ClusterContext) {
    if (specOf(context).controlPlaneLoadBalancer?.loadBalancerType === "disabled") return undefined
    const name = loadBalancerName(context.name, specOf(context).controlPlaneLoadBalancer?.name)
    const found = yield* context.elb
      .describeLoadBalancers({ LoadBalancerNames: [name] })
      .pipe(catchCode("LoadBalancerNotFound", () => Effect.succeed(undefined)))
    const description = found?.LoadBalancerDescriptions?.[0]
    if (description === undefined) return undefined
    const [attributes, tags] = yield* Effect.all([
      context.elb.describeLoadBalancerAttributes({ LoadBalancerName: name }),
      context.elb.describeTags({ LoadBalancerNames: [name] })
    ])
    return {
      description,
      attributes: attributes.LoadBalancerAttributes ?? {},
      tags: toTagMap(tags.TagDescriptions?.[0]?.Tags)
    }
  },
  catchCode("LoadBalancerNotFound", () => Effect.succeed(undefined))
)

const nothing = { subnets: [], routeTables: [], natGateways: [], securityGroups: [] }

const readInsideVpc = Effect.fnUntraced(function* ({ ec2 }: ClusterContext, vpcId: string) {
  const Filters = [vpcFilter(vpcId)]
  const [subnets, routeTables, natGateways, securityGroups] = yield* Effect.all(
    [
      ec2.describeSubnets({ Filters }),
      ec2.describeRouteTables({ Filters }),
      ec2.describeNatGateways({ Filter: Filters }),
      ec2.describeSecurityGroups({ Filters })
    ],
    { concurrency: "unbounded" }
  )
  return {
    subnets: subnets.Subnets ?? [],
    routeTables: routeTables.RouteTables ?? [],
    natGateways: natGateways.NatGateways ?? [],
    securityGroups: securityGroups.SecurityGroups ?? []
  }
})

/** One look at everything. */
export const readNetworkFacts = Effect.fnUntraced(function* (context: ClusterContext) {
  const vpc = yield* readVpc(context)
  const vpcId = vpc.vpc?.VpcId
  const Filters = [ownedFilter(context.name)]
  const [inside, internetGateways, addresses, loadBalancer] = yield* Effect.all(
    [
      vpcId === undefined ? Effect.succeed(nothing) : readInsideVpc(context, vpcId),
      vpc.managed ? context.ec2.describeInternetGateways({ Filters }) : Effect.succeed({ InternetGateways: [] }),
      vpc.managed ? context.ec2.describeAddresses({ Filters }) : Effect.succeed({ Addresses: [] }),
      readLoadBalancer(context)
    ],
    { concurrency: "unbounded" }
  )
  const facts: NetworkFacts = {
    ...vpc,
    ...inside,
    internetGateways: internetGateways.InternetGateways ?? [],
    addresses: addresses.Addresses ?? [],
    loadBalancer
  }
  return facts
})
