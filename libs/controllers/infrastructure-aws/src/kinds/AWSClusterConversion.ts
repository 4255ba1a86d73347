/**
 * AWSCluster in older versions: v1beta1 both ways, v1alpha3 and v1alpha4 as manifests that are accepted.
 *
 * The one idea: an old manifest keeps the meaning it had. A bastion that said nothing was open to IPv4, a scheme was
 * spelt with a capital letter, a subnet needed no id. Status is not taken over from the alphas: it is found anew.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws api/v1beta1/awscluster_conversion.go
 */
import { isJsonObject, type KindVersion, type Unstructured } from "@capstan/api"
import { atVersion, omit, rename, restore, toOlder, within } from "./Conversion.ts"

const loadBalancerFields = (at: string): ReadonlyArray<string> =>
  [
    "additionalListeners",
    "disableHostsRewrite",
    "dnsResolutionCheck",
    "healthCheck",
    "ingressRules",
    "loadBalancerType",
    "preserveClientIP",
    "targetGroupIPType"
  ].map((field) => `${at}.controlPlaneLoadBalancer.${field}`)

/** What v1beta1 has no field for; `at` is `spec` or, in templates, `spec.template.spec`. */
export const awsClusterFieldsSinceBeta2 = (at: string): ReadonlyArray<string> => [
  ...loadBalancerFields(at),
  `${at}.secondaryControlPlaneLoadBalancer`,
  `${at}.network.additionalControlPlaneIngressRules`,
  `${at}.network.additionalNodeIngressRules`,
  `${at}.network.nodePortIngressRuleCidrBlocks`,
  `${at}.network.subnets[].parentZoneName`,
  `${at}.network.subnets[].resourceID`,
  `${at}.network.subnets[].zoneType`,
  `${at}.network.vpc.carrierGatewayId`,
  `${at}.network.vpc.elasticIpPool`,
  `${at}.network.vpc.emptyRoutesDefaultVPCSecurityGroup`,
  `${at}.network.vpc.ipamPool`,
  `${at}.network.vpc.ipv6.ipamPool`,
  `${at}.network.vpc.privateDnsHostnameTypeOnLaunch`,
  `${at}.network.vpc.secondaryCidrBlocks`,
  `${at}.network.vpc.subnetSchema`,
  `${at}.partition`,
  `${at}.s3Bucket.bestEffortDeleteObjects`,
  `${at}.s3Bucket.presignedURLDuration`
]

const statusFieldsSinceBeta2 = [
  "status.networkStatus.apiServerElb.arn",
  "status.networkStatus.apiServerElb.elbAttributes",
  "status.networkStatus.apiServerElb.elbListeners",
  "status.networkStatus.apiServerElb.loadBalancerIPAddressType",
  "status.networkStatus.apiServerElb.loadBalancerType",
  "status.networkStatus.natGatewaysIPs",
  "status.networkStatus.secondaryAPIServerELB"
]

const nameOf = (object: Unstructured): string =>
  isJsonObject(object.metadata) && typeof object.metadata.name === "string" ? object.metadata.name : "cluster"

/** Gives every subnet an id: the name that its tag has had since the first version, so that it is recognised. */
const withSubnetIds = (network: Unstructured, cluster: string): Unstructured => {
  const subnets = network.subnets
  if (!Array.isArray(subnets)) return network
  const taken = new Set(
    subnets.flatMap((subnet: unknown) => (isJsonObject(subnet) && subnet.id ? [String(subnet.id)] : []))
  )
  const named = subnets.map((subnet: unknown, index) => {
    if (!isJsonObject(subnet) || (typeof subnet.id === "string" && subnet.id !== "")) return subnet
    const place = typeof subnet.availabilityZone === "string" ? subnet.availabilityZone : String(index)
    const plain = `${cluster}-subnet-${subnet.isPublic === true ? "public" : "private"}-${place}`
    const id = taken.has(plain) ? `${plain}-${index}` : plain
    taken.add(id)
    return { ...subnet, id }
  })
  return { ...network, subnets: named }
}

const lowerScheme = (balancer: Unstructured): Unstructured =>
  balancer.scheme === "Internet-facing" ? { ...balancer, scheme: "internet-facing" } : balancer

/** What an alpha's webhook filled in. */
const openBastion = (spec: Unstructured): Unstructured => {
  const bastion = isJsonObject(spec.bastion) ? spec.bastion : {}
  const blocks = bastion.allowedCIDRBlocks
  return bastion.disableIngressRules === true || (Array.isArray(blocks) && blocks.length > 0)
    ? spec
    : { ...spec, bastion: { ...bastion, allowedCIDRBlocks: ["0.0.0.0/0"] } }
}

/** The spec of an alpha, in a cluster or in a template. `name` is used for the ids of subnets. */
export const awsClusterSpecFromAlpha = (spec: Unstructured, name: string): Unstructured =>
  openBastion(
    within(
      within(rename(spec, "networkSpec", "network"), "network", (network) => withSubnetIds(network, name)),
      "controlPlaneLoadBalancer",
      lowerScheme
    )
  )

const fromAlpha = (object: Unstructured): Unstructured =>
  within(omit(atVersion(object, "v1beta2"), "status"), "spec", (spec) => awsClusterSpecFromAlpha(spec, nameOf(object)))

const lacking = [...awsClusterFieldsSinceBeta2("spec"), ...statusFieldsSinceBeta2]
const putBack = restore(lacking)

const fromBeta1 = (object: Unstructured): Unstructured =>
  within(putBack(atVersion(object, "v1beta2")), "spec", (spec) =>
    within(spec, "network", (network) => withSubnetIds(network, nameOf(object)))
  )

export const awsClusterVersions: ReadonlyArray<KindVersion> = [
  { name: "v1beta1", served: true, deprecated: true, toStorage: fromBeta1, fromStorage: toOlder("v1beta1", lacking) },
  { name: "v1alpha4", served: true, deprecated: true, toStorage: fromAlpha },
  { name: "v1alpha3", served: true, deprecated: true, toStorage: fromAlpha }
]
