/**
 * Explored runs over several worker threads, a generation at a time.
 *
 * A generation's scenarios are chosen by what the earlier ones led to, and learnt from in their order: so an exploration with a seed
 * goes the same way however many threads there are, up to where its time ends.
 */
import { type ExploreProfileName, exploredScenario, Steering } from "@capstan/engine/explore"
import type { ScenarioDocument } from "@capstan/engine/text"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { resolve } from "node:path"
import type { ExploreAnswer, LooseScenario } from "./Messages.ts"
import { openWorkerThread, type ThreadFailure, type WorkerThread } from "./WorkerThread.ts"

/** A scenario that was made up, and what came of it. */
export interface Explored {
  readonly seed: number
  readonly scenario: LooseScenario
  readonly answer: ExploreAnswer
  /** States that no earlier run had reached. */
  readonly found: ReadonlyArray<string>
}

export interface ExplorationOptions {
  /** Of the exploration: its runs have this seed and those after it. */
  readonly seed: number
  readonly profile: ExploreProfileName
  readonly runsMax: number
  readonly mayGoOn: () => boolean
  readonly workers: number
  /** A thread that runs already, to be the first worker. */
  readonly first: WorkerThread
  readonly steering: Steering
  /** Called whenever a run is done, in the order in which they finish. */
  readonly onAnswer: (seed: number) => void
  /** Called for each run in the order of seeds, a generation at a time. */
  readonly onRun: (explored: Explored) => void
  /** Called with the new reasons' first runs at the end of a generation, while no thread is busy. */
  readonly onFailures: (failures: ReadonlyArray<Explored>) => Effect.Effect<void>
}

const runsOfGeneration = 32
const seedMax = 4_294_967_295

/** Explored scenarios stand nowhere; what they name is in the catalogue. */
const loose = (document: ScenarioDocument): LooseScenario => ({
  document,
  path: resolve(process.cwd(), `${document.metadata.name}.yaml`),
  shown: document.metadata.name
})

/** A run that did not come to an answer: the thread threw, or died of it. */
const fallen = ({ defect }: ThreadFailure): ExploreAnswer => ({
  reasons: ["defect a run ended its thread"],
  detail: defect.message,
  states: [],
  virtualMillis: 0
})

/** Explores until its time or its runs are over. */
export const runExploration = (options: ExplorationOptions): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { first, mayGoOn, profile, runsMax, seed: base, steering, workers } = options
    const scope = yield* Effect.scope
    const open = Scope.provide(openWorkerThread, scope)
    const threads = [first]
    while (threads.length < workers) threads.push(yield* open)
    const reasons = new Set<string>()
    for (let done = 0; done < runsMax && mayGoOn();) {
      const count = Math.min(runsOfGeneration, runsMax - done)
      const drawn = Array.from({ length: count }, (_, index) => {
        const seed = (base + done + index) % (seedMax + 1)
        const choices = steering.next(seed)
        const document = exploredScenario({
          choices,
          profile,
          name: `explored-${seed}`,
          seed,
          folder: "catalogue:manifests/"
        })
        return { seed, scenario: loose(document), taken: choices.taken }
      })
      const answers: Array<ExploreAnswer | undefined> = []
      let taken = 0
      const work = Effect.fnUntraced(function* (worker: number) {
        while (taken < drawn.length && mayGoOn()) {
          const index = taken++
          const next = drawn[index]
          const thread = threads[worker]
          if (next === undefined || thread === undefined) return
          const { scenario, seed } = next
          answers[index] = yield* Effect.catch(thread.ask("Explore", { scenario, seed }), (failure) =>
            Effect.gen(function* () {
              if (!failure.alive) threads[worker] = yield* open
              return fallen(failure)
            })
          )
          options.onAnswer(seed)
        }
      })
      const failures: Array<Explored> = []
      const learn = Effect.sync(() => {
        for (const [index, { scenario, seed, taken: choices }] of drawn.entries()) {
          const answer = answers[index]
          if (answer === undefined) continue
          const explored = { seed, scenario, answer, found: steering.learn(choices, answer.states) }
          options.onRun(explored)
          const [reason] = answer.reasons
          if (reason === undefined || reasons.has(reason)) continue
          reasons.add(reason)
          failures.push(explored)
        }
      })
      yield* Effect.forEach([...threads.keys()], work, { concurrency: "unbounded", discard: true }).pipe(
        Effect.ensuring(learn)
      )
      yield* options.onFailures(failures)
      done += count
    }
  })
