/**
 * The objects of a run as they were at any time, rebuilt from the patches of its writes. Pure.
 *
 * A write's event carries a JSON merge patch against the object before it. Each version is built once, sharing what did not change
 * with the one before; looking something up at a time is a search in a list.
 *
 * @source https://www.rfc-editor.org/rfc/rfc7386
 */
import { type ConditionFields, conditionsIn, type Fields, fieldsOf, kindOf } from "@capstan/engine/text"
import type { TraceEvent } from "@capstan/kernel"
import { applyMergePatch } from "@capstan/simulator-kubernetes/merge-patch"

/** `api|resource|namespace|name`: unlike a uid it is the same in the next run. */
export type ObjectKey = string

export interface Version {
  readonly t: number
  readonly seq: number
  /** Undefined when the write took the object away. */
  readonly object: Fields | undefined
}

export interface ObjectLine {
  readonly key: ObjectKey
  readonly api: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  /** By time; not empty. */
  readonly versions: ReadonlyArray<Version>
}

export const keyOf = (write: TraceEvent): ObjectKey =>
  [write["api"], write["resource"], write["namespace"], write["name"]].map(String).join("|")

/** Every object that a write named, in the order in which they appeared. */
export const objectLines = (events: ReadonlyArray<TraceEvent>): ReadonlyMap<ObjectKey, ObjectLine> => {
  const lines = new Map<ObjectKey, ObjectLine & { readonly versions: Array<Version> }>()
  for (const event of events) {
    if (event.kind !== "write") continue
    const key = keyOf(event)
    let line = lines.get(key)
    if (line === undefined) {
      line = {
        key,
        api: String(event["api"]),
        kind: kindOf(event["resource"]),
        namespace: String(event["namespace"]),
        name: String(event["name"]),
        versions: []
      }
      lines.set(key, line)
    }
    const before = line.versions.at(-1)?.object
    const object = event["gone"] === true ? undefined : fieldsOf(applyMergePatch(before, event["patch"] ?? {}))
    line.versions.push({ t: event.t, seq: event.seq, object })
  }
  return lines
}

/** Place of the last element whose `t` is not after the time; -1 when all are. */
export const lastAt = (sorted: ReadonlyArray<{ readonly t: number }>, t: number): number => {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle]?.t ?? Infinity) <= t) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** The object at a time; undefined before it was made and after it has gone. */
export const objectAt = (line: ObjectLine, t: number): Fields | undefined =>
  line.versions[lastAt(line.versions, t)]?.object

export const conditionOf = (object: Fields | undefined, type: string): ConditionFields | undefined =>
  conditionsIn(object).find((condition) => condition.type === type)
