/** `capstan shrink`: the smallest scenario that still fails for the same reason, as a file. */
import { ExitCode, Stop, usage } from "@capstan/command-line"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { regressionsFolder } from "../files/RegressionFile.ts"
import { type OneRunFlags, parseOneRun } from "../input/OneRun.ts"
import { parseRealTime, shrinkMillisDefault } from "../input/RealTime.ts"
import { Screen } from "../output/Screen.ts"
import { keepShrunk } from "../output/Shrunk.ts"
import { defectStop, loadPlans, runnablePlan } from "../run/LoadPlans.ts"
import { openWorkerThread } from "../run/WorkerThread.ts"
import { version } from "../Version.ts"

export interface ShrinkFlags extends OneRunFlags {
  readonly time: string | undefined
  readonly folder: string | undefined
  readonly colour: boolean | undefined
}

export const shrinkCommand = (flags: ShrinkFlags): Effect.Effect<void, Stop> =>
  Effect.scoped(
    Effect.gen(function* () {
      const screen = new Screen(flags.colour)
      const wish = yield* Effect.mapError(Effect.fromResult(wishOf(flags)), usage)
      const thread = yield* openWorkerThread
      const plans = yield* loadPlans(thread, wish.sources, wish.variables)
      const { plan, seeds } = yield* runnablePlan(plans, { scenario: flags.scenario, pins: wish.pins })
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

const wishOf = (flags: ShrinkFlags) =>
  Result.gen(function* () {
    return {
      ...(yield* parseOneRun("shrink begins with one run", flags)),
      millisMax: yield* parseRealTime("--for", flags.time, shrinkMillisDefault),
      folder: flags.folder ?? regressionsFolder
    }
  })
