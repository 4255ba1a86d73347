/**
 * The network of an AWS cluster: its VPC, its subnets, rules for the security groups.
 *
 * A subnet's `id` is a name of ours unless it begins with `subnet-`; the resource at AWS stands in `resourceID`.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws api/v1beta2/network_types.go
 */
import { dictionary, int64, list, text, withDefault, withRules } from "@capstan/api"
import { Schema } from "effect"
import { CniIngressRule, IngressRule } from "./IngressRule.ts"

/** Addresses of the user's own to draw Elastic IPs from. */
export const ElasticIpPool = Schema.Struct({
  publicIpv4Pool: Schema.optionalKey(text({ maxLength: 30 })),
  publicIpv4PoolFallbackOrder: Schema.optionalKey(
    withRules(Schema.Literals(["amazon-pool", "none"]), {
      message: "allowed values are 'none' and 'amazon-pool'",
      rule: "self in ['none','amazon-pool']"
    })
  )
})
export interface ElasticIpPool extends Schema.Schema.Type<typeof ElasticIpPool> {}

/** A pool of AWS's address manager. */
export const IpamPool = Schema.Struct({
  id: Schema.optionalKey(Schema.String),
  name: Schema.optionalKey(Schema.String),
  netmaskLength: Schema.optionalKey(int64())
})
export interface IpamPool extends Schema.Schema.Type<typeof IpamPool> {}

/** The VPC. An id given by the user means: use it and leave it alone. */
export const VpcSpec = Schema.Struct({
  availabilityZoneSelection: Schema.optionalKey(withDefault(Schema.Literals(["Ordered", "Random"]), "Ordered")),
  availabilityZoneUsageLimit: Schema.optionalKey(withDefault(int64({ minimum: 1 }), 3)),
  carrierGatewayId: Schema.optionalKey(
    withRules(Schema.String, {
      message: "Carrier Gateway ID must start with 'cagw-'",
      rule: "self.startsWith('cagw-')"
    })
  ),
  cidrBlock: Schema.optionalKey(Schema.String),
  elasticIpPool: Schema.optionalKey(ElasticIpPool),
  emptyRoutesDefaultVPCSecurityGroup: Schema.optionalKey(Schema.Boolean),
  id: Schema.optionalKey(Schema.String),
  internetGatewayId: Schema.optionalKey(Schema.String),
  ipamPool: Schema.optionalKey(IpamPool),
  ipv6: Schema.optionalKey(
    Schema.Struct({
      cidrBlock: Schema.optionalKey(Schema.String),
      egressOnlyInternetGatewayId: Schema.optionalKey(Schema.String),
      ipamPool: Schema.optionalKey(IpamPool),
      poolId: Schema.optionalKey(Schema.String)
    })
  ),
  privateDnsHostnameTypeOnLaunch: Schema.optionalKey(Schema.Literals(["ip-name", "resource-name"])),
  secondaryCidrBlocks: Schema.optionalKey(list(Schema.Struct({ ipv4CidrBlock: text({ minLength: 1 }) }))),
  subnetSchema: Schema.optionalKey(withDefault(Schema.Literals(["PreferPrivate", "PreferPublic"]), "PreferPrivate")),
  tags: Schema.optionalKey(dictionary(Schema.String))
})
export interface VpcSpec extends Schema.Schema.Type<typeof VpcSpec> {}

/** One subnet, wished for or found. */
export const SubnetSpec = Schema.Struct({
  availabilityZone: Schema.optionalKey(Schema.String),
  cidrBlock: Schema.optionalKey(Schema.String),
  id: Schema.String,
  ipv6CidrBlock: Schema.optionalKey(Schema.String),
  isIpv6: Schema.optionalKey(Schema.Boolean),
  isPublic: Schema.optionalKey(Schema.Boolean),
  natGatewayId: Schema.optionalKey(Schema.String),
  parentZoneName: Schema.optionalKey(Schema.String),
  resourceID: Schema.optionalKey(Schema.String),
  routeTableId: Schema.optionalKey(Schema.String),
  tags: Schema.optionalKey(dictionary(Schema.String)),
  zoneType: Schema.optionalKey(Schema.Literals(["availability-zone", "local-zone", "wavelength-zone"]))
})
export interface SubnetSpec extends Schema.Schema.Type<typeof SubnetSpec> {}

/** The id by which AWS knows the subnet, once it does. */
export const subnetResourceId = (subnet: SubnetSpec): string | undefined =>
  subnet.resourceID ?? (subnet.id.startsWith("subnet-") ? subnet.id : undefined)

/** The whole network. */
export const NetworkSpec = Schema.Struct({
  additionalControlPlaneIngressRules: Schema.optionalKey(list(IngressRule)),
  additionalNodeIngressRules: Schema.optionalKey(list(IngressRule)),
  cni: Schema.optionalKey(Schema.Struct({ cniIngressRules: Schema.optionalKey(list(CniIngressRule)) })),
  nodePortIngressRuleCidrBlocks: Schema.optionalKey(list(Schema.String)),
  securityGroupOverrides: Schema.optionalKey(dictionary(Schema.String)),
  subnets: Schema.optionalKey(list(SubnetSpec, { keys: ["id"] })),
  vpc: Schema.optionalKey(VpcSpec)
})
export interface NetworkSpec extends Schema.Schema.Type<typeof NetworkSpec> {}
