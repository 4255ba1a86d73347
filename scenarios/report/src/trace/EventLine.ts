/** Events of a trace as lines of a terminal, and which of them are meant. Pure. */
import { formatClock } from "@capstan/engine/text"
import type { TraceEvent } from "@capstan/kernel"
import { describeEvent, objectOf } from "../model/EventText.ts"
import type { ObjectKey, ObjectLine } from "../model/Objects.ts"

/** `00:15:44.702  #2007  <2003  node-controller patch Node …`: time, number, number of the cause, what happened. */
export const eventLine = (event: TraceEvent): string => {
  const cause = event.cause === 0 ? "" : `<${event.cause}`
  const what = describeEvent(event).replace(/\s+/g, " ")
  return `${formatClock(event.t, { millis: true })}  ${`#${event.seq}`.padEnd(7)} ${cause.padEnd(7)} ${event.kind.padEnd(11)} ${what}`
}

export interface EventChoice {
  /** Virtual milliseconds, both included. */
  readonly fromMillis: number
  readonly untilMillis: number
  /** Kinds of events; all when empty. */
  readonly kinds: ReadonlyArray<string>
  /** The object that they are about. */
  readonly object: ObjectLine | undefined
}

/** The events that are meant, in their order. */
export const chosenEvents = (
  events: ReadonlyArray<TraceEvent>,
  objects: ReadonlyMap<ObjectKey, ObjectLine>,
  { fromMillis, kinds, object, untilMillis }: EventChoice
): ReadonlyArray<TraceEvent> => {
  const named = Map.groupBy(objects.values(), ({ name, namespace }) => `${namespace}/${name}`)
  return events.filter(
    (event) =>
      event.t >= fromMillis &&
      event.t <= untilMillis &&
      (kinds.length === 0 || kinds.includes(event.kind)) &&
      (object === undefined || objectOf(event, named) === object.key)
  )
}
