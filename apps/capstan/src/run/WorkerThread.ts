/**
 * A worker thread as a resource: asked one thing at a time, stopped at once when its scope closes.
 *
 * Runs are busy loops, so a thread that is to stop is ended from outside. That keeps Ctrl-C prompt.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Worker } from "node:worker_threads"
import type { Defect, ExchangeName, Exchanges, Reply, Tell, Telling } from "./Messages.ts"

/** What was asked did not come to an answer: it threw, or the thread died. A defect of ours, or memory ran out. */
export class ThreadFailure extends Data.TaggedError("ThreadFailure")<{
  readonly defect: Defect
  /** Whether the thread can be asked again. */
  readonly alive: boolean
}> {}

export interface WorkerThread {
  /** @param tell called with what the thread has to tell before its answer. */
  readonly ask: <Name extends ExchangeName>(
    name: Name,
    ask: Exchanges[Name]["ask"],
    tell?: Tell
  ) => Effect.Effect<Exchanges[Name]["answer"], ThreadFailure>
}

/** Starts a thread. It loads the engine while the caller goes on. */
export const openWorkerThread: Effect.Effect<WorkerThread, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => {
    const worker = new Worker(new URL("./RunWorker.ts", import.meta.url))
    return { worker, thread: talkTo(worker) }
  }),
  ({ worker }) => Effect.promise(() => worker.terminate())
).pipe(Effect.map(({ thread }) => thread))

const talkTo = (worker: Worker): WorkerThread => {
  let last = 0
  let death: Defect | undefined
  const waiting = new Map<number, { readonly done: (reply: Omit<Reply, "id">) => void; readonly tell: Tell }>()
  const die = (message: string, stack: string | undefined): void => {
    death ??= { message, stack, atMillis: undefined }
    for (const { done } of waiting.values()) done({ thrown: death })
    waiting.clear()
  }
  worker.on("message", (message: Reply | Telling) => {
    const request = waiting.get(message.id)
    if ("told" in message) return request?.tell(message.told)
    waiting.delete(message.id)
    request?.done(message)
  })
  worker.on("error", (error: unknown) =>
    error instanceof Error ? die(error.message, error.stack) : die(String(error), undefined)
  )
  worker.on("exit", (code) => die(`a worker thread ended with code ${code}`, undefined))
  return {
    ask: (name, ask, tell = () => {}) =>
      Effect.callback((resume) => {
        const done = ({ answer, thrown }: Omit<Reply, "id">): void =>
          resume(
            thrown === undefined
              ? // The thread answers a request with what `Exchanges` promises for its name.
                Effect.succeed(answer as Exchanges[typeof name]["answer"])
              : Effect.fail(new ThreadFailure({ defect: thrown, alive: death === undefined }))
          )
        if (death !== undefined) return done({ thrown: death })
        const id = ++last
        waiting.set(id, { done, tell })
        worker.postMessage({ id, name, ask })
      })
  }
}
