/** The one run that a command such as `replay` or `shrink` is about: a file, its seed, its cell, its variables. */
import * as Result from "effect/Result"
import { findScenarioSources } from "../files/ScenarioSources.ts"
import { parseAssignments } from "./Assignments.ts"
import { parseSeeds } from "./SeedRange.ts"

export interface OneRunFlags {
  readonly file: string
  readonly scenario: string | undefined
  readonly seed: string | undefined
  readonly matrix: ReadonlyArray<string>
  readonly variables: ReadonlyArray<string>
}

/** One source, and the seed if one is given. The rule, such as `replay does one run`, stands in front of what is wrong. */
export const parseOneRun = (rule: string, flags: OneRunFlags) =>
  Result.gen(function* () {
    const seeds = flags.seed === undefined ? [undefined] : yield* parseSeeds(flags.seed)
    if (seeds.length !== 1) return yield* Result.fail(`${rule}: give one --seed.`)
    const sources = yield* findScenarioSources(process.cwd(), [flags.file])
    if (sources.length !== 1) return yield* Result.fail(`${rule}: '${flags.file}' stands for ${sources.length} files.`)
    return {
      sources,
      seed: seeds[0],
      pins: yield* parseAssignments("--matrix", flags.matrix),
      variables: yield* parseAssignments("--var", flags.variables)
    }
  })
