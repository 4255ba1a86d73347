/**
 * A program of its own that opens an API server of an empty world to HTTPS, for measurements: server and clients must not share a thread.
 *
 * Prints how to reach it as one line of JSON, and ends when its input does.
 */
import { Kernel } from "@capstan/kernel"
import { ApiServer } from "@capstan/simulator-kubernetes"
import * as Effect from "effect/Effect"
import { openDoor } from "../src/sim/OpenDoor.ts"
import { RealTime } from "@capstan/engine"

const kernel = new Kernel({ seed: 0, keep: "hash" })
const server = new ApiServer(kernel, { name: "bench", kinds: [] })
const time = new RealTime(kernel, 1)

const inputEnds = Effect.callback<void>((resume) => {
  process.stdin.on("end", () => resume(Effect.void))
  process.stdin.resume()
})

await Effect.runPromise(
  Effect.scoped(
    Effect.gen(function* () {
      const door = yield* Effect.orDie(openDoor({ server, enter: (act) => time.enter(act) }))
      process.stdout.write(`${JSON.stringify(door)}\n`)
      yield* Effect.raceFirst(time.run, inputEnds)
    })
  )
)
