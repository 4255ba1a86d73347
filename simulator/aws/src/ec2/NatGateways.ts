/**
 * NAT gateways: slow to come, slow to go, and holding their address and interface until they are gone.
 *
 * A gateway that cannot work (no internet gateway, address in use) is created all the same and fails later, as AWS's do.
 * Left out: several addresses a gateway, private gateways' routes.
 *
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NatGateway.html — States and failure codes.
 * @fidelity documented https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html — Failed and deleted gateways stay visible for about an hour.
 * @fidelity observed — Times of every transition.
 * @source https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html
 */
import type { Ec2Operations, Ec2Shapes } from "@capstan/aws"
import type { Account } from "../Account.ts"
import { type Handlers, remembered } from "../Handler.ts"
import { byVpc } from "../Indexes.ts"
import { natGatewayLifecycle, type NatGatewayEvent, nextState } from "../Lifecycle.ts"
import { given } from "../Refusal.ts"
import type { NatGateway } from "../Resources.ts"
import { absent } from "./Absent.ts"
import { associate, dissociate } from "./Addresses.ts"
import { earlierUse, rememberUse } from "./ClientTokens.ts"
import { describe, describeAccepts, type FilterReaders } from "./Describe.ts"
import { createInterface, freeAddresses, removeInterface } from "./NetworkInterfaces.ts"
import { tagList, tagsFor, tagSpecificationsAccepts } from "./Tags.ts"

/** Moves a gateway along its lifecycle; gives the state after it, or `undefined` when the event means nothing to it. */
const advance = (account: Account, gateway: NatGateway, event: NatGatewayEvent, fields: Partial<NatGateway> = {}) => {
  const state = nextState(natGatewayLifecycle, gateway.state, event)
  if (state === undefined || state === gateway.state) return undefined
  account.tables.natGateways.change(gateway.id, { ...fields, state })
  account.host.moved("nat", gateway.id, gateway.state, state)
  return state
}

/** What was set out for a gateway falls due. */
export const natGatewayDue = (
  account: Account,
  id: string,
  due:
    | { readonly event: "ready" | "gone" | "forget" }
    | { readonly event: "fail"; readonly code: string; readonly message: string }
): void => {
  const gateway = account.tables.natGateways.get(id)
  if (gateway === undefined) return
  if (due.event === "forget") return account.tables.natGateways.remove(id)
  if (due.event === "fail") {
    if (advance(account, gateway, "fail", { failureCode: due.code, failureMessage: due.message }) !== undefined) {
      release(account, gateway)
      account.later("natForgotten", { on: "nat", id, event: "forget" })
    }
    return
  }
  const state = advance(account, gateway, due.event, due.event === "gone" ? { deletedAt: account.now() } : {})
  if (state === "deleted") {
    release(account, gateway)
    account.later("natForgotten", { on: "nat", id, event: "forget" })
  }
}

const release = (account: Account, gateway: NatGateway): void => {
  if (gateway.interfaceId === undefined) return
  removeInterface(account, gateway.interfaceId)
  const address = gateway.allocationId === undefined ? undefined : account.tables.addresses.get(gateway.allocationId)
  if (address?.interfaceId === gateway.interfaceId) dissociate(account, address.id)
}

const filters: FilterReaders<NatGateway> = {
  "nat-gateway-id": (gateway) => gateway.id,
  state: (gateway) => gateway.state,
  "subnet-id": (gateway) => gateway.subnetId,
  "vpc-id": (gateway) => gateway.vpcId
}

const shape = remembered((gateway: NatGateway): Ec2Shapes.NatGateway => ({
  NatGatewayId: gateway.id,
  State: gateway.state,
  ConnectivityType: gateway.connectivity,
  CreateTime: new Date(gateway.createdAt),
  DeleteTime: gateway.deletedAt === undefined ? undefined : new Date(gateway.deletedAt),
  FailureCode: gateway.failureCode,
  FailureMessage: gateway.failureMessage,
  SubnetId: gateway.subnetId,
  VpcId: gateway.vpcId,
  NatGatewayAddresses: [
    {
      AllocationId: gateway.allocationId,
      NetworkInterfaceId: gateway.interfaceId,
      PrivateIp: gateway.privateIp,
      PublicIp: gateway.publicIp,
      IsPrimary: true
    }
  ],
  Tags: tagList(gateway.tags)
}))

const create = (account: Account, input: Ec2Shapes.CreateNatGatewayRequest): NatGateway => {
  const { natGateways, subnets, addresses } = account.tables
  const scope = "CreateNatGateway"
  const earlier = earlierUse(account, scope, input)?.[0]
  const same = earlier === undefined ? undefined : natGateways.get(earlier)
  if (same !== undefined) return same

  const subnet = account.require(subnets, given(input.SubnetId, "SubnetId"), absent.subnet)
  const connectivity = input.ConnectivityType ?? "public"
  const address =
    connectivity === "private"
      ? undefined
      : account.require(addresses, given(input.AllocationId, "AllocationId"), absent.address)
  const tags = tagsFor(account, input.TagSpecifications, "natgateway")
  const counted = natGateways.count(
    (gateway) => gateway.zone === subnet.zone && ["pending", "available", "deleting"].includes(gateway.state)
  )
  account.requireQuota(
    "natGatewaysPerZone",
    counted,
    "NatGatewayLimitExceeded",
    `The maximum number of NAT gateways in ${subnet.zone} has been reached.`
  )

  const flaw = flawOf(account, subnet.vpcId, freeAddresses(account, subnet), address?.associationId)
  const born = account.born(account.newId("nat"), tags)
  const own =
    flaw === undefined
      ? createInterface(account, {
          subnetId: subnet.id,
          description: `Interface for NAT Gateway ${born.id}`,
          kind: "nat_gateway",
          requester: "amazon-nat",
          securityGroupIds: [],
          publicIp: address?.publicIp
        })
      : undefined
  if (own !== undefined && address !== undefined) associate(account, address.id, own.id, own.privateIp)
  const gateway = natGateways.put({
    ...born,
    state: "pending",
    vpcId: subnet.vpcId,
    subnetId: subnet.id,
    zone: subnet.zone,
    connectivity: connectivity === "private" ? "private" : "public",
    allocationId: address?.id,
    publicIp: own === undefined ? undefined : address?.publicIp,
    privateIp: own?.privateIp,
    interfaceId: own?.id,
    failureCode: undefined,
    failureMessage: undefined,
    deletedAt: undefined
  })
  rememberUse(account, scope, input, [gateway.id])
  if (flaw === undefined) account.later("natAvailable", { on: "nat", id: gateway.id, event: "ready" })
  else account.later("natFailed", { on: "nat", id: gateway.id, event: "fail", ...flaw })
  return gateway
}

/** Why a gateway would never work, if so: AWS accepts the call and lets the gateway fail. */
const flawOf = (
  account: Account,
  vpcId: string,
  free: number,
  associationId: string | undefined
): { readonly code: string; readonly message: string } | undefined => {
  if (account.tables.internetGateways.countHaving(byVpc, vpcId) === 0) {
    return { code: "Gateway.NotAttached", message: `Network ${vpcId} has no Internet gateway attached` }
  }
  if (free === 0) {
    return {
      code: "InsufficientFreeAddressesInSubnet",
      message: "Subnet has insufficient free addresses to create this NAT gateway"
    }
  }
  if (associationId !== undefined) {
    return { code: "Resource.AlreadyAssociated", message: "Elastic IP address is already associated" }
  }
  return undefined
}

export const natGatewayOperations: Handlers<
  Ec2Operations,
  "DescribeNatGateways" | "CreateNatGateway" | "DeleteNatGateway"
> = {
  DescribeNatGateways: {
    accepts: { NatGatewayIds: [true], Filter: describeAccepts.Filters, MaxResults: true, NextToken: true },
    perform: (account, input) => {
      const kind = { items: account.tables.natGateways, absent: absent.natGateway, filters }
      const { items, next } = describe(account, kind, { ...input, Filters: input.Filter }, input.NatGatewayIds)
      return { NatGateways: items.map(shape), NextToken: next }
    }
  },
  CreateNatGateway: {
    accepts: {
      SubnetId: true,
      AllocationId: true,
      ClientToken: true,
      ConnectivityType: true,
      TagSpecifications: tagSpecificationsAccepts
    },
    perform: (account, input) => ({ NatGateway: shape(create(account, input)), ClientToken: input.ClientToken })
  },
  DeleteNatGateway: {
    accepts: { NatGatewayId: true },
    perform: (account, input) => {
      const id = given(input.NatGatewayId, "NatGatewayId")
      const gateway = account.require(account.tables.natGateways, id, absent.natGateway)
      const state = advance(account, gateway, "delete", { deletedAt: account.now() })
      if (state === "deleting") account.later("natDeleted", { on: "nat", id, event: "gone" })
      return { NatGatewayId: id }
    }
  }
}
