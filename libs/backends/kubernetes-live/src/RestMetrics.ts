/**
 * The metrics of a client's calls, under client-go's names and with its buckets.
 *
 * `code` is the HTTP status, or `<error>` when there was no answer. Left out: sizes of requests and answers.
 *
 * @source https://github.com/kubernetes/component-base/blob/master/metrics/prometheus/restclient/metrics.go
 */
import { Effect, Metric } from "effect"

const seconds = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60]

export interface RestMetrics {
  /** A call has ended, or a watch has opened. `verb` as in `LIST`, `method` as in `GET`. */
  readonly answered: (call: {
    readonly verb: string
    readonly method: string
    readonly code: number | undefined
    readonly millis: number
  }) => Effect.Effect<void>
  readonly throttled: (verb: string, millis: number) => Effect.Effect<void>
  readonly retried: (call: { readonly verb: string; readonly code: number | undefined }) => Effect.Effect<void>
}

/** @param host host and port of the server. */
export const makeRestMetrics = (host: string): RestMetrics => {
  const counters = new Map<string, Metric.Metric<number, unknown>>()
  const series = (id: string, make: () => Metric.Metric<number, unknown>): Metric.Metric<number, unknown> => {
    const known = counters.get(id)
    if (known !== undefined) return known
    const made = make()
    counters.set(id, made)
    return made
  }
  const counter = (name: string, attributes: { readonly [label: string]: string }): Metric.Metric<number, unknown> =>
    series(`${name} ${Object.values(attributes).join(" ")}`, () =>
      Metric.counter(name, { attributes: { ...attributes, host }, incremental: true })
    )
  const histogram = (name: string, verb: string): Metric.Metric<number, unknown> =>
    series(`${name} ${verb}`, () => Metric.histogram(name, { attributes: { verb, host }, boundaries: seconds }))
  const shown = (code: number | undefined): string => (code === undefined ? "<error>" : String(code))
  return {
    answered: ({ code, method, millis, verb }) =>
      Effect.andThen(
        Metric.update(counter("rest_client_requests_total", { code: shown(code), method }), 1),
        Metric.update(histogram("rest_client_request_duration_seconds", verb), millis / 1000)
      ),
    throttled: (verb, millis) =>
      Metric.update(histogram("rest_client_rate_limiter_duration_seconds", verb), millis / 1000),
    retried: ({ code, verb }) =>
      Metric.update(counter("rest_client_request_retries_total", { code: shown(code), verb }), 1)
  }
}
