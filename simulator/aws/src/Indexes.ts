/**
 * What the account's tables are looked up by besides ids: an index each, shared by all who ask.
 *
 * @source simulator/aws/src/Collection.ts
 */
import type { Instance, LoadBalancer, NetworkAcl, RouteTable, Secret } from "./Resources.ts"

export const byVpc = (one: { readonly vpcId: string | undefined }): string | undefined => one.vpcId

export const byPublicIp = (one: { readonly publicIp: string | undefined }): string | undefined => one.publicIp

/** The subnets that follow the table because they were told to. */
export const bySubnet = (table: RouteTable): ReadonlyArray<string> =>
  table.associations.flatMap(({ subnetId }) => subnetId ?? [])

/** The subnets whose packets the network ACL judges. */
export const byGuardedSubnet = (acl: NetworkAcl): ReadonlyArray<string> =>
  acl.associations.map(({ subnetId }) => subnetId)

/** DNS names do not tell capitals from small letters. */
export const byDnsName = (balancer: LoadBalancer): string => balancer.dnsName.toLowerCase()

export const byArn = (secret: Secret): string => secret.arn

/** Instances that count for the vCPU quota, by type. */
export const byTypeInUse = (instance: Instance): string | undefined =>
  instance.state === "terminated" || instance.state === "stopped" ? undefined : instance.instanceType

/** The instances behind the load balancer. */
export const byTarget = (balancer: LoadBalancer): ReadonlyArray<string> =>
  balancer.targets.map((target) => target.instanceId)
