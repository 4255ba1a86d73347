/** Scenario files below a folder: YAML that holds `kind: Scenario`. Manifests, other YAML beside them, pipes and sockets are passed over. */
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"

const isScenario = (path: string): boolean =>
  /^kind:\s*["']?Scenario["']?\s*(?:#.*)?$/m.test(readFileSync(path, "utf8"))

const isPassedOver = (name: string): boolean => name.startsWith(".") || name === "node_modules" || name === "dist"

/** Paths in the order of their names; links to folders are not followed. Throws what Node's file system throws. */
export const scenarioFilesIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !isPassedOver(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return scenarioFilesIn(path)
      return /\.ya?ml$/.test(entry.name) && statSync(path).isFile() && isScenario(path) ? [path] : []
    })
