/**
 * How many sleeping fibers a kernel wakes in a second of real time.
 *
 * The load is the one that controllers make: many fibers, each in a loop of sleeps of its own length. One wake-up is a timer
 * taken from the heap, a fiber resumed, and its next sleep set. This is a measurement, not simulated code: it reads a clock.
 *
 * @source https://nodejs.org/api/process.html#processhrtimebigint
 */
import { Effect } from "effect"
import { Kernel } from "@capstan/kernel"

/** Wake-ups a second with so many fibers sleeping, over about a million wake-ups unless told otherwise. */
export const wakeUpsPerSecond = (fibers: number, options: { seed?: number; wakeUps?: number } = {}): number => {
  const rounds = Math.max(1, Math.round((options.wakeUps ?? 1_000_000) / fibers))
  const kernel = new Kernel({ seed: options.seed ?? 0, keep: "hash" })
  const lengths = kernel.random("bench")
  const sleeper = Effect.fnUntraced(function* (millis: number) {
    for (let round = 0; round < rounds; round++) yield* Effect.sleep(millis)
  })
  for (let i = 0; i < fibers; i++) kernel.fork(sleeper(lengths.between(1, 10_000)))
  while (kernel.step() === "ran");
  const begin = process.hrtime.bigint()
  kernel.run()
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9
  return Math.round((fibers * rounds) / seconds)
}
