/** `capstan explore`: scenarios that nobody wrote, until time is up; what fails is shrunk and kept. */
import { endWith, ExitCode, Stop, usage } from "@capstan/command-line"
import { exploreProfiles, type ExploreProfileName, Steering } from "@capstan/engine/explore"
import { didYouMean } from "@capstan/engine/text"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { availableParallelism } from "node:os"
import { regressionsFolder } from "../files/RegressionFile.ts"
import { openReportFile } from "../files/ReportFile.ts"
import { parseRealTime, shrinkMillisDefault } from "../input/RealTime.ts"
import { parseSeeds } from "../input/SeedRange.ts"
import { parseWorkers } from "../input/Workers.ts"
import { Screen } from "../output/Screen.ts"
import { keepShrunk } from "../output/Shrunk.ts"
import { counted, formatSpan, linesOf, thousands } from "../report/Amounts.ts"
import { type Explored, runExploration } from "../run/Exploration.ts"
import { openWorkerThread, type WorkerThread } from "../run/WorkerThread.ts"
import { version } from "../Version.ts"

export interface ExploreFlags {
  readonly profile: string | undefined
  readonly time: string | undefined
  readonly runs: string | undefined
  readonly seed: string | undefined
  readonly workers: string | undefined
  readonly folder: string | undefined
  readonly states: string | undefined
  readonly colour: boolean | undefined
}

/** Real milliseconds. */
const exploreMillisDefault = 10 * 60_000
const runsMaxDefault = 1_000_000_000
/** So many of the latest runs tell whether anything new is still being found. */
const recentRuns = 100

interface Wish {
  readonly profile: ExploreProfileName
  readonly millisMax: number
  readonly runsMax: number
  readonly seed: number
  readonly workers: number
  readonly folder: string
}

/** What has been seen so far. */
class Tally {
  readonly reasons = new Map<string, number>()
  runs = 0
  failed = 0
  virtualMillis = 0
  private readonly finds: Array<number> = []

  take({ answer, found }: Explored): void {
    this.runs++
    this.virtualMillis += answer.virtualMillis
    this.finds.push(found.length)
    const [reason] = answer.reasons
    if (reason === undefined) return
    this.failed++
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1)
  }

  /** States found by the latest runs. */
  get recentFinds(): number {
    return this.finds.slice(-recentRuns).reduce((sum, count) => sum + count, 0)
  }
}

export const exploreCommand = (flags: ExploreFlags): Effect.Effect<void, Stop> =>
  Effect.scoped(
    Effect.gen(function* () {
      const begin = performance.now()
      const screen = new Screen(flags.colour)
      const wish = yield* Effect.mapError(Effect.fromResult(wishOf(flags)), usage)
      const thread = yield* openWorkerThread
      const statesFile = flags.states === undefined ? undefined : yield* openStates(flags.states)
      const steering = new Steering(wish.seed)
      const tally = new Tally()
      const elapsed = (): number => performance.now() - begin
      let done = 0
      let latest = ""
      const { profile, runsMax, seed, workers } = wish
      screen.print(
        ` capstan ${version}  explore · profile ${profile} · from seed ${seed} · ${counted(workers, "worker")}\n\n`
      )
      yield* screen.showProgress(() => ({
        done,
        failed: tally.failed,
        total: Number.isFinite(wish.millisMax)
          ? Math.max(done, Math.min(runsMax, Math.round((done * wish.millisMax) / elapsed())))
          : runsMax,
        elapsedMillis: elapsed(),
        latest: `${steering.states.size} states · ${latest}`
      }))
      const finish = (): void => {
        if (statesFile !== undefined) {
          const seen = [...steering.states].sort(([a], [b]) => (a < b ? -1 : 1))
          const written = statesFile.write(`${JSON.stringify(Object.fromEntries(seen), undefined, 2)}\n`)
          if (Result.isFailure(written)) screen.complain(`capstan: ${written.failure}`)
        }
        screen.print(summary(tally, steering, elapsed()))
      }
      yield* runExploration({
        seed,
        profile,
        runsMax,
        mayGoOn: () => elapsed() < wish.millisMax,
        workers,
        first: thread,
        steering,
        onAnswer: (seed) => {
          done++
          latest = `seed ${seed}`
        },
        onRun: (explored) => tally.take(explored),
        onFailures: (failures) =>
          Effect.forEach(failures, (failure) => keep(screen, thread, wish.folder, failure), { discard: true })
      }).pipe(Effect.onInterrupt(() => Effect.sync(finish)))
      finish()
      const defect = [...tally.reasons.keys()].some((reason) => reason.startsWith("defect"))
      return yield* endWith(defect ? ExitCode.defect : tally.failed > 0 ? ExitCode.failed : ExitCode.passed)
    })
  )

/** Shrinks the first run that failed for a reason, and tells of it. */
const keep = (
  screen: Screen,
  thread: WorkerThread,
  folder: string,
  { answer, scenario, seed }: Explored
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const [reason = ""] = answer.reasons
    screen.print(` ${screen.paint.bad("✗")} ${reason} · seed ${seed}\n`)
    const shrunk = yield* Effect.result(
      thread.ask("Shrink", { scenario, seed, reason, millisMax: shrinkMillisDefault })
    )
    if (Result.isFailure(shrunk)) {
      return screen.print(linesOf([`     not shrunk: ${shrunk.failure.defect.message}`, ""]))
    }
    const kept = keepShrunk(folder, shrunk.success, scenario)
    const lines = Result.isFailure(kept) ? [kept.failure] : kept.success
    screen.print(linesOf([...lines.map((line) => `     ${line}`), ""]))
  })

const summary = (tally: Tally, steering: Steering, elapsedMillis: number): string => {
  const reasons = [...tally.reasons].sort(([, a], [, b]) => b - a)
  const struck = new Set([...steering.states.keys()].filter((state) => state.startsWith("fault ")))
  return linesOf([
    `     Runs  ${thousands(tally.runs)} explored${tally.failed === 0 ? "" : ` | ${thousands(tally.failed)} failed, for ${counted(reasons.length, "reason")}`}`,
    ...reasons.map(([reason, count]) => `           ${counted(count, "time")}  ${reason}`),
    `  Virtual  ${formatSpan(tally.virtualMillis)} in ${formatSpan(elapsedMillis)}, ${thousands((tally.runs * 3_600_000) / elapsedMillis)} runs an hour`,
    `   States  ${thousands(steering.states.size)} seen, ${tally.recentFinds} of them first in the last ${recentRuns} runs`,
    `   Faults  ${struck.size} of the catalogue's kinds have struck`
  ])
}

const openStates = (file: string) => {
  const opened = openReportFile(process.cwd(), file)
  return Result.isFailure(opened)
    ? Effect.fail(new Stop({ code: ExitCode.cannotRun, message: opened.failure }))
    : Effect.acquireRelease(Effect.succeed(opened.success), ({ discard }) => Effect.sync(discard))
}

const wishOf = (flags: ExploreFlags): Result.Result<Wish, string> =>
  Result.gen(function* () {
    const { profile = "all" } = flags
    const names = Object.keys(exploreProfiles)
    if (!isProfile(profile)) {
      return yield* Result.fail(
        `There is no profile '${profile}'. ${didYouMean(profile, names).hint ?? `There are ${names.join(", ")}.`}`
      )
    }
    const seeds = flags.seed === undefined ? [1] : yield* parseSeeds(flags.seed)
    if (seeds.length !== 1) return yield* Result.fail("explore takes the seed that it begins with: one --seed.")
    const runs = flags.runs === undefined ? undefined : yield* runsOf(flags.runs)
    return {
      profile,
      // A number of runs is done whole, unless a time is given as well.
      millisMax:
        runs !== undefined && flags.time === undefined
          ? Number.POSITIVE_INFINITY
          : yield* parseRealTime("--for", flags.time, exploreMillisDefault),
      runsMax: runs ?? runsMaxDefault,
      seed: seeds[0] ?? 1,
      workers: flags.workers === undefined ? Math.min(2, availableParallelism()) : yield* parseWorkers(flags.workers),
      folder: flags.folder ?? regressionsFolder
    }
  })

const isProfile = (name: string): name is ExploreProfileName => Object.hasOwn(exploreProfiles, name)

const runsOf = (text: string): Result.Result<number, string> =>
  /^[0-9]{1,9}$/.test(text) && Number(text) >= 1
    ? Result.succeed(Number(text))
    : Result.fail(`--runs takes a whole number from 1, not '${text}'.`)
