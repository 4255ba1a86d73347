/** `capstan trace …`: a run's trace shown, searched, compared and handed to other programs. */
import { endWith, ExitCode, Stop, usage } from "@capstan/command-line"
import { didYouMean, formatClock } from "@capstan/engine/text"
import type { TraceEvent } from "@capstan/kernel"
import {
  chosenEvents,
  eventLine,
  findNamed,
  objectLines,
  otlpTraces,
  perfettoTrace,
  type RecordedTrace,
  redactEvent
} from "@capstan/report/trace"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { createHash } from "node:crypto"
import { openReportFile } from "../files/ReportFile.ts"
import { openTrace } from "../files/TraceFile.ts"
import { parseMoment } from "../input/Moment.ts"
import { counted, thousands } from "../report/Amounts.ts"
import { type Divergence, firstDifference } from "../run/Divergence.ts"
import { version } from "../Version.ts"

export type EventFormat = "text" | "json"

export interface TraceShowFlags {
  readonly file: string
  readonly from: string | undefined
  readonly until: string | undefined
  readonly object: string | undefined
  readonly types: ReadonlyArray<string>
  readonly format: EventFormat
}

export interface TraceQueryFlags {
  readonly file: string
  readonly expression: string
  readonly format: EventFormat
}

export interface TraceDiffFlags {
  readonly first: string
  readonly second: string
}

export interface TraceExportFlags {
  readonly file: string
  readonly format: "perfetto" | "otlp"
  readonly to: string | undefined
}

export const traceShowCommand = (flags: TraceShowFlags): Effect.Effect<void, Stop> =>
  Effect.gen(function* () {
    const { from, kinds, until } = yield* Effect.mapError(Effect.fromResult(choiceOf(flags)), usage)
    const trace = yield* openTrace(flags.file)
    const known = [...new Set(trace.events.map(({ kind }) => kind))].sort()
    const [strange] = kinds
    if (strange !== undefined && kinds.every((kind) => !known.includes(kind))) {
      return yield* usage(
        `The trace has no event of type '${strange}'. ${didYouMean(strange, known).hint ?? ""}`.trimEnd()
      )
    }
    const objects = objectLines(trace.events)
    const object =
      flags.object === undefined
        ? undefined
        : yield* Effect.mapError(Effect.fromResult(findNamed(objects, flags.object)), usage)
    if (from > trace.endMillis) return yield* usage(outside(from, trace))
    const choice = { fromMillis: from, untilMillis: until, kinds, object }
    return yield* tell(chosenEvents(trace.events, objects, choice), flags.format, trace)
  })

export const traceQueryCommand = (flags: TraceQueryFlags): Effect.Effect<void, Stop> =>
  Effect.gen(function* () {
    const trace = yield* openTrace(flags.file)
    const { compileEventQuery } = yield* Effect.promise(() => import("@capstan/engine"))
    const compiled = compileEventQuery(flags.expression, trace.events, trace.epochMillis)
    const matches = yield* Effect.mapError(Effect.fromResult(compiled), usage)
    return yield* tell(trace.events.filter(matches), flags.format, trace)
  })

/** Ends with 1 where they differ, as `diff` does. */
export const traceDiffCommand = (flags: TraceDiffFlags): Effect.Effect<void, Stop> =>
  Effect.gen(function* () {
    const first = yield* openTrace(flags.first)
    const second = yield* openTrace(flags.second)
    const hashes = [hashOf(first), hashOf(second)] as const
    if (hashes[0] === hashes[1]) {
      process.stdout.write(`The same: ${counted(first.events.length, "event")}, hash ${hashes[0]}.\n`)
      return
    }
    const difference = firstDifference(hashes, first.lines.slice(1), second.lines.slice(1))
    process.stdout.write(`${differenceLines(flags, first, second, difference).join("\n")}\n`)
    return yield* endWith(ExitCode.failed)
  })

export const traceExportCommand = (flags: TraceExportFlags): Effect.Effect<void, Stop> =>
  Effect.gen(function* () {
    const trace = yield* openTrace(flags.file)
    // It is made to be passed on.
    const clean = { ...trace, events: trace.events.map(redactEvent) }
    const exported = flags.format === "perfetto" ? perfettoTrace(clean) : otlpTraces(clean, version)
    const text = `${JSON.stringify(exported)}\n`
    if (flags.to === undefined) process.stdout.write(text)
    else {
      const written = Result.flatMap(openReportFile(process.cwd(), flags.to), (file) => file.write(text))
      if (Result.isFailure(written)) return yield* new Stop({ code: ExitCode.cannotRun, message: written.failure })
    }
    return yield* wholeOrNot(trace)
  })

const choiceOf = ({ from, types, until }: TraceShowFlags) =>
  Result.gen(function* () {
    const fromMillis = from === undefined ? 0 : yield* parseMoment(from)
    const untilMillis = until === undefined ? Number.POSITIVE_INFINITY : yield* parseMoment(until)
    if (untilMillis < fromMillis) return yield* Result.fail(`--until ${until} comes before --from ${from}.`)
    const kinds = types.flatMap((type) => type.split(",")).map((type) => type.trim())
    return { from: fromMillis, until: untilMillis, kinds: kinds.filter((kind) => kind !== "") }
  })

/** Where a time would be after the last event. */
export const outside = (millis: number, { endMillis }: RecordedTrace): string =>
  `${formatClock(millis)} is after the end of the trace, which is at ${formatClock(endMillis, { millis: true })}.`

const tell = (
  events: ReadonlyArray<TraceEvent>,
  format: EventFormat,
  trace: RecordedTrace
): Effect.Effect<void, Stop> =>
  Effect.suspend(() => {
    if (events.length === 0) {
      return Effect.fail(new Stop({ code: ExitCode.nothingMatched, message: "No event of the trace matches." }))
    }
    const clean = events.map(redactEvent)
    const lines = clean.map((event) => (format === "json" ? JSON.stringify(event) : eventLine(event)))
    process.stdout.write(`${lines.join("\n")}\n`)
    return wholeOrNot(trace)
  })

/** What is said of half a trace may not be so of the whole one: scripts should know. */
const wholeOrNot = ({ cutShort }: RecordedTrace): Effect.Effect<void, Stop> =>
  cutShort ? Effect.fail(endWith(ExitCode.cannotRun)) : Effect.void

const hashOf = ({ lines }: RecordedTrace): string => {
  const hash = createHash("sha256")
  for (const line of lines) hash.update(`${line}\n`)
  return hash.digest("hex")
}

/** Events before the first difference, and after it on each side. */
const contextBefore = 3
const contextAfter = 2

const differenceLines = (
  flags: TraceDiffFlags,
  first: RecordedTrace,
  second: RecordedTrace,
  { seq }: Divergence
): ReadonlyArray<string> => {
  if (seq === 0) return [`Only their headers differ: - ${first.lines[0]}`, `+ ${second.lines[0]}`]
  const shown = (event: TraceEvent): string => eventLine(redactEvent(event))
  const after = ({ events }: RecordedTrace, mark: string): ReadonlyArray<string> => {
    const those = events.slice(seq - 1, seq + contextAfter)
    return those.length === 0 ? [`${mark} (ends here)`] : those.map((event) => `${mark} ${shown(event)}`)
  }
  const [a, b] = [first.events[seq - 1], second.events[seq - 1]]
  return [
    `--- ${flags.first}  ${thousands(first.events.length)} events`,
    `+++ ${flags.second}  ${thousands(second.events.length)} events`,
    `The same for ${counted(seq - 1, "event")}, then:`,
    "",
    ...first.events.slice(Math.max(0, seq - 1 - contextBefore), seq - 1).map((event) => `  ${shown(event)}`),
    ...after(first, "-"),
    ...after(second, "+"),
    ...(a === undefined || b === undefined ? [] : fieldLines(redactEvent(a), redactEvent(b)))
  ]
}

/** Where two events of the same number differ. */
const fieldLines = (a: TraceEvent, b: TraceEvent): ReadonlyArray<string> => {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  const differing = names.filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name]))
  return [
    "",
    `Event ${a.seq} differs in ${differing.join(", ")}:`,
    ...differing.flatMap((name) => [`- ${name}: ${fieldText(a[name])}`, `+ ${name}: ${fieldText(b[name])}`])
  ]
}

const fieldTextMax = 200

const fieldText = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "(nothing)"
  return text.length > fieldTextMax ? `${text.slice(0, fieldTextMax)}…` : text
}
