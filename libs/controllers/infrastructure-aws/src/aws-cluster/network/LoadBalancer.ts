/**
 * The classic load balancer before the API servers: found by its name, created once, configured wherever it differs.
 *
 * Once its DNS name is the cluster's endpoint it is never created again: another one would have another name, which no
 * certificate and no kubeconfig knows. One that does not carry our tag is used as it is.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws pkg/cloud/services/elb/loadbalancer.go
 */
import { catchCode, type ElbShapes } from "@capstan/aws"
import type { Waiting } from "@capstan/provider"
import { Effect } from "effect"
import { clusterReasons } from "../../Conditions.ts"
import { warning } from "../../Events.ts"
import { sameValue } from "../../kinds/FieldErrors.ts"
import type { LoadBalancerSpec } from "../../kinds/LoadBalancerSpec.ts"
import type { LoadBalancer } from "../../kinds/NetworkStatus.ts"
import {
  buildTags,
  clusterTag,
  isOwned,
  kubernetesTag,
  missingTags,
  serviceNameTag,
  type TagMap,
  toAwsTags,
  toTagMap
} from "../../Tags.ts"
import {
  apiServerPort,
  changeNetworkStatus,
  type ClusterContext,
  specOf,
  type StepError,
  waiting
} from "../ClusterStep.ts"
import type { LoadBalancerFacts, NetworkFacts } from "../NetworkFacts.ts"
import { loadBalancerName } from "./LoadBalancerName.ts"
import { instanceApiPort } from "./SecurityGroupRules.ts"
import type { KnownSubnet } from "./Subnets.ts"

/** Everything that the load balancer should be. */
export interface LoadBalancerPlan {
  readonly name: string
  readonly scheme: "internet-facing" | "internal"
  readonly subnetIds: ReadonlyArray<string>
  readonly securityGroupIds: ReadonlyArray<string>
  readonly port: number
  readonly healthCheck: {
    readonly Target: string
    readonly Interval: number
    readonly Timeout: number
    readonly HealthyThreshold: number
    readonly UnhealthyThreshold: number
  }
  readonly idleTimeoutSeconds: number
  readonly crossZone: boolean
  readonly tags: TagMap
}

/** The first subnet of each zone: a classic load balancer takes no two of one zone. Pure. */
export const firstOfEachZone = (subnets: ReadonlyArray<KnownSubnet>): ReadonlyArray<KnownSubnet> => {
  const seen = new Set<string | undefined>()
  return subnets.filter((subnet) => {
    if (seen.has(subnet.availabilityZone)) return false
    seen.add(subnet.availabilityZone)
    return true
  })
}

/** `TCP:6443`, or the path of readiness where the check speaks HTTP. Pure. */
export const healthCheckTarget = (protocol: LoadBalancerSpec["healthCheckProtocol"]): string =>
  protocol === "HTTP" || protocol === "HTTPS"
    ? `${protocol}:${instanceApiPort}/readyz`
    : `${protocol ?? "TCP"}:${instanceApiPort}`

/** Pure, but for reading the working copy. */
export const planLoadBalancer = (
  context: ClusterContext,
  subnets: ReadonlyArray<KnownSubnet>,
  groups: { readonly [role: string]: string }
): LoadBalancerPlan => {
  const spec = specOf(context)
  const balancer = spec.controlPlaneLoadBalancer ?? {}
  const name = loadBalancerName(context.name, balancer.name)
  const scheme = balancer.scheme ?? "internet-facing"
  const candidates = subnets.filter((subnet) => (subnet.isPublic === true) === (scheme === "internet-facing"))
  const usable = candidates.length === 0 && scheme === "internal" ? subnets : candidates
  const chosen = balancer.subnets ?? firstOfEachZone(usable).map((subnet) => subnet.resourceID)
  return {
    name,
    scheme,
    subnetIds: chosen,
    securityGroupIds: [
      ...(balancer.additionalSecurityGroups ?? []),
      ...(groups["apiserver-lb"] === undefined ? [] : [groups["apiserver-lb"]])
    ],
    port: apiServerPort(context),
    healthCheck: {
      Target: healthCheckTarget(balancer.healthCheckProtocol),
      Interval: 5,
      Timeout: 4,
      HealthyThreshold: 2,
      UnhealthyThreshold: 6
    },
    idleTimeoutSeconds: 600,
    crossZone: balancer.crossZoneLoadBalancing === true,
    tags: buildTags({ cluster: context.name, name, role: "apiserver", additional: spec.additionalTags })
  }
}

const create = (context: ClusterContext, plan: LoadBalancerPlan) =>
  context.elb.createLoadBalancer({
    LoadBalancerName: plan.name,
    Listeners: [
      {
        Protocol: "TCP",
        LoadBalancerPort: plan.port,
        InstanceProtocol: "TCP",
        InstancePort: instanceApiPort
      }
    ],
    Subnets: [...plan.subnetIds],
    SecurityGroups: [...plan.securityGroupIds],
    ...(plan.scheme === "internal" ? { Scheme: "internal" } : {}),
    Tags: toAwsTags(plan.tags)
  })

const sameSet = (a: ReadonlyArray<string> | undefined, b: ReadonlyArray<string>): boolean =>
  sameValue([...(a ?? [])].sort(), [...b].sort())

const attributesOf = (plan: LoadBalancerPlan): ElbShapes.LoadBalancerAttributes => ({
  ConnectionSettings: { IdleTimeout: plan.idleTimeoutSeconds },
  CrossZoneLoadBalancing: { Enabled: plan.crossZone }
})

const configure = Effect.fnUntraced(function* (
  { elb }: ClusterContext,
  plan: LoadBalancerPlan,
  found: LoadBalancerFacts | undefined
) {
  const LoadBalancerName = plan.name
  const { attributes, description } = found ?? { attributes: {}, description: {} }
  const attributesDiffer =
    attributes.ConnectionSettings?.IdleTimeout !== plan.idleTimeoutSeconds ||
    (attributes.CrossZoneLoadBalancing?.Enabled === true) !== plan.crossZone
  if (attributesDiffer) {
    yield* elb.modifyLoadBalancerAttributes({ LoadBalancerName, LoadBalancerAttributes: attributesOf(plan) })
  }
  const check = description.HealthCheck
  const checkDiffers =
    check === undefined ||
    Object.entries(plan.healthCheck).some(([key, value]) => check[key as keyof typeof plan.healthCheck] !== value)
  if (checkDiffers) yield* elb.configureHealthCheck({ LoadBalancerName, HealthCheck: plan.healthCheck })
  if (found === undefined) return
  if (missingTags(plan.tags, found.tags) !== undefined) {
    yield* elb.addTags({ LoadBalancerNames: [LoadBalancerName], Tags: toAwsTags(plan.tags) })
  }
  const missing = plan.subnetIds.filter((id) => description.Subnets?.includes(id) !== true)
  if (missing.length > 0) yield* elb.attachLoadBalancerToSubnets({ LoadBalancerName, Subnets: missing })
  if (!sameSet(description.SecurityGroups, plan.securityGroupIds)) {
    yield* elb.applySecurityGroupsToLoadBalancer({ LoadBalancerName, SecurityGroups: [...plan.securityGroupIds] })
  }
})

const nanoseconds = 1_000_000_000

const record = (
  context: ClusterContext,
  plan: LoadBalancerPlan,
  description: { readonly DNSName?: string | undefined },
  zones: ReadonlyArray<string>
): void => {
  const balancer: LoadBalancer = {
    name: plan.name,
    ...(description.DNSName === undefined ? {} : { dnsName: description.DNSName }),
    scheme: plan.scheme,
    loadBalancerType: "classic",
    availabilityZones: zones,
    subnetIds: plan.subnetIds,
    securityGroupIds: plan.securityGroupIds,
    listeners: [{ protocol: "TCP", port: plan.port, instanceProtocol: "TCP", instancePort: instanceApiPort }],
    healthChecks: {
      target: plan.healthCheck.Target,
      interval: plan.healthCheck.Interval * nanoseconds,
      timeout: plan.healthCheck.Timeout * nanoseconds,
      healthyThreshold: plan.healthCheck.HealthyThreshold,
      unhealthyThreshold: plan.healthCheck.UnhealthyThreshold
    },
    attributes: {
      idleTimeout: plan.idleTimeoutSeconds * nanoseconds,
      ...(plan.crossZone ? { crossZoneLoadBalancing: true } : {})
    },
    tags: plan.tags
  }
  changeNetworkStatus(context, (status) =>
    sameValue(status.apiServerElb ?? {}, balancer) ? status : { ...status, apiServerElb: balancer }
  )
}

const zonesOf = (plan: LoadBalancerPlan, subnets: ReadonlyArray<KnownSubnet>): ReadonlyArray<string> => [
  ...new Set(
    subnets.flatMap((subnet) =>
      plan.subnetIds.includes(subnet.resourceID) && subnet.availabilityZone !== undefined
        ? [subnet.availabilityZone]
        : []
    )
  )
]

/** What forbids using the load balancer that has our name; nothing when all is well. Pure. */
export const conflictWith = (
  found: LoadBalancerFacts | undefined,
  plan: LoadBalancerPlan,
  options: { readonly vpcId: string; readonly endpoint: string | undefined }
): string | undefined => {
  if (found === undefined) {
    return options.endpoint === undefined
      ? undefined
      : `load balancer ${plan.name} is gone; it is not created again, since ${options.endpoint} would not be its name`
  }
  if (found.description.VPCId !== options.vpcId)
    return `load balancer ${plan.name} exists in VPC ${found.description.VPCId}; names must be unique in a region`
  if ((found.description.Scheme ?? "internet-facing") !== plan.scheme)
    return `load balancer ${plan.name} exists with scheme ${found.description.Scheme}; names must be unique in a region`
  return undefined
}

/** The load balancer's DNS name, and the zones that it serves. */
export const ensureLoadBalancer = Effect.fnUntraced(function* (
  context: ClusterContext,
  facts: NetworkFacts,
  options: {
    readonly vpcId: string
    readonly subnets: ReadonlyArray<KnownSubnet>
    readonly groups: { readonly [role: string]: string }
    readonly endpoint: string | undefined
  }
): Effect.fn.Return<{ readonly dnsName: string; readonly zones: ReadonlyArray<string> } | Waiting, StepError> {
  const plan = planLoadBalancer(context, options.subnets, options.groups)
  const conflict = conflictWith(facts.loadBalancer, plan, options)
  if (conflict !== undefined) {
    return waiting({ reason: clusterReasons.loadBalancerFailed, severity: "Error", message: conflict }, 300_000)
  }
  const found = facts.loadBalancer
  const description = found?.description ?? (yield* create(context, plan))
  const ours = found === undefined || found.tags[clusterTag(context.name)] === "owned"
  const zones = found?.description.AvailabilityZones ?? zonesOf(plan, options.subnets)
  record(context, plan, description, zones.toSorted())
  if (ours) yield* configure(context, plan, found)
  const dnsName = description.DNSName ?? ""
  if (dnsName === "") {
    const message = `waiting for the DNS name of load balancer ${plan.name}`
    return waiting({ reason: clusterReasons.waitForDnsName, severity: "Info", message }, 15_000)
  }
  return { dnsName, zones }
})

const remove = ({ elb }: ClusterContext, LoadBalancerName: string) =>
  elb.deleteLoadBalancer({ LoadBalancerName }).pipe(
    Effect.asVoid,
    catchCode("LoadBalancerNotFound", () => Effect.void)
  )

/** Every load balancer of the VPC, page by page. */
const listInVpc = Effect.fnUntraced(function* ({ elb }: ClusterContext, vpcId: string) {
  const names: Array<string> = []
  let marker: string | undefined
  do {
    const page = yield* elb.describeLoadBalancers(marker === undefined ? {} : { Marker: marker })
    for (const { LoadBalancerName, VPCId } of page.LoadBalancerDescriptions ?? []) {
      if (VPCId === vpcId && LoadBalancerName !== undefined) names.push(LoadBalancerName)
    }
    marker = page.NextMarker
  } while (marker !== undefined && marker !== "")
  return names
})

/** Names of the load balancers that the cloud controller made for Services of this cluster. */
const listOfServices = Effect.fnUntraced(function* (context: ClusterContext, vpcId: string) {
  const names = yield* listInVpc(context, vpcId)
  const found: Array<string> = []
  for (let index = 0; index < names.length; index += 20) {
    const answer = yield* context.elb.describeTags({ LoadBalancerNames: names.slice(index, index + 20) })
    for (const { LoadBalancerName, Tags } of answer.TagDescriptions ?? []) {
      const tags = toTagMap(Tags)
      const ours = tags[kubernetesTag(context.name)] === "owned" && tags[serviceNameTag] !== undefined
      if (ours && LoadBalancerName !== undefined && !isOwned(Tags, context.name)) found.push(LoadBalancerName)
    }
  }
  return found
})

/** Deletes the API server's load balancer and those of Services; gives back the names of those that were still there. */
export const removeLoadBalancers = Effect.fnUntraced(function* (context: ClusterContext, facts: NetworkFacts) {
  const found = facts.loadBalancer
  const present: Array<string> = []
  if (
    found !== undefined &&
    found.tags[clusterTag(context.name)] === "owned" &&
    (facts.vpc === undefined || found.description.VPCId === facts.vpc.VpcId)
  ) {
    const name = found.description.LoadBalancerName ?? ""
    yield* remove(context, name)
    present.push(name)
  }
  const vpcId = facts.vpc?.VpcId
  if (vpcId === undefined) return present
  for (const name of yield* listOfServices(context, vpcId)) {
    yield* remove(context, name)
    present.push(name)
    yield* warning(
      context.scope.infrastructure.get(),
      "DeletedServiceLoadBalancer",
      `Deleted load balancer ${name}, left by a Service`
    )
  }
  return present
})
