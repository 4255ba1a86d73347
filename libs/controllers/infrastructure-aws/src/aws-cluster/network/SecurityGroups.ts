/**
 * Security groups: one a role, found by name and the cluster's tag, created when missing, rules brought into line.
 *
 * First all groups exist, then rules are compared, since rules name groups. The group `lb` is the cloud controller's
 * after its creation: its rules are never looked at again. A group's name is unique in its VPC, so that creating one twice
 * is refused by EC2 itself.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws pkg/cloud/services/securitygroup/securitygroups.go
 */
import { catchClass, catchCode, type Ec2Shapes } from "@capstan/aws"
import type { Waiting } from "@capstan/provider"
import { Effect } from "effect"
import { clusterReasons } from "../../Conditions.ts"
import { normal } from "../../Events.ts"
import { sameValue } from "../../kinds/FieldErrors.ts"
import type { SecurityGroup } from "../../kinds/NetworkStatus.ts"
import { buildTags, isOwned, kubernetesTag, missingTags, type TagMap, toAwsTags, toTagMap } from "../../Tags.ts"
import {
  apiServerPort,
  changeNetworkStatus,
  type ClusterContext,
  networkOf,
  severityOf,
  specOf,
  statusOf,
  type StepError,
  waiting
} from "../ClusterStep.ts"
import type { NetworkFacts } from "../NetworkFacts.ts"
import {
  desiredRules,
  diffRules,
  type FlatRule,
  flatten,
  type ManagedRole,
  managedRoles,
  type RuleInputs,
  toIngressRules,
  toPermission
} from "./SecurityGroupRules.ts"
import { defaultVpcCidr } from "./Vpc.ts"

/** EC2 takes no group name that begins like an id. */
export const securityGroupName = (cluster: string, role: string): string =>
  cluster.startsWith("sg-") ? `@${cluster}-${role}` : `${cluster}-${role}`

const groupTags = (context: ClusterContext, role: ManagedRole): TagMap => {
  const { [kubernetesTag(context.name)]: _, ...additional } = specOf(context).additionalTags ?? {}
  return buildTags({
    cluster: context.name,
    name: securityGroupName(context.name, role),
    role,
    additional,
    extra: role === "lb" ? { [kubernetesTag(context.name)]: "owned" } : {}
  })
}

const create = Effect.fnUntraced(function* (context: ClusterContext, VpcId: string, role: ManagedRole) {
  const GroupName = securityGroupName(context.name, role)
  const Tags = toAwsTags(groupTags(context, role))
  const answer = yield* context.ec2.createSecurityGroup({
    GroupName,
    Description: `Kubernetes cluster ${context.name}: ${role}`,
    VpcId,
    TagSpecifications: [{ ResourceType: "security-group", Tags }]
  })
  yield* normal(
    context.scope.infrastructure.get(),
    "SuccessfulCreateSecurityGroup",
    `Created managed SecurityGroup ${answer.GroupId} for Role "${role}"`
  )
  const group: Ec2Shapes.SecurityGroup = { ...answer, GroupName, Tags }
  return group
})

const findGroup = (context: ClusterContext, facts: NetworkFacts, role: ManagedRole) =>
  facts.securityGroups.find(
    (group) => group.GroupName === securityGroupName(context.name, role) && isOwned(group.Tags, context.name)
  )

const ruleInputs = (context: ClusterContext, groups: { readonly [role: string]: string }): RuleInputs => {
  const spec = specOf(context)
  return {
    groups,
    network: networkOf(context),
    scheme: spec.controlPlaneLoadBalancer?.scheme ?? "internet-facing",
    apiIngressRules: spec.controlPlaneLoadBalancer?.ingressRules ?? [],
    apiServerPort: apiServerPort(context),
    natAddresses: statusOf(context)?.networkStatus?.natGatewaysIPs ?? [],
    vpcCidr: networkOf(context).vpc?.cidrBlock ?? defaultVpcCidr
  }
}

const revoke = Effect.fnUntraced(function* (context: ClusterContext, GroupId: string, rules: ReadonlyArray<FlatRule>) {
  if (rules.length === 0) return
  yield* context.ec2.revokeSecurityGroupIngress({ GroupId, IpPermissions: rules.map(toPermission) }).pipe(
    Effect.asVoid,
    catchCode("InvalidPermission.NotFound", () => Effect.void)
  )
  yield* normal(
    context.scope.infrastructure.get(),
    "SuccessfulRevokeSecurityGroupIngressRules",
    `Revoked ${rules.length} security group ingress rules from ${GroupId}`
  )
})

const authorize = Effect.fnUntraced(function* (
  context: ClusterContext,
  GroupId: string,
  rules: ReadonlyArray<FlatRule>
) {
  if (rules.length === 0) return
  yield* context.ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions: rules.map(toPermission) }).pipe(
    Effect.asVoid,
    // A batch is all or nothing: one rule that is already there must not keep out the others.
    catchCode("InvalidPermission.Duplicate", () =>
      rules.length === 1
        ? Effect.void
        : Effect.forEach(
            rules,
            (flat) =>
              context.ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions: [toPermission(flat)] }).pipe(
                Effect.asVoid,
                catchCode("InvalidPermission.Duplicate", () => Effect.void)
              ),
            { discard: true }
          )
    )
  )
  yield* normal(
    context.scope.infrastructure.get(),
    "SuccessfulAuthorizeSecurityGroupIngressRules",
    `Authorized ${rules.length} security group ingress rules for ${GroupId}`
  )
})

const ensureRules = Effect.fnUntraced(function* (
  context: ClusterContext,
  group: Ec2Shapes.SecurityGroup,
  wanted: ReadonlyArray<FlatRule>
) {
  const id = group.GroupId ?? ""
  const changes = diffRules(flatten(group.IpPermissions), wanted)
  yield* revoke(context, id, changes.revokeFirst)
  yield* authorize(context, id, changes.authorize)
  yield* revoke(context, id, changes.revokeAfter)
})

const record = (context: ClusterContext, securityGroups: { readonly [role: string]: SecurityGroup }): void =>
  changeNetworkStatus(context, (status) =>
    sameValue(status.securityGroups ?? {}, securityGroups) ? status : { ...status, securityGroups }
  )

/** Ids by role. */
export const ensureSecurityGroups = Effect.fnUntraced(function* (
  context: ClusterContext,
  facts: NetworkFacts,
  vpcId: string
): Effect.fn.Return<{ readonly [role: string]: string } | Waiting, StepError> {
  const overrides = networkOf(context).securityGroupOverrides ?? {}
  if (facts.managed && Object.keys(overrides).length > 0) {
    const message = "securityGroupOverrides go with a VPC of your own only"
    return waiting({ reason: clusterReasons.securityGroupsFailed, severity: "Error", message }, 300_000)
  }
  const groups = new Map<ManagedRole, Ec2Shapes.SecurityGroup>()
  for (const role of managedRoles) {
    const override = overrides[role]
    const group =
      override === undefined
        ? (findGroup(context, facts, role) ??
          (yield* create(context, vpcId, role).pipe(
            catchCode("InvalidGroup.Duplicate", () => Effect.succeed(undefined))
          )))
        : facts.securityGroups.find((candidate) => candidate.GroupId === override)
    if (group === undefined) {
      const message =
        override === undefined
          ? `security group ${securityGroupName(context.name, role)} exists but is not visible yet, or is not ours`
          : `security group ${override} for role ${role} was not found in the VPC`
      return waiting({ reason: clusterReasons.securityGroupsFailed, severity: severityOf(context), message }, 10_000)
    }
    groups.set(role, group)
  }
  const ids = Object.fromEntries([...groups].map(([role, group]) => [role, group.GroupId ?? ""]))
  const inputs = ruleInputs(context, ids)
  const recorded: { [role: string]: SecurityGroup } = {}
  for (const [role, group] of groups) {
    const id = ids[role] ?? ""
    const foreign = overrides[role] !== undefined
    const wanted = desiredRules(role, inputs)
    const tags = groupTags(context, role)
    if (!foreign && role !== "lb") yield* ensureRules(context, group, wanted)
    if (!foreign && missingTags(tags, toTagMap(group.Tags)) !== undefined) {
      yield* context.ec2.createTags({ Resources: [id], Tags: toAwsTags(tags) })
    }
    recorded[role] = {
      id,
      name: group.GroupName ?? "",
      ...(foreign || wanted.length === 0 ? {} : { ingressRule: toIngressRules(wanted) }),
      tags: foreign ? toTagMap(group.Tags) : { ...toTagMap(group.Tags), ...tags }
    }
  }
  record(context, recorded)
  return ids
})

/** Ours by either tag: the cluster's, or that of the cloud controller for the groups of Services' load balancers. */
const isDeletable = (context: ClusterContext, group: Ec2Shapes.SecurityGroup): boolean =>
  group.GroupName !== "default" &&
  (isOwned(group.Tags, context.name) || toTagMap(group.Tags)[kubernetesTag(context.name)] === "owned")

/**
 * Empties all groups of their rules first, so that none is kept by another's rule, then deletes them. Gives back the names
 * of those that something still uses.
 */
export const removeSecurityGroups = Effect.fnUntraced(function* (context: ClusterContext, facts: NetworkFacts) {
  const groups = facts.securityGroups.filter((group) => isDeletable(context, group))
  for (const { GroupId, IpPermissions } of groups) {
    if (GroupId === undefined || (IpPermissions ?? []).length === 0) continue
    yield* context.ec2
      .revokeSecurityGroupIngress({
        GroupId,
        IpPermissions: flatten(IpPermissions).map(toPermission)
      })
      .pipe(
        Effect.asVoid,
        catchClass("notFound", () => Effect.void)
      )
  }
  const inUse: Array<string> = []
  for (const { GroupId, GroupName } of groups) {
    if (GroupId === undefined) continue
    const gone = yield* context.ec2.deleteSecurityGroup({ GroupId }).pipe(
      Effect.as(true),
      catchClass("notFound", () => Effect.succeed(true)),
      catchClass("dependency", () => Effect.succeed(false))
    )
    if (gone) {
      yield* normal(
        context.scope.infrastructure.get(),
        "SuccessfulDeleteSecurityGroup",
        `Deleted security group ${GroupId} (${GroupName})`
      )
    } else inUse.push(`${GroupName} (${GroupId})`)
  }
  return inUse
})
