/**
 * An AWSCluster taken down: load balancers, security groups, then the network from the leaves to the VPC.
 *
 * Each pass does all that is possible now and says what it waits for. Nothing is taken on trust: the end is reached when a
 * look at AWS shows nothing of the cluster any more. What does not carry our tag is left, and named where it is in the way.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws pkg/cloud/services/network/network.go
 */
import { type AwsError, catchClass, type Ec2Shapes, isDependency } from "@capstan/aws"
import type { ProviderError, Removal } from "@capstan/provider"
import { Clock, Effect } from "effect"
import { clusterConditions as conditions, deletionReasons, fails, markCluster, removing } from "../Conditions.ts"
import { failureReasonOf, normal, warning } from "../Events.ts"
import { clusterTag, isOwned } from "../Tags.ts"
import { type ClusterContext, type StepError } from "./ClusterStep.ts"
import { describeAwsError, fromApiError } from "../Failure.ts"
import { millisUntilVisible } from "./CreationIntent.ts"
import { type NetworkFacts, vpcFilter } from "./NetworkFacts.ts"
import { removeInternetGateways } from "./network/InternetGateway.ts"
import { removeLoadBalancers } from "./network/LoadBalancer.ts"
import { removeAddresses, removeNatGateways } from "./network/NatGateways.ts"
import { removeRouteTables } from "./network/RouteTables.ts"
import { removeSecurityGroups } from "./network/SecurityGroups.ts"

/** What one step has left to wait for; nothing when it is through. */
type Remainder = string | undefined

/** Runs one step under its condition: `Deleting` while something is left, `Deleted` afterwards, `DeletingFailed` when refused. */
const runRemoval = Effect.fnUntraced(function* (
  context: ClusterContext,
  condition: string,
  step: Effect.Effect<Remainder, StepError>
): Effect.fn.Return<Removal | undefined, ProviderError> {
  const { infrastructure } = context.scope
  const result = yield* step.pipe(
    Effect.map((remainder) => (remainder === undefined ? undefined : removing(remainder, 15_000))),
    Effect.catchTag("AwsError", (error) => refused(context, error)),
    Effect.catchTag("ApiError", (error) => Effect.fail(fromApiError(error)))
  )
  const now = yield* Clock.currentTimeMillis
  const failed = result?._tag === "Removing" && result.reason === deletionReasons.failed
  const reason =
    result === undefined ? deletionReasons.deleted : failed ? deletionReasons.failed : deletionReasons.deleting
  const message = result?._tag === "Removing" ? result.message : ""
  markCluster(infrastructure, fails(condition, { reason, severity: failed ? "Warning" : "Info", message }), now)
  return result
})

const refused = Effect.fnUntraced(function* (context: ClusterContext, error: AwsError) {
  const blockers = isDependency(error) ? yield* nameBlockers(context) : ""
  const message = `${describeAwsError(error)}${blockers}`
  const object = context.scope.infrastructure.get()
  yield* warning(object, failureReasonOf(error.operation), message)
  return removing(message, yield* context.pace.next(object.metadata.uid, error), deletionReasons.failed)
})

/** The network interfaces that are still in the VPC: what keeps subnets and groups from going. */
const nameBlockers = (context: ClusterContext): Effect.Effect<string> => {
  const vpcId = context.scope.infrastructure.get().spec?.network?.vpc?.id
  if (vpcId === undefined) return Effect.succeed("")
  return context.ec2.describeNetworkInterfaces({ Filters: [vpcFilter(vpcId)] }).pipe(
    Effect.map(({ NetworkInterfaces }) => {
      const names = (NetworkInterfaces ?? []).map(({ Description, NetworkInterfaceId }) =>
        Description === undefined || Description === "" ? NetworkInterfaceId : `${NetworkInterfaceId} (${Description})`
      )
      return names.length === 0 ? "" : `; still in the VPC: ${names.slice(0, 5).join(", ")}`
    }),
    Effect.catchTag("AwsError", () => Effect.succeed(""))
  )
}

const removeGroups = Effect.fnUntraced(function* (context: ClusterContext, facts: NetworkFacts) {
  const inUse = yield* removeSecurityGroups(context, facts)
  return inUse.length === 0
    ? undefined
    : `security groups still in use: ${inUse.join(", ")}${yield* nameBlockers(context)}`
})

const removeGateways = Effect.fnUntraced(function* (context: ClusterContext, facts: NetworkFacts) {
  const left = yield* removeNatGateways(context, facts)
  if (left > 0) return `waiting for ${left} NAT gateways to be deleted`
  yield* removeAddresses(context, facts)
  return undefined
})

const removeSubnets = Effect.fnUntraced(function* ({ ec2, name, scope }: ClusterContext, facts: NetworkFacts) {
  for (const { SubnetId, Tags } of facts.subnets) {
    if (SubnetId === undefined || !isOwned(Tags, name)) continue
    yield* ec2.deleteSubnet({ SubnetId }).pipe(catchClass("notFound", () => Effect.void))
    yield* normal(scope.infrastructure.get(), "SuccessfulDeleteSubnet", `Deleted subnet ${SubnetId}`)
  }
  return undefined
})

const removeVpcs = Effect.fnUntraced(function* ({ ec2, scope }: ClusterContext, vpcs: ReadonlyArray<Ec2Shapes.Vpc>) {
  for (const { VpcId } of vpcs) {
    if (VpcId === undefined) continue
    yield* ec2.deleteVpc({ VpcId }).pipe(catchClass("notFound", () => Effect.void))
    yield* normal(scope.infrastructure.get(), "SuccessfulDeleteVPC", `Deleted VPC ${VpcId}`)
  }
  return undefined
})

/** The network of a VPC that is ours. Stops at the first step that is not through: each stands on the one before. */
const removeNetwork = Effect.fnUntraced(function* (context: ClusterContext, facts: NetworkFacts) {
  const vpcs = [...(facts.vpc === undefined ? [] : [facts.vpc]), ...facts.duplicateVpcs]
  const steps = [
    [conditions.routeTables, Effect.as(removeRouteTables(context, facts), undefined)],
    [conditions.natGateways, removeGateways(context, facts)],
    [conditions.internetGateway, Effect.as(removeInternetGateways(context, facts), undefined)],
    [conditions.subnets, removeSubnets(context, facts)],
    [conditions.vpc, removeVpcs(context, vpcs)]
  ] as const
  for (const [condition, step] of steps) {
    const left = yield* runRemoval(context, condition, step)
    if (left !== undefined) return left
  }
  return undefined
})

/** Whether AWS shows anything of the cluster. Pure. */
export const isGone = (facts: NetworkFacts, cluster: string): boolean => {
  const owned = (resources: ReadonlyArray<{ readonly Tags?: ReadonlyArray<Ec2Shapes.Tag> | undefined }>): boolean =>
    resources.some(({ Tags }) => isOwned(Tags, cluster))
  const network =
    facts.managed &&
    (facts.vpc !== undefined ||
      facts.duplicateVpcs.length > 0 ||
      facts.internetGateways.length > 0 ||
      facts.addresses.length > 0)
  return (
    !network &&
    !owned(facts.securityGroups) &&
    (facts.loadBalancer === undefined || facts.loadBalancer.tags[clusterTag(cluster)] !== "owned")
  )
}

/** One pass of the removal. */
export const removeAwsCluster = Effect.fnUntraced(function* (
  context: ClusterContext,
  facts: NetworkFacts
): Effect.fn.Return<Removal, ProviderError> {
  const now = yield* Clock.currentTimeMillis
  const hidden = millisUntilVisible(context, now)
  if (isGone(facts, context.name)) {
    context.pace.reset(context.scope.infrastructure.get().metadata.uid)
    if (hidden > 0)
      return removing("a resource that was just being created may not be visible yet", Math.min(hidden, 15_000))
    return { _tag: "Removed" }
  }
  const balancers = yield* runRemoval(
    context,
    conditions.loadBalancer,
    Effect.map(removeLoadBalancers(context, facts), (names): Remainder =>
      names.length === 0 ? undefined : `waiting for load balancers to be deleted: ${names.join(", ")}`
    )
  )
  const groups = yield* runRemoval(context, conditions.securityGroups, removeGroups(context, facts))
  const network = facts.managed ? yield* removeNetwork(context, facts) : undefined
  return balancers ?? groups ?? network ?? removing("looking once more that nothing is left", 5_000)
})
