/**
 * Whether an instance finds its way to the internet: to Secrets Manager, to images, to a public load balancer.
 *
 * The way is worked out from what the account holds: the subnet's routes, the gateway they lead to, and the condition of
 * the zones on the way. A NAT gateway lives in one zone; when that zone is down, so is the way of all who use it.
 * A network ACL that
 * denies everything cuts its subnet off. Left out: security groups, which let everything out, and rules for part of the traffic.
 *
 * @fidelity documented https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html — A NAT gateway lives in one zone and fails with it.
 * @fidelity documented https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html — Through an internet gateway only with a public address.
 * @source https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html
 */
import type { Account } from "./Account.ts"
import { isReachable } from "./ec2/InstanceLifecycle.ts"
import { isCutOff } from "./ec2/NetworkAclRules.ts"
import { routeTableOf } from "./ec2/RouteTables.ts"
import type { NatGateway } from "./Resources.ts"

export const reachesInternet = (account: Account, instanceId: string): boolean => {
  const instance = account.tables.instances.get(instanceId)
  if (instance === undefined || instance.state !== "running" || !isReachable(account, instance)) return false
  const target = defaultRoute(account, instance.vpcId, instance.subnetId)
  if (target?.kind === "gateway") return instance.publicIp !== undefined && isAttached(account, target.id)
  if (target?.kind !== "nat") return false
  const gateway = account.tables.natGateways.get(target.id)
  return gateway !== undefined && natWorks(account, gateway)
}

const natWorks = (account: Account, gateway: NatGateway): boolean => {
  const zone = account.tables.zones.get(gateway.zone)
  if (gateway.state !== "available" || zone === undefined || !zone.power || !zone.network) return false
  if (isCutOff(account, gateway.subnetId)) return false
  const target = defaultRoute(account, gateway.vpcId, gateway.subnetId)
  return target?.kind === "gateway" && isAttached(account, target.id)
}

const defaultRoute = (account: Account, vpcId: string, subnetId: string) =>
  routeTableOf(account, vpcId, subnetId)?.routes.find((route) => route.destination === "0.0.0.0/0")?.target

const isAttached = (account: Account, id: string): boolean =>
  account.tables.internetGateways.get(id)?.vpcId !== undefined
