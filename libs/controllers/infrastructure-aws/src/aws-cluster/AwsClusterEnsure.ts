/**
 * An AWSCluster brought to life: the steps in upstream's order, each under its condition, until one has to wait.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws controllers/awscluster_controller.go
 */
import type { ClusterOutcome, NameResolver, ProviderError, Waiting } from "@capstan/provider"
import { Effect } from "effect"
import { clusterConditions as conditions, clusterReasons as reasons } from "../Conditions.ts"
import { apiServerPort, type ClusterContext, isWaiting, runStep, specOf, waiting } from "./ClusterStep.ts"
import type { NetworkFacts } from "./NetworkFacts.ts"
import { failureDomains } from "./network/FailureDomains.ts"
import { ensureInternetGateway } from "./network/InternetGateway.ts"
import { ensureLoadBalancer } from "./network/LoadBalancer.ts"
import { ensureNatGateways } from "./network/NatGateways.ts"
import { ensureRouteTables } from "./network/RouteTables.ts"
import { ensureSecurityGroups } from "./network/SecurityGroups.ts"
import { ensureSubnets, type KnownSubnet } from "./network/Subnets.ts"
import { ensureVpc } from "./network/Vpc.ts"

/** A name counts as an endpoint only once it resolves from here; once it is the endpoint it is not asked again. */
const waitForName = Effect.fnUntraced(function* (
  context: ClusterContext,
  resolver: NameResolver["Service"],
  host: string
) {
  const spec = specOf(context)
  const unchecked = spec.controlPlaneLoadBalancer?.dnsResolutionCheck === "None"
  if (unchecked || spec.controlPlaneEndpoint?.host === host) return undefined
  return yield* resolver.resolve(host).pipe(
    Effect.as(undefined),
    Effect.catchTag("NameNotFound", () =>
      Effect.succeed(
        waiting(
          { reason: reasons.waitForDnsNameResolve, severity: "Info", message: `waiting for ${host} to resolve` },
          15_000
        )
      )
    )
  )
})

const ensureEndpoint = Effect.fnUntraced(function* (
  context: ClusterContext,
  resolver: NameResolver["Service"],
  facts: NetworkFacts,
  options: {
    readonly vpcId: string
    readonly subnets: ReadonlyArray<KnownSubnet>
    readonly groups: { readonly [role: string]: string }
  }
) {
  const endpoint = specOf(context).controlPlaneEndpoint?.host
  const balancer = yield* ensureLoadBalancer(context, facts, {
    ...options,
    endpoint: endpoint === "" ? undefined : endpoint
  })
  if (isWaiting(balancer)) return balancer
  const unresolved = yield* waitForName(context, resolver, balancer.dnsName)
  return unresolved ?? balancer
})

/** With the load balancer disabled, somebody else sets the endpoint. */
const awaitForeignEndpoint = (context: ClusterContext): Waiting | undefined => {
  const endpoint = specOf(context).controlPlaneEndpoint
  const known = endpoint?.host !== undefined && endpoint.host !== "" && (endpoint.port ?? 0) !== 0
  const message = "waiting for the control plane's endpoint to be set"
  return known ? undefined : waiting({ reason: reasons.waitForExternalEndpoint, severity: "Info", message }, 15_000)
}

/** Steps 1 to 15 of one pass. */
export const ensureAwsCluster = Effect.fnUntraced(function* (
  context: ClusterContext,
  resolver: NameResolver["Service"],
  facts: NetworkFacts
): Effect.fn.Return<ClusterOutcome, ProviderError> {
  const vpcId = yield* runStep(
    context,
    { condition: conditions.vpc, failure: reasons.vpcFailed },
    ensureVpc(context, facts)
  )
  if (isWaiting(vpcId)) return vpcId
  const subnets = yield* runStep(
    context,
    { condition: conditions.subnets, failure: reasons.subnetsFailed },
    ensureSubnets(context, facts, vpcId)
  )
  if (isWaiting(subnets)) return subnets
  const internetGatewayId = yield* runStep(
    context,
    { condition: conditions.internetGateway, failure: reasons.internetGatewayFailed },
    ensureInternetGateway(context, facts, vpcId)
  )
  if (isWaiting(internetGatewayId)) return internetGatewayId
  const natGateways = yield* runStep(
    context,
    { condition: conditions.natGateways, failure: reasons.natGatewaysFailed },
    ensureNatGateways(context, facts, subnets)
  )
  if (isWaiting(natGateways)) return natGateways
  const routeTables = yield* runStep(
    context,
    { condition: conditions.routeTables, failure: reasons.routeTablesFailed },
    ensureRouteTables(context, facts, { vpcId, subnets, internetGatewayId, natGateways })
  )
  if (isWaiting(routeTables)) return routeTables
  const groups = yield* runStep(
    context,
    { condition: conditions.securityGroups, failure: reasons.securityGroupsFailed },
    ensureSecurityGroups(context, facts, vpcId)
  )
  if (isWaiting(groups)) return groups

  if (specOf(context).controlPlaneLoadBalancer?.loadBalancerType === "disabled") {
    const foreign = yield* runStep(
      context,
      { condition: conditions.loadBalancer, failure: reasons.loadBalancerFailed },
      Effect.succeed(awaitForeignEndpoint(context))
    )
    return isWaiting(foreign) ? foreign : { _tag: "Provisioned", failureDomains: failureDomains(subnets, []) }
  }
  const balancer = yield* runStep(
    context,
    { condition: conditions.loadBalancer, failure: reasons.loadBalancerFailed },
    ensureEndpoint(context, resolver, facts, { vpcId, subnets, groups })
  )
  if (isWaiting(balancer)) return balancer
  context.pace.reset(context.scope.infrastructure.get().metadata.uid)
  return {
    _tag: "Provisioned",
    endpoint: { host: balancer.dnsName, port: apiServerPort(context) },
    failureDomains: failureDomains(subnets, balancer.zones)
  }
})
