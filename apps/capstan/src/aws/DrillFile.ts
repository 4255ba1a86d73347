/** A scenario file as a drill: one plan, read in this process, with everything that stands in its way. */
import { endWith, ExitCode, type Stop, usage } from "@capstan/command-line"
import { loadScenarios, type Plan, simulatedKinds } from "@capstan/engine"
import { obstacles } from "@capstan/drills"
import * as Effect from "effect/Effect"
import { readFileSync } from "node:fs"
import { callsAreHeard } from "./RealAccount.ts"
import { readerBeside } from "../files/ManifestsBeside.ts"
import { findScenarioSources, unreadable } from "../files/ScenarioSources.ts"
import { type Assignments, parseAssignments } from "../input/Assignments.ts"
import { complaints } from "../run/LoadPlans.ts"

export interface DrillFileFlags {
  readonly file: string
  readonly matrix: ReadonlyArray<string>
  readonly variables: ReadonlyArray<string>
  readonly state: string | undefined
  /** A file with the guardrails of a scenario that has none. */
  readonly guardrails: string | undefined
  /** Of the management cluster; without one, instances are all that a drill sees. */
  readonly kubeconfig: string | undefined
}

/** The one plan that the flags select. Ends the command, with every complaint, when it cannot be a drill. */
export const loadDrill = (flags: DrillFileFlags): Effect.Effect<Plan, Stop> =>
  Effect.gen(function* () {
    const [source, ...others] = yield* Effect.mapError(
      Effect.fromResult(findScenarioSources(process.cwd(), [flags.file])),
      usage
    )
    if (source === undefined || others.length > 0) return yield* usage("A drill is one scenario file.")
    const variables = yield* assignments("--var", flags.variables)
    const beside = flags.guardrails === undefined ? undefined : yield* guardrailsIn(flags.guardrails)
    const { diagnostics, plans } = loadScenarios({
      file: source.shown,
      text: readFileSync(source.path, "utf8"),
      manifests: readerBeside(source),
      kinds: simulatedKinds,
      variables,
      ...(beside === undefined ? {} : { guardrails: beside })
    })
    if (diagnostics.length > 0) return yield* complain(diagnostics, ExitCode.usage)
    const pins = yield* assignments("--matrix", flags.matrix)
    const pinned = plans.filter(({ cell }) =>
      Object.entries(pins).every(([axis, value]) => String(cell[axis]) === value)
    )
    const [plan, ...more] = pinned
    if (plan === undefined) return yield* usage("No cell of the matrix matches --matrix.")
    if (more.length > 0) {
      return yield* usage(
        `A drill is one run, and this file has ${pinned.length}: choose a cell with --matrix axis=value.`
      )
    }
    const inTheWay = obstacles(plan, {
      objects: flags.kubeconfig !== undefined,
      calls: yield* callsAreHeard(flags.state)
    })
    if (inTheWay.length === 0) return plan
    const unguarded = plan.guardrails.aws === undefined
    return yield* complain(inTheWay, unguarded ? ExitCode.guardrail : ExitCode.cannotRun)
  })

const guardrailsIn = (file: string): Effect.Effect<{ readonly file: string; readonly text: string }, Stop> =>
  Effect.try({
    try: () => ({ file, text: readFileSync(file, "utf8") }),
    catch: (error) => usage(`--guardrails: ${unreadable(file, error)}`)
  })

const assignments = (flag: string, texts: ReadonlyArray<string>): Effect.Effect<Assignments, Stop> =>
  Effect.mapError(Effect.fromResult(parseAssignments(flag, texts)), usage)

const complain = (diagnostics: Parameters<typeof complaints>[0], code: ExitCode): Effect.Effect<never, Stop> =>
  Effect.suspend(() => {
    process.stderr.write(`${complaints(diagnostics)}\n`)
    return Effect.fail(endWith(code))
  })
