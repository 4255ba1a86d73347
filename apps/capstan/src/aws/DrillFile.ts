/** A scenario file as a drill: one plan, read in this process, with everything that stands in its way. */
import { loadScenarios, type Plan, simulatedKinds } from "@capstan/engine"
import { obstacles } from "@capstan/drills"
import * as Effect from "effect/Effect"
import { readFileSync } from "node:fs"
import { endWith, ExitCode, type Stop, usage } from "../ExitCode.ts"
import { callsAreHeard } from "./RealAccount.ts"
import { readerBeside } from "../files/ManifestsBeside.ts"
import { findScenarioSources } from "../files/ScenarioSources.ts"
import { type Assignments, parseAssignments } from "../input/Assignments.ts"
import { complaints } from "../run/LoadPlans.ts"

export interface DrillFileFlags {
  readonly file: string
  readonly matrix: ReadonlyArray<string>
  readonly variables: ReadonlyArray<string>
  readonly state: string | undefined
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
    const { diagnostics, plans } = loadScenarios({
      file: source.shown,
      text: readFileSync(source.path, "utf8"),
      manifests: readerBeside(source),
      kinds: simulatedKinds,
      variables
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
    const inTheWay = obstacles(plan, { objects: false, calls: yield* callsAreHeard(flags.state) })
    if (inTheWay.length === 0) return plan
    const unguarded = plan.guardrails.aws === undefined
    return yield* complain(inTheWay, unguarded ? ExitCode.guardrail : ExitCode.cannotRun)
  })

const assignments = (flag: string, texts: ReadonlyArray<string>): Effect.Effect<Assignments, Stop> =>
  Effect.mapError(Effect.fromResult(parseAssignments(flag, texts)), usage)

const complain = (diagnostics: Parameters<typeof complaints>[0], code: ExitCode): Effect.Effect<never, Stop> =>
  Effect.suspend(() => {
    process.stderr.write(`${complaints(diagnostics)}\n`)
    return Effect.fail(endWith(code))
  })
