/**
 * What a long-lived world begins with: nothing, a scenario's world and manifests, or plain manifests.
 *
 * A scenario's steps and expectations are for `capstan test`; here its world is set up and then belongs to whoever is connected.
 */
import {
  atItsPlace,
  type Diagnostic,
  loadScenarios,
  type ManifestReader,
  type Plan,
  simulatedKinds,
  validateManifests
} from "@capstan/engine"
import * as Result from "effect/Result"
import { readFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import type { ScenarioSource } from "../files/ScenarioSources.ts"
import { unreadable } from "../files/ScenarioSources.ts"

const readerBeside = (folder: string): ManifestReader => ({
  read: (path) => {
    const absolute = resolve(folder, path)
    try {
      return { path: absolute, text: readFileSync(absolute, "utf8") }
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined
      return code === "ENOENT" ? undefined : unreadable(path, error)
    }
  }
})

const isScenario = (text: string): boolean => /^kind:\s*["']?Scenario["']?\s*(?:#.*)?$/m.test(text)

/** A scenario that does nothing. JSON is YAML. */
const scenarioWith = (manifests: ReadonlyArray<object>, region: string | undefined): string =>
  JSON.stringify({
    apiVersion: "scenario.capstan.dev/v1alpha1",
    kind: "Scenario",
    metadata: { name: "sim" },
    spec: { given: { manifests, ...(region === undefined ? {} : { world: { region } }) }, steps: [], expect: [] }
  })

export interface SimulationWish {
  readonly source: ScenarioSource | undefined
  readonly variables: { readonly [name: string]: string }
  /** Of the AWS account; a scenario says its own. */
  readonly region: string | undefined
}

/** The plan for a file or for none; every complaint about it otherwise. */
export const simulationPlan = ({
  region,
  source,
  variables
}: SimulationWish): Result.Result<Plan, ReadonlyArray<Diagnostic>> => {
  const text = source === undefined ? scenarioWith([], region) : readFileSync(source.path, "utf8")
  const scenario = source === undefined || isScenario(text)
  if (scenario && source !== undefined && region !== undefined) {
    const message = "The scenario says the region of its world itself: leave --region out."
    return Result.fail([{ file: source.shown, line: 0, column: 0, code: "WLD001", message }])
  }
  const { diagnostics, plans } = loadScenarios({
    file: source?.shown ?? "sim",
    text: scenario ? text : scenarioWith([{ file: source.path, substitute: variables }], region),
    manifests: readerBeside(source === undefined ? "." : dirname(source.path)),
    kinds: simulatedKinds,
    variables: scenario ? variables : {}
  })
  const [plan] = plans
  if (diagnostics.length > 0 || plan === undefined) return Result.fail(diagnostics)
  const refused = validateManifests(plan).map((refusal) => atItsPlace(plan, refusal))
  return refused.length > 0 ? Result.fail(refused) : Result.succeed(plan)
}
