/**
 * The clock of a simulated world that runs at another pace than the wall's, for a manager that works in it.
 *
 * World and manager started from the same moment and go at the same speed; a world that is overloaded falls behind a little, as
 * clocks of two machines differ. Sockets, TLS and the signing of calls to AWS stay on the wall's time.
 *
 * @source scenarios/engine/src/live/RealTime.ts
 */
import { Clock, Duration, Effect } from "effect"

export interface WorldTime {
  /** Virtual seconds in a real one. */
  readonly speed: number
  /** When both clocks showed the same, epoch milliseconds. */
  readonly startMillis: number
}

export const worldClock = ({ speed, startMillis }: WorldTime): Clock.Clock => {
  const wall = Clock.Clock.defaultValue()
  const startNanos = BigInt(startMillis) * 1_000_000n
  const scaled = (nanos: bigint): bigint =>
    startNanos + (BigInt(Math.round(speed * 1000)) * (nanos - startNanos)) / 1000n
  const nanos = (): bigint => scaled(wall.currentTimeNanosUnsafe())
  const millis = (): number => Number(nanos() / 1_000_000n)
  const monotonic = (): bigint => (BigInt(Math.round(speed * 1000)) * wall.monotonicTimeNanosUnsafe()) / 1000n
  return {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: monotonic,
    monotonicTimeNanos: Effect.sync(monotonic),
    sleep: (duration) => wall.sleep(Duration.millis(Duration.toMillis(duration) / speed))
  }
}
