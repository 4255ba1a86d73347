/**
 * Client-side limit of calls: a bucket of tokens that fills at a steady rate, as client-go's flow control has it.
 *
 * A caller takes its token at once and waits for as long as the bucket is overdrawn, so that callers go out in the order in
 * which they came. A caller that gives up puts its token back.
 *
 * @source https://pkg.go.dev/k8s.io/client-go/util/flowcontrol
 */
import { Clock, Effect } from "effect"

export interface TokenBucket {
  /** Waits for a token; answers with the milliseconds that it took. */
  readonly take: Effect.Effect<number>
}

export const makeTokenBucket = (options: { readonly callsPerSecond: number; readonly burst: number }): TokenBucket => {
  const { burst, callsPerSecond } = options
  let tokens = burst
  let filledAt: number | undefined
  const take = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.suspend(() => {
      const elapsed = Math.max(0, now - (filledAt ?? now))
      filledAt = now
      tokens = Math.min(burst, tokens + (elapsed * callsPerSecond) / 1000) - 1
      if (tokens >= 0) return Effect.succeed(0)
      const waitMillis = Math.ceil((-tokens * 1000) / callsPerSecond)
      return Effect.as(Effect.sleep(waitMillis), waitMillis).pipe(Effect.onInterrupt(() => Effect.sync(() => tokens++)))
    })
  )
  return { take }
}
