/**
 * What led to a failure, read from the trace: the chain of causes behind the event, and the last faults and turns before it. Pure.
 *
 * The chain says how it came to be; the turns say what else was going on. Both are few: the whole story is a replay away.
 */
import { StoryTeller } from "@capstan/engine"
import { kindOf } from "@capstan/engine/text"
import type { TraceEvent } from "@capstan/kernel"
import type { Cause } from "./Messages.ts"

const chainMax = 3
const faultsMax = 2
const turnsMax = 3

/**
 * The causes of the expectation, invariant or problem of this id, oldest first.
 *
 * @param id an expectation's or invariant's id, or `problem`.
 */
export const causesOf = (events: ReadonlyArray<TraceEvent>, id: string): ReadonlyArray<Cause> => {
  const found = events.findIndex((event) => isVerdict(event, id))
  const end = found === -1 ? events.length : found
  const chain = found === -1 ? [] : chainBehind(events, found)
  const turns = turnsBefore(events, end)
  const bySeq = new Map([...turns, ...chain].map((each) => [each.seq, each]))
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq).map(({ atMillis, text }) => ({ atMillis, text }))
}

interface Turn extends Cause {
  readonly seq: number
}

const isVerdict = (event: TraceEvent, id: string): boolean => {
  if (id === "problem") return event.kind === "problem"
  if (event["id"] !== id) return false
  return event.kind === "invariant" || (event.kind === "expectation" && event["status"] === "violated")
}

/** The events that caused it, nearest first, as far as they say something. */
const chainBehind = (events: ReadonlyArray<TraceEvent>, index: number): ReadonlyArray<Turn> => {
  const chain: Array<Turn> = []
  let cause = events[index]?.cause ?? 0
  while (cause > 0 && chain.length < chainMax) {
    // Sequences count from 1 without gaps.
    const event = events[cause - 1]
    if (event === undefined) break
    const text = describe(event)
    if (text !== undefined) chain.push({ seq: event.seq, atMillis: event.t, text })
    cause = event.cause
  }
  return chain
}

const clockWidth = 10

const turnsBefore = (events: ReadonlyArray<TraceEvent>, end: number): ReadonlyArray<Turn> => {
  const teller = new StoryTeller()
  const faults: Array<Turn> = []
  const others: Array<Turn> = []
  for (const event of events.slice(0, end)) {
    const list = event.kind === "fault" || event.kind === "fault.healed" ? faults : others
    // A line begins with the time, which stands beside it here.
    const lines = teller.tell(event).map((line) => line.slice(clockWidth).replace(/\s+/g, " "))
    for (const text of lines) list.push({ seq: event.seq, atMillis: event.t, text })
  }
  return [...faults.slice(-faultsMax), ...others.slice(-turnsMax)]
}

const text = (value: unknown): string => (typeof value === "string" ? value : "")

/** One event in words; undefined for kinds that explain nothing. */
const describe = (event: TraceEvent): string | undefined => {
  switch (event.kind) {
    case "write": {
      const kind = kindOf(event["resource"])
      const actor = text(event["actor"])
      return `${actor === "" ? "" : `${actor}: `}${text(event["verb"])} ${kind} ${text(event["name"])}`
    }
    case "aws":
    case "dev": {
      const code = text(event["code"])
      return `call ${text(event["service"])}.${text(event["operation"])}${code === "" ? "" : `, refused: ${code}`}`
    }
    case "aws.state":
      return `${text(event["resource"])} ${text(event["id"])} becomes ${text(event["to"])}`
    case "reconcile":
      return `${text(event["controller"])} reconciles ${text(event["object"])}`
    case "reconcile.failed":
      return `${text(event["controller"])} fails at ${text(event["object"])}: ${text(event["message"])}`
    default:
      return undefined
  }
}
