/** A worker's place among several: the thread that stands there, and a new one when that dies. */
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type { Exchanges, RunAnswer, Tell } from "./Messages.ts"
import { openWorkerThread, type ThreadFailure, type WorkerThread } from "./WorkerThread.ts"

export interface WorkerSlot {
  /** Runs; a run that does not come to its end answers with a defect. */
  readonly run: (ask: Exchanges["Run"]["ask"], tell?: Tell) => Effect.Effect<RunAnswer>
  /** The lines of a kept trace; none when its thread has died since. */
  readonly trace: (keep: number) => Effect.Effect<ReadonlyArray<string>>
  readonly forget: (keep: number) => Effect.Effect<void>
}

/** @param thread one that runs already; otherwise one is started. */
export const openWorkerSlot = (thread?: WorkerThread): Effect.Effect<WorkerSlot, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const open = Scope.provide(openWorkerThread, scope)
    let current = thread ?? (yield* open)
    const recover = Effect.fnUntraced(function* ({ alive, defect }: ThreadFailure): Effect.fn.Return<RunAnswer> {
      if (!alive) current = yield* open
      return { result: undefined, defect, otherHash: undefined, wallMillis: 0, causes: {} }
    })
    return {
      run: (ask, tell) =>
        Effect.catch(
          Effect.suspend(() => current.ask("Run", ask, tell)),
          recover
        ),
      trace: (keep) =>
        Effect.orElseSucceed(
          Effect.suspend(() => current.ask("Trace", { keep })),
          () => []
        ),
      forget: (keep) => Effect.ignore(Effect.suspend(() => current.ask("Forget", { keep })))
    }
  })
