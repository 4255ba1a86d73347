/** Scenarios of the catalogue, as the sweep's tests read them: from the files, since the catalogue is built on the engine. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { formatCell, loadScenarios, type Plan, simulatedKinds } from "../../src/index.ts"

const catalogue = new URL("../../../catalogue/", import.meta.url)

/** The plan of a file's cell, such as `provider=dev`; of its only one when none is named. */
export const cataloguePlan = (file: string, cell = ""): Plan => {
  const place = new URL(file, catalogue)
  const textOf = (path: URL): string => readFileSync(fileURLToPath(path), "utf8")
  const { diagnostics, plans } = loadScenarios({
    file,
    kinds: simulatedKinds,
    manifests: { read: (path) => ({ path, text: textOf(new URL(path, place)) }) },
    text: textOf(place)
  })
  const plan = plans.find((each) => formatCell(each.cell) === cell)
  if (plan === undefined) throw new Error(`${file} has no cell '${cell}': ${JSON.stringify(diagnostics)}`)
  return plan
}
