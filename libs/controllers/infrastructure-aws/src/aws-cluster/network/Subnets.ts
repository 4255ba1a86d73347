/**
 * Subnets: the user's, or one public and one private a zone. Found by id or by their block of addresses, created when missing.
 *
 * Two subnets of a VPC never share an address, so that creating one twice is refused by EC2 itself: no intent is needed.
 * Attributes are brought into line on every pass, not only at creation. In the user's own VPC nothing is changed.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws pkg/cloud/services/network/subnets.go
 */
import { type AwsError, catchCode, type Ec2Shapes } from "@capstan/aws"
import type { Waiting } from "@capstan/provider"
import { Effect, Random } from "effect"
import { clusterReasons } from "../../Conditions.ts"
import { normal, warning } from "../../Events.ts"
import { sameValue } from "../../kinds/FieldErrors.ts"
import { subnetResourceId, type SubnetSpec } from "../../kinds/NetworkSpec.ts"
import {
  buildTags,
  internalRoleTag,
  internetFacingRoleTag,
  kubernetesTag,
  missingTags,
  roleTag,
  type TagMap,
  toAwsTags,
  toTagMap
} from "../../Tags.ts"
import {
  changeNetwork,
  type ClusterContext,
  networkOf,
  persist,
  severityOf,
  specOf,
  type StepError,
  waiting
} from "../ClusterStep.ts"
import type { NetworkFacts } from "../NetworkFacts.ts"
import { canSplit, chooseZones, defaultSubnetName, planSubnets } from "./SubnetPlan.ts"
import { defaultVpcCidr } from "./Vpc.ts"

/** A subnet that is known to AWS: `resourceID` is set. */
export type KnownSubnet = SubnetSpec & { readonly resourceID: string }

/** The tags of a subnet of ours. The load balancers of Services find their subnets by them. */
export const subnetTags = (context: ClusterContext, subnet: SubnetSpec): TagMap => {
  const isPublic = subnet.isPublic === true
  const name =
    subnet.tags?.Name ??
    (subnet.id.startsWith("subnet-")
      ? defaultSubnetName(context.name, isPublic, subnet.availabilityZone ?? "")
      : subnet.id)
  return buildTags({
    cluster: context.name,
    name,
    role: isPublic ? "public" : "private",
    additional: { ...specOf(context).additionalTags, ...withoutOurs(subnet.tags, context.name) },
    extra: {
      [kubernetesTag(context.name)]: "shared",
      [isPublic ? internetFacingRoleTag : internalRoleTag]: "1"
    }
  })
}

const withoutOurs = (tags: TagMap | undefined, cluster: string): TagMap => {
  const ours = [roleTag, internalRoleTag, internetFacingRoleTag, kubernetesTag(cluster)]
  return Object.fromEntries(Object.entries(tags ?? {}).filter(([key]) => !ours.includes(key)))
}

const readZones = ({ ec2 }: ClusterContext): Effect.Effect<ReadonlyArray<string>, AwsError> =>
  ec2
    .describeAvailabilityZones({
      Filters: [
        { Name: "state", Values: ["available"] },
        { Name: "opt-in-status", Values: ["opt-in-not-required"] }
      ]
    })
    .pipe(
      Effect.map((answer) =>
        (answer.AvailabilityZones ?? []).flatMap(({ ZoneName }) => (ZoneName === undefined ? [] : [ZoneName])).sort()
      )
    )

/** Plans the subnets of a user who named none, and writes the plan before anything is created by it. */
const planDefaults = Effect.fnUntraced(function* (context: ClusterContext) {
  const vpc = networkOf(context).vpc ?? {}
  const usageLimit = vpc.availabilityZoneUsageLimit ?? 3
  const zones = yield* readZones(context)
  const ordered =
    vpc.availabilityZoneSelection === "Random" && zones.length > usageLimit ? yield* Random.shuffle(zones) : zones
  const chosen = chooseZones(ordered, usageLimit)
  const cidrBlock = vpc.cidrBlock ?? defaultVpcCidr
  if (chosen.length === 0 || !canSplit(cidrBlock, (chosen.length + 1) * chosen.length)) {
    const message =
      chosen.length === 0
        ? "no availability zone is available"
        : `VPC block ${cidrBlock} is too small for subnets in ${chosen.length} zones`
    yield* warning(context.scope.infrastructure.get(), "FailedDefaultSubnets", message)
    return waiting({ reason: clusterReasons.subnetsFailed, severity: severityOf(context), message }, 60_000)
  }
  const subnets = planSubnets({
    cluster: context.name,
    cidrBlock,
    zones: chosen,
    prefer: vpc.subnetSchema ?? "PreferPrivate"
  })
  changeNetwork(context, (network) => ({ ...network, subnets }))
  yield* persist(context)
  return undefined
})

const find = (subnet: SubnetSpec, found: ReadonlyArray<Ec2Shapes.Subnet>): Ec2Shapes.Subnet | undefined => {
  const id = subnetResourceId(subnet)
  return (
    found.find((candidate) => candidate.SubnetId === id) ??
    found.find((candidate) => subnet.cidrBlock !== undefined && candidate.CidrBlock === subnet.cidrBlock)
  )
}

const isPublicByRoute = (subnetId: string, facts: NetworkFacts): boolean => {
  const table =
    facts.routeTables.find(
      (candidate) => candidate.Associations?.some((association) => association.SubnetId === subnetId) === true
    ) ?? facts.routeTables.find((candidate) => candidate.Associations?.some((association) => association.Main === true))
  return table?.Routes?.some((route) => route.GatewayId?.startsWith("igw-") === true) === true
}

/** The spec's subnet with what AWS says of it; `id` and the user's tags stay. */
const adopt = (
  context: ClusterContext,
  subnet: SubnetSpec,
  found: Ec2Shapes.Subnet,
  facts: NetworkFacts
): KnownSubnet => {
  const resourceID = found.SubnetId ?? ""
  const table = facts.routeTables.find(
    (candidate) => candidate.Associations?.some((association) => association.SubnetId === resourceID) === true
  )
  const known = {
    ...subnet,
    ...(found.AvailabilityZone === undefined ? {} : { availabilityZone: found.AvailabilityZone }),
    ...(found.CidrBlock === undefined ? {} : { cidrBlock: found.CidrBlock }),
    resourceID,
    isPublic: subnet.isPublic === true || (!facts.managed && isPublicByRoute(resourceID, facts)),
    ...(table?.RouteTableId === undefined ? {} : { routeTableId: table.RouteTableId })
  }
  return { ...known, tags: facts.managed ? subnetTags(context, known) : toTagMap(found.Tags) }
}

const create = Effect.fnUntraced(function* (context: ClusterContext, VpcId: string, subnet: SubnetSpec) {
  const tags = subnetTags(context, subnet)
  const created = yield* context.ec2.createSubnet({
    VpcId,
    ...(subnet.cidrBlock === undefined ? {} : { CidrBlock: subnet.cidrBlock }),
    ...(subnet.availabilityZone === undefined ? {} : { AvailabilityZone: subnet.availabilityZone }),
    TagSpecifications: [{ ResourceType: "subnet", Tags: toAwsTags(tags) }]
  })
  const id = created.Subnet?.SubnetId ?? ""
  yield* normal(context.scope.infrastructure.get(), "SuccessfulCreateSubnet", `Created new managed Subnet ${id}`)
  return { ...created.Subnet, Tags: toAwsTags(tags) }
})

/** Public subnets give their instances public addresses. EC2 takes one attribute a call. */
const ensureAttributes = Effect.fnUntraced(function* (
  { ec2, scope }: ClusterContext,
  subnet: KnownSubnet,
  found: Ec2Shapes.Subnet,
  hostnameType: "ip-name" | "resource-name" | undefined
) {
  const SubnetId = subnet.resourceID
  if (subnet.isPublic === true && found.MapPublicIpOnLaunch !== true) {
    yield* ec2.modifySubnetAttribute({ SubnetId, MapPublicIpOnLaunch: { Value: true } })
    yield* normal(
      scope.infrastructure.get(),
      "SuccessfulModifySubnetAttributes",
      `Modified managed Subnet ${SubnetId} attributes`
    )
  }
  if (hostnameType !== undefined && found.PrivateDnsNameOptionsOnLaunch?.HostnameType !== hostnameType) {
    yield* ec2.modifySubnetAttribute({ SubnetId, PrivateDnsHostnameTypeOnLaunch: hostnameType })
    yield* normal(
      scope.infrastructure.get(),
      "SuccessfulModifySubnetAttributes",
      `Modified managed Subnet ${SubnetId} attributes`
    )
  }
})

const record = (context: ClusterContext, subnets: ReadonlyArray<SubnetSpec>): void =>
  changeNetwork(context, (network) => (sameValue(network.subnets ?? [], subnets) ? network : { ...network, subnets }))

const missingMessage = (subnet: SubnetSpec): string =>
  `subnet ${subnet.id}${subnet.resourceID === undefined ? "" : ` (${subnet.resourceID})`} was not found in the VPC`

const ensureUnmanaged = Effect.fnUntraced(function* (context: ClusterContext, facts: NetworkFacts) {
  const wanted = networkOf(context).subnets ?? []
  const lost = wanted.find((subnet) => find(subnet, facts.subnets) === undefined)
  if (wanted.length === 0 || lost !== undefined) {
    const message =
      lost === undefined ? "a VPC of your own needs its subnets in spec.network.subnets" : missingMessage(lost)
    yield* warning(
      context.scope.infrastructure.get(),
      lost === undefined ? "FailedNoSubnets" : "FailedMatchSubnet",
      message
    )
    return waiting({ reason: clusterReasons.subnetsFailed, severity: severityOf(context), message }, 60_000)
  }
  const known = wanted.flatMap((subnet) => {
    const found = find(subnet, facts.subnets)
    return found === undefined ? [] : [adopt(context, subnet, found, facts)]
  })
  record(context, known)
  return known
})

/** The subnets, every one of them known to AWS. */
export const ensureSubnets = Effect.fnUntraced(function* (
  context: ClusterContext,
  facts: NetworkFacts,
  vpcId: string
): Effect.fn.Return<ReadonlyArray<KnownSubnet> | Waiting, StepError> {
  if (!facts.managed) return yield* ensureUnmanaged(context, facts)
  if ((networkOf(context).subnets ?? []).length === 0) {
    const stop = yield* planDefaults(context)
    if (stop !== undefined) return stop
  }
  const wanted = networkOf(context).subnets ?? []
  const known: Array<KnownSubnet> = []
  let pending = false
  for (const subnet of wanted) {
    const found = find(subnet, facts.subnets)
    if (found === undefined && subnetResourceId(subnet) !== undefined) {
      return waiting(
        { reason: clusterReasons.subnetsFailed, severity: severityOf(context), message: missingMessage(subnet) },
        10_000
      )
    }
    const real =
      found ??
      (yield* create(context, vpcId, subnet).pipe(catchCode("InvalidSubnet.Conflict", () => Effect.succeed(undefined))))
    if (real === undefined) {
      const message = `the addresses ${subnet.cidrBlock} are taken by a subnet that is not visible yet or is not ours`
      return waiting({ reason: clusterReasons.subnetsFailed, severity: severityOf(context), message }, 10_000)
    }
    const adopted = adopt(context, subnet, real, facts)
    known.push(adopted)
    record(context, [...known, ...wanted.slice(known.length)])
    const wantedTags = subnetTags(context, adopted)
    if (missingTags(wantedTags, toTagMap(real.Tags)) !== undefined) {
      yield* context.ec2.createTags({ Resources: [adopted.resourceID], Tags: toAwsTags(wantedTags) })
    }
    yield* ensureAttributes(context, adopted, real, networkOf(context).vpc?.privateDnsHostnameTypeOnLaunch)
    pending ||= real.State === "pending"
  }
  if (known.length > facts.subnets.length) yield* persist(context)
  if (!known.some((subnet) => subnet.isPublic === true)) {
    const message = "the cluster needs at least one public subnet"
    yield* warning(context.scope.infrastructure.get(), "FailedNoPublicSubnet", message)
    return waiting({ reason: clusterReasons.subnetsFailed, severity: severityOf(context), message }, 60_000)
  }
  if (pending) {
    const message = "the subnets are being created"
    return waiting({ reason: clusterReasons.subnetsFailed, severity: "Info", message }, 2_000)
  }
  return known
})
