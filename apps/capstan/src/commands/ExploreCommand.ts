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
import { formatShard, parseShard, type Shard, wholeShard } from "../input/Shard.ts"
import { parseWorkers } from "../input/Workers.ts"
import { exploreJob } from "../output/ExploreJob.ts"
import { Screen } from "../output/Screen.ts"
import { keepShrunk } from "../output/Shrunk.ts"
import { counted, formatSpan, linesOf, thousands } from "../report/Amounts.ts"
import { type ExploreRun, exploreBlobText } from "../report/ExploreBlob.ts"
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
  readonly shard: string | undefined
  readonly blob: string | undefined
  /** How many Pods to print an Indexed Job for. */
  readonly kubernetesJob: string | undefined
  readonly image: string | undefined
  readonly colour: boolean | undefined
}

/** Real milliseconds. */
const exploreMillisDefault = 10 * 60_000
const seedsInAll = 2 ** 32
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
  readonly shard: Shard
  /** What the whole was asked for, of which this may be a part. */
  readonly whole: { readonly seed: number; readonly runs: number | null }
}

/** What has been seen so far. */
class Tally {
  readonly reasons = new Map<string, number>()
  runs = 0
  failed = 0
  virtualMillis = 0
  /** For the blob; kept only where one is written. */
  readonly explored: Array<ExploreRun> = []
  private readonly finds: Array<number> = []

  private readonly keeps: boolean

  constructor(keeps: boolean) {
    this.keeps = keeps
  }

  take({ answer, found, seed }: Explored): void {
    this.runs++
    if (this.keeps) this.explored.push({ seed, reasons: answer.reasons, virtualMillis: answer.virtualMillis })
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
  flags.kubernetesJob === undefined ? explore(flags) : printJob(flags, flags.kubernetesJob)

/** Explores nothing: says what a cluster would have to do. */
const printJob = (flags: ExploreFlags, pods: string): Effect.Effect<void, Stop> =>
  Effect.gen(function* () {
    const { profile, whole } = yield* Effect.mapError(Effect.fromResult(wishOf(flags)), usage)
    const { image, runs, time } = flags
    const lonely = Object.entries({ blob: flags.blob, output: flags.folder, shard: flags.shard, states: flags.states })
    const stray = lonely.find(([, value]) => value !== undefined)
    if (stray !== undefined) return yield* usage(`--${stray[0]} means nothing with --kubernetes-job: the Job says it.`)
    if (image === undefined) return yield* usage("--kubernetes-job needs --image: one whose entrypoint is capstan.")
    const { total } = yield* Effect.mapError(Effect.fromResult(podsOf(pods)), usage)
    const workers =
      flags.workers === undefined ? 2 : yield* Effect.mapError(Effect.fromResult(parseWorkers(flags.workers)), usage)
    const limit = time ?? (runs === undefined ? "10m" : undefined)
    process.stdout.write(
      exploreJob({ pods: total, image, profile, seed: whole.seed, runs: whole.runs, time: limit, workers })
    )
  })

const explore = (flags: ExploreFlags): Effect.Effect<void, Stop> =>
  Effect.scoped(
    Effect.gen(function* () {
      const begin = performance.now()
      const screen = new Screen(flags.colour)
      const wish = yield* Effect.mapError(Effect.fromResult(wishOf(flags)), usage)
      const thread = yield* openWorkerThread
      const blobFile = flags.blob === undefined ? undefined : yield* openStates(flags.blob)
      const statesFile = flags.states === undefined ? undefined : yield* openStates(flags.states)
      const steering = new Steering(wish.seed)
      const tally = new Tally(blobFile !== undefined)
      const elapsed = (): number => performance.now() - begin
      let done = 0
      let latest = ""
      const { profile, runsMax, seed, shard, whole, workers } = wish
      const part = shard.total === 1 ? "" : ` · shard ${formatShard(shard)}`
      screen.print(
        ` capstan ${version}  explore · profile ${profile} · from seed ${seed}${part} · ${counted(workers, "worker")}\n\n`
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
      const finish = (interrupted: boolean): void => {
        if (blobFile !== undefined) {
          const opening = { capstan: version, share: shard, profile, ...whole }
          const end = { interrupted, wallMillis: Math.round(elapsed()), states: Object.fromEntries(steering.states) }
          const written = blobFile.write(exploreBlobText(opening, tally.explored, end))
          if (Result.isFailure(written)) screen.complain(`capstan: ${written.failure}`)
        }
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
      }).pipe(Effect.onInterrupt(() => Effect.sync(() => finish(true))))
      finish(false)
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
    const shard = flags.shard === undefined ? wholeShard : yield* parseShard(flags.shard)
    const first = seeds[0] ?? 1
    const part = partOf(shard, { first, runs })
    return {
      profile,
      // A number of runs is done whole, unless a time is given as well.
      millisMax:
        runs !== undefined && flags.time === undefined
          ? Number.POSITIVE_INFINITY
          : yield* parseRealTime("--for", flags.time, exploreMillisDefault),
      runsMax: part.runs ?? runsMaxDefault,
      seed: part.first,
      shard,
      whole: { seed: first, runs: runs ?? null },
      workers: flags.workers === undefined ? Math.min(2, availableParallelism()) : yield* parseWorkers(flags.workers),
      folder: flags.folder ?? regressionsFolder
    }
  })

/**
 * A shard's own seeds. A number of runs is divided without a gap, so that all shards together have the seeds of the whole; where time is
 * the limit, nobody knows how many there will be, and shards begin as far apart as seeds reach.
 */
export const partOf = (
  { index, total }: Shard,
  { first, runs }: { readonly first: number; readonly runs: number | undefined }
): { readonly first: number; readonly runs: number | undefined } => {
  const place = (span: number): number => Math.floor(((index - 1) * span) / total)
  if (runs === undefined) return { first: (first + place(seedsInAll)) % seedsInAll, runs }
  return { first: (first + place(runs)) % seedsInAll, runs: Math.floor((index * runs) / total) - place(runs) }
}

const podsOf = (text: string): Result.Result<Shard, string> =>
  Result.mapError(parseShard(`1/${text}`), () => `--kubernetes-job takes how many Pods there are to be, not '${text}'.`)

const isProfile = (name: string): name is ExploreProfileName => Object.hasOwn(exploreProfiles, name)

const runsOf = (text: string): Result.Result<number, string> =>
  /^[0-9]{1,9}$/.test(text) && Number(text) >= 1
    ? Result.succeed(Number(text))
    : Result.fail(`--runs takes a whole number from 1, not '${text}'.`)
