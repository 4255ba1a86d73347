/**
 * What Prometheus' clients tell of every process, under their names: processor time, memory, start; and of Node's memory.
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

const heapUsedBytes = Metric.gauge("nodejs_heap_size_used_bytes", { description: "Objects on the heap, bytes" })
const heapTotalBytes = Metric.gauge("nodejs_heap_size_total_bytes", { description: "The heap with its room, bytes" })
const externalBytes = Metric.gauge("nodejs_external_memory_bytes", {
  description: "Memory outside of the heap that objects on it hold, bytes"
})

/** Brings all of them up to date. */
export const takeProcessMetrics: Effect.Effect<void> = Effect.gen(function* () {
  const { system, user } = process.cpuUsage()
  const { count } = yield* Metric.value(cpuSeconds)
  yield* Metric.update(cpuSeconds, (user + system) / 1e6 - count)
  const { external, heapTotal, heapUsed, rss } = process.memoryUsage()
  yield* Metric.update(residentBytes, rss)
  yield* Metric.update(heapUsedBytes, heapUsed)
  yield* Metric.update(heapTotalBytes, heapTotal)
  yield* Metric.update(externalBytes, external)
  yield* Metric.update(startSeconds, Math.round(performance.timeOrigin) / 1000)
})
