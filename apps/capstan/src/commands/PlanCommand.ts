/** `capstan plan`: what a file would do, cell by cell, without doing it. */
import { ExitCode, Stop, usage } from "@capstan/command-line"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { findScenarioSources } from "../files/ScenarioSources.ts"
import { parseAssignments } from "../input/Assignments.ts"
import { defectStop, loadPlans } from "../run/LoadPlans.ts"
import { lackingText, pinMatrix } from "../run/Selection.ts"
import { openWorkerThread } from "../run/WorkerThread.ts"

export interface PlanFlags {
  readonly file: string
  readonly matrix: ReadonlyArray<string>
  readonly variables: ReadonlyArray<string>
}

export const planCommand = (flags: PlanFlags): Effect.Effect<void, Stop> =>
  Effect.scoped(
    Effect.gen(function* () {
      const wish = yield* Effect.mapError(Effect.fromResult(wishOf(flags)), usage)
      const thread = yield* openWorkerThread
      const loaded = yield* loadPlans(thread, wish.sources, wish.variables)
      const plans = yield* Effect.mapError(Effect.fromResult(pinMatrix(loaded, wish.pins)), usage)
      const previews = yield* Effect.forEach(plans, ({ plan }) =>
        Effect.mapError(thread.ask("Preview", { plan }), ({ defect }) => defectStop(defect, plan.input.shown))
      )
      process.stdout.write(`${previews.map((lines) => lines.join("\n")).join("\n\n")}\n`)
      const lacking = plans.flatMap((plan) => plan.lacking)
      if (lacking.length > 0) {
        return yield* new Stop({ code: ExitCode.cannotRun, message: `This cannot run: ${lackingText(lacking)}.` })
      }
    })
  )

const wishOf = (flags: PlanFlags) =>
  Result.gen(function* () {
    return {
      sources: yield* findScenarioSources(process.cwd(), [flags.file]),
      pins: yield* parseAssignments("--matrix", flags.matrix),
      variables: yield* parseAssignments("--var", flags.variables)
    }
  })
