/**
 * Cuts a program off behind any call that it makes: the way in which crash tests crash.
 *
 * The call that reaches the limit is carried out, but its answer never arrives; no later call is carried out at all.
 */
import { Effect } from "effect"

/** Lets a call pass, or not. */
export type Door = <A, E>(call: Effect.Effect<A, E>) => Effect.Effect<A, E>

export interface CallLimit {
  /** Every call of the program goes through here. */
  readonly door: Door
  /** Opens the door for so many calls; for all of them unless said otherwise. */
  readonly open: (calls?: number) => void
  /** Whether the limit was reached since then. */
  readonly isReached: () => boolean
}

export const makeCallLimit = (): CallLimit => {
  let left = Number.POSITIVE_INFINITY
  let reached = false
  return {
    door: (call) =>
      Effect.suspend(() => {
        if (reached) return Effect.never
        left--
        if (left > 0) return call
        reached = true
        return Effect.andThen(Effect.exit(call), Effect.never)
      }),
    open: (calls = Number.POSITIVE_INFINITY) => {
      left = calls
      reached = false
    },
    isReached: () => reached
  }
}
