/** `capstan schema print`: the JSON Schema of scenario files, for editors. */
import { scenarioJsonSchema } from "@capstan/engine"
import * as Effect from "effect/Effect"

export const schemaCommand: Effect.Effect<void> = Effect.sync(() => {
  process.stdout.write(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`)
})
