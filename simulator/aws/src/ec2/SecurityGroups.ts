/**
 * Security groups and their rules.
 *
 * A rule here has one source; AWS's grouped permissions are taken apart when they come in and put together when they go
 * out. What makes two rules the same is protocol, ports and source: the description does not count. A batch is atomic.
 * Left out: enforcement. Rules are kept and compared, packets are not filtered by them.
 *
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html — `InvalidPermission.Duplicate`, group references.
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html — `InvalidPermission.NotFound`; descriptions need not match.
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html — Users and references block deletion (`DependencyViolation`), the default group is `CannotDelete`.
 * @fidelity assumed — Traffic is never blocked by a missing rule.
 * @source https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html
 */
import type { Ec2Operations, Ec2Shapes } from "@capstan/aws"
import type { Account } from "../Account.ts"
import { type Handlers, remembered } from "../Handler.ts"
import { byVpc } from "../Indexes.ts"
import { given, refuse } from "../Refusal.ts"
import type { SecurityGroup, SecurityGroupRule, Tags } from "../Resources.ts"
import { absent } from "./Absent.ts"
import { describe, describeAccepts, type FilterReaders } from "./Describe.ts"
import { permissionsAccepts, permissionsFrom, rulesFrom, sameRule } from "./SecurityGroupRules.ts"
import { tagList, tagsFor, tagSpecificationsAccepts } from "./Tags.ts"

const allowAll: SecurityGroupRule = {
  protocol: "-1",
  fromPort: undefined,
  toPort: undefined,
  source: { kind: "cidr", value: "0.0.0.0/0" },
  description: undefined
}

export const createSecurityGroup = (
  account: Account,
  vpcId: string,
  name: string,
  description: string,
  tags: Tags
): SecurityGroup => {
  const born = account.born(account.newId("sg"), tags)
  const fromItself: SecurityGroupRule = { ...allowAll, source: { kind: "group", value: born.id } }
  return account.tables.securityGroups.put({
    ...born,
    vpcId,
    name,
    description,
    ingress: name === "default" ? [fromItself] : [],
    egress: [allowAll]
  })
}

const create = (account: Account, input: Ec2Shapes.CreateSecurityGroupRequest): SecurityGroup => {
  const { securityGroups, vpcs } = account.tables
  const name = given(input.GroupName, "GroupName")
  const description = given(input.Description, "GroupDescription")
  const vpc = account.require(vpcs, given(input.VpcId, "VpcId"), absent.vpc)
  if (name.startsWith("sg-")) {
    throw refuse(
      "InvalidParameterValue",
      `Value (${name}) for parameter GroupName is invalid. Group names may not be in the format sg-*.`
    )
  }
  if (securityGroups.having(byVpc, vpc.id).some((group) => group.name === name)) {
    throw refuse("InvalidGroup.Duplicate", `The security group '${name}' already exists for VPC '${vpc.id}'`)
  }
  const tags = tagsFor(account, input.TagSpecifications, "security-group")
  account.requireQuota(
    "securityGroups",
    securityGroups.size,
    "SecurityGroupLimitExceeded",
    "The maximum number of security groups has been reached."
  )
  return createSecurityGroup(account, vpc.id, name, description, tags)
}

const requireGroup = (account: Account, id: string | undefined): SecurityGroup =>
  account.require(account.tables.securityGroups, given(id, "GroupId"), absent.securityGroup)

const requireReferences = (account: Account, rules: ReadonlyArray<SecurityGroupRule>): void => {
  for (const { source } of rules) {
    if (source.kind === "group") account.require(account.tables.securityGroups, source.value, absent.securityGroup)
  }
}

const authorize = (account: Account, input: Ec2Shapes.AuthorizeSecurityGroupIngressRequest): void => {
  const group = requireGroup(account, input.GroupId)
  const rules = rulesFrom(account, given(input.IpPermissions, "IpPermissions"))
  requireReferences(account, rules)
  const after = [...group.ingress]
  for (const rule of rules) {
    if (after.some((other) => sameRule(rule, other))) {
      const ports = rule.fromPort === undefined ? "" : `, from port: ${rule.fromPort}, to port: ${rule.toPort}`
      throw refuse(
        "InvalidPermission.Duplicate",
        `the specified rule "peer: ${rule.source.value}, ${rule.protocol.toUpperCase()}${ports}, ALLOW" already exists`
      )
    }
    after.push(rule)
  }
  if (after.length > account.quotas.rulesPerSecurityGroup) {
    throw refuse(
      "RulesPerSecurityGroupLimitExceeded",
      "The maximum number of rules per security group has been reached."
    )
  }
  account.tables.securityGroups.change(group.id, { ingress: after })
}

const revoke = (
  account: Account,
  input: Ec2Shapes.RevokeSecurityGroupIngressRequest | Ec2Shapes.RevokeSecurityGroupEgressRequest,
  direction: "ingress" | "egress"
): void => {
  const group = requireGroup(account, input.GroupId)
  const rules = rulesFrom(account, given(input.IpPermissions, "IpPermissions"))
  const known = group[direction]
  if (!rules.every((rule) => known.some((other) => sameRule(rule, other)))) {
    throw refuse("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
  }
  const left = known.filter((other) => !rules.some((rule) => sameRule(rule, other)))
  account.tables.securityGroups.change(group.id, direction === "ingress" ? { ingress: left } : { egress: left })
}

const remove = (account: Account, id: string | undefined): string => {
  const { securityGroups, networkInterfaces } = account.tables
  const group = requireGroup(account, id)
  if (group.name === "default") {
    throw refuse("CannotDelete", `the specified group: "${group.id}" name: "default" cannot be deleted by a user`)
  }
  const references = (rule: SecurityGroupRule) => rule.source.kind === "group" && rule.source.value === group.id
  const used =
    networkInterfaces.find((one) => one.securityGroupIds.includes(group.id)) !== undefined ||
    securityGroups.find(
      (other) => other.id !== group.id && (other.ingress.some(references) || other.egress.some(references))
    ) !== undefined
  if (used) throw refuse("DependencyViolation", `resource ${group.id} has a dependent object`)
  securityGroups.remove(group.id)
  return group.id
}

const filters: FilterReaders<SecurityGroup> = {
  description: (group) => group.description,
  "group-id": (group) => group.id,
  "group-name": (group) => group.name,
  "vpc-id": (group) => group.vpcId
}

const plainShape = remembered((group: SecurityGroup): Ec2Shapes.SecurityGroup => ({
  GroupId: group.id,
  GroupName: group.name,
  Description: group.description,
  VpcId: group.vpcId,
  Tags: tagList(group.tags)
}))

const shape = (account: Account, group: SecurityGroup): Ec2Shapes.SecurityGroup => ({
  ...plainShape(group),
  OwnerId: account.settings.accountId,
  SecurityGroupArn: account.arn("ec2", `security-group/${group.id}`),
  IpPermissions: permissionsFrom(account, group.ingress),
  IpPermissionsEgress: permissionsFrom(account, group.egress)
})

export const securityGroupOperations: Handlers<
  Ec2Operations,
  | "DescribeSecurityGroups"
  | "CreateSecurityGroup"
  | "AuthorizeSecurityGroupIngress"
  | "RevokeSecurityGroupIngress"
  | "RevokeSecurityGroupEgress"
  | "DeleteSecurityGroup"
> = {
  DescribeSecurityGroups: {
    accepts: { GroupIds: [true], ...describeAccepts },
    perform: (account, input) => {
      const kind = { items: account.tables.securityGroups, absent: absent.securityGroup, filters }
      const { items, next } = describe(account, kind, input, input.GroupIds)
      return { SecurityGroups: items.map((group) => shape(account, group)), NextToken: next }
    }
  },
  CreateSecurityGroup: {
    accepts: { GroupName: true, Description: true, VpcId: true, TagSpecifications: tagSpecificationsAccepts },
    perform: (account, input) => {
      const group = create(account, input)
      return {
        GroupId: group.id,
        Tags: tagList(group.tags),
        SecurityGroupArn: account.arn("ec2", `security-group/${group.id}`)
      }
    }
  },
  AuthorizeSecurityGroupIngress: {
    accepts: { GroupId: true, IpPermissions: permissionsAccepts },
    perform: (account, input) => {
      authorize(account, input)
      return { Return: true }
    }
  },
  RevokeSecurityGroupIngress: {
    accepts: { GroupId: true, IpPermissions: permissionsAccepts },
    perform: (account, input) => {
      revoke(account, input, "ingress")
      return { Return: true }
    }
  },
  RevokeSecurityGroupEgress: {
    accepts: { GroupId: true, IpPermissions: permissionsAccepts },
    perform: (account, input) => {
      revoke(account, input, "egress")
      return { Return: true }
    }
  },
  DeleteSecurityGroup: {
    accepts: { GroupId: true },
    perform: (account, input) => ({ Return: true, GroupId: remove(account, input.GroupId) })
  }
}
