/**
 * The metrics of calls to AWS, under upstream's names and labels.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws pkg/cloud/metrics
 */
import { Clock, Context, Effect, Metric } from "effect"

/** Of one attempt. */
export interface AttemptLabels {
  readonly service: string
  readonly region: string
  readonly operation: string
  /** HTTP status; 0 when nobody answered. */
  readonly statusCode: number
  /** AWS's error code; empty for an answer. */
  readonly errorCode: string
}

/** Who calls, for the label `controller` of the metrics; `capstan` unless said. */
export const CallingController: Context.Reference<string> = Context.Reference<string>(
  "@capstan/aws-live/CallingController",
  { defaultValue: () => "capstan" }
)

const secondBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const retryBuckets = [0, 1, 2, 3, 4, 5]

/** Counts one attempt and how long it took. */
export const countAttempt = (labels: AttemptLabels, startedNanos: bigint): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { errorCode, operation, region, service, statusCode } = labels
    const controller = yield* CallingController
    const seconds = Number((yield* Clock.monotonicTimeNanos) - startedNanos) / 1e9
    const called = { controller, service, region, operation }
    const attributes = { ...called, status_code: String(statusCode), error_code: errorCode }
    yield* Metric.update(Metric.counter("aws_api_requests_total_v2", { attributes, incremental: true }), 1)
    yield* Metric.update(
      Metric.histogram("aws_api_request_duration_seconds_v2", { attributes: called, boundaries: secondBuckets }),
      seconds
    )
  })

/** Records how often a call was made again. */
export const countRetries = (
  labels: Pick<AttemptLabels, "service" | "region" | "operation">,
  retries: number
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { operation, region, service } = labels
    const controller = yield* CallingController
    const attributes = { controller, service, region, operation }
    yield* Metric.update(Metric.histogram("aws_api_call_retries_v2", { attributes, boundaries: retryBuckets }), retries)
  })
