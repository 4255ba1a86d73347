/**
 * Rules that let traffic into a security group, as users write them and as the status lists them.
 *
 * A rule has one kind of source: address blocks, security groups (by id or by role), or the NAT gateways' addresses.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws api/v1beta2/network_types.go
 */
import { int64, list } from "@capstan/api"
import { Schema } from "effect"

/** What a security group of the cluster is for. */
export const SecurityGroupRole = Schema.Literals([
  "bastion",
  "node",
  "controlplane",
  "apiserver-lb",
  "lb",
  "node-eks-additional"
])
export type SecurityGroupRole = typeof SecurityGroupRole.Type

/** A protocol by name or number: `-1` is all of them, `4` IP in IP, `58` ICMPv6, `50` ESP. */
export const SecurityGroupProtocol = Schema.Literals(["-1", "4", "tcp", "udp", "icmp", "58", "50"])
export type SecurityGroupProtocol = typeof SecurityGroupProtocol.Type

/** One rule; ports are inclusive and say nothing for protocols without ports. */
export const IngressRule = Schema.Struct({
  cidrBlocks: Schema.optionalKey(list(Schema.String)),
  description: Schema.String,
  fromPort: int64(),
  ipv6CidrBlocks: Schema.optionalKey(list(Schema.String)),
  natGatewaysIPsSource: Schema.optionalKey(Schema.Boolean),
  protocol: SecurityGroupProtocol,
  sourceSecurityGroupIds: Schema.optionalKey(list(Schema.String)),
  sourceSecurityGroupRoles: Schema.optionalKey(list(SecurityGroupRole)),
  toPort: int64()
})
export interface IngressRule extends Schema.Schema.Type<typeof IngressRule> {}

/** A rule for the cluster's network plugin: between control plane and nodes, both ways. */
export const CniIngressRule = Schema.Struct({
  description: Schema.String,
  fromPort: int64(),
  protocol: Schema.String,
  toPort: int64()
})
export interface CniIngressRule extends Schema.Schema.Type<typeof CniIngressRule> {}

/** What Calico needs; filled in when a cluster says nothing of its network plugin. */
export const calicoIngressRules: ReadonlyArray<CniIngressRule> = [
  { description: "bgp (calico)", fromPort: 179, protocol: "tcp", toPort: 179 },
  { description: "IP-in-IP (calico)", fromPort: -1, protocol: "4", toPort: 65535 }
]
