/** `capstan why` and `capstan why-not`, with their flags. What they do is loaded when they are called. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { repeatedFlag, textFlag } from "../input/Flags.ts"

/** The flags that say which past is looked into. */
const pastFlags = {
  at: textFlag("at", "T", "The time that is asked about: 1h4m11s or 01:04:11; the end unless given"),
  trace: textFlag("trace", "FILE", "A trace, as replay --trace writes it"),
  file: textFlag("file", "FILE", "Instead of a trace: a scenario file, or catalogue:NAME, whose run is done again"),
  scenario: textFlag("scenario", "NAME", "With --file: which one, when it holds several"),
  seed: textFlag("seed", "N", "With --file: the run's seed; the file's first otherwise"),
  matrix: repeatedFlag(
    "matrix",
    "axis=value",
    "With --file: only the cells of the matrix with this value (repeatable)"
  ),
  variables: repeatedFlag("var", "name=value", "With --file: the value of a scenario's variable (repeatable)"),
  perturb: textFlag("perturb", "P", "With --file: what goes wrong in the run, as the report of a sweep names it")
}

interface Given {
  readonly at: Option.Option<string>
  readonly trace: Option.Option<string>
  readonly file: Option.Option<string>
  readonly scenario: Option.Option<string>
  readonly seed: Option.Option<string>
  readonly matrix: ReadonlyArray<string>
  readonly variables: ReadonlyArray<string>
  readonly perturb: Option.Option<string>
}

const plainPast = ({ at, file, matrix, perturb, scenario, seed, trace, variables }: Given) => ({
  at: Option.getOrUndefined(at),
  trace: Option.getOrUndefined(trace),
  file: Option.getOrUndefined(file),
  scenario: Option.getOrUndefined(scenario),
  seed: Option.getOrUndefined(seed),
  matrix,
  variables,
  perturb: Option.getOrUndefined(perturb)
})

export const why = Command.make(
  "why",
  {
    object: Argument.String("object").pipe(
      Argument.withDescription("NAME, Kind/NAME or Kind/namespace/NAME, with @workload/CLUSTER behind it where needed")
    ),
    field: Argument.String("field").pipe(
      Argument.withDescription("Such as status.phase or status.conditions[Ready].status")
    ),
    ...pastFlags
  },
  ({ field, object, ...past }) =>
    Effect.flatMap(
      Effect.promise(() => import("./WhyCommand.ts")),
      ({ whyCommand }) => whyCommand({ object, field, ...plainPast(past) })
    )
).pipe(
  Command.withDescription("Show what led to a field's value: write, reconcile, event, … back to a fault or a step"),
  Command.withExamples([
    {
      command: "capstan why Machine/demo-md-0-x7k2p status.conditions[Ready].status --at 16m --trace run.ndjson",
      description: "Why was it not Ready?"
    }
  ])
)

export const whyNot = Command.make(
  "why-not",
  {
    expression: Argument.String("expression").pipe(
      Argument.withDescription("CEL, as in scenarios: over the names of let (with --file), and kinds, such as machines")
    ),
    ...pastFlags
  },
  ({ expression, ...past }) =>
    Effect.flatMap(
      Effect.promise(() => import("./WhyCommand.ts")),
      ({ whyNotCommand }) => whyNotCommand({ expression, ...plainPast(past) })
    )
).pipe(
  Command.withDescription("Show what an expression was waiting for: its parts that did not hold, and why"),
  Command.withExamples([
    {
      command: `capstan why-not "machines.all(m, ready(m))" --at 16m --file my-scenario.yaml --seed 7`,
      description: "Which ones are not, and what their conditions say"
    }
  ])
)
