/** Why a reconcile comes back with backoff. Several steps may have failed: one does not stop the others. */
import { Effect, Schema } from "effect"

export class ReconcileFailed extends Schema.TaggedError<ReconcileFailed>()("ReconcileFailed", {
  message: Schema.String
}) {}

/** Fails with all sentences in one, or does nothing when there are none. */
export const failWith = (errors: ReadonlyArray<string>): Effect.Effect<void, ReconcileFailed> =>
  errors.length === 0 ? Effect.void : Effect.fail(new ReconcileFailed({ message: errors.join("; ") }))

/** Runs every effect whatever becomes of the others; gives the sentences of those that failed. */
export const attemptAll = <R>(
  effects: ReadonlyArray<Effect.Effect<unknown, { readonly message: string }, R>>
): Effect.Effect<ReadonlyArray<string>, never, R> =>
  Effect.map(
    Effect.forEach(effects, (effect) =>
      Effect.match(effect, { onFailure: (error) => [error.message], onSuccess: () => [] })
    ),
    (messages) => messages.flat()
  )
