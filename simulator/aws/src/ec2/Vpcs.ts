/**
 * VPCs, with what comes with each: a main route table, a default security group, a default network ACL, the DHCP
 * options of the region.
 *
 * Left out: IPv6, address pools, further blocks.
 *
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html — Sizes from /16 to /28, tags in the answer, defaults of the DNS attributes.
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpc.html — A VPC goes last: everything but its main route table, default group and default ACL has to be gone.
 * @fidelity observed — A VPC is `pending` for less than a second.
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Vpc.html
 */
import type { Ec2Operations, Ec2Shapes } from "@capstan/aws"
import type { Account } from "../Account.ts"
import { parseCidr } from "../Cidr.ts"
import { type Handlers, remembered } from "../Handler.ts"
import { byVpc } from "../Indexes.ts"
import { networkLifecycle, nextState } from "../Lifecycle.ts"
import { given, refuse } from "../Refusal.ts"
import { privateDomain } from "../Regions.ts"
import type { Vpc } from "../Resources.ts"
import { absent } from "./Absent.ts"
import { describe, describeAccepts, type FilterReaders, page } from "./Describe.ts"
import { createDefaultAcl } from "./NetworkAcls.ts"
import { createRouteTable } from "./RouteTables.ts"
import { createSecurityGroup } from "./SecurityGroups.ts"
import { tagList, tagsFor, tagSpecificationsAccepts } from "./Tags.ts"

const dhcpOptionsId = "dopt-00000000000000001"

export const vpcReady = (account: Account, id: string): void => {
  const vpc = account.tables.vpcs.get(id)
  if (vpc === undefined) return
  const state = nextState(networkLifecycle, vpc.state, "ready")
  if (state === undefined) return
  account.tables.vpcs.change(id, { state })
  account.host.moved("vpc", id, vpc.state, state)
}

const filters: FilterReaders<Vpc> = {
  "vpc-id": (vpc) => vpc.id,
  state: (vpc) => vpc.state,
  cidr: (vpc) => vpc.cidr,
  "cidr-block-association.cidr-block": (vpc) => vpc.cidr,
  "is-default": () => "false",
  "dhcp-options-id": () => dhcpOptionsId
}

const shape = remembered((vpc: Vpc): Ec2Shapes.Vpc => ({
  VpcId: vpc.id,
  State: vpc.state,
  CidrBlock: vpc.cidr,
  DhcpOptionsId: dhcpOptionsId,
  InstanceTenancy: vpc.tenancy === "dedicated" ? "dedicated" : "default",
  IsDefault: false,
  CidrBlockAssociationSet: [
    {
      AssociationId: vpc.id.replace("vpc-", "vpc-cidr-assoc-"),
      CidrBlock: vpc.cidr,
      CidrBlockState: { State: "associated" }
    }
  ],
  Ipv6CidrBlockAssociationSet: [],
  Tags: tagList(vpc.tags)
}))

const create = (account: Account, input: Ec2Shapes.CreateVpcRequest): Vpc => {
  const text = given(input.CidrBlock, "CidrBlock")
  const cidr = parseCidr(text)
  if (cidr === undefined) {
    throw refuse(
      "InvalidParameterValue",
      `Value (${text}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`
    )
  }
  if (cidr.prefix < 16 || cidr.prefix > 28) throw refuse("InvalidVpc.Range", `The CIDR '${text}' is invalid.`)
  const tags = tagsFor(account, input.TagSpecifications, "vpc")
  account.requireQuota(
    "vpcs",
    account.tables.vpcs.size,
    "VpcLimitExceeded",
    "The maximum number of VPCs has been reached."
  )
  const vpc = account.tables.vpcs.put({
    ...account.born(account.newId("vpc"), tags),
    state: "pending",
    cidr: text,
    dnsSupport: true,
    dnsHostnames: false,
    tenancy: input.InstanceTenancy ?? "default"
  })
  createRouteTable(account, vpc, {}, { main: true })
  createDefaultAcl(account, vpc)
  createSecurityGroup(account, vpc.id, "default", "default VPC security group", {})
  account.later("vpcAvailable", { on: "vpc", id: vpc.id, event: "ready" })
  return vpc
}

const remove = (account: Account, id: string): void => {
  const { vpcs, subnets, internetGateways, networkAcls, networkInterfaces, routeTables, securityGroups } =
    account.tables
  account.require(vpcs, id, absent.vpc)
  const tablesHere = routeTables.having(byVpc, id)
  const groupsHere = securityGroups.having(byVpc, id)
  const aclsHere = networkAcls.having(byVpc, id)
  const blocked =
    subnets.countHaving(byVpc, id) > 0 ||
    internetGateways.countHaving(byVpc, id) > 0 ||
    networkInterfaces.countHaving(byVpc, id) > 0 ||
    tablesHere.some((table) => !table.associations.some((association) => association.subnetId === undefined)) ||
    groupsHere.some((group) => group.name !== "default") ||
    aclsHere.some((acl) => !acl.isDefault)
  if (blocked) throw refuse("DependencyViolation", `The vpc '${id}' has dependencies and cannot be deleted.`)
  for (const table of tablesHere) routeTables.remove(table.id)
  for (const group of groupsHere) securityGroups.remove(group.id)
  for (const acl of aclsHere) networkAcls.remove(acl.id)
  vpcs.remove(id)
}

export const vpcOperations: Handlers<
  Ec2Operations,
  "DescribeVpcs" | "CreateVpc" | "DeleteVpc" | "DescribeVpcAttribute" | "ModifyVpcAttribute" | "DescribeDhcpOptions"
> = {
  DescribeVpcs: {
    accepts: { VpcIds: [true], ...describeAccepts },
    perform: (account, input) => {
      const kind = { items: account.tables.vpcs, absent: absent.vpc, filters }
      const { items, next } = describe(account, kind, input, input.VpcIds)
      return { Vpcs: items.map((vpc) => ({ ...shape(vpc), OwnerId: account.settings.accountId })), NextToken: next }
    }
  },
  CreateVpc: {
    accepts: { CidrBlock: true, InstanceTenancy: true, TagSpecifications: tagSpecificationsAccepts },
    perform: (account, input) => ({ Vpc: { ...shape(create(account, input)), OwnerId: account.settings.accountId } })
  },
  DeleteVpc: {
    accepts: { VpcId: true },
    perform: (account, input) => remove(account, given(input.VpcId, "VpcId"))
  },
  DescribeVpcAttribute: {
    accepts: { VpcId: true, Attribute: true },
    perform: (account, input) => {
      const vpc = account.require(account.tables.vpcs, given(input.VpcId, "VpcId"), absent.vpc)
      const attribute = given(input.Attribute, "Attribute")
      if (attribute === "enableDnsSupport") return { VpcId: vpc.id, EnableDnsSupport: { Value: vpc.dnsSupport } }
      if (attribute === "enableDnsHostnames") return { VpcId: vpc.id, EnableDnsHostnames: { Value: vpc.dnsHostnames } }
      throw refuse(
        "InvalidParameterValue",
        `Value (${attribute}) for parameter attribute is invalid. Unknown attribute.`
      )
    }
  },
  ModifyVpcAttribute: {
    accepts: { VpcId: true, EnableDnsSupport: { Value: true }, EnableDnsHostnames: { Value: true } },
    perform: (account, input) => {
      const vpc = account.require(account.tables.vpcs, given(input.VpcId, "VpcId"), absent.vpc)
      const support = input.EnableDnsSupport?.Value
      const hostnames = input.EnableDnsHostnames?.Value
      if (support !== undefined && hostnames !== undefined) {
        throw refuse("InvalidParameterCombination", "Fields for multiple attribute types specified")
      }
      if (support === undefined && hostnames === undefined) {
        throw refuse("MissingParameter", "The request must contain exactly one attribute to modify")
      }
      account.tables.vpcs.change(vpc.id, {
        dnsSupport: support ?? vpc.dnsSupport,
        dnsHostnames: hostnames ?? vpc.dnsHostnames
      })
    }
  },
  DescribeDhcpOptions: {
    accepts: { DhcpOptionsIds: [true], ...describeAccepts },
    perform: (account, input) => {
      const unknown = (input.DhcpOptionsIds ?? []).find((id) => id !== dhcpOptionsId)
      if (unknown !== undefined) {
        throw refuse("InvalidDhcpOptionID.NotFound", `The dhcpOption ID '${unknown}' does not exist`)
      }
      if ((input.Filters ?? []).length > 0) {
        throw refuse("InvalidParameterValue", `The filter '${input.Filters?.[0]?.Name ?? ""}' is invalid`)
      }
      const { items, next } = page([regionalDhcpOptions(account)], input)
      return { DhcpOptions: [...items], NextToken: next }
    }
  }
}

const regionalDhcpOptions = (account: Account): Ec2Shapes.DhcpOptions => ({
  DhcpOptionsId: dhcpOptionsId,
  OwnerId: account.settings.accountId,
  DhcpConfigurations: [
    { Key: "domain-name", Values: [{ Value: privateDomain(account.settings.region) }] },
    { Key: "domain-name-servers", Values: [{ Value: "AmazonProvidedDNS" }] }
  ],
  Tags: []
})
