/** Five random characters for a generated name, from the seeded `Random` service. */
import { randomSuffix } from "@capstan/api"
import { Effect, Random } from "effect"

const draws = 5

export const drawSuffix: Effect.Effect<string> = Effect.map(
  Effect.all(Array.from({ length: draws }, () => Random.next)),
  (numbers) => {
    const left = [...numbers]
    return randomSuffix((bound) => Math.min(bound - 1, Math.floor((left.shift() ?? 0) * bound)))
  }
)
