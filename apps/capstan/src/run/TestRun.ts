/**
 * Many runs over several worker threads.
 *
 * Each thread takes the next run as soon as it is free. To check determinism every run is done a second time, by the next thread
 * where there are several; the traces stay where they were made until both hashes are known, so that a difference can be shown.
 */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { type Divergence, firstDifference } from "./Divergence.ts"
import type { Emulator, PlanSummary, RunAnswer } from "./Messages.ts"
import { openWorkerSlot, type WorkerSlot } from "./WorkerSlot.ts"
import type { WorkerThread } from "./WorkerThread.ts"

/** One run to be done. */
export interface Job {
  /** Its place in the order of reports, from 0. */
  readonly index: number
  /** Its place in the whole test run, when this is a shard of it. */
  readonly place?: number
  readonly plan: PlanSummary
  readonly seed: number
  /** The emulator to run against; a simulation without one. */
  readonly emulator?: Emulator
  /** The name of what goes wrong in a sweep's run. */
  readonly perturbation?: string
}

/** A run that is done. */
export interface RunRecord {
  readonly job: Job
  readonly answer: RunAnswer
  readonly divergence: Divergence | undefined
}

export interface TestRunOptions {
  readonly jobs: ReadonlyArray<Job>
  readonly workers: number
  /** A thread that runs already, to be the first worker. */
  readonly first: WorkerThread
  /** Called with the lines of a run's story as it goes, first with none when the run begins. Without it no story is told. */
  readonly onStory?: (job: Job, lines: ReadonlyArray<string>) => void
  readonly checkDeterminism: boolean
  /** Whether the answers are to tell what became of the objects. */
  readonly history?: boolean
  /** Whether the answers are to bring the traces as a report carries them. */
  readonly pack?: boolean
  /** No further run begins after one that failed. */
  readonly bail: boolean
  /** Called for each run that is done, in the order in which they finish. */
  readonly onRun: (record: RunRecord) => void
}

/** Whether a run is as it should be. */
export const hasPassed = ({ answer, divergence }: RunRecord): boolean =>
  answer.result?.passed === true &&
  (answer.differences ?? []).length === 0 &&
  answer.defect === undefined &&
  divergence === undefined

type Task =
  | { readonly _tag: "First"; readonly job: Job }
  | { readonly _tag: "Again"; readonly job: Job; readonly first: RunAnswer; readonly by: WorkerSlot }
  | { readonly _tag: "Done" }

interface Shared {
  readonly options: TestRunOptions
  readonly mailboxes: ReadonlyArray<Queue.Queue<Task>>
  /** How many of `options.jobs` have been taken. */
  taken: number
  /** Runs that will get a record and have none yet. */
  open: number
}

/** Does all runs. Interrupting it ends the threads at once. */
export const runAll = (options: TestRunOptions): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    if (options.jobs.length === 0) return
    const mailboxes = yield* Effect.all(Array.from({ length: options.workers }, () => Queue.unbounded<Task>()))
    const shared: Shared = { options, mailboxes, taken: 0, open: options.jobs.length }
    const work = Effect.fnUntraced(function* (mailbox: Queue.Queue<Task>, worker: number) {
      const slot = yield* openWorkerSlot(worker === 0 ? options.first : undefined)
      const next = mailboxes[(worker + 1) % mailboxes.length] ?? mailbox
      for (;;) {
        const task = yield* takeTask(shared, mailbox)
        if (task._tag === "Done") return
        if (task._tag === "Again") yield* secondRun(shared, slot, task)
        else yield* firstRun(shared, slot, next, task.job)
      }
    })
    yield* Effect.forEach(mailboxes, work, { concurrency: "unbounded", discard: true })
  })

/** What was put into the mailbox comes first: the other half of a run whose trace is being kept. */
const takeTask = (shared: Shared, mailbox: Queue.Queue<Task>): Effect.Effect<Task> =>
  Effect.suspend(() => {
    const job = shared.options.jobs[shared.taken]
    if (job === undefined || Queue.sizeUnsafe(mailbox) > 0) return Queue.take(mailbox)
    shared.taken++
    return Effect.succeed<Task>({ _tag: "First", job })
  })

const firstRun = (shared: Shared, slot: WorkerSlot, next: Queue.Queue<Task>, job: Job): Effect.Effect<unknown> =>
  Effect.gen(function* () {
    const { checkDeterminism, history, onStory, pack } = shared.options
    const ask = {
      plan: job.plan.plan,
      seed: job.seed,
      story: onStory !== undefined,
      ...(job.emulator === undefined ? {} : { emulator: job.emulator }),
      ...(job.perturbation === undefined ? {} : { perturbation: job.perturbation }),
      ...(history === undefined ? {} : { history }),
      ...(pack === undefined ? {} : { pack })
    }
    onStory?.(job, [])
    const answer = yield* slot.run(checkDeterminism ? { ...ask, keep: 2 * job.index } : ask, (lines) =>
      onStory?.(job, lines)
    )
    if (checkDeterminism && answer.result !== undefined) {
      return yield* Queue.offer(next, { _tag: "Again", job, first: answer, by: slot })
    }
    const { otherHash, result } = answer
    const divergence =
      otherHash === undefined || result === undefined
        ? undefined
        : firstDifference([result.traceHash, otherHash], [], [])
    return yield* finish(shared, { job, answer, divergence })
  })

const secondRun = (
  shared: Shared,
  slot: WorkerSlot,
  { by, first, job }: Extract<Task, { readonly _tag: "Again" }>
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const keep = 2 * job.index
    const second = yield* slot.run({
      plan: job.plan.plan,
      seed: job.seed,
      story: false,
      keep: keep + 1,
      ...(job.perturbation === undefined ? {} : { perturbation: job.perturbation })
    })
    const hashes = [first.result?.traceHash ?? "", second.result?.traceHash ?? ""] as const
    const same = hashes[0] === hashes[1] || second.result === undefined
    const divergence = same ? undefined : firstDifference(hashes, yield* by.trace(keep), yield* slot.trace(keep + 1))
    yield* by.forget(keep)
    yield* slot.forget(keep + 1)
    yield* finish(shared, { job, answer: second.result === undefined ? second : first, divergence })
  })

const finish = (shared: Shared, record: RunRecord): Effect.Effect<void> =>
  Effect.suspend(() => {
    shared.open--
    shared.options.onRun(record)
    const { bail, jobs } = shared.options
    if (bail && !hasPassed(record)) {
      shared.open -= jobs.length - shared.taken
      shared.taken = jobs.length
    }
    if (shared.open > 0) return Effect.void
    return Effect.forEach(shared.mailboxes, (mailbox) => Queue.offer(mailbox, { _tag: "Done" }), { discard: true })
  })
