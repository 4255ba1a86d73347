/**
 * What became of the objects in a run, told so that two runs on different backends can be laid side by side. Pure.
 *
 * A run by the wall clock has other times, another order and other names than a simulation, so none of them is part of it: an
 * object is called by its kind and its name with drawn suffixes left open, and what counts is which objects there were, how many,
 * and which conditions they ever had. Left out: Secrets, Events, what runs inside workload clusters.
 *
 * @source docs/reference/command-line.md
 */
import type { TraceEvent } from "@capstan/kernel"
import { conditionsIn, kindOf } from "./WriteEvent.ts"

/** How often something was so: `Machine capi-quickstart-md-0-*: created` to 3. */
export type ObjectHistory = { readonly [fact: string]: number }

/** A fact that two histories do not share, with how often each has it. */
export interface HistoryDifference {
  readonly fact: string
  readonly counts: readonly [first: number, second: number]
}

const untold = new Set(["Secret", "Event", "Lease", "ConfigMap", "Namespace"])
/** Suffixes that are drawn have five of these characters. */
const drawn = /-[bcdfghjklmnpqrstvwxz2456789]{5}(?=-|$)/g

/** Counted over objects: a condition that one object has twice counts once. */
export const objectHistory = (events: ReadonlyArray<TraceEvent>): ObjectHistory => {
  const seen = new Map<string, Set<string>>()
  const note = (fact: string, object: string): void => {
    const objects = seen.get(fact)
    if (objects === undefined) seen.set(fact, new Set([object]))
    else objects.add(object)
  }
  for (const event of events) {
    if (event.kind !== "write" || event["api"] !== "management") continue
    const kind = kindOf(event["resource"])
    if (untold.has(kind)) continue
    const object = `${String(event["namespace"])}/${String(event["name"])}`
    const title = `${kind} ${String(event["name"]).replaceAll(drawn, "-*")}`
    if (event["verb"] === "create") note(`${title}: created`, object)
    if (event["gone"] === true) note(`${title}: gone`, object)
    for (const { reason, status, type } of conditionsIn(event["patch"])) {
      note(`${title}: ${type} ${status}${reason === "" ? "" : ` (${reason})`}`, object)
    }
  }
  return Object.fromEntries([...seen].map(([fact, objects]) => [fact, objects.size]))
}

/** What is not in both equally often, in the order of the facts. */
export const historyDifferences = (first: ObjectHistory, second: ObjectHistory): ReadonlyArray<HistoryDifference> =>
  [...new Set([...Object.keys(first), ...Object.keys(second)])]
    .sort()
    .map((fact): HistoryDifference => ({ fact, counts: [first[fact] ?? 0, second[fact] ?? 0] }))
    .filter(({ counts: [a, b] }) => a !== b)
