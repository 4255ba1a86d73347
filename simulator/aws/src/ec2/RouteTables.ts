/**
 * Route tables, their routes, and which subnet follows which.
 *
 * Every VPC has a main table, which subnets without an association follow. A route whose target is gone turns `blackhole`;
 * that is worked out when somebody looks. Left out: IPv6, prefix lists, gateways other than internet and NAT.
 *
 * @fidelity documented https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html — Main table, one association a subnet, blackhole routes.
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html — `RouteAlreadyExists` for a destination that is there with another target.
 * @source https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html
 */
import type { Ec2Operations, Ec2Shapes } from "@capstan/aws"
import type { Account } from "../Account.ts"
import { parseCidr } from "../Cidr.ts"
import type { Handlers } from "../Handler.ts"
import { bySubnet, byVpc } from "../Indexes.ts"
import { given, refuse } from "../Refusal.ts"
import type { Route, RouteTable, Tags, Vpc } from "../Resources.ts"
import { absent } from "./Absent.ts"
import { earlierUse, rememberUse } from "./ClientTokens.ts"
import { describe, describeAccepts, type FilterReaders } from "./Describe.ts"
import { tagList, tagsFor, tagSpecificationsAccepts } from "./Tags.ts"

export const createRouteTable = (
  account: Account,
  vpc: Vpc,
  tags: Tags,
  options: { readonly main: boolean }
): RouteTable =>
  account.tables.routeTables.put({
    ...account.born(account.newId("rtb"), tags),
    vpcId: vpc.id,
    routes: [{ destination: vpc.cidr, target: { kind: "local", id: "local" }, origin: "CreateRouteTable" }],
    associations: options.main ? [{ id: account.newId("rtbassoc"), subnetId: undefined }] : []
  })

/** The table that a subnet follows: its own, or the main one of its VPC. */
export const routeTableOf = (account: Account, vpcId: string, subnetId: string): RouteTable | undefined => {
  const { routeTables } = account.tables
  return routeTables.having(bySubnet, subnetId)[0] ?? routeTables.having(byVpc, vpcId).find(isMain)
}

const isMain = (table: RouteTable): boolean => table.associations.some((one) => one.subnetId === undefined)

/** Whether packets that follow the route arrive anywhere. */
export const isActive = (account: Account, route: Route): boolean => {
  const { natGateways, internetGateways, instances, networkInterfaces } = account.tables
  const { kind, id } = route.target
  switch (kind) {
    case "local":
      return true
    case "gateway":
      return internetGateways.get(id)?.vpcId !== undefined
    case "nat": {
      const state = natGateways.get(id)?.state
      return state === "available" || state === "pending"
    }
    case "instance":
      return instances.get(id)?.state === "running"
    case "interface":
      return networkInterfaces.get(id) !== undefined
  }
}

const filters: FilterReaders<RouteTable> = {
  "association.main": (table) => String(isMain(table)),
  "association.route-table-association-id": (table) => table.associations.map((one) => one.id),
  "association.subnet-id": (table) => table.associations.flatMap((one) => one.subnetId ?? []),
  "route-table-id": (table) => table.id,
  "route.destination-cidr-block": (table) => table.routes.map((route) => route.destination),
  "route.gateway-id": (table) =>
    table.routes.flatMap((route) => (route.target.kind === "gateway" ? route.target.id : [])),
  "route.nat-gateway-id": (table) =>
    table.routes.flatMap((route) => (route.target.kind === "nat" ? route.target.id : [])),
  "vpc-id": (table) => table.vpcId
}

const routeShape = (account: Account, route: Route): Ec2Shapes.Route => ({
  DestinationCidrBlock: route.destination,
  GatewayId: route.target.kind === "gateway" || route.target.kind === "local" ? route.target.id : undefined,
  NatGatewayId: route.target.kind === "nat" ? route.target.id : undefined,
  InstanceId: route.target.kind === "instance" ? route.target.id : undefined,
  NetworkInterfaceId: route.target.kind === "interface" ? route.target.id : undefined,
  Origin: route.origin,
  State: isActive(account, route) ? "active" : "blackhole"
})

const shape = (account: Account, table: RouteTable): Ec2Shapes.RouteTable => ({
  RouteTableId: table.id,
  VpcId: table.vpcId,
  OwnerId: account.settings.accountId,
  Associations: table.associations.map((one) => ({
    RouteTableAssociationId: one.id,
    RouteTableId: table.id,
    SubnetId: one.subnetId,
    Main: one.subnetId === undefined,
    AssociationState: { State: "associated" }
  })),
  PropagatingVgws: [],
  Routes: table.routes.map((route) => routeShape(account, route)),
  Tags: tagList(table.tags)
})

const routeAccepts = {
  RouteTableId: true,
  DestinationCidrBlock: true,
  GatewayId: true,
  NatGatewayId: true,
  InstanceId: true,
  NetworkInterfaceId: true
} as const

const requireTable = (account: Account, id: string | undefined): RouteTable =>
  account.require(account.tables.routeTables, given(id, "RouteTableId"), absent.routeTable)

/** The route that a request describes, all of it checked. */
const routeFrom = (account: Account, input: Ec2Shapes.CreateRouteRequest | Ec2Shapes.ReplaceRouteRequest): Route => {
  const destination = given(input.DestinationCidrBlock, "DestinationCidrBlock")
  if (parseCidr(destination) === undefined) {
    throw refuse(
      "InvalidParameterValue",
      `Value (${destination}) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.`
    )
  }
  const { natGateways, internetGateways, instances, networkInterfaces } = account.tables
  const targets = [input.GatewayId, input.NatGatewayId, input.InstanceId, input.NetworkInterfaceId].filter(
    (id) => id !== undefined
  )
  if (targets.length !== 1) {
    throw refuse("InvalidParameterCombination", "The request must contain exactly one target for the route")
  }
  const origin = "CreateRoute"
  if (input.GatewayId !== undefined) {
    const gateway = account.require(internetGateways, input.GatewayId, absent.routedGateway)
    return { destination, target: { kind: "gateway", id: gateway.id }, origin }
  }
  if (input.NatGatewayId !== undefined) {
    const gateway = account.require(natGateways, input.NatGatewayId, absent.routedNatGateway)
    return { destination, target: { kind: "nat", id: gateway.id }, origin }
  }
  if (input.InstanceId !== undefined) {
    const instance = account.require(instances, input.InstanceId, absent.instance)
    return { destination, target: { kind: "instance", id: instance.id }, origin }
  }
  const one = account.require(
    networkInterfaces,
    given(input.NetworkInterfaceId, "NetworkInterfaceId"),
    absent.networkInterface
  )
  return { destination, target: { kind: "interface", id: one.id }, origin }
}

const addRoute = (account: Account, input: Ec2Shapes.CreateRouteRequest): void => {
  const table = requireTable(account, input.RouteTableId)
  const route = routeFrom(account, input)
  const existing = table.routes.find((one) => one.destination === route.destination)
  if (existing !== undefined) {
    if (existing.target.kind === route.target.kind && existing.target.id === route.target.id) return
    throw refuse("RouteAlreadyExists", `The route identified by ${route.destination} already exists.`)
  }
  account.requireQuota(
    "routesPerTable",
    table.routes.length,
    "RouteLimitExceeded",
    "The maximum number of routes has been reached."
  )
  account.tables.routeTables.change(table.id, { routes: [...table.routes, route] })
}

const replaceRoute = (account: Account, input: Ec2Shapes.ReplaceRouteRequest): void => {
  const table = requireTable(account, input.RouteTableId)
  const route = routeFrom(account, input)
  if (!table.routes.some((one) => one.destination === route.destination)) {
    throw refuse(
      "InvalidParameterValue",
      `There is no route defined for '${route.destination}' in the route table. Use CreateRoute instead.`
    )
  }
  account.tables.routeTables.change(table.id, {
    routes: table.routes.map((one) => (one.destination === route.destination ? route : one))
  })
}

const associate = (account: Account, input: Ec2Shapes.AssociateRouteTableRequest): string => {
  const { routeTables, subnets } = account.tables
  const table = requireTable(account, input.RouteTableId)
  const subnet = account.require(subnets, given(input.SubnetId, "SubnetId"), absent.subnet)
  if (subnet.vpcId !== table.vpcId) {
    throw refuse(
      "InvalidParameterValue",
      `Route table ${table.id} and subnet ${subnet.id} belong to different networks`
    )
  }
  for (const other of routeTables.values()) {
    const existing = other.associations.find((one) => one.subnetId === subnet.id)
    if (existing === undefined) continue
    if (other.id === table.id) return existing.id
    throw refuse(
      "Resource.AlreadyAssociated",
      `the specified association for route table ${table.id} conflicts with an existing association`
    )
  }
  const id = account.newId("rtbassoc")
  routeTables.change(table.id, { associations: [...table.associations, { id, subnetId: subnet.id }] })
  return id
}

const disassociate = (account: Account, id: string): void => {
  const { routeTables } = account.tables
  const table = routeTables.find((table) => table.associations.some((one) => one.id === id))
  if (table === undefined) throw absent.association(id)
  if (table.associations.some((one) => one.id === id && one.subnetId === undefined)) {
    throw refuse("InvalidParameterValue", `cannot disassociate the main route table association ${id}`)
  }
  routeTables.change(table.id, { associations: table.associations.filter((one) => one.id !== id) })
}

const create = (account: Account, input: Ec2Shapes.CreateRouteTableRequest): RouteTable => {
  const { vpcs, routeTables } = account.tables
  const scope = "CreateRouteTable"
  const earlier = earlierUse(account, scope, input)?.[0]
  const same = earlier === undefined ? undefined : routeTables.get(earlier)
  if (same !== undefined) return same
  const vpc = account.require(vpcs, given(input.VpcId, "VpcId"), absent.vpc)
  const tags = tagsFor(account, input.TagSpecifications, "route-table")
  account.requireQuota(
    "routeTablesPerVpc",
    routeTables.countHaving(byVpc, vpc.id),
    "RouteTableLimitExceeded",
    "The maximum number of route tables has been reached."
  )
  const table = createRouteTable(account, vpc, tags, { main: false })
  rememberUse(account, scope, input, [table.id])
  return table
}

const remove = (account: Account, id: string | undefined): void => {
  const table = requireTable(account, id)
  if (table.associations.length > 0) {
    throw refuse("DependencyViolation", `The routeTable '${table.id}' has dependencies and cannot be deleted.`)
  }
  account.tables.routeTables.remove(table.id)
}

export const routeTableOperations: Handlers<
  Ec2Operations,
  | "DescribeRouteTables"
  | "CreateRouteTable"
  | "DeleteRouteTable"
  | "CreateRoute"
  | "ReplaceRoute"
  | "AssociateRouteTable"
  | "DisassociateRouteTable"
> = {
  DescribeRouteTables: {
    accepts: { RouteTableIds: [true], ...describeAccepts },
    perform: (account, input) => {
      const kind = { items: account.tables.routeTables, absent: absent.routeTable, filters }
      const { items, next } = describe(account, kind, input, input.RouteTableIds)
      return { RouteTables: items.map((table) => shape(account, table)), NextToken: next }
    }
  },
  CreateRouteTable: {
    accepts: { VpcId: true, ClientToken: true, TagSpecifications: tagSpecificationsAccepts },
    perform: (account, input) => ({
      RouteTable: shape(account, create(account, input)),
      ClientToken: input.ClientToken
    })
  },
  DeleteRouteTable: {
    accepts: { RouteTableId: true },
    perform: (account, input) => remove(account, input.RouteTableId)
  },
  CreateRoute: {
    accepts: routeAccepts,
    perform: (account, input) => {
      addRoute(account, input)
      return { Return: true }
    }
  },
  ReplaceRoute: { accepts: routeAccepts, perform: replaceRoute },
  AssociateRouteTable: {
    accepts: { RouteTableId: true, SubnetId: true },
    perform: (account, input) => ({
      AssociationId: associate(account, input),
      AssociationState: { State: "associated" }
    })
  },
  DisassociateRouteTable: {
    accepts: { AssociationId: true },
    perform: (account, input) => disassociate(account, given(input.AssociationId, "AssociationId"))
  }
}
