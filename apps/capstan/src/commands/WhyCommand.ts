/** `capstan why` and `capstan why-not`: the chain of causes behind a field, and what an expression was waiting for. */
import { endWith, ExitCode, type Stop, usage } from "@capstan/command-line"
import { formatClock } from "@capstan/engine/text"
import type { Question, Scene, TimeTravel, Unmet } from "@capstan/engine"
import type { TraceEvent } from "@capstan/kernel"
import {
  eventLine,
  fieldMeant,
  findNamed,
  objectAt,
  objectLines,
  objectName,
  parseField,
  type RecordedTrace,
  redactEvent,
  redactValue,
  type Why,
  whyField,
  type WhyLink,
  yamlLines
} from "@capstan/report/trace"
import * as Effect from "effect/Effect"
import { openTrace } from "../files/TraceFile.ts"
import { parseMoment } from "../input/Moment.ts"
import type { TravelFlags, Traveller } from "../run/Traveller.ts"

/** Where the past comes from: a trace, or a run that is done again. */
export interface PastFlags extends Omit<TravelFlags, "file"> {
  readonly trace: string | undefined
  readonly file: string | undefined
  readonly at: string | undefined
}

export interface WhyFlags extends PastFlags {
  readonly object: string
  readonly field: string
}

export interface WhyNotFlags extends PastFlags {
  readonly expression: string
}

export const whyCommand = (flags: WhyFlags): Effect.Effect<void, Stop> =>
  Effect.gen(function* () {
    const field = yield* Effect.mapError(Effect.fromResult(parseField(flags.field)), usage)
    const { at, cutShort, events } = yield* pastOf(flags)
    const objects = objectLines(events)
    const line = yield* Effect.mapError(Effect.fromResult(findNamed(objects, flags.object)), usage)
    const name = objectName(line)
    const why = whyField(events, line, field, at)
    if (why === undefined) {
      const first = line.versions[0]?.t ?? 0
      const when = first > at ? `is made at ${formatClock(first, { millis: true })}` : "has gone by then"
      return yield* usage(`${name} is not there at ${formatClock(at)}: it ${when}.`)
    }
    if (why.links.length === 0) {
      return yield* usage(
        `${name} has no ${flags.field} at ${formatClock(at)}, and never had until then.${fieldMeant(line, field)}`
      )
    }
    process.stdout.write(`${whyLines(name, flags.field, at, why).join("\n")}\n`)
    if (cutShort) return yield* endWith(ExitCode.cannotRun)
  })

export const whyNotCommand = (flags: WhyNotFlags): Effect.Effect<void, Stop> =>
  Effect.gen(function* () {
    const source = yield* sourceOf(flags)
    if ("trace" in source) {
      const trace = yield* openTrace(source.trace)
      const at = yield* momentOf(flags.at, trace)
      const { question, scene } = yield* askTrace(flags.expression, trace, at)
      process.stdout.write(`${unmetLines(flags.expression, at, question.unmet(scene)).join("\n")}\n`)
      if (trace.cutShort) return yield* endWith(ExitCode.cannotRun)
      return
    }
    const { compileQuestion, holds } = yield* Effect.promise(() => import("@capstan/engine"))
    const { goOn } = yield* traveling
    const { travel } = yield* begin(source, flags.at)
    const question = yield* Effect.mapError(Effect.fromResult(compileQuestion(flags.expression, travel.names)), usage)
    const unmet = question.unmet(travel.scene())
    process.stdout.write(`${unmetLines(flags.expression, travel.millis, unmet).join("\n")}\n`)
    if (unmet.length === 0) return
    const stopped = yield* goOn(travel, { when: () => holds(question.expression.evaluate(travel.scene())) })
    process.stdout.write(`\n${laterLine(travel, stopped)}\n`)
    travel.finish()
  })

/** Loaded only for runs: a trace needs no simulator. */
const traveling = Effect.promise(() => import("../run/Traveller.ts"))

const sourceOf = ({
  file,
  trace,
  ...rest
}: PastFlags): Effect.Effect<{ readonly trace: string } | TravelFlags, Stop> => {
  if (trace !== undefined && file !== undefined)
    return Effect.fail(usage("Give either --trace or --file: one past at a time."))
  if (file !== undefined) return Effect.succeed({ ...rest, file })
  return trace === undefined
    ? Effect.fail(usage("Give a trace with --trace FILE, or a scenario with --file FILE and --seed N."))
    : Effect.succeed({ trace })
}

/** The time that is asked about: the end, unless one is given. */
const momentOf = (text: string | undefined, trace: RecordedTrace): Effect.Effect<number, Stop> =>
  Effect.gen(function* () {
    if (text === undefined) return trace.endMillis
    const at = yield* Effect.mapError(Effect.fromResult(parseMoment(text)), usage)
    if (at <= trace.endMillis) return at
    const end = formatClock(trace.endMillis, { millis: true })
    return yield* usage(`${formatClock(at)} is after the end of the trace, which is at ${end}.`)
  })

/** A run that has come to the time; to its end when none is given. */
const begin = (flags: TravelFlags, at: string | undefined): Effect.Effect<Traveller, Stop> =>
  Effect.gen(function* () {
    const until = at === undefined ? undefined : yield* Effect.mapError(Effect.fromResult(parseMoment(at)), usage)
    const { beginTravel, goOn, goTo } = yield* traveling
    const traveller = yield* beginTravel(flags)
    if (until === undefined) yield* goOn(traveller.travel, {})
    else yield* goTo(traveller.travel, until)
    return traveller
  })

interface Past {
  readonly events: ReadonlyArray<TraceEvent>
  /** Virtual milliseconds. */
  readonly at: number
  readonly cutShort: boolean
}

const pastOf = (flags: PastFlags): Effect.Effect<Past, Stop> =>
  Effect.gen(function* () {
    const source = yield* sourceOf(flags)
    if ("trace" in source) {
      const trace = yield* openTrace(source.trace)
      return { events: trace.events, at: yield* momentOf(flags.at, trace), cutShort: trace.cutShort }
    }
    const { travel } = yield* begin(source, flags.at)
    const past = { events: [...travel.events], at: travel.millis, cutShort: false }
    travel.finish()
    return past
  })

const shownValue = (value: unknown): ReadonlyArray<string> => {
  if (value === undefined) return ["(nothing)"]
  return yamlLines(redactValue(value))
}

const whyLines = (name: string, field: string, at: number, { before, links, value }: Why): ReadonlyArray<string> => {
  const [write] = links
  const since = formatClock(write?.event.t ?? 0, { millis: true })
  const lines = shownValue(value)
  const is = lines.length === 1 ? ` ${lines[0]}` : ""
  return [
    `${name} ${field} at ${formatClock(at, { millis: true })}:${is}`,
    ...(lines.length === 1 ? [] : lines.map((line) => `  ${line}`)),
    `  so since ${since}; before: ${shownValue(before).join(" ").replace(/\s+/g, " ")}`,
    "",
    ...links.map((link, place) => linkLine(link, place))
  ]
}

const linkLine = ({ event, how, times }: WhyLink, place: number): string => {
  const arrow = place === 0 ? " " : how === "caused" ? "←" : "⇠"
  const looked = times === 1 ? "" : `, for the ${times}th time by its own timer`
  const found = how === "found" ? "  (found at its next look)" : ""
  return `${arrow} ${eventLine(redactEvent(event))}${looked}${found}`
}

/** The question in the world of a trace: objects, time and calls are there, nothing else. */
const askTrace = (
  expression: string,
  trace: RecordedTrace,
  at: number
): Effect.Effect<{ readonly question: Question; readonly scene: Scene }, Stop> =>
  Effect.gen(function* () {
    const { compileQuestion, emptyScene, ofKinds } = yield* Effect.promise(() => import("@capstan/engine"))
    const lines = [...objectLines(trace.events).values()]
    const names = Object.keys(ofKinds).map((name) => ({ name, one: false }))
    const place = "a trace, which knows the kinds of objects alone; for the names of let, give the scenario with --file"
    const compiled = compileQuestion(expression, { bindings: names, constants: {}, place })
    const question = yield* Effect.mapError(Effect.fromResult(compiled), usage)
    const unknown = [...question.expression.dependencies.functions].find((name) => !["age", "now"].includes(name))
    if (unknown !== undefined) {
      return yield* usage(`${unknown}() cannot be answered from a trace: give the scenario with --file and --seed.`)
    }
    const binding = (name: string): unknown =>
      lines
        .filter(({ api, kind }) => kind === ofKinds[name]?.kind && (api === "management") !== (kind === "Node"))
        .flatMap((line) => objectAt(line, at) ?? [])
    return { question, scene: { ...emptyScene, nowMillis: trace.epochMillis + at, binding } }
  })

const unmetLines = (expression: string, at: number, unmet: ReadonlyArray<Unmet>): ReadonlyArray<string> => {
  const when = formatClock(at, { millis: true })
  if (unmet.length === 0) return [`It holds at ${when}: ${expression}`]
  return [`It does not hold at ${when}:`, ...partLines(unmet, 1)]
}

const partLines = (parts: ReadonlyArray<Unmet>, depth: number): ReadonlyArray<string> =>
  parts.flatMap(({ parts: inner, text }) => [
    `${"  ".repeat(depth)}${redactText(text)}`,
    ...partLines(inner, depth + 1)
  ])

const redactText = (text: string): string => String(redactValue(text))

const laterLine = (travel: TimeTravel, stopped: "when" | "time" | "over"): string => {
  const last = travel.lastHappening
  return stopped === "when" && last !== undefined
    ? `It holds first at ${formatClock(travel.millis, { millis: true })}, after\n  ${eventLine(redactEvent(last))}`
    : `It does not hold until the end of the run, at ${formatClock(travel.millis, { millis: true })}.`
}
