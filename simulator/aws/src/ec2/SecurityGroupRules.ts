/**
 * AWS's grouped permissions, taken apart into rules with one source each, and put together again.
 *
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html — Protocols by name or number; ports count for TCP, UDP and ICMP only.
 * @fidelity observed — Permissions come back grouped by protocol and ports.
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
 */
import type { Ec2Shapes } from "@capstan/aws"
import type { Account } from "../Account.ts"
import { parseCidr } from "../Cidr.ts"
import { given, refuse } from "../Refusal.ts"
import type { SecurityGroupRule } from "../Resources.ts"

export const permissionsAccepts = [
  {
    IpProtocol: true,
    FromPort: true,
    ToPort: true,
    IpRanges: [{ CidrIp: true, Description: true }],
    Ipv6Ranges: [{ CidrIpv6: true, Description: true }],
    UserIdGroupPairs: [{ GroupId: true, UserId: true, Description: true }],
    PrefixListIds: [{ PrefixListId: true, Description: true }]
  }
] as const

const protocolNames: { readonly [number: string]: string } = { "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6" }
const withPorts: ReadonlySet<string> = new Set(["tcp", "udp", "icmp", "icmpv6"])

/** Whether two rules let the same traffic in. */
export const sameRule = (left: SecurityGroupRule, right: SecurityGroupRule): boolean =>
  left.protocol === right.protocol &&
  left.fromPort === right.fromPort &&
  left.toPort === right.toPort &&
  left.source.kind === right.source.kind &&
  left.source.value === right.source.value

export const rulesFrom = (
  account: Account,
  permissions: ReadonlyArray<Ec2Shapes.IpPermission>
): ReadonlyArray<SecurityGroupRule> => permissions.flatMap((permission) => rulesOf(account, permission))

const rulesOf = (account: Account, permission: Ec2Shapes.IpPermission): ReadonlyArray<SecurityGroupRule> => {
  const named = given(permission.IpProtocol, "IpPermissions.1.IpProtocol").toLowerCase()
  const protocol = protocolNames[named] ?? named
  const ports = withPorts.has(protocol)
  const fromPort = ports ? given(permission.FromPort, "FromPort") : undefined
  const toPort = ports ? given(permission.ToPort, "ToPort") : undefined
  if (
    fromPort !== undefined &&
    toPort !== undefined &&
    protocol !== "icmp" &&
    protocol !== "icmpv6" &&
    fromPort > toPort
  ) {
    throw refuse("InvalidParameterValue", `Invalid TCP/UDP port range (${fromPort}:${toPort})`)
  }
  const rule = (source: SecurityGroupRule["source"], description: string | undefined): SecurityGroupRule => ({
    protocol,
    fromPort,
    toPort,
    source,
    description
  })
  const rules = [
    ...(permission.IpRanges ?? []).map((range) => {
      const value = given(range.CidrIp, "CidrIp")
      if (parseCidr(value) === undefined) {
        throw refuse("InvalidParameterValue", `CIDR block ${value} is malformed`)
      }
      return rule({ kind: "cidr", value }, range.Description)
    }),
    ...(permission.Ipv6Ranges ?? []).map((range) =>
      rule({ kind: "cidr6", value: given(range.CidrIpv6, "CidrIpv6") }, range.Description)
    ),
    ...(permission.PrefixListIds ?? []).map((list) =>
      rule({ kind: "prefix", value: given(list.PrefixListId, "PrefixListId") }, list.Description)
    ),
    ...(permission.UserIdGroupPairs ?? []).map((pair) => {
      if (pair.UserId !== undefined && pair.UserId !== account.settings.accountId) {
        throw refuse("InvalidGroup.NotFound", `You have specified two resources that belong to different networks.`)
      }
      return rule({ kind: "group", value: given(pair.GroupId, "GroupId") }, pair.Description)
    })
  ]
  if (rules.length === 0) {
    throw refuse("MissingParameter", "Source group, CIDR block or prefix list must be specified")
  }
  return rules
}

/** Rules grouped by protocol and ports, as a describe shows them. */
export const permissionsFrom = (
  account: Account,
  rules: ReadonlyArray<SecurityGroupRule>
): Array<Ec2Shapes.IpPermission> => {
  const groups = new Map<string, Array<SecurityGroupRule>>()
  for (const rule of rules) {
    const key = `${rule.protocol}/${rule.fromPort ?? ""}/${rule.toPort ?? ""}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [rule])
    else group.push(rule)
  }
  return [...groups.values()].map((group) => ({
    IpProtocol: group[0]?.protocol,
    FromPort: group[0]?.fromPort,
    ToPort: group[0]?.toPort,
    IpRanges: of(group, "cidr").map((rule) => ({ CidrIp: rule.source.value, Description: rule.description })),
    Ipv6Ranges: of(group, "cidr6").map((rule) => ({ CidrIpv6: rule.source.value, Description: rule.description })),
    PrefixListIds: of(group, "prefix").map((rule) => ({
      PrefixListId: rule.source.value,
      Description: rule.description
    })),
    UserIdGroupPairs: of(group, "group").map((rule) => ({
      GroupId: rule.source.value,
      UserId: account.settings.accountId,
      Description: rule.description
    }))
  }))
}

const of = (group: ReadonlyArray<SecurityGroupRule>, kind: SecurityGroupRule["source"]["kind"]) =>
  group.filter((rule) => rule.source.kind === kind)
