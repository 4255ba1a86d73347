/**
 * A run as the page looks at it: its events, and everything that is found once and asked for often. Pure.
 */
import { fieldsOf, StoryTeller } from "@capstan/engine/text"
import type { TraceEvent } from "@capstan/kernel"
import type { RunSummary } from "../RunSummary.ts"
import { type Curves, curvesOf } from "./Curves.ts"
import { describeEvent, objectOf } from "./EventText.ts"
import { type Lane, lanesOf } from "./Lanes.ts"
import { type ObjectKey, type ObjectLine, objectLines } from "./Objects.ts"

/** A span in which something was broken on purpose. */
export interface FaultSpan {
  readonly seq: number
  readonly from: number
  /** The same as `from` for what happens in an instant. */
  readonly to: number
  readonly text: string
}

/** A moment worth a flag: a step, a mark, a fault, a verdict on something. */
export interface Flag {
  readonly t: number
  readonly seq: number
  readonly tone: "mark" | "fault" | "healed" | "violated" | "ready"
  readonly text: string
}

export interface Run {
  readonly summary: RunSummary
  /** `seq` counts from 1 without gaps: event `seq` stands at `seq - 1`. */
  readonly events: ReadonlyArray<TraceEvent>
  readonly endMillis: number
  readonly objects: ReadonlyMap<ObjectKey, ObjectLine>
  /** Numbers of the events that an event caused. */
  readonly effects: ReadonlyMap<number, ReadonlyArray<number>>
  /** By the number of the event that is about it. */
  readonly about: ReadonlyMap<number, ObjectKey>
  /** What the story says at an event. */
  readonly story: ReadonlyMap<number, string>
  readonly lanes: ReadonlyArray<Lane>
  readonly curves: Curves
  readonly faults: ReadonlyArray<FaultSpan>
  readonly flags: ReadonlyArray<Flag>
}

/** Events from the lines of a trace. */
export const parseEvents = (lines: string): ReadonlyArray<TraceEvent> =>
  lines === "" ? [] : (JSON.parse(`[${lines.replaceAll("\n", ",")}]`) as ReadonlyArray<TraceEvent>)

export const readRun = (summary: RunSummary, events: ReadonlyArray<TraceEvent>): Run => {
  const endMillis = Math.max(summary.virtualMillis, events.at(-1)?.t ?? 0, 1)
  const objects = objectLines(events)
  const named = Map.groupBy(objects.values(), ({ name, namespace }) => `${namespace}/${name}`)
  const effects = new Map<number, Array<number>>()
  const about = new Map<number, ObjectKey>()
  const story = new Map<number, string>()
  const teller = new StoryTeller()
  for (const event of events) {
    const siblings = effects.get(event.cause)
    if (siblings === undefined) effects.set(event.cause, [event.seq])
    else siblings.push(event.seq)
    const key = objectOf(event, named)
    if (key !== undefined) about.set(event.seq, key)
    // A line begins with the time, which the page shows by itself.
    const told = teller.tell(event).map((line) => line.replace(/^[\d:]+\s+/, "").replace(/\s+/g, " "))
    if (told.length > 0) story.set(event.seq, told.join("; "))
  }
  const lanes = lanesOf(events, objects, endMillis)
  return {
    summary,
    events,
    endMillis,
    objects,
    effects,
    about,
    story,
    lanes,
    curves: curvesOf(events, lanes, endMillis),
    faults: faultSpans(events, endMillis),
    flags: events.flatMap(flagOf)
  }
}

const faultSpans = (events: ReadonlyArray<TraceEvent>, endMillis: number): ReadonlyArray<FaultSpan> =>
  events
    .filter(({ kind }) => kind === "fault")
    .map((fault) => {
      const healed = events.find(
        (event) => event.kind === "fault.healed" && event["step"] === fault["step"] && event.seq > fault.seq
      )
      // One with parameters of a state and no end lasts until the run does.
      const lasts = healed === undefined && fieldsOf(fault["with"])["for"] !== undefined
      return {
        seq: fault.seq,
        from: fault.t,
        to: healed?.t ?? (lasts ? endMillis : fault.t),
        text: describeEvent(fault)
      }
    })

const flagOf = (event: TraceEvent): ReadonlyArray<Flag> => {
  const flag = (tone: Flag["tone"]): ReadonlyArray<Flag> => [
    { t: event.t, seq: event.seq, tone, text: describeEvent(event) }
  ]
  switch (event.kind) {
    case "mark":
      return flag("mark")
    case "step":
      return event["action"] === "mark" || event["action"] === "fault" ? [] : flag("mark")
    case "fault":
    case "process.killed":
      return event["reason"] === "the run is over" ? [] : flag("fault")
    case "fault.healed":
      return flag("healed")
    case "ready":
    case "settled":
      return flag("ready")
    case "invariant":
    case "problem":
      return flag("violated")
    case "expectation":
      return event["status"] === "violated" ? flag("violated") : []
    default:
      return []
  }
}

/** What led to an event, itself last; as long as causes are known. */
export const causesOf = (run: Run, seq: number): ReadonlyArray<TraceEvent> => {
  const chain: Array<TraceEvent> = []
  for (let event = run.events[seq - 1]; event !== undefined; event = run.events[event.cause - 1]) {
    chain.unshift(event)
    // A cause comes before what it causes; a trace that says otherwise must not hang the page.
    if (event.cause >= event.seq) break
  }
  return chain
}

/** What an event caused, as far as it reaches without a pause of thought: its direct effects. */
export const effectsOf = (run: Run, seq: number): ReadonlyArray<TraceEvent> =>
  (run.effects.get(seq) ?? []).flatMap((effect) => run.events[effect - 1] ?? [])
