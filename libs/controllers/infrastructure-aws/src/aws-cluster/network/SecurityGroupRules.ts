/**
 * Which rules each security group should have, and what must change to get there. Pure.
 *
 * A rule here has exactly one source and its description, which is how AWS keeps them; comparing grouped permissions
 * would revoke and authorize for ever. Ports say nothing for protocols that have none.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws pkg/cloud/services/securitygroup/securitygroups.go
 */
import type { Ec2Shapes } from "@capstan/aws"
import type { CniIngressRule, IngressRule } from "../../kinds/IngressRule.ts"
import type { NetworkSpec } from "../../kinds/NetworkSpec.ts"

/** The roles that every self-managed cluster has a group for. */
export const managedRoles = ["apiserver-lb", "lb", "controlplane", "node"] as const
export type ManagedRole = (typeof managedRoles)[number]

export type RuleSource = { readonly cidr: string } | { readonly cidrV6: string } | { readonly group: string }

/** One rule with one source. */
export interface FlatRule {
  readonly protocol: string
  readonly fromPort: number
  readonly toPort: number
  readonly description: string
  readonly source: RuleSource
}

export interface RuleInputs {
  /** Ids of the groups by role. */
  readonly groups: { readonly [role: string]: string }
  readonly network: NetworkSpec
  readonly scheme: "internet-facing" | "internal"
  /** Rules that replace "anyone may reach the API server". */
  readonly apiIngressRules: ReadonlyArray<IngressRule>
  /** The port of the load balancer; the API servers themselves listen on 6443. */
  readonly apiServerPort: number
  /** Public addresses of the NAT gateways, as far as they are known. */
  readonly natAddresses: ReadonlyArray<string>
  readonly vpcCidr: string
}

/** The port on which the API server listens on its machine. */
export const instanceApiPort = 6443

const anywhere: RuleSource = { cidr: "0.0.0.0/0" }

const hasPorts = (protocol: string): boolean => ["tcp", "udp", "icmp", "58"].includes(protocol)

const rule = (
  description: string,
  protocol: string,
  ports: readonly [number, number],
  sources: ReadonlyArray<RuleSource>
): ReadonlyArray<FlatRule> =>
  sources.map((source) => ({
    protocol,
    fromPort: hasPorts(protocol) ? ports[0] : 0,
    toPort: hasPorts(protocol) ? ports[1] : 0,
    description,
    source
  }))

const groupSources = (inputs: RuleInputs, ...roles: ReadonlyArray<string>): ReadonlyArray<RuleSource> =>
  roles.flatMap((role) => {
    const group = inputs.groups[role]
    return group === undefined ? [] : [{ group }]
  })

/** A rule that a user wrote, with its sources spelt out; without any, the control plane's group is meant. */
const resolve = (inputs: RuleInputs, given: IngressRule): ReadonlyArray<FlatRule> => {
  const sources: ReadonlyArray<RuleSource> =
    given.natGatewaysIPsSource === true
      ? inputs.natAddresses.map((address) => ({ cidr: `${address}/32` }))
      : [
          ...(given.cidrBlocks ?? []).map((cidr) => ({ cidr })),
          ...(given.ipv6CidrBlocks ?? []).map((cidrV6) => ({ cidrV6 })),
          ...(given.sourceSecurityGroupIds ?? []).map((group) => ({ group })),
          ...groupSources(inputs, ...(given.sourceSecurityGroupRoles ?? []))
        ]
  const effective =
    sources.length === 0 && given.natGatewaysIPsSource !== true ? groupSources(inputs, "controlplane") : sources
  return rule(given.description, given.protocol, [given.fromPort, given.toPort], effective)
}

const cniRules = (inputs: RuleInputs): ReadonlyArray<FlatRule> =>
  (inputs.network.cni?.cniIngressRules ?? []).flatMap(({ description, fromPort, protocol, toPort }: CniIngressRule) =>
    rule(description, protocol, [fromPort, toPort], groupSources(inputs, "controlplane", "node"))
  )

/**
 * Who reaches the load balancer: the nodes, through their NAT gateways, always; everybody else as the user says.
 * Until the gateways' addresses are known, that means anyone.
 */
const loadBalancerRules = (inputs: RuleInputs): ReadonlyArray<FlatRule> => {
  const ports = [inputs.apiServerPort, inputs.apiServerPort] as const
  const nodes: ReadonlyArray<RuleSource> =
    inputs.scheme === "internal"
      ? [{ cidr: inputs.vpcCidr }]
      : inputs.natAddresses.length === 0
        ? [anywhere]
        : inputs.natAddresses.map((address) => ({ cidr: `${address}/32` }))
  return [
    ...rule("Kubernetes API", "tcp", ports, nodes),
    ...(inputs.apiIngressRules.length === 0
      ? rule("Kubernetes API", "tcp", ports, [anywhere])
      : inputs.apiIngressRules.flatMap((given) => resolve(inputs, given)))
  ]
}

const controlPlaneRules = (inputs: RuleInputs): ReadonlyArray<FlatRule> => [
  ...rule(
    "Kubernetes API",
    "tcp",
    [instanceApiPort, instanceApiPort],
    groupSources(inputs, "apiserver-lb", "controlplane", "node")
  ),
  ...rule("etcd", "tcp", [2379, 2379], groupSources(inputs, "controlplane")),
  ...rule("etcd peer", "tcp", [2380, 2380], groupSources(inputs, "controlplane")),
  ...cniRules(inputs),
  ...(inputs.network.additionalControlPlaneIngressRules ?? []).flatMap((given) => resolve(inputs, given))
]

const nodeRules = (inputs: RuleInputs): ReadonlyArray<FlatRule> => {
  const blocks = inputs.network.nodePortIngressRuleCidrBlocks ?? []
  const nodePortSources =
    blocks.length === 0 ? [anywhere] : blocks.map((cidr) => (cidr.includes(":") ? { cidrV6: cidr } : { cidr }))
  return [
    ...rule("Node Port Services", "tcp", [30000, 32767], nodePortSources),
    ...rule("Kubelet API", "tcp", [10250, 10250], groupSources(inputs, "controlplane", "node")),
    ...cniRules(inputs),
    ...(inputs.network.additionalNodeIngressRules ?? []).flatMap((given) => resolve(inputs, given))
  ]
}

/** Everything that makes two rules the same to us. */
const keyOf = (flat: FlatRule): string => `${identityOf(flat)}|${flat.description}`

/** Everything that makes two rules the same to EC2, which does not look at the description. */
const identityOf = ({ fromPort, protocol, source, toPort }: FlatRule): string => {
  const from = "cidr" in source ? source.cidr : "cidrV6" in source ? source.cidrV6 : source.group
  return `${protocol}|${hasPorts(protocol) ? `${fromPort}-${toPort}` : ""}|${from}`
}

const distinct = (rules: ReadonlyArray<FlatRule>): ReadonlyArray<FlatRule> =>
  [...new Map(rules.toReversed().map((flat) => [identityOf(flat), flat])).values()].toReversed()

/** The rules of one group. `lb` belongs to the cloud controller after its creation and has none of ours. */
export const desiredRules = (role: ManagedRole, inputs: RuleInputs): ReadonlyArray<FlatRule> => {
  switch (role) {
    case "apiserver-lb":
      return distinct(loadBalancerRules(inputs))
    case "controlplane":
      return distinct(controlPlaneRules(inputs))
    case "node":
      return distinct(nodeRules(inputs))
    case "lb":
      return []
  }
}

/** EC2's permissions as rules with one source each. */
export const flatten = (permissions: ReadonlyArray<Ec2Shapes.IpPermission> | undefined): ReadonlyArray<FlatRule> =>
  (permissions ?? []).flatMap((permission) => {
    const protocol = permission.IpProtocol ?? "-1"
    const ports = [permission.FromPort ?? 0, permission.ToPort ?? 0] as const
    return [
      ...(permission.IpRanges ?? []).flatMap(({ CidrIp, Description }) =>
        CidrIp === undefined ? [] : rule(Description ?? "", protocol, ports, [{ cidr: CidrIp }])
      ),
      ...(permission.Ipv6Ranges ?? []).flatMap(({ CidrIpv6, Description }) =>
        CidrIpv6 === undefined ? [] : rule(Description ?? "", protocol, ports, [{ cidrV6: CidrIpv6 }])
      ),
      ...(permission.UserIdGroupPairs ?? []).flatMap(({ Description, GroupId }) =>
        GroupId === undefined ? [] : rule(Description ?? "", protocol, ports, [{ group: GroupId }])
      )
    ]
  })

export const toPermission = ({
  description,
  fromPort,
  protocol,
  source,
  toPort
}: FlatRule): Ec2Shapes.IpPermission => ({
  IpProtocol: protocol,
  ...(hasPorts(protocol) ? { FromPort: fromPort, ToPort: toPort } : {}),
  ...("cidr" in source
    ? { IpRanges: [{ CidrIp: source.cidr, ...described(description) }] }
    : "cidrV6" in source
      ? { Ipv6Ranges: [{ CidrIpv6: source.cidrV6, ...described(description) }] }
      : { UserIdGroupPairs: [{ GroupId: source.group, ...described(description) }] })
})

const described = (Description: string) => (Description === "" ? {} : { Description })

/** In the order in which they are to be carried out, so that traffic that may pass keeps passing wherever EC2 allows it. */
export interface RuleChanges {
  /** Rules whose description alone is wrong: EC2 refuses the new one while the old one stands. */
  readonly revokeFirst: ReadonlyArray<FlatRule>
  readonly authorize: ReadonlyArray<FlatRule>
  readonly revokeAfter: ReadonlyArray<FlatRule>
}

export const diffRules = (found: ReadonlyArray<FlatRule>, wanted: ReadonlyArray<FlatRule>): RuleChanges => {
  const wantedKeys = new Set(wanted.map(keyOf))
  const foundKeys = new Set(found.map(keyOf))
  const authorize = wanted.filter((flat) => !foundKeys.has(keyOf(flat)))
  const stale = found.filter((flat) => !wantedKeys.has(keyOf(flat)))
  const replaced = new Set(authorize.map(identityOf))
  return {
    revokeFirst: stale.filter((flat) => replaced.has(identityOf(flat))),
    authorize,
    revokeAfter: stale.filter((flat) => !replaced.has(identityOf(flat)))
  }
}

const mergeSource = (existing: IngressRule, source: RuleSource): IngressRule => {
  if ("cidr" in source) return { ...existing, cidrBlocks: [...(existing.cidrBlocks ?? []), source.cidr] }
  if ("cidrV6" in source) return { ...existing, ipv6CidrBlocks: [...(existing.ipv6CidrBlocks ?? []), source.cidrV6] }
  return { ...existing, sourceSecurityGroupIds: [...(existing.sourceSecurityGroupIds ?? []), source.group] }
}

/** The rules as the status lists them: those that differ in nothing but the source together. */
export const toIngressRules = (rules: ReadonlyArray<FlatRule>): ReadonlyArray<IngressRule> => {
  const merged = new Map<string, IngressRule>()
  for (const { description, fromPort, protocol, source, toPort } of rules) {
    const key = `${description}|${protocol}|${fromPort}|${toPort}`
    const existing = merged.get(key) ?? { description, fromPort, protocol: protocol as IngressRule["protocol"], toPort }
    merged.set(key, mergeSource(existing, source))
  }
  return [...merged.values()]
}
