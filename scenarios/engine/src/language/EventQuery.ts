/**
 * CEL over the events of a trace: `kind == 'aws' && code == 'RequestLimitExceeded'`. Pure.
 *
 * The fields that any of the events has are names; `event` is the whole of it, for `has(event.code)`. An event without a field that
 * the expression asks for does not match. Functions about a world that goes on (steps, faults, etcd, the cloud) say nothing here.
 *
 * @source docs/guides/time-travel.md
 */
import type { TraceEvent } from "@capstan/kernel"
import * as Result from "effect/Result"
import { emptyScene } from "../plan/Templates.ts"
import { formatProblem, holds, makeCompiler, nameProblem } from "./Expression.ts"

/** Functions whose answers are not in an event. */
const ofRuns = ["victim", "victims", "stepStart", "stepEnd", "faultEnded", "etcd", "instancesOf", "workload", "calls"]

/**
 * Whether an event matches; what is wrong with the expression, in a sentence with its place.
 *
 * @param epochMillis when virtual time began: `now()` is the event's time.
 */
export const compileEventQuery = (
  source: string,
  events: ReadonlyArray<TraceEvent>,
  epochMillis: number
): Result.Result<(event: TraceEvent) => boolean, string> => {
  const fields = [...new Set(events.flatMap((event) => Object.keys(event)))].filter(
    (name) => nameProblem(name) === undefined && name !== "event"
  )
  const compiler = makeCompiler({
    bindings: ["event", ...fields].map((name) => ({ name, one: true })),
    constants: {},
    place: "the events of this trace"
  })
  const { expression, problems } = compiler.compile(source, "condition")
  const [problem] = problems
  if (expression === undefined) {
    return Result.fail(problem === undefined ? "The expression cannot be read." : formatProblem(source, problem))
  }
  const asked = ofRuns.find((name) => expression.dependencies.functions.has(name))
  if (asked !== undefined) return Result.fail(`${asked}() asks about a run, not about an event: it cannot stand here.`)
  return Result.succeed((event) =>
    holds(
      expression.evaluate({
        ...emptyScene,
        nowMillis: epochMillis + event.t,
        binding: (name) => (name === "event" ? event : event[name])
      })
    )
  )
}
