/**
 * What Prometheus' clients tell of every process, under their names: processor time, memory, start.
 *
 * Taken when somebody asks.
 *
 * @source https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics
 */
import { Effect, Metric } from "effect"

const cpuSeconds = Metric.counter("process_cpu_seconds_total", {
  description: "Processor time of this process, in user and system mode, seconds",
  incremental: true
})
const residentBytes = Metric.gauge("process_resident_memory_bytes", {
  description: "Memory of this process that is in use, bytes"
})
const startSeconds = Metric.gauge("process_start_time_seconds", {
  description: "When this process began, seconds since 1970"
})

/** Brings the three up to date. */
export const takeProcessMetrics: Effect.Effect<void> = Effect.gen(function* () {
  const { system, user } = process.cpuUsage()
  const { count } = yield* Metric.value(cpuSeconds)
  yield* Metric.update(cpuSeconds, (user + system) / 1e6 - count)
  yield* Metric.update(residentBytes, process.memoryUsage.rss())
  yield* Metric.update(startSeconds, Math.round(performance.timeOrigin) / 1000)
})
