/** How long sweeps take: one scenario's for real, the forks beside runs from the start, and the catalogue's by samples. */
import { catalogue } from "@capstan/catalogue"
import { Sweep, type SweepFamily, sweepFamilies } from "@capstan/engine"
import * as Effect from "effect/Effect"
import { catalogueFilesNamed } from "../src/files/Catalogue.ts"
import { loadPlans } from "../src/run/LoadPlans.ts"
import type { FamilySurvey, PlanSummary } from "../src/run/Messages.ts"
import { hasPassed, type Job, runAll } from "../src/run/TestRun.ts"
import { openWorkerThread, type WorkerThread } from "../src/run/WorkerThread.ts"
import { cataloguePlan } from "./Loads.ts"

export interface SweepTime {
  readonly seconds: number
  readonly runs: number
  readonly failed: number
}

const workers = 2

const plansNamed = (thread: WorkerThread, name: string): Effect.Effect<ReadonlyArray<PlanSummary>> =>
  Effect.orDie(
    loadPlans(
      thread,
      catalogueFilesNamed(name).map((file) => ({ ...file, named: true })),
      {}
    )
  )

/** The places of a plan, undisturbed run included, with seed 0. */
const surveyOf = (
  thread: WorkerThread,
  { plan }: PlanSummary,
  families: ReadonlyArray<SweepFamily>
): Effect.Effect<ReadonlyArray<FamilySurvey>> => Effect.orDie(thread.ask("Survey", { plan, seed: 0, families }))

/** Does the runs, and gives how many failed. */
const failuresOf = (first: WorkerThread, jobs: ReadonlyArray<Job>) =>
  Effect.gen(function* () {
    let failed = 0
    yield* runAll({
      jobs,
      workers,
      first,
      checkDeterminism: false,
      bail: false,
      onRun: (record) => void (hasPassed(record) || failed++)
    })
    return failed
  })

/** The sweep of a built-in scenario in all its cells, with two workers. */
export const timeSweep = (name: string, families: ReadonlyArray<SweepFamily>): Effect.Effect<SweepTime> =>
  Effect.scoped(
    Effect.gen(function* () {
      const first = yield* openWorkerThread
      const plans = yield* plansNamed(first, name)
      const start = performance.now()
      const jobs: Array<Job> = []
      for (const plan of plans) {
        for (const { perturbations } of yield* surveyOf(first, plan, families)) {
          for (const perturbation of perturbations) jobs.push({ index: jobs.length, plan, seed: 0, perturbation })
        }
      }
      const failed = yield* failuresOf(first, jobs)
      return { seconds: (performance.now() - start) / 1000, runs: jobs.length, failed }
    })
  )

/** How many times longer crash runs take from the start than forked from snapshots: processor time, one crash in so many. */
export const forkGain = (name: string, oneIn: number): { readonly gain: number; readonly runs: number } => {
  const sweep = new Sweep({ plan: cataloguePlan(name), seed: 0 })
  const [crashes] = sweep.survey(["crash"]).families
  const chosen = (crashes?.perturbations ?? []).filter((_, index) => index % oneIn === 0)
  const time = (fromStart: boolean): number => {
    const before = process.cpuUsage()
    for (const perturbation of chosen) sweep.run(perturbation, { fromStart })
    const { system, user } = process.cpuUsage(before)
    return system + user
  }
  time(true)
  return { gain: time(true) / time(false), runs: chosen.length }
}

/** What the full sweep of the whole catalogue would take with two workers: every so many runs of every cell are done. */
export const estimateCatalogue = (oneIn: number): Effect.Effect<SweepTime & { readonly planned: number }> =>
  Effect.scoped(
    Effect.gen(function* () {
      const first = yield* openWorkerThread
      const jobs: Array<Job> = []
      let planned = 0
      const start = performance.now()
      for (const { name } of catalogue) {
        for (const plan of yield* plansNamed(first, name)) {
          for (const { perturbations } of yield* surveyOf(first, plan, sweepFamilies)) {
            for (const perturbation of perturbations) {
              if (planned++ % oneIn === 0) jobs.push({ index: jobs.length, plan, seed: 0, perturbation })
            }
          }
        }
      }
      const surveyed = (performance.now() - start) / 1000
      const begin = performance.now()
      const failed = yield* failuresOf(first, jobs)
      const seconds = surveyed + ((performance.now() - begin) / 1000) * (planned / jobs.length)
      return { seconds, runs: jobs.length, failed, planned }
    })
  )
