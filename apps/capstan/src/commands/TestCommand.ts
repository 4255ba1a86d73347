/** `capstan test`: finds, checks and runs scenarios, and reports. */
import { endWith, ExitCode, Stop, usage } from "@capstan/command-line"
import { didYouMean, formatCell, sweepFamilies, type SweepFamily } from "@capstan/engine/text"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { availableParallelism } from "node:os"
import { changedFiles, defaultReference, realPath } from "../files/GitChanges.ts"
import { type FailedRun, type LastRun, lastRunFile, readLastRun, writeLastRun } from "../files/LastRun.ts"
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
import {
  budgetsOf,
  exitCodeOf,
  type Group,
  groupsOf,
  recordsOf,
  type Skipped,
  type TestReport
} from "../report/TestReport.ts"
import { defectStop, loadPlans } from "../run/LoadPlans.ts"
import { backendNames, type Emulator, type PlanSummary } from "../run/Messages.ts"
import { failedAgain, filtered, type Filters, lackingText, pinMatrix } from "../run/Selection.ts"
import { shareOf } from "../run/Sharding.ts"
import { hasPassed, type Job, runAll } from "../run/TestRun.ts"
import { rerunOnChange, terminalKeys } from "../run/Watch.ts"
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
  readonly grepInvert: string | undefined
  /** Labels, as kubectl selects by them. */
  readonly selector: string | undefined
  /** A commit; empty when it is left to us. */
  readonly changed: string | undefined
  readonly lastFailed: boolean
  readonly passWithNoTests: boolean
  readonly watch: boolean
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
  readonly unwanted: RegExp | undefined
  /** Runs that failed last time, where only these are wanted. */
  readonly failed: ReadonlyArray<FailedRun> | undefined
  /** The commit with which scenarios are compared. */
  readonly reference: string | undefined
  readonly workers: number | undefined
  /** What to run on, one after the other. */
  readonly backends: ReadonlyArray<Emulator | "sim">
  readonly shard: Shard
}

/** Runs up to this many one after the other in one thread: a second one takes longer to start. */
const runsOfOneWorker = 4

export const testCommand = (flags: TestFlags): Effect.Effect<void, Stop> =>
  Effect.suspend(() => {
    const screen = new Screen(flags.colour)
    return flags.watch ? watchTests(flags, screen) : testOnce(flags, screen)
  })

/** Runs again and again, until the person at the terminal has enough. Ends as the last time did. */
const watchTests = (flags: TestFlags, screen: Screen): Effect.Effect<void, Stop> =>
  Effect.scoped(
    Effect.gen(function* () {
      if (!process.stdin.isTTY || !process.stdout.isTTY) {
        return yield* usage("--watch is for a terminal: there is nobody here to press a key.")
      }
      const files = new Set<string>()
      const run = testOnce(flags, screen, (file) => void files.add(file)).pipe(
        Effect.tapError(({ message }) => Effect.sync(() => message !== "" && screen.complain(`capstan: ${message}`))),
        Effect.match({ onFailure: ({ code }) => code, onSuccess: () => ExitCode.passed })
      )
      const code = yield* rerunOnChange<ExitCode>({
        run: Effect.andThen(
          Effect.sync(() => files.clear()),
          run
        ),
        files: () => [...files],
        onWait: (count) => screen.print(`\n Watching ${counted(count, "file")}: Enter runs again, q ends.\n`),
        keyboard: yield* terminalKeys
      })
      return yield* endWith(code ?? ExitCode.interrupted)
    })
  )

/** @param onFile told which files the outcome depends on. */
const testOnce = (
  flags: TestFlags,
  screen: Screen,
  onFile: (path: string) => void = () => {}
): Effect.Effect<void, Stop> =>
  Effect.scoped(
    Effect.gen(function* () {
      const begin = performance.now()
      const wish = yield* Effect.mapError(Effect.fromResult(wishOf(flags)), usage)
      for (const { path } of wish.sources) onFile(path)
      if (wish.failed?.length === 0 && !flags.passWithNoTests) return yield* nothingMatched([], wish)
      const labels = flags.selector === undefined ? undefined : yield* labelsTest(flags.selector)
      const changed = wish.reference === undefined ? undefined : yield* changesSince(wish.reference)
      const thread = yield* openWorkerThread
      const desks = yield* openDesks(wish.reporters, screen.paint)
      const pages = wish.reporters.flatMap(({ file, name }) => (name === "html" && file !== undefined ? [file] : []))
      const emulator = wish.backends.find((backend) => backend !== "sim")
      const hardest = emulator === undefined ? "sim" : "emulated"
      const touched = new Set<string>()
      const loaded = yield* loadPlans(thread, wish.sources, wish.variables, hardest, (path, manifests) => {
        for (const manifest of manifests) onFile(manifest)
        if ([path, ...manifests].some((file) => changed?.has(realPath(file)) === true)) touched.add(path)
      })
      const { pattern, unwanted } = wish
      const file = changed === undefined ? undefined : (path: string) => touched.has(path)
      const { plans, skipped } = yield* select(loaded, wish, { pattern, unwanted, labels, file })
      const undisturbed = wish.backends.reduce<ReadonlyArray<Group>>((before, backend) => {
        const firstIndex = before.reduce((sum, { jobs }) => sum + jobs.length, 0)
        return [...before, ...groupsOf(plans, wish.seeds, backend === "sim" ? undefined : backend, firstIndex)]
      }, [])
      const wanted = wish.failed === undefined ? undisturbed : failedAgain(undisturbed, wish.failed, wish.seeds)
      const all = wish.families === undefined ? wanted : yield* surveyed(thread, wanted, wish.families)
      const comparing = wish.backends.length > 1
      const { groups, share } = shareOf(all, wish.shard)
      const jobs = groups.flatMap((group) => group.jobs)
      if (share.runs === 0) {
        const nothing = nothingMatched(skipped, wish)
        if (!flags.passWithNoTests && changed === undefined) return yield* nothing
        screen.complain(`capstan: ${nothing.message}`)
      } else if (jobs.length === 0) {
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
      remember(done, wish.variables, screen)
      const unwritten = finish(desk, done, screen)
      if (!unwritten && pages.length > 0 && wish.reporters.some(isForPeople)) {
        screen.print(linesOf(pages.map((page) => `    Report  ${page}`)))
      }
      if (comparing) screen.print(comparison(groups, desk.records))
      const code = exitCodeOf(done)
      return yield* endWith(unwritten && code === ExitCode.passed ? ExitCode.cannotRun : code)
    })
  )

/**
 * Keeps for `--last-failed` what failed: of a broken budget, all runs over which it was judged. That it cannot be kept is worth a word,
 * and no more.
 */
const remember = (report: TestReport, variables: Assignments, screen: Screen): void => {
  const failed = report.groups.flatMap((group) => {
    const records = recordsOf(report.records, group)
    const broken = new Set(
      budgetsOf(group, records).flatMap(({ cell, status }) => (status === "violated" ? [formatCell(cell)] : []))
    )
    return records.flatMap((record): ReadonlyArray<FailedRun> => {
      const { perturbation, plan, seed } = record.job
      const overBudget = perturbation === undefined && broken.has(formatCell(plan.cell))
      if (hasPassed(record) && !overBudget) return []
      const { backend, file, name } = group
      return [{ file, name, backend, cell: plan.cell, seed, ...(perturbation === undefined ? {} : { perturbation }) }]
    })
  })
  const written = writeLastRun(process.cwd(), { format: 1, variables, failed })
  if (Result.isFailure(written)) screen.complain(`capstan: --last-failed will not know of this run: ${written.failure}`)
}

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
    const lastRun = flags.lastFailed ? yield* lastRunOf(flags) : undefined
    const variables = yield* parseAssignments("--var", flags.variables)
    const files = flags.files.length > 0 ? flags.files : [...new Set(lastRun?.failed.map(({ file }) => file))]
    const blobFile = total === 1 ? undefined : `capstan-blob-${index}-of-${total}.ndjson`
    return {
      shard,
      reporters: yield* parseReporters(flags.reporters, blobFile),
      seeds: flags.seed !== undefined ? yield* parseSeeds(flags.seed) : flags.sweep === undefined ? undefined : [0],
      families: flags.sweep === undefined ? undefined : yield* parseFamilies(flags.sweep),
      pins: yield* parseAssignments("--matrix", flags.matrix),
      // A failure is one with the values that it had.
      variables: flags.variables.length > 0 ? variables : (lastRun?.variables ?? variables),
      pattern: flags.grep === undefined ? undefined : yield* patternOf("--grep", flags.grep),
      unwanted: flags.grepInvert === undefined ? undefined : yield* patternOf("--grep-invert", flags.grepInvert),
      failed: lastRun?.failed,
      reference: flags.changed === "" ? defaultReference(process.env) : flags.changed,
      workers: flags.workers === undefined ? undefined : yield* parseWorkers(flags.workers),
      backends: yield* backendsFrom(flags),
      sources: yield* findScenarioSources(process.cwd(), files)
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

/** What failed last time, if anything is known of it. */
const lastRunOf = (flags: TestFlags): Result.Result<LastRun, string> =>
  Result.gen(function* () {
    if (flags.sweep !== undefined) {
      return yield* Result.fail(
        "--last-failed repeats what failed, what went wrong in it included: leave --sweep away."
      )
    }
    return (yield* readLastRun(process.cwd())) ?? { format: 1, variables: {}, failed: [] }
  })

const labelsTest = Effect.fnUntraced(function* (text: string) {
  const { parseLabelSelector } = yield* Effect.promise(() => import("@capstan/api"))
  return yield* Effect.mapError(Effect.fromResult(parseLabelSelector(text)), (why) =>
    usage(`--selector '${text}' is none: ${why}. Write it as for kubectl: tier=smoke,suite in (a,b),!slow.`)
  )
})

const changesSince = (reference: string): Effect.Effect<ReadonlySet<string>, Stop> =>
  Effect.mapError(Effect.fromResult(changedFiles(process.cwd(), reference)), ({ kind, message }) =>
    kind === "commit" ? usage(message) : new Stop({ code: ExitCode.cannotRun, message })
  )

const patternOf = (flag: string, text: string): Result.Result<RegExp, string> =>
  Result.try({
    try: () => new RegExp(text, "u"),
    catch: (error) => `${flag} takes a regular expression: ${error instanceof Error ? error.message : String(error)}.`
  })

/** The plans to run, and those passed over because a folder brought them along. */
const select = Effect.fnUntraced(function* (
  loaded: ReadonlyArray<PlanSummary>,
  wish: Wish,
  filters: Filters
): Effect.fn.Return<{ readonly plans: ReadonlyArray<PlanSummary>; readonly skipped: ReadonlyArray<Skipped> }, Stop> {
  const pinned = yield* Effect.mapError(Effect.fromResult(pinMatrix(loaded, wish.pins)), usage)
  const chosen = filtered(pinned, filters)
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

const nothingMatched = (skipped: ReadonlyArray<Skipped>, { failed, reference }: Wish): Stop => {
  const passedOver = skipped.map(({ file, name, reason }) => `${name} skipped: ${reason} (${file})`)
  const why =
    failed !== undefined
      ? failed.length === 0
        ? `Nothing to repeat: nothing has failed in the last test run here, or there was none (${lastRunFile}).`
        : `Nothing to repeat: none of the ${counted(failed.length, "run")} that failed last time is among what was asked for.`
      : reference !== undefined
        ? `Nothing to run: no scenario that was asked for, and no manifest of one, differs from ${reference}.`
        : "No scenario matched: nothing was run."
  return new Stop({ code: ExitCode.nothingMatched, message: [...passedOver, why].join("\n") })
}
