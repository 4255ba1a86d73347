/**
 * A provider's effects with the services that it was made with, given to a reconcile that knows nothing of them.
 *
 * They lie beneath what the reconcile brings along: its span, its log annotations and, in a simulation, its cause stay its own.
 */
import { Context, Effect } from "effect"

export const boundTo =
  <R>(services: Context.Context<R>) =>
  <A, E>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E> =>
    Effect.updateContext(effect, (own: Context.Context<never>) => Context.merge(services, own))
