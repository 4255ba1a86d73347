import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Exchanges, Tell } from "../../src/run/Messages.ts"
import { type Job, runAll, type RunRecord } from "../../src/run/TestRun.ts"
import { ThreadFailure, type WorkerThread } from "../../src/run/WorkerThread.ts"
import { answer, plan, result } from "../report/Canned.ts"

const jobs: ReadonlyArray<Job> = [1, 2, 3].map((seed, index) => ({ index, plan: plan(), seed }))

/** A thread whose runs are made by hand; remembers which traces it was told to forget. */
const threadOf = (run: (ask: Exchanges["Run"]["ask"]) => ReturnType<typeof answer>) => {
  const forgotten: Array<number> = []
  const ask = (name: string, asked: unknown): Effect.Effect<unknown, ThreadFailure> => {
    if (name === "Run") return Effect.sync(() => run(asked as Exchanges["Run"]["ask"]))
    const { keep } = asked as { readonly keep: number }
    if (name === "Trace") return Effect.succeed(["same", `kept ${keep}`])
    forgotten.push(keep)
    return Effect.succeed(undefined)
  }
  return { thread: { ask } as WorkerThread, forgotten }
}

const recordsOf = Effect.fnUntraced(function* (
  thread: WorkerThread,
  options: { readonly checkDeterminism?: boolean; readonly bail?: boolean }
) {
  const records: Array<RunRecord> = []
  yield* runAll({
    jobs,
    workers: 1,
    first: thread,
    checkDeterminism: options.checkDeterminism ?? false,
    bail: options.bail ?? false,
    onRun: (record) => void records.push(record)
  })
  return records
}, Effect.scoped)

describe("runAll", () => {
  it.effect("does every job once", () =>
    Effect.gen(function* () {
      const records = yield* recordsOf(threadOf(() => answer()).thread, {})
      assert.deepStrictEqual(
        records.map(({ job }) => job.seed),
        [1, 2, 3]
      )
    })
  )

  it.effect("begins no further run after one that failed, when asked to bail out", () =>
    Effect.gen(function* () {
      const { thread } = threadOf(({ seed }) => answer({ result: result({ passed: seed !== 2 }) }))
      const records = yield* recordsOf(thread, { bail: true })
      assert.deepStrictEqual(
        records.map(({ job }) => job.seed),
        [1, 2]
      )
    })
  )

  it.effect("shows where two runs of a seed differ, and keeps no trace longer than it must", () =>
    Effect.gen(function* () {
      const { forgotten, thread } = threadOf(({ keep, seed }) =>
        answer({ result: result({ traceHash: seed === 2 ? `hash ${keep}` : "same" }) })
      )
      const records = yield* recordsOf(thread, { checkDeterminism: true })
      assert.deepStrictEqual(
        records.map(({ divergence }) => divergence),
        [undefined, { hashes: ["hash 2", "hash 3"], seq: 2, events: ["kept 2", "kept 3"] }, undefined]
      )
      assert.deepStrictEqual(forgotten, [0, 1, 2, 3, 4, 5])
    })
  )

  it.effect("passes on what a run tells, and that it begins", () =>
    Effect.gen(function* () {
      const said: Array<string> = []
      const thread = {
        ask: (_: string, { seed }: Exchanges["Run"]["ask"], tell: Tell) =>
          Effect.sync(() => {
            tell([`${seed} fault`, `${seed} whole`])
            return answer()
          })
      } as unknown as WorkerThread // answers `Run` alone, which is all that is asked here
      yield* Effect.scoped(
        runAll({
          jobs: jobs.slice(0, 2),
          workers: 1,
          first: thread,
          checkDeterminism: false,
          bail: false,
          onStory: ({ seed }, lines) => void said.push(lines.length === 0 ? `${seed} begins` : lines.join(", ")),
          onRun: ({ job }) => void said.push(`${job.seed} is done`)
        })
      )
      assert.deepStrictEqual(said, [
        "1 begins",
        "1 fault, 1 whole",
        "1 is done",
        "2 begins",
        "2 fault, 2 whole",
        "2 is done"
      ])
    })
  )

  it.effect("turns what a thread throws into a defect of that run, and goes on", () =>
    Effect.gen(function* () {
      const defect = { message: "boom", stack: undefined, atMillis: undefined }
      let asked = 0
      const thread = {
        ask: () =>
          Effect.suspend(() =>
            ++asked === 1 ? Effect.fail(new ThreadFailure({ defect, alive: true })) : Effect.succeed(answer())
          )
      } as unknown as WorkerThread // answers `Run` alone, which is all that is asked here
      const records = yield* recordsOf(thread, {})
      assert.deepStrictEqual(
        records.map((record) => record.answer.defect?.message),
        ["boom", undefined, undefined]
      )
    })
  )
})
