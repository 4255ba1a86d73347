/** `capstan test`: finds, checks and runs scenarios, and reports. */
import { didYouMean, sweepFamilies, type SweepFamily } from "@capstan/engine/text"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { availableParallelism } from "node:os"
import { endWith, ExitCode, Stop, usage } from "../ExitCode.ts"
import { findScenarioSources, type ScenarioSource } from "../files/ScenarioSources.ts"
import { type Assignments, parseAssignments } from "../input/Assignments.ts"
import { isForPeople, parseReporters, type ReporterChoice } from "../input/ReporterChoice.ts"
import { parseSeeds } from "../input/SeedRange.ts"
import { formatShard, parseShard, type Shard, wholeShard } from "../input/Shard.ts"
import { parseSpeed } from "../input/SimFlags.ts"
import { parseWorkers } from "../input/Workers.ts"
import { openDesks } from "../output/OpenDesks.ts"
import { ReportDesk } from "../output/ReportDesk.ts"
import { Screen } from "../output/Screen.ts"
import { counted, linesOf } from "../report/Amounts.ts"
import { comparison } from "../report/Comparison.ts"
import { TraceRoom } from "../report/HtmlReport.ts"
import { exitCodeOf, type Group, groupsOf, type Skipped, type TestReport } from "../report/TestReport.ts"
import { defectStop, loadPlans } from "../run/LoadPlans.ts"
import { backendNames, type Emulator, type PlanSummary } from "../run/Messages.ts"
import { grep, lackingText, pinMatrix } from "../run/Selection.ts"
import { shareOf } from "../run/Sharding.ts"
import { hasPassed, type Job, runAll } from "../run/TestRun.ts"
import { openWorkerThread, type WorkerThread } from "../run/WorkerThread.ts"
import { version } from "../Version.ts"

export interface TestFlags {
  readonly files: ReadonlyArray<string>
  readonly seed: string | undefined
  readonly sweep: string | undefined
  readonly reporters: ReadonlyArray<string>
  readonly checkDeterminism: boolean
  readonly bail: boolean
  readonly workers: string | undefined
  readonly backends: ReadonlyArray<string>
  readonly endpoint: string | undefined
  readonly speed: string | undefined
  /** Flags that were given and mean something for drills alone. */
  readonly ofDrills: ReadonlyArray<string>
  readonly matrix: ReadonlyArray<string>
  readonly variables: ReadonlyArray<string>
  readonly grep: string | undefined
  readonly shard: string | undefined
  readonly colour: boolean | undefined
}

/** What was asked for, checked. */
interface Wish {
  readonly sources: ReadonlyArray<ScenarioSource>
  readonly reporters: ReadonlyArray<ReporterChoice>
  readonly seeds: ReadonlyArray<number> | undefined
  /** What to try in a sweep; no sweep without. */
  readonly families: ReadonlyArray<SweepFamily> | undefined
  readonly pins: Assignments
  readonly variables: Assignments
  readonly pattern: RegExp | undefined
  readonly workers: number | undefined
  /** What to run on, one after the other. */
  readonly backends: ReadonlyArray<Emulator | "sim">
  readonly shard: Shard
}

/** Runs up to this many one after the other in one thread: a second one takes longer to start. */
const runsOfOneWorker = 4

export const testCommand = (flags: TestFlags): Effect.Effect<void, Stop> =>
  Effect.scoped(
    Effect.gen(function* () {
      const begin = performance.now()
      const screen = new Screen(flags.colour)
      const wish = yield* Effect.mapError(Effect.fromResult(wishOf(flags)), usage)
      const thread = yield* openWorkerThread
      const desks = yield* openDesks(wish.reporters, screen.paint)
      const pages = wish.reporters.flatMap(({ file, name }) => (name === "html" && file !== undefined ? [file] : []))
      const emulator = wish.backends.find((backend) => backend !== "sim")
      const hardest = emulator === undefined ? "sim" : "emulated"
      const { plans, skipped } = yield* select(yield* loadPlans(thread, wish.sources, wish.variables, hardest), wish)
      const undisturbed = wish.backends.reduce<ReadonlyArray<Group>>((before, backend) => {
        const firstIndex = before.reduce((sum, { jobs }) => sum + jobs.length, 0)
        return [...before, ...groupsOf(plans, wish.seeds, backend === "sim" ? undefined : backend, firstIndex)]
      }, [])
      const all = wish.families === undefined ? undisturbed : yield* surveyed(thread, undisturbed, wish.families)
      const comparing = wish.backends.length > 1
      const { groups, share } = shareOf(all, wish.shard)
      const jobs = groups.flatMap((group) => group.jobs)
      if (share.runs === 0) return yield* nothingMatched(skipped)
      if (jobs.length === 0) {
        screen.complain(
          `capstan: shard ${formatShard(share)} has nothing to do: there are ${counted(share.runs, "run")}.`
        )
      }

      if (emulator !== undefined) yield* reach(thread, plans, emulator)
      const parallel =
        emulator !== undefined || jobs.length <= runsOfOneWorker ? 1 : Math.min(2, availableParallelism())
      const workers = Math.max(1, Math.min(wish.workers ?? parallel, jobs.length * (flags.checkDeterminism ? 2 : 1)))
      const desk = new ReportDesk({ desks, groups, print: (text) => screen.print(text) })
      const report = (interrupted: boolean): TestReport => ({
        version,
        share,
        groups,
        records: desk.records,
        skipped,
        workers,
        interrupted,
        wallMillis: performance.now() - begin
      })
      const room = new TraceRoom()
      let latest = ""
      let failed = 0
      yield* screen.showProgress(() => ({
        done: desk.records.size,
        failed,
        total: jobs.length,
        elapsedMillis: performance.now() - begin,
        latest
      }))
      desk.begin({ version, share, groups, skipped, workers })
      yield* runAll({
        jobs,
        workers,
        first: thread,
        ...(flags.reporters.some((text) => text.split("=")[0] === "story")
          ? { onStory: (job, lines) => desk.story(job, lines) }
          : {}),
        checkDeterminism: flags.checkDeterminism,
        ...(comparing ? { history: true } : {}),
        ...(wish.reporters.some(({ name }) => name === "html" || name === "blob") ? { pack: true } : {}),
        bail: flags.bail,
        onRun: (record) => {
          latest = record.job.plan.name
          if (!hasPassed(record)) failed++
          desk.record(room.keep(record))
        }
      }).pipe(Effect.onInterrupt(() => Effect.sync(() => finish(desk, report(true), screen))))
      const done = report(false)
      const unwritten = finish(desk, done, screen)
      if (!unwritten && pages.length > 0 && wish.reporters.some(isForPeople)) {
        screen.print(linesOf(pages.map((page) => `    Report  ${page}`)))
      }
      if (comparing) screen.print(comparison(groups, desk.records))
      const code = exitCodeOf(done)
      return yield* endWith(unwritten && code === ExitCode.passed ? ExitCode.cannotRun : code)
    })
  )

/** Ends the reports; tells whether one could not be written. */
const finish = (desk: ReportDesk, report: TestReport, screen: Screen): boolean => {
  const problems = desk.end(report)
  for (const problem of problems) screen.complain(`capstan: ${problem}`)
  return problems.length > 0
}

const wishOf = (flags: TestFlags): Result.Result<Wish, string> =>
  Result.gen(function* () {
    const shard = flags.shard === undefined ? wholeShard : yield* parseShard(flags.shard)
    const { index, total } = shard
    const blobFile = total === 1 ? undefined : `capstan-blob-${index}-of-${total}.ndjson`
    return {
      shard,
      reporters: yield* parseReporters(flags.reporters, blobFile),
      seeds: flags.seed !== undefined ? yield* parseSeeds(flags.seed) : flags.sweep === undefined ? undefined : [0],
      families: flags.sweep === undefined ? undefined : yield* parseFamilies(flags.sweep),
      pins: yield* parseAssignments("--matrix", flags.matrix),
      variables: yield* parseAssignments("--var", flags.variables),
      pattern: flags.grep === undefined ? undefined : yield* patternOf(flags.grep),
      workers: flags.workers === undefined ? undefined : yield* parseWorkers(flags.workers),
      backends: yield* backendsFrom(flags),
      sources: yield* findScenarioSources(process.cwd(), flags.files)
    }
  })

/** Does the undisturbed run of every job, and puts what could go wrong in it behind it. */
const surveyed = Effect.fnUntraced(function* (
  thread: WorkerThread,
  groups: ReadonlyArray<Group>,
  families: ReadonlyArray<SweepFamily>
): Effect.fn.Return<ReadonlyArray<Group>, Stop> {
  let index = 0
  return yield* Effect.forEach(groups, (group) =>
    Effect.gen(function* () {
      const swept = new Map(families.map((family) => [family, { family, tried: 0, pruned: 0 }]))
      const jobs: Array<Job> = []
      for (const job of group.jobs) {
        const found = yield* Effect.mapError(
          thread.ask("Survey", { plan: job.plan.plan, seed: job.seed, families }),
          ({ defect }) => defectStop(defect, `the survey of ${job.plan.plan.input.shown}, seed ${job.seed}`)
        )
        jobs.push({ ...job, index: index++ })
        for (const { family, perturbations, pruned } of found) {
          const tally = swept.get(family)
          if (tally === undefined) continue
          swept.set(family, { family, tried: tally.tried + perturbations.length, pruned: tally.pruned + pruned })
          for (const perturbation of perturbations) jobs.push({ ...job, index: index++, perturbation })
        }
      }
      return { ...group, jobs, sweep: [...swept.values()] }
    })
  )
})

/** `crash,lost`, or `all`. In the order in which they are tried. */
const parseFamilies = (text: string): Result.Result<ReadonlyArray<SweepFamily>, string> => {
  const names = text.split(",")
  const unknown = names.find((name) => name !== "all" && !sweepFamilies.some((family) => family === name))
  if (unknown !== undefined) {
    const hint = didYouMean(unknown, [...sweepFamilies, "all"]).hint ?? ""
    return Result.fail(`There is nothing to sweep named '${unknown}'. ${hint}`.trimEnd())
  }
  return Result.succeed(sweepFamilies.filter((family) => names.includes("all") || names.includes(family)))
}

/** One emulator holds one account, so its runs come one after the other, and no two are the same. */
const backendsFrom = (flags: TestFlags): Result.Result<Wish["backends"], string> =>
  Result.gen(function* () {
    const { endpoint, speed = "60x" } = flags
    const names = [...new Set(flags.backends.length === 0 ? ["sim"] : flags.backends)]
    const [ofDrills] = flags.ofDrills
    if (ofDrills !== undefined) return yield* Result.fail(`${ofDrills} is for --backend aws.`)
    if (flags.sweep !== undefined && names.join() !== "sim")
      return yield* Result.fail("--sweep is for simulations alone.")
    if (names.includes("aws")) {
      return yield* Result.fail("A drill in a real account is done by itself: --backend aws goes with no other.")
    }
    const unknown = names.find((name) => !backendNames.some((known) => known === name))
    if (unknown !== undefined) {
      return yield* Result.fail(
        `There is no backend '${unknown}'. ${didYouMean(unknown, [...backendNames, "aws"]).hint ?? ""}`
      )
    }
    if (!names.includes("emulated")) {
      const stray = endpoint !== undefined ? "--endpoint" : flags.speed !== undefined ? "--speed" : undefined
      return stray === undefined ? ["sim"] : yield* Result.fail(`${stray} is for --backend emulated.`)
    }
    if (endpoint === undefined) {
      return yield* Result.fail(
        "--backend emulated needs the address of an emulator: --endpoint http://127.0.0.1:5000."
      )
    }
    if (!/^https?:$/.test(URL.canParse(endpoint) ? new URL(endpoint).protocol : "")) {
      return yield* Result.fail(`--endpoint '${endpoint}' is no http or https address.`)
    }
    if (flags.checkDeterminism) {
      return yield* Result.fail("--check-determinism is for simulations: no two runs against an emulator are the same.")
    }
    if (flags.workers !== undefined && flags.workers !== "1") {
      return yield* Result.fail("--workers is 1 with --backend emulated: an emulator holds one account.")
    }
    const emulator = { endpoint, speed: yield* parseSpeed(speed) }
    return names.map((name) => (name === "sim" ? name : emulator))
  })

/** Ends the command when the emulator cannot carry a plan. */
const reach = Effect.fnUntraced(function* (
  thread: WorkerThread,
  plans: ReadonlyArray<PlanSummary>,
  emulator: Emulator
): Effect.fn.Return<void, Stop> {
  for (const { plan } of plans) {
    const trouble = yield* Effect.mapError(thread.ask("Reach", { plan, emulator }), ({ defect }) =>
      defectStop(defect, plan.input.shown)
    )
    if (trouble !== undefined)
      return yield* new Stop({ code: ExitCode.cannotRun, message: `This cannot run: ${trouble}.` })
  }
})

const patternOf = (text: string): Result.Result<RegExp, string> =>
  Result.try({
    try: () => new RegExp(text, "u"),
    catch: (error) => `--grep takes a regular expression: ${error instanceof Error ? error.message : String(error)}.`
  })

/** The plans to run, and those passed over because a folder brought them along. */
const select = Effect.fnUntraced(function* (
  loaded: ReadonlyArray<PlanSummary>,
  wish: Wish
): Effect.fn.Return<{ readonly plans: ReadonlyArray<PlanSummary>; readonly skipped: ReadonlyArray<Skipped> }, Stop> {
  const pinned = yield* Effect.mapError(Effect.fromResult(pinMatrix(loaded, wish.pins)), usage)
  const chosen = wish.pattern === undefined ? pinned : grep(pinned, wish.pattern)
  const named = new Set(wish.sources.filter((source) => source.named).map(({ path }) => path))
  const unable = chosen.filter(({ lacking }) => lacking.length > 0)
  const refused = unable.filter(({ plan }) => named.has(plan.input.path))
  if (refused.length > 0) {
    const sentences = refused.map(
      ({ lacking, name, plan }) => `${plan.input.shown}: ${name} cannot run: ${lackingText(lacking)}.`
    )
    return yield* new Stop({ code: ExitCode.cannotRun, message: [...new Set(sentences)].join("\n") })
  }
  const skipped = new Map(
    unable.map(({ lacking, name, plan }) => [
      `${plan.input.path} ${name}`,
      { file: plan.input.shown, name, reason: lackingText(lacking) }
    ])
  )
  return { plans: chosen.filter(({ lacking }) => lacking.length === 0), skipped: [...skipped.values()] }
})

const nothingMatched = (skipped: ReadonlyArray<Skipped>): Stop => {
  const passedOver = skipped.map(({ file, name, reason }) => `${name} skipped: ${reason} (${file})`)
  return new Stop({
    code: ExitCode.nothingMatched,
    message: [...passedOver, "No scenario matched: nothing was run."].join("\n")
  })
}
