/**
 * A trace for Perfetto and every other reader of Chrome's trace-event format. Pure.
 *
 * Tracks: the scenario (steps, faults, what was found), each controller, the cloud's and everybody else's doings, and each zone with its
 * machines, instances and Nodes. Reconciles and calls are slices, writes and faults instants; an arrow leads from a write to the
 * reconcile that it caused. Times are virtual, in microseconds from the start of the run.
 *
 * @source https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU/preview
 * @source https://perfetto.dev/docs/getting-started/other-formats
 */
import type { TraceEvent } from "@capstan/kernel"
import { describeEvent } from "../model/EventText.ts"
import { type Bar, lanesOf } from "../model/Lanes.ts"
import { objectLines } from "../model/Objects.ts"
import { callSpan, isCall, type Reconcile, reconcilesOf, type Span } from "./Reconciles.ts"
import type { RecordedTrace } from "./TraceFile.ts"

/** An entry of `traceEvents`. `ts` and `dur` in microseconds. */
export interface ChromeEvent {
  readonly name: string
  readonly ph: "X" | "i" | "M" | "s" | "f"
  readonly pid: number
  readonly tid: number
  readonly ts?: number
  readonly dur?: number
  readonly cat?: string
  /** Of an instant: how far it reaches. */
  readonly s?: "g" | "p" | "t"
  /** Of a flow: what joins its two ends. */
  readonly id?: number
  readonly bp?: "e"
  readonly args?: { readonly [name: string]: unknown }
}

export interface ChromeTrace {
  readonly displayTimeUnit: "ms"
  readonly traceEvents: ReadonlyArray<ChromeEvent>
}

const micros = (millis: number): number => millis * 1000

interface Track {
  readonly pid: number
  readonly tid: number
}

/** Tracks by name: a process for each group, a thread for each of its rows, in the order in which they are asked for. */
class Tracks {
  readonly named: Array<ChromeEvent> = []
  private readonly groups = new Map<string, { readonly pid: number; readonly rows: Map<string, Track> }>()

  track(group: string, row: string): Track {
    let known = this.groups.get(group)
    if (known === undefined) {
      known = { pid: this.groups.size + 1, rows: new Map() }
      this.groups.set(group, known)
      this.name(known.pid, 0, "process", group, known.pid)
    }
    const found = known.rows.get(row)
    if (found !== undefined) return found
    const track = { pid: known.pid, tid: known.rows.size + 1 }
    known.rows.set(row, track)
    this.name(track.pid, track.tid, "thread", row, track.tid)
    return track
  }

  private name(pid: number, tid: number, what: "process" | "thread", name: string, place: number): void {
    this.named.push({ name: `${what}_name`, ph: "M", pid, tid, args: { name } })
    this.named.push({ name: `${what}_sort_index`, ph: "M", pid, tid, args: { sort_index: place } })
  }
}

const slice = (track: Track, cat: string, name: string, { from, to }: Span, args: ChromeEvent["args"] = {}) =>
  ({ name, cat, ph: "X", ...track, ts: micros(from), dur: micros(to - from), args }) satisfies ChromeEvent

const instant = (track: Track, cat: string, event: TraceEvent, s: "g" | "p" | "t") =>
  ({
    name: describeEvent(event),
    cat,
    ph: "i",
    s,
    ...track,
    ts: micros(event.t),
    args: { seq: event.seq }
  }) satisfies ChromeEvent

export const perfettoTrace = ({ endMillis, events }: Pick<RecordedTrace, "events" | "endMillis">): ChromeTrace => {
  const tracks = new Tracks()
  const traceEvents = [
    ...scenarioEvents(events, endMillis, tracks),
    ...controllerEvents(events, tracks),
    ...machineEvents(events, endMillis, tracks)
  ]
  return { displayTimeUnit: "ms", traceEvents: [...tracks.named, ...traceEvents] }
}

const scenarioEvents = (
  events: ReadonlyArray<TraceEvent>,
  endMillis: number,
  tracks: Tracks
): ReadonlyArray<ChromeEvent> =>
  events.flatMap((event): ReadonlyArray<ChromeEvent> => {
    switch (event.kind) {
      case "fault": {
        const healed = events.find(
          (other) => other.kind === "fault.healed" && other["step"] === event["step"] && other.seq > event.seq
        )
        const track = tracks.track("scenario", "faults")
        const span = { from: event.t, to: healed?.t ?? Math.min(event.t, endMillis) }
        return [
          instant(track, "fault", event, "g"),
          ...(healed === undefined ? [] : [slice(track, "fault", describeEvent(event), span, { seq: event.seq })])
        ]
      }
      case "fault.healed":
      case "process.killed":
      case "process.started":
      case "perturbation":
        return [instant(tracks.track("scenario", "faults"), "fault", event, "g")]
      case "ready":
      case "mark":
      case "step.begun":
      case "step":
      case "settled":
        return [instant(tracks.track("scenario", "steps"), "step", event, "p")]
      case "expectation":
      case "invariant":
      case "problem":
      case "verdict":
        return [instant(tracks.track("scenario", "verdicts"), "verdict", event, "p")]
      default:
        return []
    }
  })

/** Rows of a controller, none of which holds two reconciles at a time. */
const rowsOf = (reconciles: Iterable<Reconcile>): ReadonlyMap<number, string> => {
  const rows = new Map<number, string>()
  const ends = new Map<string, Array<number>>()
  for (const { event, from, to } of reconciles) {
    const controller = String(event["controller"])
    const busy = ends.get(controller) ?? []
    ends.set(controller, busy)
    const free = busy.findIndex((end) => end <= from)
    const row = free === -1 ? busy.length : free
    // One that takes no time still takes its place.
    busy[row] = Math.max(to, from + 1)
    rows.set(event.seq, row === 0 ? controller : `${controller} ${row + 1}`)
  }
  return rows
}

const controllerEvents = (events: ReadonlyArray<TraceEvent>, tracks: Tracks): ReadonlyArray<ChromeEvent> => {
  const reconciles = reconcilesOf(events)
  const rows = rowsOf(reconciles.values())
  for (const name of [...new Set(rows.values())].sort()) tracks.track("controllers", name)
  const trackOf = (seq: number): Track | undefined => {
    const row = rows.get(seq)
    return row === undefined ? undefined : tracks.track("controllers", row)
  }
  const slices = [...reconciles.values()].flatMap(({ event, failure, from, to }): ReadonlyArray<ChromeEvent> => {
    const track = trackOf(event.seq)
    if (track === undefined) return []
    const args = { seq: event.seq, trigger: event["trigger"], ...(failure === undefined ? {} : { failure }) }
    const own = slice(
      track,
      failure === undefined ? "reconcile" : "reconcile,failed",
      String(event["object"]),
      { from, to },
      args
    )
    const source = trackOf(events[event.cause - 1]?.cause ?? 0)
    const cause = events[event.cause - 1]
    if (source === undefined || cause === undefined) return [own]
    const flow = { name: "causes", cat: "cause", id: event.seq }
    return [
      own,
      { ...flow, ph: "s", ...source, ts: micros(cause.t) },
      { ...flow, ph: "f", bp: "e", ...track, ts: micros(from) }
    ]
  })
  const acts = events.flatMap((event): ReadonlyArray<ChromeEvent> => {
    const track = trackOf(event.cause)
    if (isCall(event)) {
      const name = `${String(event["service"])}.${String(event["operation"])}`
      const code = event["code"]
      const args = { seq: event.seq, ...(typeof code === "string" ? { code } : {}) }
      return [slice(track ?? tracks.track("cloud", String(event["service"])), "call", name, callSpan(event), args)]
    }
    if (event.kind === "aws.state" || event.kind === "dev.state")
      return [instant(tracks.track("cloud", String(event["resource"])), "cloud", event, "t")]
    if (event.kind === "world" || event.kind === "etcd")
      return [
        instant(
          tracks.track("world", event.kind === "etcd" ? "etcd" : String(event["cluster"] ?? "machines")),
          "world",
          event,
          "t"
        )
      ]
    if (event.kind !== "write") return []
    return [instant(track ?? tracks.track("writes of others", String(event["actor"])), "write", event, "t")]
  })
  return [...slices, ...acts]
}

const machineEvents = (
  events: ReadonlyArray<TraceEvent>,
  endMillis: number,
  tracks: Tracks
): ReadonlyArray<ChromeEvent> =>
  lanesOf(events, objectLines(events), Math.max(endMillis, 1)).flatMap(({ instance, machine, node, role, zone }) => {
    const bars = (row: string, those: ReadonlyArray<Bar>): ReadonlyArray<ChromeEvent> =>
      those.length === 0 ? [] : those.map((bar) => slice(tracks.track(zone, row), "state", bar.state, bar))
    return [
      ...bars(`${machine.name} (${role})`, machine.bars),
      ...bars(`${machine.name}: instance ${instance.id}`, instance.bars),
      ...bars(`${machine.name}: Node ${node.name}`, node.bars)
    ]
  })
