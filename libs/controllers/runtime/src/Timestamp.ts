/** Times: as Kubernetes objects carry them (RFC 3339 in UTC, whole seconds), and as decisions count them. */
import { Clock, Effect } from "effect"

/** @param millis since the epoch. */
export const timestampOf = (millis: number): string => `${new Date(millis).toISOString().slice(0, 19)}Z`

export const nowTimestamp: Effect.Effect<string> = Effect.map(Clock.currentTimeMillis, timestampOf)

/** The time of a reconcile, asked for once at its start and passed to every decision. */
export interface Now {
  /** Epoch milliseconds. */
  readonly millis: number
  /** RFC 3339 in UTC, whole seconds. */
  readonly timestamp: string
}

export const nowAt = (millis: number): Now => ({ millis, timestamp: timestampOf(millis) })

export const now: Effect.Effect<Now> = Effect.map(Clock.currentTimeMillis, nowAt)

/** Epoch milliseconds of an RFC 3339 time; `undefined` when there is none or it makes no sense. */
export const parseTimestamp = (timestamp: string | undefined): number | undefined => {
  const millis = timestamp === undefined ? Number.NaN : Date.parse(timestamp)
  return Number.isNaN(millis) ? undefined : millis
}
