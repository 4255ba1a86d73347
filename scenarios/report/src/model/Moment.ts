/**
 * Where a reader stands in a report, as the part of the address behind `#`: which run, which time, which object, which event.
 *
 * The object is written as people say it, `Machine/default/md-0-x7k2p`, with `@workload/NAME` behind it for one of a workload
 * cluster; the time as a clock. Pure.
 */
import { formatClock } from "@capstan/engine/text"
import type { ObjectKey, ObjectLine } from "./Objects.ts"

export interface Place {
  readonly run: number
  /** Virtual milliseconds. */
  readonly t: number
  readonly object: ObjectKey | undefined
  /** Number of an event. */
  readonly event: number | undefined
}

/** `589415`, `00:09:49.415` or `9:49` as milliseconds; undefined for what is no time. */
export const readClock = (text: string): number | undefined => {
  if (/^\d+$/.test(text)) return Number(text)
  if (!/^(?:\d+:){1,2}\d{1,2}(?:\.\d{1,3})?$/.test(text)) return undefined
  const seconds = text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0)
  return Math.round(seconds * 1000)
}

export const objectName = ({ api, kind, name, namespace }: ObjectLine): string =>
  `${[kind, namespace, name].filter((part) => part !== "").join("/")}${api === "management" ? "" : `@${api}`}`

export const findObject = (objects: ReadonlyMap<ObjectKey, ObjectLine>, wanted: string): ObjectKey | undefined =>
  [...objects.values()].find((line) => objectName(line) === wanted)?.key

/** The address of a place, `#` included. */
export const addressOf = (place: Place, objects: ReadonlyMap<ObjectKey, ObjectLine>): string => {
  const line = place.object === undefined ? undefined : objects.get(place.object)
  const parts = [
    ...(place.run === 0 ? [] : [`run=${place.run}`]),
    `t=${formatClock(place.t, { millis: true })}`,
    ...(line === undefined
      ? []
      : [`object=${encodeURIComponent(objectName(line)).replaceAll("%2F", "/").replaceAll("%40", "@")}`]),
    ...(place.event === undefined ? [] : [`event=${place.event}`])
  ]
  return `#${parts.join("&")}`
}

/** What an address asks for; what it does not say or says wrongly is undefined. */
export const readAddress = (
  hash: string
): {
  readonly run: number | undefined
  readonly t: number | undefined
  readonly object: string | undefined
  readonly event: number | undefined
} => {
  const parameters = new URLSearchParams(hash.replace(/^#/, "").replaceAll("+", "%2B"))
  const whole = (name: string): number | undefined => {
    const value = parameters.get(name)
    return value !== null && /^\d{1,12}$/.test(value) ? Number(value) : undefined
  }
  return {
    run: whole("run"),
    t: readClock(parameters.get("t") ?? ""),
    object: parameters.get("object") ?? undefined,
    event: whole("event")
  }
}
