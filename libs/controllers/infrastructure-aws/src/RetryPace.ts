/**
 * How long to leave AWS alone after a failure: doubling with every failure in a row, with jitter, up to five minutes.
 *
 * Kept in memory alone: a manager that restarts begins again, which costs one call and nothing else.
 */
import { type AwsError, errorClass } from "@capstan/aws"
import { Effect, Random } from "effect"

/** The first pause by class of failure, in milliseconds. Whoever got no answer looks again soon. */
const firstPause = {
  unknownOutcome: 1_000,
  dependency: 10_000,
  capacity: 15_000,
  throttled: 5_000,
  other: 5_000
}

const pauseMax = 300_000

/** The pause before jitter. `failures` counts those before this one. */
export const pauseAfter = (error: AwsError, failures: number): number => {
  const kind = errorClass(error)
  const first =
    kind !== undefined && kind in firstPause ? firstPause[kind as keyof typeof firstPause] : firstPause.other
  return Math.min(first * 2 ** Math.min(failures, 10), kind === "dependency" ? 60_000 : pauseMax)
}

export interface RetryPace {
  /** Milliseconds until the next attempt for the object with this uid. */
  readonly next: (uid: string, error: AwsError) => Effect.Effect<number>
  /** The object got through. */
  readonly reset: (uid: string) => void
}

export const makeRetryPace = (): RetryPace => {
  const failures = new Map<string, number>()
  return {
    next: (uid, error) => {
      const before = failures.get(uid) ?? 0
      failures.set(uid, before + 1)
      return Effect.map(Random.nextBetween(0.8, 1.2), (factor) => Math.ceil(pauseAfter(error, before) * factor))
    },
    reset: (uid) => {
      failures.delete(uid)
    }
  }
}
