/**
 * AWSCluster as the provider contract wants it: observe, ensure, remove.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/infra-cluster
 */
import type { AwsError, Ec2Client, ElbClient } from "@capstan/aws"
import type { KubernetesClient } from "@capstan/kubernetes"
import type { ClusterOutcome, ClusterScope, NameResolver, ProviderReconciler, Removal } from "@capstan/provider"
import { Clock, Effect } from "effect"
import {
  clusterConditions,
  clusterReasons,
  type Complaint,
  deletionReasons,
  fails,
  markCluster
} from "../Conditions.ts"
import { failureReasonOf, warning } from "../Events.ts"
import type { AWSClusterBody } from "../kinds/AWSCluster.ts"
import type { RetryPace } from "../RetryPace.ts"
import { ensureAwsCluster } from "./AwsClusterEnsure.ts"
import { removeAwsCluster } from "./AwsClusterRemove.ts"
import { type ClusterContext, severityOf, waiting } from "./ClusterStep.ts"
import { describeAwsError, fromApiError } from "../Failure.ts"
import { checkIdentity } from "./Identity.ts"
import { type NetworkFacts, readNetworkFacts } from "./NetworkFacts.ts"

/** What was seen, or why nothing could be. */
export type AwsClusterFacts =
  | { readonly _tag: "Seen"; readonly network: NetworkFacts }
  | { readonly _tag: "Denied"; readonly complaint: Complaint }
  | { readonly _tag: "Unreadable"; readonly complaint: Complaint; readonly requeueAfterMillis: number }

export interface ClusterServices {
  readonly api: KubernetesClient
  readonly ec2: Ec2Client
  readonly elb: ElbClient
  readonly resolver: NameResolver["Service"]
  readonly pace: RetryPace
}

/** How long a cluster that may not be worked on is left alone: somebody must change a permission. */
const deniedMillis = 60_000

const unreadable = Effect.fnUntraced(function* (context: ClusterContext, error: AwsError) {
  const object = context.scope.infrastructure.get()
  const now = yield* Clock.currentTimeMillis
  const complaint = {
    reason: clusterReasons.vpcFailed,
    severity: severityOf(context),
    message: describeAwsError(error)
  }
  yield* warning(object, failureReasonOf(error.operation), complaint.message)
  markCluster(context.scope.infrastructure, fails(clusterConditions.vpc, complaint), now)
  const requeueAfterMillis = yield* context.pace.next(object.metadata.uid, error)
  const facts: AwsClusterFacts = { _tag: "Unreadable", complaint, requeueAfterMillis }
  return facts
})

const stopped = (facts: Exclude<AwsClusterFacts, { _tag: "Seen" }>) =>
  waiting(facts.complaint, facts._tag === "Denied" ? deniedMillis : facts.requeueAfterMillis)

/** The reconciler over its services. */
export const awsClusterReconciler = (
  services: ClusterServices
): ProviderReconciler<ClusterScope<AWSClusterBody>, AwsClusterFacts, ClusterOutcome> => {
  const contextOf = (scope: ClusterScope<AWSClusterBody>): ClusterContext => ({
    ec2: services.ec2,
    elb: services.elb,
    pace: services.pace,
    scope,
    name: scope.cluster.metadata.name
  })
  return {
    observe: Effect.fnUntraced(function* (scope) {
      const complaint = yield* Effect.mapError(checkIdentity(services.api, scope), fromApiError)
      if (complaint !== undefined) {
        yield* warning(scope.infrastructure.get(), complaint.reason, complaint.message)
        return { _tag: "Denied", complaint } as const
      }
      const context = contextOf(scope)
      return yield* readNetworkFacts(context).pipe(
        Effect.map((network): AwsClusterFacts => ({ _tag: "Seen", network })),
        Effect.catchTag("AwsError", (error) => unreadable(context, error))
      )
    }),
    ensure: (scope, facts) =>
      facts._tag === "Seen"
        ? ensureAwsCluster(contextOf(scope), services.resolver, facts.network)
        : Effect.succeed(stopped(facts)),
    remove: (scope, facts) => {
      if (facts._tag === "Seen") return removeAwsCluster(contextOf(scope), facts.network)
      const { message, requeueAfterMillis } = stopped(facts)
      const removal: Removal = {
        _tag: "Removing",
        reason: deletionReasons.failed,
        message,
        ...(requeueAfterMillis === undefined ? {} : { requeueAfterMillis })
      }
      return Effect.succeed(removal)
    }
  }
}
