/** What is exported has the shapes that its readers publish, and says what the trace says. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { type ChromeEvent, otlpTraces, perfettoTrace } from "../../src/trace/index.ts"
import { reconcilesOf } from "../../src/trace/Reconciles.ts"
import { recordedTrace } from "./Recorded.ts"

const trace = recordedTrace("worker-instance-kill")
const asRead = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

const AtLeastZero = Schema.Number.check(Schema.isGreaterThanOrEqualTo(0))
const place = { pid: Schema.Int, tid: Schema.Int, name: Schema.String }
const args = Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown))

/** @source https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU/preview */
const TraceEvents = Schema.Struct({
  displayTimeUnit: Schema.Literals(["ms", "ns"]),
  traceEvents: Schema.Array(
    Schema.Union([
      Schema.Struct({ ...place, ph: Schema.Literal("X"), cat: Schema.String, ts: AtLeastZero, dur: AtLeastZero, args }),
      Schema.Struct({
        ...place,
        ph: Schema.Literal("i"),
        cat: Schema.String,
        ts: AtLeastZero,
        s: Schema.Literals(["g", "p", "t"]),
        args
      }),
      Schema.Struct({ ...place, ph: Schema.Literal("s"), cat: Schema.String, ts: AtLeastZero, id: Schema.Int }),
      Schema.Struct({
        ...place,
        ph: Schema.Literal("f"),
        bp: Schema.Literal("e"),
        cat: Schema.String,
        ts: AtLeastZero,
        id: Schema.Int
      }),
      Schema.Struct({
        ...place,
        name: Schema.Literals(["process_name", "thread_name"]),
        ph: Schema.Literal("M"),
        args: Schema.Struct({ name: Schema.String })
      }),
      Schema.Struct({
        ...place,
        name: Schema.Literals(["process_sort_index", "thread_sort_index"]),
        ph: Schema.Literal("M"),
        args: Schema.Struct({ sort_index: Schema.Int })
      })
    ])
  )
})

const hex = (digits: number) => Schema.String.check(Schema.isPattern(new RegExp(`^(?!0+$)[0-9a-f]{${digits}}$`)))
const Nanos = Schema.String.check(Schema.isPattern(/^\d{19,20}$/))
const Attributes = Schema.Array(
  Schema.Struct({
    key: Schema.NonEmptyString,
    value: Schema.Union([
      Schema.Struct({ stringValue: Schema.String }),
      Schema.Struct({ intValue: Schema.String.check(Schema.isPattern(/^-?\d+$/)) })
    ])
  })
)

/** @source https://github.com/open-telemetry/opentelemetry-proto/blob/main/examples/trace.json */
const TracesData = Schema.Struct({
  resourceSpans: Schema.Array(
    Schema.Struct({
      resource: Schema.Struct({ attributes: Attributes }),
      scopeSpans: Schema.Array(
        Schema.Struct({
          scope: Schema.Struct({ name: Schema.String, version: Schema.String }),
          spans: Schema.Array(
            Schema.Struct({
              traceId: hex(32),
              spanId: hex(16),
              parentSpanId: Schema.optionalKey(hex(16)),
              name: Schema.NonEmptyString,
              kind: Schema.Literals([1, 2, 3, 4, 5]),
              startTimeUnixNano: Nanos,
              endTimeUnixNano: Nanos,
              attributes: Attributes,
              events: Schema.Array(
                Schema.Struct({ timeUnixNano: Nanos, name: Schema.NonEmptyString, attributes: Attributes })
              ),
              status: Schema.Union([
                Schema.Struct({ code: Schema.Literal(0) }),
                Schema.Struct({ code: Schema.Literal(2), message: Schema.String })
              ])
            })
          )
        })
      )
    })
  )
})

const strict = { onExcessProperty: "error" } as const

describe("perfettoTrace", () => {
  const { traceEvents } = perfettoTrace(trace)
  const nameOf = (what: "process" | "thread", { pid, tid }: Pick<ChromeEvent, "pid" | "tid">): unknown =>
    traceEvents.find(
      (each) => each.name === `${what}_name` && each.pid === pid && (what === "process" || each.tid === tid)
    )?.args?.["name"]

  it("has the shape of Chrome's trace events", () => {
    Schema.decodeUnknownSync(TraceEvents)(asRead(perfettoTrace(trace)), strict)
  })

  it("names the process and the thread of everything", () => {
    for (const event of traceEvents) {
      assert.isString(nameOf("process", event))
      if (event.ph !== "M") assert.isString(nameOf("thread", event))
    }
  })

  it("has a slice for each reconcile, on a track of its controller, none over another", () => {
    const slices = traceEvents.filter(({ cat, ph }) => ph === "X" && cat?.startsWith("reconcile") === true)
    assert.strictEqual(slices.length, trace.events.filter(({ kind }) => kind === "reconcile").length)
    const ends = new Map<string, number>()
    for (const slice of slices) {
      assert.strictEqual(nameOf("process", slice), "controllers")
      const track = `${slice.pid}/${slice.tid}`
      assert.isAtLeast(slice.ts ?? -1, ends.get(track) ?? 0, track)
      ends.set(track, (slice.ts ?? 0) + (slice.dur ?? 0))
    }
  })

  it("has tracks for zones with machines, and the fault as an instant across all of them", () => {
    const bars = traceEvents.filter(({ cat }) => cat === "state")
    assert.include([...new Set(bars.map((bar) => nameOf("process", bar)))], "eu-west-1a")
    const faults = traceEvents.filter(({ cat, ph }) => cat === "fault" && ph === "i")
    const fault = trace.events.find(({ kind }) => kind === "fault")
    assert.isTrue(faults.some(({ s, ts }) => s === "g" && ts === (fault?.t ?? 0) * 1000))
  })

  it("joins each flow at both ends, the first within a slice and not after the second", () => {
    const starts = new Map(traceEvents.filter(({ ph }) => ph === "s").map((each) => [each.id, each]))
    const ends = traceEvents.filter(({ ph }) => ph === "f")
    assert.isAbove(ends.length, 100)
    assert.strictEqual(starts.size, ends.length)
    for (const end of ends) {
      const start = starts.get(end.id)
      assert.isAtMost(start?.ts ?? Infinity, end.ts ?? 0)
      const around = traceEvents.some(
        ({ dur = 0, ph, pid, tid, ts = 0 }) =>
          ph === "X" && pid === start?.pid && tid === start.tid && ts <= (start.ts ?? 0) && ts + dur >= (start.ts ?? 0)
      )
      assert.isTrue(around, `flow ${end.id}`)
    }
  })
})

describe("otlpTraces", () => {
  const exported = otlpTraces(trace, "0.1.0")
  const spans = exported.resourceSpans[0]?.scopeSpans[0]?.spans ?? []
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  const spanOf = (seq: number) => byId.get(seq.toString(16).padStart(16, "0"))

  it("has the shape of OTLP's JSON", () => {
    Schema.decodeUnknownSync(TracesData)(asRead(exported), strict)
  })

  it("has one span for each reconcile, with the reconcile's time", () => {
    for (const { event, from, to } of reconcilesOf(trace.events).values()) {
      const span = spanOf(event.seq)
      assert.strictEqual(span?.name, `reconcile ${String(event["controller"])}`)
      assert.strictEqual(span?.startTimeUnixNano, `${trace.epochMillis + from}000000`)
      assert.strictEqual(span?.endTimeUnixNano, `${trace.epochMillis + to}000000`)
    }
  })

  it("gives each span the parent that caused it, in the same trace", () => {
    assert.isAbove(spans.filter(({ parentSpanId }) => parentSpanId !== undefined).length, 1000)
    for (const { parentSpanId, traceId } of spans) {
      if (parentSpanId === undefined) continue
      const parent = byId.get(parentSpanId)
      assert.isDefined(parent)
      assert.strictEqual(parent?.traceId, traceId)
    }
  })

  it("leads from the replacement of a machine back to the fault's step", () => {
    const step = trace.events.find(({ kind }) => kind === "step.begun")
    const deletion = trace.events.find(
      (event) =>
        event.kind === "write" && event["verb"] === "delete" && event["resource"] === "Machine.cluster.x-k8s.io"
    )
    const above: Array<string> = []
    for (let span = spanOf(deletion?.seq ?? 0); span?.parentSpanId !== undefined;) {
      above.push(span.parentSpanId)
      span = byId.get(span.parentSpanId)
    }
    assert.include(above, spanOf(step?.seq ?? 0)?.spanId)
  })

  it("marks what failed", () => {
    const failed = trace.events.filter(({ kind }) => kind === "reconcile.failed")
    assert.isAbove(failed.length, 0)
    for (const { cause, ...event } of failed) {
      assert.deepStrictEqual(spanOf(cause)?.status, { code: 2, message: String(event["message"]) })
    }
  })
})
