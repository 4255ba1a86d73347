/** `capstan trace …`: the commands on traces and their flags. What they do is loaded when they are called. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { repeatedFlag, textFlag } from "../input/Flags.ts"

const file = Argument.String("file").pipe(
  Argument.withDescription("A trace, as capstan replay --trace writes it; plain or gzipped")
)

const format = Flag.Literals("output", ["text", "json"]).pipe(
  Flag.withAlias("o"),
  Flag.withDescription("Lines to read (text, unless given), or each event as JSON on a line"),
  Flag.withDefault("text" as const)
)

const show = Command.make(
  "show",
  {
    file,
    from: textFlag("from", "T", "Only what happened then or later: 1h4m11s or 01:04:11"),
    until: textFlag("until", "T", "Only what happened then or before"),
    object: textFlag("object", "NAME", "Only what is about this object: NAME, Kind/NAME or Kind/namespace/NAME"),
    types: repeatedFlag("type", "KIND[,KIND…]", "Only events of these types, such as write, reconcile, aws or fault"),
    format
  },
  ({ from, object, until, ...rest }) =>
    Effect.flatMap(
      Effect.promise(() => import("./TraceCommand.ts")),
      ({ traceShowCommand }) =>
        traceShowCommand({
          ...rest,
          from: Option.getOrUndefined(from),
          until: Option.getOrUndefined(until),
          object: Option.getOrUndefined(object)
        })
    )
).pipe(
  Command.withDescription("Show what happened in a run, event by event"),
  Command.withExamples([
    {
      command: "capstan trace show run.ndjson --from 15m --until 20m --object Machine/demo-md-0-x7k2p",
      description: "Five minutes of one Machine"
    }
  ])
)

const query = Command.make(
  "query",
  {
    file,
    expression: Argument.String("expression").pipe(Argument.withDescription("CEL over an event's fields")),
    format
  },
  (flags) =>
    Effect.flatMap(
      Effect.promise(() => import("./TraceCommand.ts")),
      ({ traceQueryCommand }) => traceQueryCommand(flags)
    )
).pipe(
  Command.withDescription("Show the events for which an expression is true"),
  Command.withExamples([
    {
      command: `capstan trace query run.ndjson "kind == 'aws' && has(event.code)"`,
      description: "The calls that were refused"
    }
  ])
)

const diff = Command.make(
  "diff",
  {
    first: Argument.String("first").pipe(Argument.withDescription("A trace")),
    second: Argument.String("second").pipe(Argument.withDescription("Another one"))
  },
  (flags) =>
    Effect.flatMap(
      Effect.promise(() => import("./TraceCommand.ts")),
      ({ traceDiffCommand }) => traceDiffCommand(flags)
    )
).pipe(
  Command.withDescription("Show where two traces part; ends with 1 where they do"),
  Command.withExamples([{ command: "capstan trace diff a.ndjson b.ndjson", description: "Two runs" }])
)

const traceExport = Command.make(
  "export",
  {
    file,
    format: Flag.Literals("format", ["perfetto", "otlp"]).pipe(
      Flag.withDescription(
        "For ui.perfetto.dev and chrome://tracing, or OpenTelemetry spans for Jaeger, Tempo and collectors"
      )
    ),
    to: textFlag("to", "FILE", "Where to write; stdout unless given")
  },
  ({ to, ...rest }) =>
    Effect.flatMap(
      Effect.promise(() => import("./TraceCommand.ts")),
      ({ traceExportCommand }) => traceExportCommand({ ...rest, to: Option.getOrUndefined(to) })
    )
).pipe(
  Command.withDescription("Write a trace for other programs to show"),
  Command.withExamples([
    {
      command: "capstan trace export run.ndjson --format perfetto --to run.json",
      description: "Open it at ui.perfetto.dev"
    }
  ])
)

export const trace = Command.make("trace").pipe(
  Command.withDescription("What happened in a run, from the file that replay --trace writes"),
  Command.withSubcommands([show, query, diff, traceExport])
)
