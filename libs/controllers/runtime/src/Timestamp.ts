/** Times as Kubernetes objects carry them: RFC 3339 in UTC, whole seconds. */
import { Clock, Effect } from "effect"

/** @param millis since the epoch. */
export const timestampOf = (millis: number): string => `${new Date(millis).toISOString().slice(0, 19)}Z`

export const nowTimestamp: Effect.Effect<string> = Effect.map(Clock.currentTimeMillis, timestampOf)
