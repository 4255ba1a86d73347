/** `capstan shrink`: the smallest scenario that still fails for the same reason, as a file. */
import { parseDuration } from "@capstan/engine/text"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { ExitCode, Stop, usage } from "../ExitCode.ts"
import { regressionsFolder, writeRegression } from "../files/RegressionFile.ts"
import { findScenarioSources } from "../files/ScenarioSources.ts"
import { parseAssignments } from "../input/Assignments.ts"
import { parseSeeds } from "../input/SeedRange.ts"
import { Screen } from "../output/Screen.ts"
import { counted, formatSpan } from "../report/Amounts.ts"
import { defectStop, loadPlans } from "../run/LoadPlans.ts"
import type { ShrinkAnswer } from "../run/Messages.ts"
import { onlyPlan } from "../run/Selection.ts"
import { openWorkerThread } from "../run/WorkerThread.ts"
import { version } from "../Version.ts"

export interface ShrinkFlags {
  readonly file: string
  readonly scenario: string | undefined
  readonly seed: string | undefined
  readonly matrix: ReadonlyArray<string>
  readonly variables: ReadonlyArray<string>
  readonly time: string | undefined
  readonly folder: string | undefined
  readonly colour: boolean | undefined
}

/** Real milliseconds. */
export const shrinkMillisDefault = 60_000

export const shrinkCommand = (flags: ShrinkFlags): Effect.Effect<void, Stop> =>
  Effect.scoped(
    Effect.gen(function* () {
      const screen = new Screen(flags.colour)
      const wish = yield* Effect.mapError(Effect.fromResult(wishOf(flags)), usage)
      const thread = yield* openWorkerThread
      const plans = yield* loadPlans(thread, wish.sources, wish.variables)
      const chosen = onlyPlan(plans, { scenario: flags.scenario, pins: wish.pins })
      const { plan, seeds } = yield* Effect.mapError(Effect.fromResult(chosen), usage)
      const seed = wish.seed ?? seeds[0] ?? 0
      screen.print(` capstan ${version}  shrink · ${plan.input.shown} · seed ${seed}\n\n`)
      const answer = yield* Effect.mapError(
        thread.ask("Shrink", { scenario: plan, seed, millisMax: wish.millisMax }),
        ({ defect }) => defectStop(defect, `${plan.input.shown}, seed ${seed}`)
      )
      if (answer.shrunk === undefined) {
        return yield* usage(`${plan.input.shown} passes with seed ${seed}: there is nothing to shrink.`)
      }
      const { path, shown } = plan.input
      const written = keepShrunk(wish.folder, answer, { path, shown })
      if (Result.isFailure(written)) return yield* new Stop({ code: ExitCode.cannotRun, message: written.failure })
      screen.print(` ${written.success.join("\n ")}\n`)
    })
  )

/** Writes what was shrunk, and says in lines what became of it. */
export const keepShrunk = (
  folder: string,
  { detail, reason = "", shrunk, steps, tries, wallMillis }: ShrinkAnswer,
  from: { readonly path: string; readonly shown: string }
): Result.Result<ReadonlyArray<string>, string> => {
  if (shrunk === undefined) return Result.succeed([])
  const { document, minimal, seed } = shrunk
  const left = document.spec.steps.length
  return Result.map(writeRegression(folder, { document, seed, reason, detail, from }), (file) => [
    `fails for  ${reason}${detail === undefined ? "" : `: ${detail.split("\n")[0]}`}`,
    `shrunk     from ${counted(steps, "step")} to ${left} in ${counted(tries, "try").replace("trys", "tries")}, ${formatSpan(wallMillis)}${minimal ? "; nothing more can be left out" : "; time was up"}`,
    `written    ${file}`,
    `replay     npx capstan replay ${file} --seed ${seed}`
  ])
}

const wishOf = (flags: ShrinkFlags) =>
  Result.gen(function* () {
    const seeds = flags.seed === undefined ? [undefined] : yield* parseSeeds(flags.seed)
    if (seeds.length !== 1) return yield* Result.fail("shrink begins with one run: give one --seed.")
    const sources = yield* findScenarioSources(process.cwd(), [flags.file])
    if (sources.length !== 1)
      return yield* Result.fail(`shrink takes one scenario: '${flags.file}' stands for ${sources.length} files.`)
    return {
      sources,
      seed: seeds[0],
      pins: yield* parseAssignments("--matrix", flags.matrix),
      variables: yield* parseAssignments("--var", flags.variables),
      millisMax: yield* realTime("--for", flags.time, shrinkMillisDefault),
      folder: flags.folder ?? regressionsFolder
    }
  })

/** A duration of real time on the command line, in milliseconds. */
export const realTime = (flag: string, text: string | undefined, otherwise: number): Result.Result<number, string> => {
  if (text === undefined) return Result.succeed(otherwise)
  const millis = parseDuration(text)
  return millis === undefined || millis === 0 || text.startsWith("+")
    ? Result.fail(`${flag} takes a duration such as 90s or 10m, not '${text}'.`)
    : Result.succeed(millis)
}
