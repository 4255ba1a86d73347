/**
 * Why a field has the value it has: the write that gave it, what made that write, what made that, and so on to a step of the scenario. Pure.
 *
 * Causes are those of the trace. A controller that looks again by its own timer has no cause outside of itself; what it then finds may
 * be what the cloud or a machine did in the meantime. So where such a look wrote something, and the trace holds a change of a thing that
 * the object names since the look before, the chain goes on with that change, and says so.
 */
import type { TraceEvent } from "@capstan/kernel"
import { isDeepStrictEqual } from "node:util"
import { lastAt, type ObjectLine } from "../model/Objects.ts"
import { valueAt } from "./ObjectName.ts"

export interface WhyLink {
  readonly event: TraceEvent
  /** How it led to the link before it in the list: it caused it, or was found by a look that came by itself. */
  readonly how: "caused" | "found"
  /** How many looks by its own timer stand for this one, with it. */
  readonly times: number
}

export interface Why {
  /** Undefined where the field is not there. */
  readonly value: unknown
  /** What it was before that write. */
  readonly before: unknown
  /** The write that gave it this value first, then what led there, nearest first; empty when the field was never there. */
  readonly links: ReadonlyArray<WhyLink>
}

const same = (a: unknown, b: unknown): boolean => isDeepStrictEqual(a, b)

/** Beyond what a scenario does on purpose nobody asks. */
const isBeginning = ({ kind }: TraceEvent): boolean =>
  kind === "step.begun" || kind === "perturbation" || kind === "fault"

/**
 * @param t virtual milliseconds.
 * @returns undefined when the object is not there at that time.
 */
export const whyField = (
  events: ReadonlyArray<TraceEvent>,
  line: ObjectLine,
  field: ReadonlyArray<string>,
  t: number
): Why | undefined => {
  const place = lastAt(line.versions, t)
  const present = line.versions[place]
  if (present?.object === undefined) return undefined
  const value = valueAt(present.object, field)
  let first = place
  while (first > 0 && same(valueAt(line.versions[first - 1]?.object, field), value)) first--
  const before = first === 0 ? undefined : valueAt(line.versions[first - 1]?.object, field)
  const write = events[(line.versions[first]?.seq ?? 0) - 1]
  // Never there: no write took it away.
  if (write === undefined || (value === undefined && first === 0)) return { value, before, links: [] }
  return { value, before, links: linksBehind(events, write, line.versions[first]?.object) }
}

const linksBehind = (events: ReadonlyArray<TraceEvent>, write: TraceEvent, object: unknown): ReadonlyArray<WhyLink> => {
  const links: Array<WhyLink> = [{ event: write, how: "caused", times: 1 }]
  const named = JSON.stringify(object)
  for (let event = write; !isBeginning(event);) {
    const found = isOwnLook(event) ? foundBy(events, event, named) : undefined
    const next = found ?? events[event.cause - 1]
    if (next === undefined) break
    const last = links.at(-1)
    if (found === undefined && last !== undefined && isOwnLook(event) && isSameLook(event, next)) {
      links[links.length - 1] = { ...last, event: next, times: last.times + 1 }
    } else links.push({ event: next, how: found === undefined ? "caused" : "found", times: 1 })
    event = next
  }
  return links
}

/** By a timer, a resync or a connection that came up: nobody called for it. */
const isOwnLook = (event: TraceEvent): boolean => event.kind === "reconcile" && event["trigger"] !== "Change"

const isSameLook = (event: TraceEvent, other: TraceEvent): boolean =>
  other.kind === "reconcile" && other["controller"] === event["controller"] && other["object"] === event["object"]

/** The last change of something that the object names, since the controller looked at it before. */
const foundBy = (events: ReadonlyArray<TraceEvent>, look: TraceEvent, named: string): TraceEvent | undefined => {
  for (let seq = look.seq - 1; seq > look.cause; seq--) {
    const event = events[seq - 1]
    if (event === undefined || isSameLook(look, event)) return undefined
    if (!["aws.state", "dev.state", "world"].includes(event.kind)) continue
    const about = event["id"] ?? event["instance"]
    if (typeof about === "string" && about !== "" && named.includes(about)) return event
  }
  return undefined
}
