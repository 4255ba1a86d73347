/**
 * Network interfaces: what really sits in a subnet, takes its addresses and keeps it from being deleted.
 *
 * Instances, NAT gateways and load balancers each bring their own. Addresses are given in rising order from a cursor that
 * wraps around, so that an address that was set free is not given again at once. Left out: interfaces that callers create
 * themselves, secondary addresses, IPv6.
 *
 * @fidelity documented https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html — The first four addresses and the last of a subnet are reserved.
 * @fidelity documented https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html — Five security groups an interface.
 * @fidelity assumed — The order in which addresses are given.
 * @source https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html
 */
import type { Ec2Operations, Ec2Shapes } from "@capstan/aws"
import { type Account, addressNumber } from "../Account.ts"
import { formatAddress, parseCidr, sizeOf } from "../Cidr.ts"
import { type Handlers, remembered } from "../Handler.ts"
import { byPublicIp } from "../Indexes.ts"
import { given, refuse } from "../Refusal.ts"
import { privateDomain } from "../Regions.ts"
import type { NetworkInterface, Subnet, Tags } from "../Resources.ts"
import { absent } from "./Absent.ts"
import { describe, describeAccepts, type FilterReaders } from "./Describe.ts"
import { tagList } from "./Tags.ts"

/** Addresses at the start of a subnet that AWS keeps: network, router, DNS, future use. The last one is kept as well. */
const reservedAtStart = 4
const reserved = 5

export const freeAddresses = (account: Account, subnet: Subnet): number => {
  const cidr = parseCidr(subnet.cidr)
  return cidr === undefined ? 0 : Math.max(0, sizeOf(cidr) - reserved - account.addressesInUse(subnet.id).size)
}

export const privateDnsName = (account: Account, address: string): string =>
  `ip-${address.replaceAll(".", "-")}.${privateDomain(account.settings.region)}`

export const publicDnsName = (account: Account, address: string): string => {
  const { region } = account.settings
  const domain = region === "us-east-1" ? "compute-1.amazonaws.com" : `${region}.compute.amazonaws.com`
  return `ec2-${address.replaceAll(".", "-")}.${domain}`
}

export interface NewInterface {
  readonly subnetId: string
  readonly description: string
  readonly kind: NetworkInterface["kind"]
  readonly requester?: string
  readonly securityGroupIds: ReadonlyArray<string>
  readonly tags?: Tags
  readonly publicIp?: string | undefined
  readonly instanceId?: string
  readonly deviceIndex?: number
  readonly deleteOnTermination?: boolean
}

/** Puts an interface into a subnet. Refuses when the subnet has no address left. */
export const createInterface = (account: Account, wanted: NewInterface): NetworkInterface => {
  const subnet = given(account.tables.subnets.get(wanted.subnetId), "SubnetId")
  const privateIp = takeAddress(account, subnet)
  const born = account.born(account.newId("eni"), wanted.tags ?? {})
  return account.tables.networkInterfaces.put({
    ...born,
    vpcId: subnet.vpcId,
    subnetId: subnet.id,
    zone: subnet.zone,
    description: wanted.description,
    kind: wanted.kind,
    requester: wanted.requester,
    securityGroupIds: wanted.securityGroupIds,
    privateIp,
    privateDnsName: privateDnsName(account, privateIp),
    publicIp: wanted.publicIp,
    instanceId: wanted.instanceId,
    attachmentId: wanted.instanceId === undefined ? undefined : account.newId("eni-attach"),
    deviceIndex: wanted.deviceIndex ?? 0,
    deleteOnTermination: wanted.deleteOnTermination ?? true
  })
}

/** Takes the interface away and sets its address free. Harmless when it is already gone. */
export const removeInterface = (account: Account, id: string): void => {
  const one = account.tables.networkInterfaces.get(id)
  if (one === undefined) return
  account.addressesInUse(one.subnetId).delete(addressNumber(one.privateIp))
  account.tables.networkInterfaces.remove(id)
}

const takeAddress = (account: Account, subnet: Subnet): string => {
  const cidr = given(parseCidr(subnet.cidr), "CidrBlock")
  const used = account.addressesInUse(subnet.id)
  const usable = sizeOf(cidr) - reserved
  for (let step = 0; step < usable; step++) {
    const offset = (subnet.cursor + step) % usable
    const address = cidr.base + reservedAtStart + offset
    if (used.has(address)) continue
    used.add(address)
    account.tables.subnets.change(subnet.id, { cursor: offset + 1 })
    return formatAddress(address)
  }
  throw refuse(
    "InsufficientFreeAddressesInSubnet",
    `There are not enough free addresses in subnet '${subnet.id}' to satisfy the requested number of instances.`
  )
}

/** A public address that nobody has, from the range set apart for measurements (198.18.0.0/15). */
export const newPublicIp = (account: Account): string => {
  const { networkInterfaces, addresses } = account.tables
  for (;;) {
    const offset = account.nextNumber() % 131_072
    const address = formatAddress(publicRange + offset)
    const taken = networkInterfaces.countHaving(byPublicIp, address) + addresses.countHaving(byPublicIp, address)
    if (taken === 0) return address
  }
}

const publicRange = addressNumber("198.18.0.0")

/** Refuses groups that do not exist, belong to another VPC, or are too many for one interface. */
export const requireSecurityGroups = (
  account: Account,
  vpcId: string,
  ids: ReadonlyArray<string>
): ReadonlyArray<string> => {
  for (const id of ids) {
    const group = account.require(account.tables.securityGroups, id, absent.securityGroup)
    if (group.vpcId !== vpcId) {
      throw refuse("InvalidParameter", `Security group ${id} and subnet belong to different networks.`)
    }
  }
  const unique = [...new Set(ids)]
  if (unique.length > account.quotas.securityGroupsPerInterface) {
    throw refuse(
      "SecurityGroupsPerInterfaceLimitExceeded",
      "You have exceeded the maximum number of security groups allowed per network interface."
    )
  }
  return unique
}

const filters: FilterReaders<NetworkInterface> = {
  "attachment.instance-id": (one) => one.instanceId,
  "attachment.device-index": (one) => (one.instanceId === undefined ? undefined : String(one.deviceIndex)),
  "availability-zone": (one) => one.zone,
  description: (one) => one.description,
  "group-id": (one) => one.securityGroupIds,
  "interface-type": (one) => (one.kind === "nat_gateway" ? "natGateway" : "interface"),
  "network-interface-id": (one) => one.id,
  "private-ip-address": (one) => one.privateIp,
  "requester-managed": (one) => String(one.requester !== undefined),
  status: () => "in-use",
  "subnet-id": (one) => one.subnetId,
  "vpc-id": (one) => one.vpcId
}

export const groupIdentifiers = (account: Account, ids: ReadonlyArray<string>): Array<Ec2Shapes.GroupIdentifier> =>
  ids.map((GroupId) => ({ GroupId, GroupName: account.tables.securityGroups.get(GroupId)?.name ?? "" }))

const plainShape = remembered((one: NetworkInterface): Ec2Shapes.NetworkInterface => ({
  NetworkInterfaceId: one.id,
  AvailabilityZone: one.zone,
  Description: one.description,
  InterfaceType: one.kind === "nat_gateway" ? "natGateway" : "interface",
  PrivateIpAddress: one.privateIp,
  PrivateDnsName: one.privateDnsName,
  PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: one.privateIp, PrivateDnsName: one.privateDnsName }],
  RequesterManaged: one.requester !== undefined,
  RequesterId: one.requester,
  SourceDestCheck: one.kind !== "nat_gateway",
  Status: "in-use",
  SubnetId: one.subnetId,
  VpcId: one.vpcId,
  TagSet: tagList(one.tags),
  Ipv6Addresses: [],
  Attachment: {
    AttachmentId: one.attachmentId,
    DeleteOnTermination: one.deleteOnTermination,
    DeviceIndex: one.deviceIndex,
    InstanceId: one.instanceId,
    Status: "attached"
  }
}))

const shape = (account: Account, one: NetworkInterface): Ec2Shapes.NetworkInterface => ({
  ...plainShape(one),
  OwnerId: account.settings.accountId,
  Groups: groupIdentifiers(account, one.securityGroupIds),
  Association:
    one.publicIp === undefined
      ? undefined
      : { PublicIp: one.publicIp, PublicDnsName: publicDnsName(account, one.publicIp), IpOwnerId: "amazon" }
})

/** Replaces the security groups of an interface that a caller may touch. */
export const setGroups = (account: Account, id: string, groups: ReadonlyArray<string>): void => {
  const one = account.require(account.tables.networkInterfaces, id, absent.networkInterface)
  if (one.requester !== undefined) {
    throw refuse("AuthFailure", "You do not have permission to access the specified resource.", 403)
  }
  account.tables.networkInterfaces.change(id, { securityGroupIds: requireSecurityGroups(account, one.vpcId, groups) })
}

export const networkInterfaceOperations: Handlers<
  Ec2Operations,
  "DescribeNetworkInterfaces" | "ModifyNetworkInterfaceAttribute"
> = {
  DescribeNetworkInterfaces: {
    accepts: { NetworkInterfaceIds: [true], ...describeAccepts },
    perform: (account, input) => {
      const kind = { items: account.tables.networkInterfaces, absent: absent.networkInterface, filters }
      const { items, next } = describe(account, kind, input, input.NetworkInterfaceIds)
      return { NetworkInterfaces: items.map((one) => shape(account, one)), NextToken: next }
    }
  },
  ModifyNetworkInterfaceAttribute: {
    accepts: { NetworkInterfaceId: true, Groups: [true] },
    perform: (account, input) =>
      setGroups(account, given(input.NetworkInterfaceId, "NetworkInterfaceId"), given(input.Groups, "Groups"))
  }
}
