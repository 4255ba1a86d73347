/**
 * Network ACLs: numbered rules in front of subnets. Every VPC has one that lets everything through, and every subnet has one.
 *
 * A subnet's association has an id of its own, which changes whenever another ACL takes its place. A new ACL denies
 * everything until it has rules. Left out: IPv6, ICMP types, replacing and deleting single rules.
 *
 * @fidelity documented https://docs.aws.amazon.com/vpc/latest/userguide/default-network-acl.html — The default ACL allows all traffic by rule 100, in both directions.
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceNetworkAclAssociation.html — A new association id with every replacement.
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteNetworkAcl.html — Not while it is associated, and never the default one.
 * @fidelity documented https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html — 200 ACLs a VPC, 20 rules a direction.
 * @fidelity assumed — The wording of refusals; the default ACL is as visible as its VPC.
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkAcl.html
 */
import type { Ec2Operations, Ec2Shapes } from "@capstan/aws"
import type { Account } from "../Account.ts"
import { parseCidr } from "../Cidr.ts"
import type { Handlers } from "../Handler.ts"
import { byGuardedSubnet, byVpc } from "../Indexes.ts"
import { given, refuse } from "../Refusal.ts"
import type { NetworkAcl, NetworkAclEntry, Subnet, Vpc } from "../Resources.ts"
import { absent } from "./Absent.ts"
import { earlierUse, rememberUse } from "./ClientTokens.ts"
import { describe, describeAccepts, type FilterReaders } from "./Describe.ts"
import { lastRule } from "./NetworkAclRules.ts"
import { tagList, tagsFor, tagSpecificationsAccepts } from "./Tags.ts"

const everything = (number: number, egress: boolean, action: NetworkAclEntry["action"]): NetworkAclEntry => ({
  number,
  egress,
  protocol: "-1",
  action,
  cidr: "0.0.0.0/0",
  ports: undefined
})

const denyAll: ReadonlyArray<NetworkAclEntry> = [
  everything(lastRule, true, "deny"),
  everything(lastRule, false, "deny")
]

/** The ACL that comes with a VPC. Its id follows from the VPC's. */
export const createDefaultAcl = (account: Account, { createdAt, id, visibleByFilter, visibleById }: Vpc): NetworkAcl =>
  account.tables.networkAcls.put({
    id: id.replace("vpc-", "acl-"),
    tags: {},
    createdAt,
    visibleById,
    visibleByFilter,
    vpcId: id,
    isDefault: true,
    entries: [everything(100, true, "allow"), everything(100, false, "allow"), ...denyAll],
    associations: []
  })

/** A new subnet stands behind its VPC's default ACL. */
export const guardByDefault = (account: Account, subnet: Subnet): void => {
  const { networkAcls } = account.tables
  const acl = networkAcls.having(byVpc, subnet.vpcId).find(({ isDefault }) => isDefault)
  if (acl === undefined) return
  const association = { id: subnet.id.replace("subnet-", "aclassoc-"), subnetId: subnet.id }
  networkAcls.change(acl.id, { associations: [...acl.associations, association] })
}

/** A subnet that is gone stands behind no ACL. */
export const leaveAcl = (account: Account, subnetId: string): void => {
  const { networkAcls } = account.tables
  for (const acl of networkAcls.having(byGuardedSubnet, subnetId)) {
    networkAcls.change(acl.id, { associations: acl.associations.filter((one) => one.subnetId !== subnetId) })
  }
}

const filters: FilterReaders<NetworkAcl> = {
  "association.association-id": (acl) => acl.associations.map((one) => one.id),
  "association.network-acl-id": (acl) => acl.id,
  "association.subnet-id": (acl) => acl.associations.map((one) => one.subnetId),
  default: (acl) => String(acl.isDefault),
  "network-acl-id": (acl) => acl.id,
  "vpc-id": (acl) => acl.vpcId
}

const entryShape = (entry: NetworkAclEntry): Ec2Shapes.NetworkAclEntry => ({
  RuleNumber: entry.number,
  Egress: entry.egress,
  Protocol: entry.protocol,
  RuleAction: entry.action,
  CidrBlock: entry.cidr,
  PortRange: entry.ports === undefined ? undefined : { From: entry.ports.from, To: entry.ports.to }
})

const shape = (account: Account, acl: NetworkAcl): Ec2Shapes.NetworkAcl => ({
  NetworkAclId: acl.id,
  VpcId: acl.vpcId,
  OwnerId: account.settings.accountId,
  IsDefault: acl.isDefault,
  Entries: acl.entries.map(entryShape),
  Associations: acl.associations.map((one) => ({
    NetworkAclAssociationId: one.id,
    NetworkAclId: acl.id,
    SubnetId: one.subnetId
  })),
  Tags: tagList(acl.tags)
})

const requireAcl = (account: Account, id: string | undefined): NetworkAcl =>
  account.require(account.tables.networkAcls, given(id, "NetworkAclId"), absent.networkAcl)

const create = (account: Account, input: Ec2Shapes.CreateNetworkAclRequest): NetworkAcl => {
  const { networkAcls, vpcs } = account.tables
  const scope = "CreateNetworkAcl"
  const earlier = earlierUse(account, scope, input)?.[0]
  const same = earlier === undefined ? undefined : networkAcls.get(earlier)
  if (same !== undefined) return same
  const vpc = account.require(vpcs, given(input.VpcId, "VpcId"), absent.vpc)
  const tags = tagsFor(account, input.TagSpecifications, "network-acl")
  account.requireQuota(
    "networkAclsPerVpc",
    networkAcls.countHaving(byVpc, vpc.id),
    "NetworkAclLimitExceeded",
    "The maximum number of network ACLs has been reached."
  )
  const acl = networkAcls.put({
    ...account.born(account.newId("acl"), tags),
    vpcId: vpc.id,
    isDefault: false,
    entries: denyAll,
    associations: []
  })
  rememberUse(account, scope, input, [acl.id])
  return acl
}

const entryFrom = (input: Ec2Shapes.CreateNetworkAclEntryRequest): NetworkAclEntry => {
  const number = given(input.RuleNumber, "RuleNumber")
  const cidr = given(input.CidrBlock, "CidrBlock")
  const action = given(input.RuleAction, "RuleAction")
  if (!Number.isInteger(number) || number < 1 || number >= lastRule) {
    throw refuse("InvalidParameterValue", `Value (${number}) for parameter ruleNumber is invalid.`)
  }
  if (parseCidr(cidr) === undefined) {
    throw refuse("InvalidParameterValue", `Value (${cidr}) for parameter cidrBlock is invalid.`)
  }
  if (action !== "allow" && action !== "deny") {
    throw refuse("InvalidParameterValue", `Value (${String(action)}) for parameter ruleAction is invalid.`)
  }
  const { From: from, To: to } = input.PortRange ?? {}
  return {
    number,
    egress: given(input.Egress, "Egress"),
    protocol: given(input.Protocol, "Protocol"),
    action,
    cidr,
    ports: from === undefined || to === undefined ? undefined : { from, to }
  }
}

const addEntry = (account: Account, input: Ec2Shapes.CreateNetworkAclEntryRequest): void => {
  const acl = requireAcl(account, input.NetworkAclId)
  const entry = entryFrom(input)
  const others = acl.entries.filter(({ egress }) => egress === entry.egress)
  if (others.some(({ number }) => number === entry.number)) {
    throw refuse("NetworkAclEntryAlreadyExists", `The network acl entry identified by ${entry.number} already exists.`)
  }
  account.requireQuota(
    "rulesPerNetworkAcl",
    others.filter(({ number }) => number !== lastRule).length,
    "NetworkAclEntryLimitExceeded",
    "The maximum number of network ACL entries has been reached."
  )
  account.tables.networkAcls.change(acl.id, { entries: [...acl.entries, entry] })
  tellInstances(
    account,
    acl.associations.map((one) => one.subnetId)
  )
}

const replaceAssociation = (account: Account, input: Ec2Shapes.ReplaceNetworkAclAssociationRequest): string => {
  const { networkAcls } = account.tables
  const associationId = given(input.AssociationId, "AssociationId")
  const acl = requireAcl(account, input.NetworkAclId)
  const before = networkAcls.find((one) => one.associations.some(({ id }) => id === associationId))
  const association = before?.associations.find(({ id }) => id === associationId)
  if (before === undefined || association === undefined) throw absent.association(associationId)
  if (before.vpcId !== acl.vpcId) {
    const message = `Network ACL ${acl.id} and subnet ${association.subnetId} belong to different networks`
    throw refuse("InvalidParameterValue", message)
  }
  const { subnetId } = association
  const id = account.newId("aclassoc")
  networkAcls.change(before.id, { associations: before.associations.filter((one) => one.id !== associationId) })
  const { associations } = networkAcls.get(acl.id) ?? acl
  networkAcls.change(acl.id, { associations: [...associations, { id, subnetId }] })
  tellInstances(account, [subnetId])
  return id
}

/** Whoever watches the instances of these subnets looks again. */
const tellInstances = (account: Account, subnetIds: ReadonlyArray<string>): void => {
  for (const instance of account.tables.instances.values()) {
    if (instance.state !== "terminated" && subnetIds.includes(instance.subnetId))
      account.host.instanceChanged(instance.id)
  }
}

const remove = (account: Account, input: Ec2Shapes.DeleteNetworkAclRequest): void => {
  const acl = requireAcl(account, input.NetworkAclId)
  if (acl.isDefault) throw refuse("InvalidParameterValue", `cannot delete default network ACL ${acl.id}`)
  if (acl.associations.length > 0) {
    throw refuse("DependencyViolation", `The networkAcl '${acl.id}' has dependencies and cannot be deleted.`)
  }
  account.tables.networkAcls.remove(acl.id)
}

export const networkAclOperations: Handlers<
  Ec2Operations,
  | "DescribeNetworkAcls"
  | "CreateNetworkAcl"
  | "CreateNetworkAclEntry"
  | "ReplaceNetworkAclAssociation"
  | "DeleteNetworkAcl"
> = {
  DescribeNetworkAcls: {
    accepts: { NetworkAclIds: [true], ...describeAccepts },
    perform: (account, input) => {
      const kind = { items: account.tables.networkAcls, absent: absent.networkAcl, filters }
      const { items, next } = describe(account, kind, input, input.NetworkAclIds)
      return { NetworkAcls: items.map((acl) => shape(account, acl)), NextToken: next }
    }
  },
  CreateNetworkAcl: {
    accepts: { VpcId: true, ClientToken: true, TagSpecifications: tagSpecificationsAccepts },
    perform: (account, input) => ({
      NetworkAcl: shape(account, create(account, input)),
      ClientToken: input.ClientToken
    })
  },
  CreateNetworkAclEntry: {
    accepts: {
      NetworkAclId: true,
      RuleNumber: true,
      Egress: true,
      Protocol: true,
      RuleAction: true,
      CidrBlock: true,
      PortRange: { From: true, To: true }
    },
    perform: addEntry
  },
  ReplaceNetworkAclAssociation: {
    accepts: { AssociationId: true, NetworkAclId: true },
    perform: (account, input) => ({ NewAssociationId: replaceAssociation(account, input) })
  },
  DeleteNetworkAcl: { accepts: { NetworkAclId: true }, perform: remove }
}
