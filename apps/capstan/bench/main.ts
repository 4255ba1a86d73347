/**
 * `npm run bench [-- --json] [--profile] [--only NAME]`: each figure beside what it must be and what it is to become.
 *
 * A measurement, never a test: it fails for nothing but a defect. All of it takes at most ten minutes, less the figures that take long and
 * are measured by name alone; the last figure takes the time that is left and says how far it came.
 */
import { catalogue } from "@capstan/catalogue"
import { simulate } from "@capstan/engine"
import { didYouMean } from "@capstan/engine/text"
import { wakeUpsPerSecond } from "@capstan/kernel/bench"
import * as Effect from "effect/Effect"
import { spawnSync } from "node:child_process"
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { catalogueFilesNamed } from "../src/files/Catalogue.ts"
import { counted } from "../src/report/Amounts.ts"
import { loadPlans } from "../src/run/LoadPlans.ts"
import { type Job, runAll } from "../src/run/TestRun.ts"
import { openWorkerThread } from "../src/run/WorkerThread.ts"
import { reportOpens } from "./ReportOpens.ts"
import { measureDoorLoad } from "./DoorLoad.ts"
import { type Figure, figures, type Measured, median, standing } from "./Figure.ts"
import { fiveFaultsPlan, fleetPlan, steadyCalls } from "./Loads.ts"
import { measureManagerLoad } from "./ManagerLoad.ts"
import { formatCosts, profiled } from "./Profile.ts"
import { exploredAnHour, shrinkPlanted } from "./Search.ts"
import { estimateCatalogue, forkGain, timeSweep } from "./Sweeps.ts"

const begin = performance.now()
const wholeMillisMax = 9 * 60_000
const root = fileURLToPath(new URL("../../../", import.meta.url))
const arguments_ = process.argv.slice(2)
const asJson = arguments_.includes("--json")
const profiling = arguments_.includes("--profile")
const only = arguments_.includes("--only") ? (arguments_[arguments_.indexOf("--only") + 1] ?? "") : undefined

const measured = (figure: Figure, value: number, note = ""): Measured => ({ ...figure, value, note })

const runMany = (): ReadonlyArray<Measured> => {
  const plan = fiveFaultsPlan()
  const run = (seed: number) => {
    const start = performance.now()
    const { result } = simulate({ plan, seed, keepTrace: "hash" })
    if (result.problem?.kind === "defect") throw new Error(result.problem.message)
    return { millis: performance.now() - start, passed: result.passed, virtualMillis: result.virtualMillis }
  }
  for (let seed = 1; seed <= 10; seed++) run(seed)
  const seeds = Array.from({ length: 30 }, (_, index) => 101 + index)
  const work = () => seeds.map(run)
  const { costs, value: runs } = profiling ? profiled(work) : { value: work(), costs: [] }
  if (profiling) process.stderr.write(`\n${figures.run.name}: costliest functions\n${formatCosts(costs)}\n`)
  const hours = median(runs.map(({ virtualMillis }) => virtualMillis)) / 3_600_000
  const note = `${runs.length} seeds, ${runs.filter(({ passed }) => passed).length} passed, ${hours.toFixed(1)} virtual hours each`
  return [measured(figures.run, median(runs.map(({ millis }) => millis)), note)]
}

interface Fleet {
  readonly seconds: number
  readonly megabytes: number
  readonly virtualMillis: number
}

const bringUpFleet = (clusters: number, workers: number): Fleet => {
  const file = fileURLToPath(new URL("./fleet.ts", import.meta.url))
  if (profiling) process.stderr.write(`\n${clusters} × 3+${workers}: costliest functions\n`)
  const { status, stdout } = spawnSync(
    process.execPath,
    [
      "--disable-warning=ExperimentalWarning",
      file,
      String(clusters),
      String(workers),
      ...(profiling ? ["--profile"] : [])
    ],
    { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }
  )
  if (status !== 0) throw new Error(`the fleet of ${clusters} clusters ended with ${status}`)
  return JSON.parse(stdout) as Fleet
}

const minutes = (millis: number): string => `${Math.round(millis / 60_000)} virtual minutes`

const measureFleet = (): ReadonlyArray<Measured> => {
  const { megabytes, seconds, virtualMillis } = bringUpFleet(100, 7)
  const note = `100 × 3+7, ${minutes(virtualMillis)}`
  return [measured(figures.fleet, seconds, note), measured(figures.fleetMemory, megabytes, note)]
}

const measureBig = (): ReadonlyArray<Measured> => {
  const { megabytes, seconds, virtualMillis } = bringUpFleet(1, 500)
  return [measured(figures.big, seconds, `${minutes(virtualMillis)}, ${Math.round(megabytes)} MB`)]
}

const measureWakeUps = (): ReadonlyArray<Measured> => {
  const work = () => [0, 1, 2, 3].map((seed) => wakeUpsPerSecond(10_000, { seed }))
  const { costs, value } = profiling ? profiled(work) : { value: work(), costs: [] }
  if (profiling) process.stderr.write(`\n${figures.wakeUps.name}: costliest functions\n${formatCosts(costs)}\n`)
  return [measured(figures.wakeUps, median(value.slice(1)))]
}

const measureCalls = (): ReadonlyArray<Measured> => {
  const clusters = 4
  const hours = 6
  const { clusterLooks, clusters: ofClusters, machines } = steadyCalls(fleetPlan({ clusters, workers: 3 }), hours)
  const note = `${clusters} clusters, ${hours} virtual hours`
  return [
    measured(figures.machineCalls, Math.round((10 * machines) / (clusters * 6 * hours)) / 10, note),
    measured(figures.clusterCalls, Math.round((10 * ofClusters) / clusterLooks) / 10, note)
  ]
}

/** The packed command line, each time in a process of its own. */
const measureCold = (): ReadonlyArray<Measured> => {
  const node = (...args: ReadonlyArray<string>) => {
    const start = performance.now()
    const { status, stderr, stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" })
    if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`)
    return (performance.now() - start) / 1000
  }
  node("scripts/pack-cli.mjs", "--stage-only")
  const test = ["test", "catalogue:instance-kill/worker", "--seed", "1", "--matrix", "provider=aws"]
  const times = Array.from({ length: 5 }, () => node(".capstan/package/bin/capstan.mjs", ...test))
  const help = median(Array.from({ length: 5 }, () => node(".capstan/package/bin/capstan.mjs", "--help")))
  return [measured(figures.cold, median(times), `one run; --help takes ${Math.round(help * 1000)} ms`)]
}

const measureDoor = async (): Promise<ReadonlyArray<Measured>> => {
  const { reads, watchMillis, writes } = await measureDoorLoad()
  return [
    measured(figures.doorWrites, writes),
    measured(figures.doorReads, reads),
    measured(figures.doorWatch, watchMillis, "of which the server takes 5 ms on purpose")
  ]
}

const sweptScenario = "worker-instance-kill"
/** One run of so many is done where all of them would take too long. */
const sampledOneIn = { forks: 20, catalogue: 60 }

const measureSweep = async (): Promise<ReadonlyArray<Measured>> => {
  const { failed, runs, seconds } = await Effect.runPromise(timeSweep(sweptScenario, ["crash", "unobserved", "stale"]))
  const { gain, runs: forked } = forkGain(sweptScenario, sampledOneIn.forks)
  return [
    measured(figures.sweep, seconds, `${runs} runs in all cells, ${failed} failed`),
    measured(figures.sweepForks, gain, `${forked} crashes all over the run`)
  ]
}

const measureExplore = (): ReadonlyArray<Measured> => {
  const runs = 320
  return [measured(figures.explore, exploredAnHour(runs), `${runs} seeds, start and all`)]
}

const measureShrink = async (): Promise<ReadonlyArray<Measured>> => {
  const { answer, seconds } = await Effect.runPromise(shrinkPlanted)
  const left = answer.shrunk?.document.spec.steps.length
  return [measured(figures.shrink, seconds, `${left} left, ${counted(answer.tries, "try", "tries")}`)]
}

const measureSweepOfCatalogue = async (): Promise<ReadonlyArray<Measured>> => {
  const { failed, planned, runs, seconds } = await Effect.runPromise(estimateCatalogue(sampledOneIn.catalogue))
  const note = `reckoned from ${runs} of ${planned} runs, ${failed} failed`
  return [measured(figures.sweepCatalogue, seconds / 60, note)]
}

/** The packed command line once more: bundles hold less in memory than sources. */
const measureManager = async (): Promise<ReadonlyArray<Measured>> => {
  const pack = spawnSync(process.execPath, ["scripts/pack-cli.mjs", "--stage-only"], { cwd: root, encoding: "utf8" })
  if (pack.status !== 0) throw new Error(`the command line could not be packed:\n${pack.stderr}`)
  const capstan = fileURLToPath(new URL("../../../.capstan/package/bin/capstan.mjs", import.meta.url))
  const load = { clusters: 100, workers: 7, speed: 1, minutes: 1.5, capstan }
  const { cpuPercent, megabytes, megabytesAtStart, failed, settledSeconds } = await measureManagerLoad(load)
  const failures = failed === 0 ? "" : `; ${failed} reconciles failed`
  return [
    measured(
      figures.managerCpu,
      cpuPercent,
      `${load.minutes} minutes after ${Math.round(settledSeconds)} s${failures}`
    ),
    measured(figures.managerMemory, megabytes, `${Math.round(megabytesAtStart)} MB at the start`)
  ]
}

const measureReport = async (): Promise<ReadonlyArray<Measured>> => {
  const opened = await reportOpens(fiveFaultsPlan())
  if (opened === undefined) {
    process.stderr.write(`${figures.report.name}: not measured, there is no Chromium on PATH or in CHROMIUM\n`)
    return []
  }
  const { bytes, events, seconds } = opened
  return [measured(figures.report, seconds, `${events} events, a file of ${Math.round(bytes / 1000)} kB`)]
}

const seedsWanted = 1000

const measureDivergences: Effect.Effect<ReadonlyArray<Measured>> = Effect.scoped(
  Effect.gen(function* () {
    const thread = yield* openWorkerThread
    const sources = catalogueFilesNamed("").map((file) => ({ ...file, named: true }))
    const plans = yield* Effect.orDie(loadPlans(thread, sources, {}))
    const jobs = Array.from({ length: seedsWanted }, (_, index): ReadonlyArray<Job> => {
      const plan = plans[index % plans.length]
      return plan === undefined ? [] : [{ index, plan, seed: 1000 + index }]
    }).flat()
    let done = 0
    let divergences = 0
    let defects = 0
    const runs = runAll({
      jobs,
      workers: Math.min(2, availableParallelism()),
      first: thread,
      checkDeterminism: true,
      bail: false,
      onRun: ({ answer, divergence }) => {
        done++
        if (divergence !== undefined) divergences++
        if (answer.defect !== undefined) defects++
      }
    })
    yield* Effect.timeoutOption(runs, Math.max(30_000, wholeMillisMax - (performance.now() - begin)))
    const note = `${done} of ${seedsWanted} seeds over ${plans.length} cells of ${catalogue.length} scenarios, each twice`
    return [measured(figures.divergences, divergences, defects === 0 ? note : `${note}; ${defects} defects`)]
  })
)

const measurements: { readonly [name: string]: () => Promise<ReadonlyArray<Measured>> | ReadonlyArray<Measured> } = {
  run: runMany,
  fleet: measureFleet,
  big: measureBig,
  "wake-ups": measureWakeUps,
  calls: measureCalls,
  cold: measureCold,
  door: measureDoor,
  explore: measureExplore,
  shrink: measureShrink,
  sweep: measureSweep,
  "sweep-catalogue": measureSweepOfCatalogue,
  manager: measureManager,
  report: measureReport,
  divergences: () => Effect.runPromise(measureDivergences)
}

/** Figures that take minutes each, and are measured when they are asked for by name: the others together take ten. */
const long: ReadonlySet<string> = new Set(["explore", "shrink", "sweep", "sweep-catalogue", "manager"])

const readable = ({ unit, value }: { readonly unit: string; readonly value: number }): string => {
  const text =
    value >= 1000 ? String(Math.round(value)).replace(/\B(?=(?:\d{3})+$)/g, ",") : String(Number(value.toPrecision(3)))
  return unit.startsWith("/") ? `${text}${unit}` : `${text} ${unit}`
}

const say = (each: Measured): void => {
  const { better, goal, must, name, note, unit, value, what } = each
  if (asJson) {
    process.stdout.write(`${JSON.stringify({ name, value: Number(value.toPrecision(6)), unit, better, must, goal })}\n`)
    if (note !== "") process.stderr.write(`${name}: ${note}\n`)
    return
  }
  const sign = better === "lower" ? "≤" : "≥"
  const words = { goal: "goal reached", must: "short of the goal", missed: "missed" }
  process.stdout.write(
    `${name.padEnd(14)} ${readable(each).padEnd(14)} must ${sign} ${readable({ unit, value: must })}, goal ${readable({ unit, value: goal })}: ${words[standing(each)]}\n` +
      `${"".padEnd(15)}${what}${note === "" ? "" : ` (${note})`}\n`
  )
}

const names = Object.keys(measurements)
if (only !== undefined && !names.includes(only)) {
  process.stderr.write(
    `bench: there is no figure '${only}'. ${didYouMean(only, names).hint ?? `Known: ${names.join(", ")}.`}\n`
  )
  process.exitCode = 2
} else {
  for (const name of only === undefined ? names.filter((each) => !long.has(each)) : [only]) {
    for (const each of (await measurements[name]?.()) ?? []) say(each)
  }
  if (only === undefined) process.stderr.write(`bench: left out, one at a time with --only: ${[...long].join(", ")}\n`)
}
