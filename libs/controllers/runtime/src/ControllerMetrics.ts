/**
 * The metrics of one controller, under the names that controller-runtime and client-go give them.
 *
 * All series of a controller are made once; an update is a look-up in the registry and an addition. Left out:
 * `workqueue_unfinished_work_seconds` and `workqueue_longest_running_processor_seconds`.
 *
 * @source https://book.kubebuilder.io/reference/metrics-reference
 */
import { type Context, Metric } from "effect"

export type ReconcileResult = "success" | "error" | "requeue_after"

/** Upstream's buckets, in seconds. */
const reconcileBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2,
  2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60
]
const queueBuckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1000]

export interface ControllerMetrics {
  /** Times in milliseconds. */
  readonly started: (waitedMillis: number, active: number, depth: number) => void
  readonly ended: (result: ReconcileResult, tookMillis: number, active: number) => void
  readonly queued: (adds: number, retries: number, depth: number) => void
  readonly skippedStale: () => void
}

export const makeControllerMetrics = (controller: string, context: Context.Context<never>): ControllerMetrics => {
  const attributes = { controller }
  const queue = { name: controller, controller }
  const total = (result: ReconcileResult) =>
    Metric.counter("controller_runtime_reconcile_total", { attributes: { controller, result }, incremental: true })
  const totals = { success: total("success"), error: total("error"), requeue_after: total("requeue_after") }
  const errors = Metric.counter("controller_runtime_reconcile_errors_total", { attributes, incremental: true })
  const seconds = Metric.histogram("controller_runtime_reconcile_time_seconds", {
    attributes,
    boundaries: reconcileBuckets
  })
  const activeWorkers = Metric.gauge("controller_runtime_active_workers", { attributes })
  const staleSkips = Metric.counter("capi_reconcile_stale_cache_skips_total", { attributes, incremental: true })
  const depthOf = Metric.gauge("workqueue_depth", { attributes: queue })
  const addsTotal = Metric.counter("workqueue_adds_total", { attributes: queue, incremental: true })
  const retriesTotal = Metric.counter("workqueue_retries_total", { attributes: queue, incremental: true })
  const queueSeconds = Metric.histogram("workqueue_queue_duration_seconds", {
    attributes: queue,
    boundaries: queueBuckets
  })
  const workSeconds = Metric.histogram("workqueue_work_duration_seconds", {
    attributes: queue,
    boundaries: queueBuckets
  })

  let addsBefore = 0
  let retriesBefore = 0
  return {
    started: (waitedMillis, active, depth) => {
      queueSeconds.updateUnsafe(waitedMillis / 1000, context)
      activeWorkers.updateUnsafe(active, context)
      depthOf.updateUnsafe(depth, context)
    },
    ended: (result, tookMillis, active) => {
      totals[result].updateUnsafe(1, context)
      if (result === "error") errors.updateUnsafe(1, context)
      seconds.updateUnsafe(tookMillis / 1000, context)
      workSeconds.updateUnsafe(tookMillis / 1000, context)
      activeWorkers.updateUnsafe(active, context)
    },
    queued: (adds, retries, depth) => {
      if (adds !== addsBefore) {
        addsTotal.updateUnsafe(adds - addsBefore, context)
        addsBefore = adds
        depthOf.updateUnsafe(depth, context)
      }
      if (retries !== retriesBefore) {
        retriesTotal.updateUnsafe(retries - retriesBefore, context)
        retriesBefore = retries
      }
    },
    skippedStale: () => staleSkips.updateUnsafe(1, context)
  }
}
