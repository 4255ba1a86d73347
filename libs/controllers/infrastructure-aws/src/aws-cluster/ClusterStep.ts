/**
 * What every step of an AWSCluster's reconcile is given, and how a step's end becomes a condition.
 *
 * A step gives its result, or `Waiting` when AWS needs time: nothing blocks inside a reconcile. A refusal by AWS becomes
 * the condition's message, an event for people, and a pause that grows.
 */
import type { AwsError, Ec2Client, ElbClient } from "@capstan/aws"
import type { ApiError } from "@capstan/kubernetes"
import type { ClusterScope, ProviderError, Waiting } from "@capstan/provider"
import { Clock, Effect } from "effect"
import { type Complaint, fails, holds, markCluster } from "../Conditions.ts"
import { failureReasonOf, warning } from "../Events.ts"
import { describeAwsError, fromApiError } from "../Failure.ts"
import type { AWSClusterBody, AWSClusterSpec, AWSClusterStatus } from "../kinds/AWSCluster.ts"
import type { NetworkSpec } from "../kinds/NetworkSpec.ts"
import type { NetworkStatus } from "../kinds/NetworkStatus.ts"
import type { RetryPace } from "../RetryPace.ts"

export interface ClusterContext {
  readonly ec2: Ec2Client
  readonly elb: ElbClient
  readonly pace: RetryPace
  readonly scope: ClusterScope<AWSClusterBody>
  /** The Cluster's name: what tags and names at AWS are made of. */
  readonly name: string
}

export const specOf = (context: ClusterContext): AWSClusterSpec => context.scope.infrastructure.get().spec ?? {}

export const statusOf = (context: ClusterContext): AWSClusterStatus | undefined =>
  context.scope.infrastructure.get().status

export const networkOf = (context: ClusterContext): NetworkSpec => specOf(context).network ?? {}

/** Changes the network of the spec. Give back the same reference to change nothing. */
export const changeNetwork = (context: ClusterContext, change: (network: NetworkSpec) => NetworkSpec): void =>
  context.scope.infrastructure.change((object) => {
    const before = object.spec?.network ?? {}
    const network = change(before)
    return network === before ? object : { ...object, spec: { ...object.spec, network } }
  })

export const changeNetworkStatus = (context: ClusterContext, change: (status: NetworkStatus) => NetworkStatus): void =>
  context.scope.infrastructure.change((object) => {
    const before = object.status?.networkStatus ?? {}
    const networkStatus = change(before)
    return networkStatus === before ? object : { ...object, status: { ready: false, ...object.status, networkStatus } }
  })

/** The port on which the API server is reached through the load balancer. */
export const apiServerPort = (context: ClusterContext): number =>
  context.scope.cluster.spec.clusterNetwork?.apiServerPort ?? 6443

/** Writes what has been learnt so far: it must not be lost if the process dies on the next line. */
export const persist = (context: ClusterContext): Effect.Effect<void, ApiError> => context.scope.infrastructure.persist

/** What a step may fail with besides having to wait. */
export type StepError = AwsError | ApiError

export const isWaiting = (value: unknown): value is Waiting =>
  typeof value === "object" && value !== null && "_tag" in value && value._tag === "Waiting"

export const waiting = (complaint: Complaint, requeueAfterMillis: number): Waiting => ({
  _tag: "Waiting",
  ...complaint,
  requeueAfterMillis
})

/** Failures matter more once the cluster works: a warning before its control plane is up, an error afterwards. */
export const severityOf = (context: ClusterContext): "Warning" | "Error" =>
  context.scope.cluster.status?.initialization?.controlPlaneInitialized === true ? "Error" : "Warning"

/**
 * Runs one step under its condition: True when it gives a result, False while it waits or fails.
 */
export const runStep = <A>(
  context: ClusterContext,
  options: { readonly condition: string; readonly failure: string },
  step: Effect.Effect<A | Waiting, StepError>
): Effect.Effect<A | Waiting, ProviderError> =>
  Effect.gen(function* () {
    const result = yield* Effect.catchTag(step, "AwsError", (error) => refused(context, options, error))
    const now = yield* Clock.currentTimeMillis
    const { infrastructure } = context.scope
    if (isWaiting(result)) {
      const { message, reason, severity } = result
      markCluster(infrastructure, fails(options.condition, { reason, message, severity: severity ?? "Info" }), now)
    } else {
      markCluster(infrastructure, holds(options.condition), now)
    }
    return result
  }).pipe(Effect.catchTag("ApiError", (error) => Effect.fail(fromApiError(error))))

const refused = Effect.fnUntraced(function* (
  context: ClusterContext,
  options: { readonly failure: string },
  error: AwsError
) {
  const message = describeAwsError(error)
  yield* warning(context.scope.infrastructure.get(), failureReasonOf(error.operation), message)
  const pause = yield* context.pace.next(context.scope.infrastructure.get().metadata.uid, error)
  return waiting({ reason: options.failure, severity: severityOf(context), message }, pause)
})
