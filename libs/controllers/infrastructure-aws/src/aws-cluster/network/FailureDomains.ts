/**
 * Failure domains: the zones of the private subnets, and whether the load balancer reaches a control plane there. Pure.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws controllers/awscluster_controller.go
 */
import type { FailureDomain } from "@capstan/provider"
import type { KnownSubnet } from "./Subnets.ts"

export const failureDomains = (
  subnets: ReadonlyArray<KnownSubnet>,
  loadBalancerZones: ReadonlyArray<string>
): ReadonlyArray<FailureDomain> =>
  [...new Set(subnets.filter((subnet) => subnet.isPublic !== true).flatMap((subnet) => subnet.availabilityZone ?? []))]
    .sort()
    .map((name) => ({ name, controlPlane: loadBalancerZones.includes(name) }))
