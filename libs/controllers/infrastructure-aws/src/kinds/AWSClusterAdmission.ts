/**
 * What AWSCluster's webhooks do: fill in what upstream fills in, refuse what upstream refuses.
 *
 * Beyond upstream, features that are not built here (newer load balancers, IPv6, address pools, bastion, buckets) are
 * refused when asked for, rather than ignored.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws webhooks/awscluster_webhook.go
 */
import type { FieldError, ObjectOf } from "@capstan/api"
import type { AWSClusterBody, AWSClusterSpec } from "./AWSCluster.ts"
import {
  forbidden,
  invalid,
  isIpv4Cidr,
  notSupported,
  required,
  sameValue,
  validateCidrs,
  validateSshKeyName,
  validateTags
} from "./FieldErrors.ts"
import { calicoIngressRules, type IngressRule } from "./IngressRule.ts"

export const managedByAnnotation = "cluster.x-k8s.io/managed-by"

/** The spec with defaults filled in. */
export const defaultAwsClusterSpec = (spec: AWSClusterSpec): AWSClusterSpec => {
  const bastion = spec.bastion ?? {}
  const open = bastion.disableIngressRules === true || (bastion.allowedCIDRBlocks ?? []).length > 0
  const network = spec.network ?? {}
  const balancer = spec.controlPlaneLoadBalancer ?? {}
  const filled: AWSClusterSpec = {
    ...spec,
    bastion: {
      enabled: false,
      ...bastion,
      ...(open ? {} : { allowedCIDRBlocks: ["0.0.0.0/0", "::/0"] })
    },
    controlPlaneLoadBalancer: { scheme: "internet-facing", loadBalancerType: "classic", ...balancer },
    identityRef: spec.identityRef ?? { kind: "AWSClusterControllerIdentity", name: "default" },
    network: {
      ...network,
      cni: network.cni ?? { cniIngressRules: calicoIngressRules },
      vpc: {
        availabilityZoneSelection: "Ordered",
        availabilityZoneUsageLimit: 3,
        subnetSchema: "PreferPrivate",
        ...network.vpc
      }
    }
  }
  return sameValue(filled, spec) ? spec : filled
}

export const defaultAwsCluster = (object: ObjectOf<AWSClusterBody>): ObjectOf<AWSClusterBody> => {
  const spec = defaultAwsClusterSpec(object.spec ?? {})
  return spec === object.spec ? object : { ...object, spec }
}

const validateRules = (field: string, rules: ReadonlyArray<IngressRule> | undefined): ReadonlyArray<FieldError> =>
  (rules ?? []).flatMap((rule, index) => {
    const at = `${field}[${index}]`
    const blocks = (rule.cidrBlocks ?? []).length > 0 || (rule.ipv6CidrBlocks ?? []).length > 0
    const groups = (rule.sourceSecurityGroupIds ?? []).length > 0 || (rule.sourceSecurityGroupRoles ?? []).length > 0
    return [
      ...(blocks && groups ? [invalid(at, rule, "CIDR blocks and source security groups exclude each other")] : []),
      ...(rule.natGatewaysIPsSource === true && (blocks || groups)
        ? [invalid(at, rule, "natGatewaysIPsSource excludes every other source")]
        : []),
      ...validateCidrs(`${at}.cidrBlocks`, rule.cidrBlocks)
    ]
  })

const notBuilt = "this is not supported yet"

const validateUnsupported = (spec: AWSClusterSpec, at: string): ReadonlyArray<FieldError> => {
  const type = spec.controlPlaneLoadBalancer?.loadBalancerType ?? "classic"
  const vpc = spec.network?.vpc
  return [
    ...(type === "classic" || type === "disabled"
      ? []
      : [
          notSupported(`${at}.controlPlaneLoadBalancer.loadBalancerType`, type, `${notBuilt}; use classic or disabled`)
        ]),
    ...(spec.secondaryControlPlaneLoadBalancer === undefined
      ? []
      : [forbidden(`${at}.secondaryControlPlaneLoadBalancer`, notBuilt)]),
    ...(spec.bastion?.enabled === true ? [notSupported(`${at}.bastion.enabled`, true, notBuilt)] : []),
    ...(spec.s3Bucket === undefined ? [] : [forbidden(`${at}.s3Bucket`, notBuilt)]),
    ...(vpc?.ipv6 === undefined ? [] : [forbidden(`${at}.network.vpc.ipv6`, notBuilt)]),
    ...(vpc?.ipamPool === undefined ? [] : [forbidden(`${at}.network.vpc.ipamPool`, notBuilt)]),
    ...(vpc?.elasticIpPool === undefined ? [] : [forbidden(`${at}.network.vpc.elasticIpPool`, notBuilt)]),
    ...(vpc?.secondaryCidrBlocks === undefined ? [] : [forbidden(`${at}.network.vpc.secondaryCidrBlocks`, notBuilt)]),
    ...(vpc?.emptyRoutesDefaultVPCSecurityGroup === true
      ? [notSupported(`${at}.network.vpc.emptyRoutesDefaultVPCSecurityGroup`, true, notBuilt)]
      : []),
    ...(spec.network?.subnets ?? []).flatMap((subnet, index) =>
      subnet.isIpv6 === true || (subnet.zoneType !== undefined && subnet.zoneType !== "availability-zone")
        ? [
            notSupported(
              `${at}.network.subnets[${index}]`,
              subnet.id,
              "only IPv4 subnets in availability zones are supported"
            )
          ]
        : []
    )
  ]
}

const validateLoadBalancer = (spec: AWSClusterSpec, at: string): ReadonlyArray<FieldError> => {
  const balancer = spec.controlPlaneLoadBalancer
  if (balancer === undefined) return []
  const field = `${at}.controlPlaneLoadBalancer`
  if (balancer.loadBalancerType === "disabled") {
    const knobs = [
      "name",
      "crossZoneLoadBalancing",
      "subnets",
      "healthCheckProtocol",
      "additionalSecurityGroups",
      "additionalListeners",
      "ingressRules",
      "preserveClientIP",
      "disableHostsRewrite",
      "targetGroupIPType"
    ] as const
    return knobs.flatMap((knob) =>
      balancer[knob] === undefined
        ? []
        : [invalid(`${field}.${knob}`, balancer[knob], "cannot be set when the load balancer is disabled")]
    )
  }
  return [
    ...validateRules(`${field}.ingressRules`, balancer.ingressRules),
    ...(balancer.targetGroupIPType === undefined
      ? []
      : [
          invalid(
            `${field}.targetGroupIPType`,
            balancer.targetGroupIPType,
            "cannot be set with a classic load balancer"
          )
        ]),
    ...((balancer.additionalListeners ?? []).length === 0
      ? []
      : [
          invalid(
            `${field}.additionalListeners`,
            balancer.additionalListeners,
            "cannot be set with a classic load balancer"
          )
        ])
  ]
}

const validateNetwork = (spec: AWSClusterSpec, at: string): ReadonlyArray<FieldError> => {
  const network = spec.network
  if (network === undefined) return []
  const cidr = network.vpc?.cidrBlock
  return [
    ...(cidr === undefined || cidr === "" || isIpv4Cidr(cidr)
      ? []
      : [invalid(`${at}.network.vpc.cidrBlock`, cidr, "must be a valid IPv4 CIDR block")]),
    ...(network.subnets ?? []).flatMap((subnet, index) =>
      subnet.cidrBlock === undefined || subnet.cidrBlock === "" || isIpv4Cidr(subnet.cidrBlock)
        ? []
        : [invalid(`${at}.network.subnets[${index}].cidrBlock`, subnet.cidrBlock, "must be a valid IPv4 CIDR block")]
    ),
    ...validateRules(`${at}.network.additionalControlPlaneIngressRules`, network.additionalControlPlaneIngressRules),
    ...validateRules(`${at}.network.additionalNodeIngressRules`, network.additionalNodeIngressRules),
    ...validateCidrs(`${at}.network.nodePortIngressRuleCidrBlocks`, network.nodePortIngressRuleCidrBlocks)
  ]
}

const validateBastion = (spec: AWSClusterSpec, at: string): ReadonlyArray<FieldError> => [
  ...(spec.bastion?.disableIngressRules === true && (spec.bastion.allowedCIDRBlocks ?? []).length > 0
    ? [forbidden(`${at}.bastion.allowedCIDRBlocks`, "cannot be set when disableIngressRules is true")]
    : []),
  ...validateCidrs(`${at}.bastion.allowedCIDRBlocks`, spec.bastion?.allowedCIDRBlocks)
]

/** Everything that may be wrong with a spec by itself. */
export const validateAwsClusterSpec = (spec: AWSClusterSpec, at = "spec"): ReadonlyArray<FieldError> => [
  ...validateBastion(spec, at),
  ...validateTags(`${at}.additionalTags`, spec.additionalTags),
  ...validateSshKeyName(`${at}.sshKeyName`, spec.sshKeyName),
  ...validateNetwork(spec, at),
  ...validateLoadBalancer(spec, at),
  ...validateUnsupported(spec, at)
]

const immutable = (field: string, before: unknown, after: unknown): ReadonlyArray<FieldError> =>
  sameValue(before, after) ? [] : [invalid(field, after, "field is immutable")]

const validateUpdate = (object: ObjectOf<AWSClusterBody>, old: ObjectOf<AWSClusterBody>): ReadonlyArray<FieldError> => {
  const before = old.spec ?? {}
  const after = object.spec ?? {}
  const endpoint = before.controlPlaneEndpoint
  const vpcId = before.network?.vpc?.id
  const balancerBefore = before.controlPlaneLoadBalancer ?? {}
  const balancerAfter = after.controlPlaneLoadBalancer ?? {}
  const disabledBefore = balancerBefore.loadBalancerType === "disabled"
  const disabledAfter = balancerAfter.loadBalancerType === "disabled"
  const at = "spec.controlPlaneLoadBalancer"
  return [
    ...immutable("spec.region", before.region, after.region),
    ...(endpoint?.host ? immutable("spec.controlPlaneEndpoint", endpoint, after.controlPlaneEndpoint) : []),
    ...(vpcId ? immutable("spec.network.vpc.id", vpcId, after.network?.vpc?.id) : []),
    ...(before.identityRef !== undefined && after.identityRef === undefined
      ? [required("spec.identityRef", "cannot be unset once it is set")]
      : []),
    ...(disabledBefore !== disabledAfter
      ? [invalid(`${at}.loadBalancerType`, balancerAfter.loadBalancerType, "cannot be changed to or from disabled")]
      : []),
    ...(before.controlPlaneLoadBalancer === undefined
      ? []
      : [
          ...immutable(`${at}.name`, balancerBefore.name, balancerAfter.name),
          ...immutable(
            `${at}.scheme`,
            balancerBefore.scheme ?? "internet-facing",
            balancerAfter.scheme ?? "internet-facing"
          )
        ]),
    ...(old.metadata.annotations?.[managedByAnnotation] !== undefined &&
    object.metadata.annotations?.[managedByAnnotation] === undefined
      ? [
          invalid(
            "metadata.annotations",
            object.metadata.annotations,
            "the externally managed annotation cannot be removed"
          )
        ]
      : []),
    ...validateBastion(after, "spec"),
    ...validateTags("spec.additionalTags", after.additionalTags),
    ...validateUnsupported(after, "spec")
  ]
}

export const validateAwsCluster = (
  object: ObjectOf<AWSClusterBody>,
  old: ObjectOf<AWSClusterBody> | undefined
): ReadonlyArray<FieldError> =>
  old === undefined ? validateAwsClusterSpec(object.spec ?? {}) : validateUpdate(object, old)
