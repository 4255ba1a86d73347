/**
 * Subnets and the availability zones that they lie in.
 *
 * Left out: IPv6, Local and Wavelength zones, reservations of addresses.
 *
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html — Blocks inside the VPC that overlap with no other subnet's.
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySubnetAttribute.html — One attribute a call.
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSubnet.html — Any interface in the subnet blocks its deletion.
 * @fidelity assumed — Zones stay `available` during an outage; they usually do.
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Subnet.html
 */
import type { Ec2Operations, Ec2Shapes } from "@capstan/aws"
import type { Account } from "../Account.ts"
import { contains, overlap, parseCidr } from "../Cidr.ts"
import { type Handlers, remembered } from "../Handler.ts"
import { byVpc } from "../Indexes.ts"
import { networkLifecycle, nextState } from "../Lifecycle.ts"
import { given, refuse } from "../Refusal.ts"
import type { Zone } from "../Regions.ts"
import type { Subnet } from "../Resources.ts"
import { absent } from "./Absent.ts"
import { describe, describeAccepts, type FilterReaders, matcher } from "./Describe.ts"
import { guardByDefault, leaveAcl } from "./NetworkAcls.ts"
import { freeAddresses } from "./NetworkInterfaces.ts"
import { tagList, tagsFor, tagSpecificationsAccepts } from "./Tags.ts"

export const subnetReady = (account: Account, id: string): void => {
  const subnet = account.tables.subnets.get(id)
  if (subnet === undefined) return
  const state = nextState(networkLifecycle, subnet.state, "ready")
  if (state === undefined) return
  account.tables.subnets.change(id, { state })
  account.host.moved("subnet", id, subnet.state, state)
}

const filters: FilterReaders<Subnet> = {
  "subnet-id": (subnet) => subnet.id,
  "vpc-id": (subnet) => subnet.vpcId,
  state: (subnet) => subnet.state,
  "availability-zone": (subnet) => subnet.zone,
  cidr: (subnet) => subnet.cidr,
  "cidr-block": (subnet) => subnet.cidr,
  "map-public-ip-on-launch": (subnet) => String(subnet.mapPublicIpOnLaunch),
  "default-for-az": () => "false"
}

const plainShape = remembered((subnet: Subnet): Ec2Shapes.Subnet => ({
  SubnetId: subnet.id,
  VpcId: subnet.vpcId,
  State: subnet.state,
  AvailabilityZone: subnet.zone,
  CidrBlock: subnet.cidr,
  MapPublicIpOnLaunch: subnet.mapPublicIpOnLaunch,
  AssignIpv6AddressOnCreation: false,
  DefaultForAz: false,
  EnableDns64: false,
  Ipv6Native: false,
  Ipv6CidrBlockAssociationSet: [],
  PrivateDnsNameOptionsOnLaunch: {
    HostnameType: subnet.hostnameType,
    EnableResourceNameDnsARecord: false,
    EnableResourceNameDnsAAAARecord: false
  },
  Tags: tagList(subnet.tags)
}))

const shape = (account: Account, subnet: Subnet): Ec2Shapes.Subnet => ({
  ...plainShape(subnet),
  OwnerId: account.settings.accountId,
  SubnetArn: account.arn("ec2", `subnet/${subnet.id}`),
  AvailabilityZoneId: account.settings.zones.find((zone) => zone.name === subnet.zone)?.id,
  AvailableIpAddressCount: freeAddresses(account, subnet)
})

const create = (account: Account, input: Ec2Shapes.CreateSubnetRequest): Subnet => {
  const { vpcs, subnets } = account.tables
  const vpc = account.require(vpcs, given(input.VpcId, "VpcId"), absent.vpc)
  const text = given(input.CidrBlock, "CidrBlock")
  const cidr = parseCidr(text)
  if (cidr === undefined) {
    throw refuse(
      "InvalidParameterValue",
      `Value (${text}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`
    )
  }
  const whole = parseCidr(vpc.cidr)
  if (whole === undefined || !contains(whole, cidr) || cidr.prefix > 28) {
    throw refuse("InvalidSubnet.Range", `The CIDR '${text}' is invalid.`)
  }
  const siblings = subnets.having(byVpc, vpc.id)
  for (const sibling of siblings) {
    const other = parseCidr(sibling.cidr)
    if (other !== undefined && overlap(cidr, other)) {
      throw refuse("InvalidSubnet.Conflict", `The CIDR '${text}' conflicts with another subnet`)
    }
  }
  const zone = zoneOf(account, input)
  const tags = tagsFor(account, input.TagSpecifications, "subnet")
  account.requireQuota(
    "subnetsPerVpc",
    siblings.length,
    "SubnetLimitExceeded",
    "You have reached the limit on the number of subnets that you can create for this VPC."
  )
  const subnet = subnets.put({
    ...account.born(account.newId("subnet"), tags),
    state: "pending",
    vpcId: vpc.id,
    zone: zone.name,
    cidr: text,
    mapPublicIpOnLaunch: false,
    hostnameType: "ip-name",
    cursor: 0
  })
  guardByDefault(account, subnet)
  account.later("subnetAvailable", { on: "subnet", id: subnet.id, event: "ready" })
  return subnet
}

const zoneOf = (account: Account, input: Ec2Shapes.CreateSubnetRequest): Zone => {
  const { AvailabilityZone: name, AvailabilityZoneId: id } = input
  const { zones } = account.settings
  const zone =
    name === undefined && id === undefined ? zones[0] : zones.find((zone) => zone.name === name || zone.id === id)
  if (zone === undefined) {
    throw refuse(
      "InvalidParameterValue",
      `Value (${name ?? id}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: ${zones.map((zone) => zone.name).join(", ")}.`
    )
  }
  return zone
}

const modify = (account: Account, input: Ec2Shapes.ModifySubnetAttributeRequest): void => {
  const { SubnetId, ...attributes } = input
  const subnet = account.require(account.tables.subnets, given(SubnetId, "SubnetId"), absent.subnet)
  const named = Object.values(attributes).filter((value) => value !== undefined)
  if (named.length > 1) throw refuse("InvalidParameterCombination", "Fields for multiple attribute types specified")
  if (named.length === 0) throw refuse("MissingParameter", "The request must contain exactly one attribute to modify")
  account.tables.subnets.change(subnet.id, {
    mapPublicIpOnLaunch: input.MapPublicIpOnLaunch?.Value ?? subnet.mapPublicIpOnLaunch,
    hostnameType: input.PrivateDnsHostnameTypeOnLaunch ?? subnet.hostnameType
  })
}

const remove = (account: Account, id: string): void => {
  const { subnets, networkInterfaces, routeTables } = account.tables
  account.require(subnets, id, absent.subnet)
  if (networkInterfaces.find((one) => one.subnetId === id) !== undefined) {
    throw refuse("DependencyViolation", `The subnet '${id}' has dependencies and cannot be deleted.`)
  }
  for (const table of routeTables.filter((table) => table.associations.some((one) => one.subnetId === id))) {
    routeTables.change(table.id, { associations: table.associations.filter((one) => one.subnetId !== id) })
  }
  leaveAcl(account, id)
  subnets.remove(id)
}

export const subnetOperations: Handlers<
  Ec2Operations,
  "DescribeSubnets" | "CreateSubnet" | "ModifySubnetAttribute" | "DeleteSubnet" | "DescribeAvailabilityZones"
> = {
  DescribeSubnets: {
    accepts: { SubnetIds: [true], ...describeAccepts },
    perform: (account, input) => {
      const kind = { items: account.tables.subnets, absent: absent.subnet, filters }
      const { items, next } = describe(account, kind, input, input.SubnetIds)
      return { Subnets: items.map((subnet) => shape(account, subnet)), NextToken: next }
    }
  },
  CreateSubnet: {
    accepts: {
      VpcId: true,
      CidrBlock: true,
      AvailabilityZone: true,
      AvailabilityZoneId: true,
      TagSpecifications: tagSpecificationsAccepts
    },
    perform: (account, input) => ({ Subnet: shape(account, create(account, input)) })
  },
  ModifySubnetAttribute: {
    accepts: { SubnetId: true, MapPublicIpOnLaunch: { Value: true }, PrivateDnsHostnameTypeOnLaunch: true },
    perform: modify
  },
  DeleteSubnet: {
    accepts: { SubnetId: true },
    perform: (account, input) => remove(account, given(input.SubnetId, "SubnetId"))
  },
  DescribeAvailabilityZones: {
    accepts: { ZoneNames: [true], ZoneIds: [true], AllAvailabilityZones: true, Filters: describeAccepts.Filters },
    perform: (account, input) => ({ AvailabilityZones: describeZones(account, input) })
  }
}

const describeZones = (
  account: Account,
  input: Ec2Shapes.DescribeAvailabilityZonesRequest
): Array<Ec2Shapes.AvailabilityZone> => {
  const { region, zones } = account.settings
  const names = input.ZoneNames ?? []
  const ids = input.ZoneIds ?? []
  const unknown =
    names.find((name) => !zones.some((zone) => zone.name === name)) ??
    ids.find((id) => !zones.some((zone) => zone.id === id))
  if (unknown !== undefined) throw refuse("InvalidParameterValue", `Invalid availability zone: [${unknown}]`)
  const matches = matcher<Zone & { readonly tags?: never }>(input.Filters, {
    state: () => "available",
    "opt-in-status": () => "opt-in-not-required",
    "zone-name": (zone) => zone.name,
    "zone-id": (zone) => zone.id,
    "zone-type": () => "availability-zone",
    "region-name": () => region
  })
  return zones
    .filter((zone) => names.length === 0 || names.includes(zone.name))
    .filter((zone) => ids.length === 0 || ids.includes(zone.id))
    .filter((zone) => matches(zone))
    .map((zone) => ({
      ZoneName: zone.name,
      ZoneId: zone.id,
      ZoneType: "availability-zone",
      State: "available",
      OptInStatus: "opt-in-not-required",
      RegionName: region,
      GroupName: region,
      NetworkBorderGroup: region,
      Messages: []
    }))
}
