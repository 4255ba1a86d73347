/**
 * A trace as OpenTelemetry spans, in the JSON of OTLP: what a collector takes at `/v1/traces`, and Jaeger and Tempo show. Pure.
 *
 * Reconciles, calls, writes and what a scenario does on purpose are spans; the parent of a span is the nearest of these that caused it.
 * Everything else becomes an event of the span that caused it. So one trace holds all that came from one beginning: a manifest, a step.
 * Ids are drawn from nothing: a span's is its event's number, a trace's its beginning's, with the start of virtual time before it.
 *
 * @source https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 * @source https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
 */
import type { TraceEvent } from "@capstan/kernel"
import { describeEvent } from "../model/EventText.ts"
import { callSpan, isCall, reconcilesOf, type Span as Stretch } from "./Reconciles.ts"
import type { RecordedTrace } from "./TraceFile.ts"

export interface KeyValue {
  readonly key: string
  readonly value: { readonly stringValue: string } | { readonly intValue: string }
}

export interface OtlpSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  /** 1 internal, 3 client. */
  readonly kind: 1 | 3
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: ReadonlyArray<KeyValue>
  readonly events: ReadonlyArray<{
    readonly timeUnixNano: string
    readonly name: string
    readonly attributes: ReadonlyArray<KeyValue>
  }>
  /** 0 unset, 2 error. */
  readonly status: { readonly code: 0 } | { readonly code: 2; readonly message: string }
}

export interface OtlpTraces {
  readonly resourceSpans: ReadonlyArray<{
    readonly resource: { readonly attributes: ReadonlyArray<KeyValue> }
    readonly scopeSpans: ReadonlyArray<{
      readonly scope: { readonly name: string; readonly version: string }
      readonly spans: ReadonlyArray<OtlpSpan>
    }>
  }>
}

const attribute = (key: string, value: unknown): ReadonlyArray<KeyValue> => {
  if (value === undefined || value === null || value === "") return []
  return typeof value === "number" && Number.isInteger(value)
    ? [{ key, value: { intValue: String(value) } }]
    : [{ key, value: { stringValue: typeof value === "string" ? value : JSON.stringify(value) } }]
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0")

const spanKinds = new Set([
  "reconcile",
  "write",
  "aws",
  "dev",
  "step.begun",
  "fault",
  "perturbation",
  "process.started"
])

const nameOf = (event: TraceEvent): string => {
  if (event.kind === "reconcile") return `reconcile ${String(event["controller"])}`
  if (isCall(event)) return `${String(event["service"])}.${String(event["operation"])}`
  if (event.kind === "write") return `${String(event["verb"])} ${String(event["resource"]).split(".")[0]}`
  return describeEvent(event)
}

const attributesOf = (event: TraceEvent): ReadonlyArray<KeyValue> => {
  const [namespace = "", name = ""] = event.kind === "reconcile" ? String(event["object"]).split("/") : []
  return [
    ...attribute("capstan.seq", event.seq),
    ...attribute("capstan.cause", event.cause),
    ...attribute("k8s.controller.name", event["controller"]),
    ...attribute("k8s.namespace.name", event["namespace"] ?? namespace),
    ...attribute("k8s.object.name", event["name"] ?? name),
    ...attribute("k8s.object.kind", event["resource"]),
    ...attribute("capstan.trigger", event["trigger"]),
    ...attribute("capstan.actor", event["actor"]),
    ...attribute("capstan.api", event["api"]),
    ...(isCall(event)
      ? [...attribute("rpc.service", event["service"]), ...attribute("rpc.method", event["operation"])]
      : []),
    ...attribute("error.type", event["code"])
  ]
}

export const otlpTraces = (
  { epochMillis, events }: Pick<RecordedTrace, "epochMillis" | "events">,
  version: string
): OtlpTraces => {
  const nanos = (millis: number): string => `${BigInt(epochMillis + millis) * 1_000_000n}`
  const reconciles = reconcilesOf(events)
  /** By event: the span that it is or belongs to, and the beginning of its trace; 0 for none. */
  const ownerOf = [0]
  const rootOf = [0]
  const inner = new Map<number, Array<TraceEvent>>()
  for (const event of events) {
    const isSpan = spanKinds.has(event.kind)
    const parent = ownerOf[event.cause] ?? 0
    ownerOf[event.seq] = isSpan ? event.seq : parent
    rootOf[event.seq] = parent === 0 ? event.seq : (rootOf[parent] ?? event.seq)
    if (isSpan || parent === 0) continue
    const siblings = inner.get(parent)
    if (siblings === undefined) inner.set(parent, [event])
    else siblings.push(event)
  }
  const spanOf = (event: TraceEvent): OtlpSpan => {
    const parent = ownerOf[event.cause] ?? 0
    const reconcile = reconciles.get(event.seq)
    const stretch: Stretch = reconcile ?? (isCall(event) ? callSpan(event) : { from: event.t, to: event.t })
    const failure = reconcile?.failure ?? (typeof event["code"] === "string" ? event["code"] : undefined)
    return {
      traceId: `${hex(epochMillis, 16)}${hex(rootOf[event.seq] ?? event.seq, 16)}`,
      spanId: hex(event.seq, 16),
      ...(parent === 0 ? {} : { parentSpanId: hex(parent, 16) }),
      name: nameOf(event),
      kind: isCall(event) || event.kind === "write" ? 3 : 1,
      startTimeUnixNano: nanos(stretch.from),
      endTimeUnixNano: nanos(stretch.to),
      attributes: attributesOf(event),
      events: (inner.get(event.seq) ?? []).map((each) => ({
        timeUnixNano: nanos(each.t),
        name: each.kind,
        attributes: [...attribute("capstan.seq", each.seq), ...attribute("capstan.text", describeEvent(each))]
      })),
      status: failure === undefined ? { code: 0 } : { code: 2, message: failure }
    }
  }
  return {
    resourceSpans: [
      {
        resource: { attributes: [...attribute("service.name", "capstan"), ...attribute("service.version", version)] },
        scopeSpans: [
          {
            scope: { name: "capstan trace", version },
            spans: events.filter(({ kind }) => spanKinds.has(kind)).map(spanOf)
          }
        ]
      }
    ]
  }
}
