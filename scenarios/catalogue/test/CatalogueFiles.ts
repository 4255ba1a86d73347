/** The catalogue's files as the tests read them: from the folder, with manifests beside the scenarios. */
import { catalogueFolder } from "@capstan/catalogue"
import { type Loaded, loadScenarios, type Plan, simulatedKinds } from "@capstan/engine"
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, sep } from "node:path"
import { fileURLToPath } from "node:url"

const folder = fileURLToPath(catalogueFolder)

const readIfThere = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return undefined
  }
}

/** Every YAML file below the catalogue's folder that holds a scenario, as paths with forward slashes, sorted. */
export const scenarioFiles = (): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".yaml") && !path.includes("node_modules"))
    .filter((path) => /^kind: Scenario$/m.test(readFileSync(join(folder, path), "utf8")))
    .map((path) => path.split(sep).join("/"))
    .sort()

export const loadFile = (file: string): Loaded =>
  loadScenarios({
    file,
    text: readFileSync(join(folder, file), "utf8"),
    kinds: simulatedKinds,
    manifests: {
      read: (path) => {
        const text = readIfThere(join(folder, dirname(file), path))
        return text === undefined ? undefined : { path: join(dirname(file), path), text }
      }
    }
  })

/** `zone=a outage=4m` of a plan, for the names of tests. */
export const cellOf = (plan: Plan): string =>
  Object.entries(plan.cell)
    .map(([axis, value]) => `${axis}=${value}`)
    .join(" ")
