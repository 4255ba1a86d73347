/** A real run for the tests to look at: one of the catalogue, done once per process. */
import { catalogue, catalogueFolder } from "@capstan/catalogue"
import { loadScenarios, simulate, type SimulatedRun, simulatedKinds } from "@capstan/engine"
import { readFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { readRun, type Run } from "../src/model/Run.ts"
import type { RunSummary } from "../src/RunSummary.ts"

const done = new Map<string, SimulatedRun>()

/** The named scenario of the catalogue, its first cell on AWS, seed 0. */
export const recordedRun = (name: string): SimulatedRun => {
  const known = done.get(name)
  if (known !== undefined) return known
  const entry = catalogue.find((each) => each.name === name)
  if (entry === undefined) throw new Error(`the catalogue has no ${name}`)
  const file = fileURLToPath(new URL(entry.file, catalogueFolder))
  const read = (path: string) => ({
    path: resolve(dirname(file), path),
    text: readFileSync(resolve(dirname(file), path), "utf8")
  })
  const { plans } = loadScenarios({
    file,
    text: readFileSync(file, "utf8"),
    kinds: simulatedKinds,
    manifests: { read }
  })
  const plan = plans.find(({ cell }) => cell["provider"] !== "dev")
  if (plan === undefined) throw new Error(`${name} has no plan`)
  const run = simulate({ plan, seed: 0 })
  done.set(name, run)
  return run
}

export const summaryOf = ({ result }: SimulatedRun, changes: Partial<RunSummary> = {}): RunSummary => ({
  name: result.plan.name,
  file: "scenario.yaml",
  description: result.plan.description,
  backend: "sim",
  seed: result.seed,
  cell: "",
  passed: result.passed,
  replay: `npx capstan replay scenario.yaml --seed ${result.seed}`,
  wallMillis: 100,
  virtualMillis: result.virtualMillis,
  traceHash: result.traceHash,
  expectations: result.expectations,
  invariants: result.invariants,
  problem: result.problem,
  defect: undefined,
  statistics: result.statistics,
  ...changes
})

export const readRecorded = (name: string): Run => {
  const run = recordedRun(name)
  return readRun(summaryOf(run), run.events)
}
