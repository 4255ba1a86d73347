/**
 * A zone without network: an ACL that denies everything takes its place in front of each subnet of the zone that a cluster owns.
 *
 * One act makes the ACL of a network, with its drill on it from the first moment; one act a subnet puts it there. Everything in
 * the subnet is cut off, also what has nothing to do with the cluster: a subnet in which somebody else's instance runs is refused.
 *
 * @source https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
 */
import { type AwsError, awsError, Ec2 } from "@capstan/aws"
import { Effect } from "effect"
import { describeInstances, type Estate, filter, type OwnedSubnet } from "../account/Estate.ts"
import { patiently, until } from "../account/Patience.ts"
import { drillTags, ownershipTag, type TagMap, timestamp, toTagMap } from "../DrillTags.ts"
import type { Act, ActContext } from "./Act.ts"
import { missingTag } from "./InstanceActs.ts"

/** The ACLs that stand in front of subnets now, by subnet. */
export type Guards = ReadonlyMap<string, { readonly acl: string; readonly ofDrill: string | undefined }>

export const readGuards = (subnets: ReadonlyArray<OwnedSubnet>): Effect.Effect<Guards, AwsError, Ec2> =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const guards = new Map<string, { readonly acl: string; readonly ofDrill: string | undefined }>()
    for (const vpc of new Set(subnets.map((subnet) => subnet.vpc))) {
      const { NetworkAcls = [] } = yield* ec2.describeNetworkAcls({ Filters: [filter("vpc-id", vpc)] })
      for (const { Associations = [], NetworkAclId: acl = "", Tags } of NetworkAcls) {
        const ofDrill = toTagMap(Tags)[drillTags.drill]
        for (const { SubnetId = "" } of Associations) guards.set(SubnetId, { acl, ofDrill })
      }
    }
    return guards
  })

/** The acts that cut a zone off, in their order; a sentence when it cannot be. */
export const zoneNetworkActs = (options: {
  readonly zone: string
  readonly estate: Estate
  readonly guards: Guards
  readonly requireTags: TagMap
}): ReadonlyArray<Act> | string => {
  const { estate, guards, requireTags, zone } = options
  const subnets = estate.subnets.filter((subnet) => subnet.zone === zone)
  if (subnets.length === 0) return `no subnet in ${zone} is owned by the clusters of the guardrails`
  const taken = subnets.find(({ id }) => guards.get(id)?.ofDrill !== undefined)
  if (taken !== undefined) return `${taken.id} is cut off by drill ${guards.get(taken.id)?.ofDrill} already`
  const bare = subnets.find(({ id }) => guards.get(id) === undefined)
  if (bare !== undefined) return `no network ACL is known of ${bare.id}`
  const vpcs = [...new Map(subnets.map((subnet) => [subnet.vpc, subnet.cluster] as const))]
  return [
    ...vpcs.map(([vpc, cluster]) => createAct(vpc, cluster, zone)),
    ...subnets.map((subnet) => cutAct(subnet, guards.get(subnet.id)?.acl ?? "", estate, requireTags))
  ]
}

const ruleNumber = 1

const createAct = (vpc: string, cluster: string, zone: string): Act => ({
  target: vpc,
  kind: "network ACL",
  cluster,
  zone,
  what: `make a network ACL that denies everything in ${vpc}`,
  calls: ["ec2.CreateNetworkAcl", "ec2.CreateNetworkAclEntry"],
  undo: { _tag: "DeleteNetworkAcls", vpc },
  instances: [],
  objection: Effect.succeed(undefined),
  mark: undefined,
  perform: ({ drill, expiresMillis }) =>
    Effect.gen(function* () {
      const ec2 = yield* Ec2
      const Tags = [
        { Key: "Name", Value: `capstan drill: ${zone} cut off` },
        { Key: drillTags.drill, Value: drill },
        { Key: drillTags.expires, Value: timestamp(expiresMillis) }
      ]
      const made = yield* ec2.createNetworkAcl({
        VpcId: vpc,
        // A lost answer is no second ACL: the repeated call carries the same token.
        ClientToken: `${drill}-${zone}`.slice(0, 64),
        TagSpecifications: [{ ResourceType: "network-acl", Tags }]
      })
      const NetworkAclId = made.NetworkAcl?.NetworkAclId ?? ""
      for (const Egress of [false, true]) {
        yield* patiently(
          ec2.createNetworkAclEntry({
            NetworkAclId,
            RuleNumber: ruleNumber,
            Protocol: "-1",
            RuleAction: "deny",
            CidrBlock: "0.0.0.0/0",
            Egress
          })
        )
      }
    })
})

const cutAct = (subnet: OwnedSubnet, acl: string, estate: Estate, requireTags: TagMap): Act => ({
  target: subnet.id,
  kind: "subnet",
  cluster: subnet.cluster,
  zone: subnet.zone,
  what: `cut ${subnet.id} off (in place of ${acl})`,
  calls: ["ec2.CreateTags", "ec2.ReplaceNetworkAclAssociation"],
  undo: { _tag: "RestoreNetworkAcl", subnet: subnet.id, vpc: subnet.vpc, acl },
  instances: estate.instances
    .filter((instance) => instance.subnet === subnet.id && instance.state !== "terminated")
    .map(({ id }) => id),
  objection: subnetObjection(subnet, acl, requireTags),
  mark: { resource: subnet.id, key: drillTags.network, values: [acl] },
  perform: (context) => cut(subnet, context)
})

const subnetObjection = (
  { cluster, id }: OwnedSubnet,
  acl: string,
  requireTags: TagMap
): Effect.Effect<string | undefined, AwsError, Ec2> =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const { Subnets = [] } = yield* ec2.describeSubnets({ Filters: [filter("subnet-id", id)] })
    const [subnet] = Subnets
    if (subnet === undefined) return `${id} is not there any more`
    const missing = missingTag(toTagMap(subnet.Tags), cluster, requireTags)
    if (missing !== undefined) return `${id} ${missing}`
    const neighbours = yield* describeInstances(filter("subnet-id", id))
    const stranger = neighbours.find(
      ({ State, Tags }) => State?.Name !== "terminated" && toTagMap(Tags)[ownershipTag(cluster)] !== "owned"
    )
    if (stranger !== undefined) return `${stranger.InstanceId} in ${id} is not owned by cluster '${cluster}'`
    const guards = yield* readGuards([{ id, cluster, vpc: subnet.VpcId ?? "", zone: "", tags: {} }])
    const now = guards.get(id)?.acl
    return now === acl ? undefined : `${now ?? "nothing"} stands in front of ${id}, not ${acl}`
  })

const cut = (subnet: OwnedSubnet, { drill }: ActContext): Effect.Effect<void, AwsError, Ec2> =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const Filters = [filter("vpc-id", subnet.vpc), filter(`tag:${drillTags.drill}`, drill)]
    const acl = yield* until(
      `the drill's ACL in ${subnet.vpc} is in sight`,
      Effect.map(ec2.describeNetworkAcls({ Filters }), (found) => found.NetworkAcls?.[0]?.NetworkAclId),
      120_000
    )
    const { NetworkAcls = [] } = yield* ec2.describeNetworkAcls({
      Filters: [filter("association.subnet-id", subnet.id)]
    })
    const association = NetworkAcls[0]?.Associations?.find((one) => one.SubnetId === subnet.id)
    if (association?.NetworkAclAssociationId === undefined) {
      return yield* awsError("ec2", "DescribeNetworkAcls", "InvalidSubnetID.NotFound", `${subnet.id} has no ACL`)
    }
    yield* ec2.replaceNetworkAclAssociation({
      AssociationId: association.NetworkAclAssociationId,
      NetworkAclId: acl
    })
  })
