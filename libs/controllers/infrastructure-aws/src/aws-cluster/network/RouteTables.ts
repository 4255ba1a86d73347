/**
 * Route tables: one a subnet. Public subnets go out through the internet gateway, private ones through the NAT gateway
 * of their zone.
 *
 * A table that was created but never associated is found by its name and used. Missing and wrong default routes are put
 * right; other routes, and tables that are not ours, are left alone.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws pkg/cloud/services/network/routetables.go
 */
import { catchClass, catchCode, type Ec2Shapes } from "@capstan/aws"
import type { Waiting } from "@capstan/provider"
import { Effect } from "effect"
import { clusterReasons } from "../../Conditions.ts"
import { normal } from "../../Events.ts"
import { buildTags, isOwned, kubernetesTag, missingTags, type TagMap, toAwsTags, toTagMap } from "../../Tags.ts"
import { changeNetwork, type ClusterContext, severityOf, specOf, type StepError, waiting } from "../ClusterStep.ts"
import type { NetworkFacts } from "../NetworkFacts.ts"
import type { KnownSubnet } from "./Subnets.ts"

const everywhere = "0.0.0.0/0"

/** Where a subnet's traffic leaves. */
export type DefaultRoute = { readonly GatewayId: string } | { readonly NatGatewayId: string }

/** The default route that a subnet needs, or nothing when its zone has no NAT gateway. Pure. */
export const defaultRouteOf = (
  subnet: KnownSubnet,
  internetGatewayId: string,
  natGateways: ReadonlyMap<string, string>
): DefaultRoute | undefined => {
  if (subnet.isPublic === true) return { GatewayId: internetGatewayId }
  const nat = natGateways.get(subnet.availabilityZone ?? "")
  return nat === undefined ? undefined : { NatGatewayId: nat }
}

/** What to do with a table's default route. Pure. */
export const decideRoute = (table: Ec2Shapes.RouteTable, wanted: DefaultRoute): "keep" | "create" | "replace" => {
  const route = table.Routes?.find((candidate) => candidate.DestinationCidrBlock === everywhere)
  if (route === undefined) return "create"
  const right =
    "GatewayId" in wanted ? route.GatewayId === wanted.GatewayId : route.NatGatewayId === wanted.NatGatewayId
  return right ? "keep" : "replace"
}

const tableName = (context: ClusterContext, subnet: KnownSubnet): string =>
  `${context.name}-rt-${subnet.isPublic === true ? "public" : "private"}-${subnet.availabilityZone ?? ""}`

const tableTags = (context: ClusterContext, subnet: KnownSubnet): TagMap =>
  buildTags({
    cluster: context.name,
    name: tableName(context, subnet),
    role: "common",
    additional: specOf(context).additionalTags,
    extra: { [kubernetesTag(context.name)]: "owned" }
  })

const isUnused = (table: Ec2Shapes.RouteTable): boolean => (table.Associations ?? []).length === 0

const create = Effect.fnUntraced(function* (context: ClusterContext, VpcId: string, subnet: KnownSubnet) {
  const Tags = toAwsTags(tableTags(context, subnet))
  const answer = yield* context.ec2.createRouteTable({
    VpcId,
    TagSpecifications: [{ ResourceType: "route-table", Tags }]
  })
  yield* normal(
    context.scope.infrastructure.get(),
    "SuccessfulCreateRouteTable",
    `Created managed RouteTable ${answer.RouteTable?.RouteTableId}`
  )
  return { ...answer.RouteTable, Tags }
})

const ensureRoute = Effect.fnUntraced(function* (
  { ec2, scope }: ClusterContext,
  table: Ec2Shapes.RouteTable,
  wanted: DefaultRoute
) {
  const decision = decideRoute(table, wanted)
  const RouteTableId = table.RouteTableId ?? ""
  const request = { RouteTableId, DestinationCidrBlock: everywhere, ...wanted }
  if (decision === "replace") yield* ec2.replaceRoute(request)
  if (decision === "create") {
    yield* ec2.createRoute(request).pipe(
      Effect.asVoid,
      catchCode("RouteAlreadyExists", () => ec2.replaceRoute(request))
    )
    yield* normal(scope.infrastructure.get(), "SuccessfulCreateRoute", `Created route for RouteTable ${RouteTableId}`)
  }
})

const associate = Effect.fnUntraced(function* ({ ec2, scope }: ClusterContext, RouteTableId: string, SubnetId: string) {
  yield* ec2.associateRouteTable({ RouteTableId, SubnetId }).pipe(
    Effect.asVoid,
    catchCode("Resource.AlreadyAssociated", () => Effect.void)
  )
  yield* normal(
    scope.infrastructure.get(),
    "SuccessfulAssociateRouteTable",
    `Associated managed RouteTable ${RouteTableId} with subnet ${SubnetId}`
  )
})

const record = (context: ClusterContext, tables: ReadonlyMap<string, string>): void =>
  changeNetwork(context, (network) => {
    const subnets = (network.subnets ?? []).map((subnet) => {
      const routeTableId = tables.get(subnet.resourceID ?? "")
      return routeTableId === undefined || routeTableId === subnet.routeTableId ? subnet : { ...subnet, routeTableId }
    })
    return subnets.some((subnet, index) => subnet !== network.subnets?.[index]) ? { ...network, subnets } : network
  })

/** Every subnet with its table and its way out. */
export const ensureRouteTables = Effect.fnUntraced(function* (
  context: ClusterContext,
  facts: NetworkFacts,
  options: {
    readonly vpcId: string
    readonly subnets: ReadonlyArray<KnownSubnet>
    readonly internetGatewayId: string
    readonly natGateways: ReadonlyMap<string, string>
  }
): Effect.fn.Return<void | Waiting, StepError> {
  if (!facts.managed) return
  const spare = facts.routeTables.filter((table) => isUnused(table) && isOwned(table.Tags, context.name))
  const tables = new Map<string, string>()
  for (const subnet of options.subnets) {
    const wanted = defaultRouteOf(subnet, options.internetGatewayId, options.natGateways)
    if (wanted === undefined) {
      const message = `no NAT gateway in zone ${subnet.availabilityZone} for private subnet ${subnet.id}`
      return waiting({ reason: clusterReasons.routeTablesFailed, severity: severityOf(context), message }, 30_000)
    }
    const associated = facts.routeTables.find(
      (table) => table.Associations?.some((association) => association.SubnetId === subnet.resourceID) === true
    )
    const index = spare.findIndex((table) => toTagMap(table.Tags).Name === tableName(context, subnet))
    const unused = associated === undefined && index >= 0 ? spare.splice(index, 1)[0] : undefined
    const table = associated ?? unused ?? (yield* create(context, options.vpcId, subnet))
    const id = table.RouteTableId ?? ""
    tables.set(subnet.resourceID, id)
    if (!isOwned(table.Tags, context.name)) continue
    yield* ensureRoute(context, table, wanted)
    if (associated === undefined) yield* associate(context, id, subnet.resourceID)
    const tags = tableTags(context, subnet)
    if (missingTags(tags, toTagMap(table.Tags)) !== undefined) {
      yield* context.ec2.createTags({ Resources: [id], Tags: toAwsTags(tags) })
    }
  }
  record(context, tables)
  yield* Effect.forEach(spare, (table) => remove(context, table), { discard: true })
})

const remove = Effect.fnUntraced(function* ({ ec2, scope }: ClusterContext, table: Ec2Shapes.RouteTable) {
  for (const { Main, RouteTableAssociationId } of table.Associations ?? []) {
    if (Main === true || RouteTableAssociationId === undefined) continue
    yield* ec2
      .disassociateRouteTable({ AssociationId: RouteTableAssociationId })
      .pipe(catchClass("notFound", () => Effect.void))
    yield* normal(
      scope.infrastructure.get(),
      "SuccessfulDisassociateRouteTable",
      `Disassociated managed RouteTable ${table.RouteTableId} from its subnet`
    )
  }
  if (table.RouteTableId === undefined) return
  yield* ec2.deleteRouteTable({ RouteTableId: table.RouteTableId }).pipe(catchClass("notFound", () => Effect.void))
  yield* normal(
    scope.infrastructure.get(),
    "SuccessfulDeleteRouteTable",
    `Deleted managed RouteTable ${table.RouteTableId}`
  )
})

/** Deletes every table that carries the cluster's tag. */
export const removeRouteTables = (context: ClusterContext, facts: NetworkFacts) =>
  Effect.forEach(
    facts.routeTables.filter((table) => isOwned(table.Tags, context.name)),
    (table) => remove(context, table),
    { discard: true }
  )
