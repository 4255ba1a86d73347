/** `capstan replay`: one run again, exactly as it was, told and shown. */
import { endWith, ExitCode, Stop, usage } from "@capstan/command-line"
import { formatClock, formatPerturbation, parsePerturbation } from "@capstan/engine/text"
import { readShell } from "@capstan/report"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { openReportFile, type ReportFile } from "../files/ReportFile.ts"
import { parseMoment } from "../input/Moment.ts"
import { type OneRunFlags, parseOneRun } from "../input/OneRun.ts"
import { Screen } from "../output/Screen.ts"
import { htmlOfRun } from "../report/HtmlReport.ts"
import { storyReporter } from "../report/StoryReport.ts"
import { exitCodeOfRun, groupsOf } from "../report/TestReport.ts"
import { defectStop, loadPlans, runnablePlan } from "../run/LoadPlans.ts"
import { openWorkerThread } from "../run/WorkerThread.ts"

export interface ReplayFlags extends OneRunFlags {
  /** The name of what goes wrong, as a sweep's report has it. */
  readonly perturb: string | undefined
  readonly until: string | undefined
  readonly trace: string | undefined
  readonly report: string | undefined
  readonly colour: boolean | undefined
}

export const replayCommand = (flags: ReplayFlags): Effect.Effect<void, Stop> =>
  Effect.scoped(
    Effect.gen(function* () {
      const screen = new Screen(flags.colour)
      const wish = yield* Effect.mapError(Effect.fromResult(wishOf(flags)), usage)
      const thread = yield* openWorkerThread
      const plans = yield* loadPlans(thread, wish.sources, wish.variables)
      const plan = yield* runnablePlan(plans, { scenario: flags.scenario, pins: wish.pins })
      if (flags.trace !== undefined) yield* checkWritable(flags.trace)
      const page = flags.report === undefined ? undefined : yield* openPage(flags.report)
      const [group] = groupsOf([plan], [wish.seed ?? plan.seeds[0] ?? 0])
      const [job] = group?.jobs ?? []
      if (group === undefined || job === undefined) return
      const reporter = storyReporter(screen.paint)
      screen.print(reporter.open?.(job, group) ?? "")
      const { perturbation, untilMillis } = wish
      const asked = {
        plan: plan.plan,
        seed: job.seed,
        perturbation,
        untilMillis,
        traceFile: flags.trace,
        pack: page !== undefined
      }
      const answer = yield* Effect.mapError(
        thread.ask("Replay", asked, (lines) => screen.print(reporter.story?.(lines) ?? "")),
        ({ defect }) => defectStop(defect, `${plan.plan.input.shown}, seed ${job.seed}`)
      )
      if (answer.notReached !== undefined) {
        return yield* usage(`${answer.notReached}: the files, the variables or Capstan are not those of the report.`)
      }
      const told = perturbation === undefined ? job : { ...job, perturbation }
      const record = { job: told, answer, divergence: undefined }
      screen.print(reporter.run?.(record, group) ?? "")
      if (answer.tree !== undefined && wish.untilMillis !== undefined) {
        screen.print(` Objects at ${formatClock(wish.untilMillis)}\n\n${answer.tree.trimEnd()}\n`)
      }
      if (page !== undefined) {
        const written = page.file.write(htmlOfRun(page.shell, group, record))
        if (Result.isFailure(written)) return yield* new Stop({ code: ExitCode.cannotRun, message: written.failure })
        const at = wish.untilMillis === undefined ? "" : `#t=${formatClock(wish.untilMillis)}`
        screen.print(` Report    ${flags.report}${at}\n\n`)
      }
      if (answer.traceProblem !== undefined) {
        return yield* new Stop({ code: ExitCode.cannotRun, message: answer.traceProblem })
      }
      return yield* endWith(exitCodeOfRun(record))
    })
  )

/** The file of a report, begun, and the page that goes into it. */
const openPage = Effect.fnUntraced(function* (
  path: string
): Effect.fn.Return<{ readonly file: ReportFile; readonly shell: string }, Stop, Scope.Scope> {
  const opened = openReportFile(process.cwd(), path)
  if (Result.isFailure(opened)) return yield* new Stop({ code: ExitCode.cannotRun, message: opened.failure })
  yield* Effect.addFinalizer(() => Effect.sync(opened.success.discard))
  return { file: opened.success, shell: readShell() }
})

/** Fails before the run when its trace could not be written after it. */
const checkWritable = (file: string): Effect.Effect<void, Stop> => {
  const opened = openReportFile(process.cwd(), file)
  return Result.isFailure(opened)
    ? Effect.fail(new Stop({ code: ExitCode.cannotRun, message: opened.failure }))
    : Effect.sync(opened.success.discard)
}

const wishOf = (flags: ReplayFlags) =>
  Result.gen(function* () {
    return {
      ...(yield* parseOneRun("replay does one run", flags)),
      perturbation:
        flags.perturb === undefined ? undefined : formatPerturbation(yield* parsePerturbation(flags.perturb)),
      untilMillis: flags.until === undefined ? undefined : yield* parseMoment(flags.until)
    }
  })
