/**
 * NAT gateways: one a zone that has both a public and a private subnet, each with an Elastic IP of its own.
 *
 * Addresses without a gateway are used before new ones are allocated; what is left over in the end was allocated twice and
 * is released. A gateway takes minutes to come up: the step waits by requeue.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws pkg/cloud/services/network/natgateways.go
 */
import { catchClass, catchCode, type Ec2Shapes } from "@capstan/aws"
import type { Waiting } from "@capstan/provider"
import { Effect } from "effect"
import { clusterReasons } from "../../Conditions.ts"
import { normal } from "../../Events.ts"
import { sameValue } from "../../kinds/FieldErrors.ts"
import { buildTags, isOwned, missingTags, roleTag, type TagMap, toAwsTags, toTagMap } from "../../Tags.ts"
import {
  changeNetwork,
  changeNetworkStatus,
  type ClusterContext,
  specOf,
  type StepError,
  waiting
} from "../ClusterStep.ts"
import { createOnce, creationSettled } from "../CreationIntent.ts"
import type { NetworkFacts } from "../NetworkFacts.ts"
import type { KnownSubnet } from "./Subnets.ts"

const resource = "addresses"

const isLive = (gateway: Ec2Shapes.NatGateway): boolean => gateway.State === "pending" || gateway.State === "available"

/** The public subnets that host a gateway: the first of each zone that has a private subnet, too. Pure. */
export const natSubnets = (subnets: ReadonlyArray<KnownSubnet>): ReadonlyArray<KnownSubnet> => {
  const needy = new Set(subnets.filter((subnet) => subnet.isPublic !== true).map((subnet) => subnet.availabilityZone))
  const served = new Set<string | undefined>()
  return subnets.filter((subnet) => {
    if (subnet.isPublic !== true || !needy.has(subnet.availabilityZone) || served.has(subnet.availabilityZone))
      return false
    served.add(subnet.availabilityZone)
    return true
  })
}

/** Live gateways by zone: a private subnet goes out through the one of its own zone. Pure. */
export const gatewaysByZone = (
  subnets: ReadonlyArray<KnownSubnet>,
  gateways: ReadonlyArray<Ec2Shapes.NatGateway>
): ReadonlyMap<string, string> =>
  new Map(
    subnets.flatMap((subnet) => {
      const gateway = gateways.find((candidate) => isLive(candidate) && candidate.SubnetId === subnet.resourceID)
      return gateway?.NatGatewayId === undefined || subnet.availabilityZone === undefined
        ? []
        : [[subnet.availabilityZone, gateway.NatGatewayId] as const]
    })
  )

const natTags = (context: ClusterContext): TagMap =>
  buildTags({
    cluster: context.name,
    name: `${context.name}-nat`,
    role: "common",
    additional: specOf(context).additionalTags
  })

const addressTags = (context: ClusterContext): TagMap =>
  buildTags({
    cluster: context.name,
    name: `${context.name}-eip-common`,
    role: "common",
    additional: specOf(context).additionalTags
  })

/** Addresses for NAT gateways that no gateway has, neither by association nor as one that is coming up. */
const freeAddresses = (facts: NetworkFacts): ReadonlyArray<string> => {
  const used = new Set(
    facts.natGateways
      .filter((gateway) => gateway.State !== "deleted" && gateway.State !== "failed")
      .flatMap((gateway) => (gateway.NatGatewayAddresses ?? []).map((address) => address.AllocationId))
  )
  return facts.addresses
    .filter((address) => address.AssociationId === undefined && !used.has(address.AllocationId))
    .filter((address) => toTagMap(address.Tags)[roleTag] === "common")
    .flatMap(({ AllocationId }) => (AllocationId === undefined ? [] : [AllocationId]))
    .sort()
}

const allocate = (context: ClusterContext, count: number) =>
  createOnce(
    context,
    resource,
    Effect.forEach(Array.from({ length: count }), () =>
      Effect.map(
        context.ec2.allocateAddress({
          Domain: "vpc",
          TagSpecifications: [{ ResourceType: "elastic-ip", Tags: toAwsTags(addressTags(context)) }]
        }),
        ({ AllocationId }) => AllocationId ?? ""
      )
    ),
    () => undefined
  )

const createdAt = (gateway: Ec2Shapes.NatGateway): number => gateway.CreateTime?.getTime() ?? 0

/**
 * The same for every attempt at one gateway, whatever address it would get; another once an earlier gateway of the subnet is
 * gone, since a token answers with what it once made. EC2 shows gateways that are gone for about an hour.
 */
const clientToken = (context: ClusterContext, subnetId: string, facts: NetworkFacts): string => {
  const gone = facts.natGateways
    .filter((gateway) => !isLive(gateway) && gateway.SubnetId === subnetId)
    .toSorted((one, other) => createdAt(other) - createdAt(one))[0]
  const uid = context.scope.infrastructure.get().metadata.uid
  return `${uid.slice(0, 13)}/${subnetId.slice(-17)}/${(gone?.NatGatewayId ?? "first").slice(-17)}`
}

const create = Effect.fnUntraced(function* (
  context: ClusterContext,
  facts: NetworkFacts,
  subnet: KnownSubnet,
  AllocationId: string
) {
  const answer = yield* context.ec2
    .createNatGateway({
      SubnetId: subnet.resourceID,
      AllocationId,
      ClientToken: clientToken(context, subnet.resourceID, facts),
      TagSpecifications: [{ ResourceType: "natgateway", Tags: toAwsTags(natTags(context)) }]
    })
    .pipe(catchCode("IdempotentParameterMismatch", () => Effect.succeed(undefined)))
  // The token has made a gateway with another address, which is not visible yet.
  if (answer === undefined) return { SubnetId: subnet.resourceID, State: "pending" } as const
  const id = answer.NatGateway?.NatGatewayId ?? ""
  yield* normal(context.scope.infrastructure.get(), "SuccessfulCreateNATGateway", `Created new NAT Gateway ${id}`)
  return { ...answer.NatGateway, SubnetId: subnet.resourceID, State: answer.NatGateway?.State ?? "pending" } as const
})

const publicIps = (gateways: ReadonlyArray<Ec2Shapes.NatGateway>): ReadonlyArray<string> =>
  gateways
    .filter(isLive)
    .flatMap((gateway) =>
      (gateway.NatGatewayAddresses ?? []).flatMap(({ PublicIp }) => (PublicIp === undefined ? [] : [PublicIp]))
    )
    .sort()

const record = (context: ClusterContext, gateways: ReadonlyArray<Ec2Shapes.NatGateway>): void => {
  const ips = publicIps(gateways)
  changeNetworkStatus(context, (status) =>
    sameValue(status.natGatewaysIPs ?? [], ips) ? status : { ...status, natGatewaysIPs: ips }
  )
  changeNetwork(context, (network) => {
    const subnets = (network.subnets ?? []).map((subnet) => {
      const gateway = gateways.find((candidate) => isLive(candidate) && candidate.SubnetId === subnet.resourceID)
      return gateway?.NatGatewayId === undefined || gateway.NatGatewayId === subnet.natGatewayId
        ? subnet
        : { ...subnet, natGatewayId: gateway.NatGatewayId }
    })
    return subnets.some((subnet, index) => subnet !== network.subnets?.[index]) ? { ...network, subnets } : network
  })
}

/** The gateway of each zone, all of them available. */
export const ensureNatGateways = Effect.fnUntraced(function* (
  context: ClusterContext,
  facts: NetworkFacts,
  subnets: ReadonlyArray<KnownSubnet>
): Effect.fn.Return<ReadonlyMap<string, string> | Waiting, StepError> {
  if (!facts.managed) {
    record(context, facts.natGateways)
    return new Map()
  }
  const hosts = natSubnets(subnets)
  const hasLive = (subnet: KnownSubnet): boolean =>
    facts.natGateways.some((gateway) => isLive(gateway) && gateway.SubnetId === subnet.resourceID)
  const bare = hosts.filter((subnet) => !hasLive(subnet))
  const free = freeAddresses(facts)
  if (free.length >= bare.length) creationSettled(context, resource)
  const allocated = free.length >= bare.length ? [] : yield* allocate(context, bare.length - free.length)
  if ("_tag" in allocated) return allocated
  const addresses = [...free, ...allocated]
  const created = yield* Effect.forEach(bare, (subnet, index) => create(context, facts, subnet, addresses[index] ?? ""))
  const gateways = [...facts.natGateways, ...created]
  record(context, gateways)
  const pending = gateways.filter((gateway) => gateway.State === "pending")
  if (pending.length > 0) {
    const message = `waiting for ${pending.length} of ${hosts.length} NAT gateways to become available`
    return waiting({ reason: clusterReasons.natGatewaysCreationStarted, severity: "Info", message }, 15_000)
  }
  for (const gateway of facts.natGateways) {
    const wanted = natTags(context)
    const ours = isLive(gateway) && isOwned(gateway.Tags, context.name)
    if (ours && gateway.NatGatewayId !== undefined && missingTags(wanted, toTagMap(gateway.Tags)) !== undefined) {
      yield* context.ec2.createTags({ Resources: [gateway.NatGatewayId], Tags: toAwsTags(wanted) })
    }
  }
  if (bare.length === 0) yield* releaseAddresses(context, free)
  return gatewaysByZone(subnets, gateways)
})

const releaseAddresses = ({ ec2 }: ClusterContext, allocationIds: ReadonlyArray<string>) =>
  Effect.forEach(
    allocationIds,
    (AllocationId) => ec2.releaseAddress({ AllocationId }).pipe(catchClass("notFound", () => Effect.void)),
    { discard: true }
  )

/** Asks for the deletion of every gateway of ours; gives back how many are still there. */
export const removeNatGateways = Effect.fnUntraced(function* (context: ClusterContext, facts: NetworkFacts) {
  const present = facts.natGateways.filter(
    (gateway) => gateway.State !== "deleted" && gateway.State !== "failed" && isOwned(gateway.Tags, context.name)
  )
  for (const { NatGatewayId, State } of present) {
    if (NatGatewayId === undefined || State === "deleting") continue
    yield* context.ec2.deleteNatGateway({ NatGatewayId }).pipe(catchClass("notFound", () => Effect.void))
    yield* normal(
      context.scope.infrastructure.get(),
      "SuccessfulDeleteNATGateway",
      `Deleted NAT Gateway ${NatGatewayId}`
    )
  }
  return present.length
})

/** Releases every address that carries the cluster's tag. Refused while something still holds one. */
export const removeAddresses = Effect.fnUntraced(function* (context: ClusterContext, facts: NetworkFacts) {
  for (const { AllocationId, AssociationId } of facts.addresses) {
    if (AssociationId !== undefined) {
      yield* context.ec2.disassociateAddress({ AssociationId }).pipe(catchClass("notFound", () => Effect.void))
    }
    if (AllocationId !== undefined) yield* releaseAddresses(context, [AllocationId])
  }
})
