/** `--backend sim|aws`: what a scenario is run on. A real account stands alone: nothing else is run beside it. */
import { type Stop, usage } from "@capstan/command-line"
import * as Effect from "effect/Effect"

const names = ["sim", "aws"] as const
export type Backend = (typeof names)[number]

/** The one backend that was asked for; `sim` when none was. */
export const chosenBackend = (asked: ReadonlyArray<string>): Effect.Effect<Backend, Stop> => {
  const [first = "sim", ...others] = [...new Set(asked)]
  const known = names.find((name) => name === first)
  if (known === undefined)
    return Effect.fail(usage(`There is no backend '${first}'. There are ${names.join(" and ")}.`))
  return others.length > 0 ? Effect.fail(usage("One --backend at a time.")) : Effect.succeed(known)
}
