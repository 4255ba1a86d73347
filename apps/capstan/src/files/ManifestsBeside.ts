/** Manifests that a scenario names, read from beside it. What is missing is told apart from what cannot be read. */
import { catalogueFolder } from "@capstan/catalogue"
import type { ManifestReader } from "@capstan/engine"
import { readFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { cataloguePrefix } from "./Catalogue.ts"
import { type ScenarioSource, shownPath, unreadable } from "./ScenarioSources.ts"

/**
 * Reads manifests that stand beside a scenario, or in the catalogue: `catalogue:manifests/aws-cluster.yaml`. These are shown so, too.
 *
 * @param onRead told the absolute path of each that is asked for, there or not.
 */
export const readerBeside = (
  input: Pick<ScenarioSource, "path" | "shown">,
  onRead: (absolute: string) => void = () => {}
): ManifestReader => ({
  read: (path) => {
    const built = path.startsWith(cataloguePrefix)
    const absolute = built
      ? fileURLToPath(new URL(path.slice(cataloguePrefix.length), catalogueFolder))
      : resolve(dirname(input.path), path)
    onRead(absolute)
    try {
      return { path: built ? path : shownManifest(input, absolute), text: readFileSync(absolute, "utf8") }
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined
      return code === "ENOENT" ? undefined : unreadable(path, error)
    }
  }
})

const shownManifest = (input: Pick<ScenarioSource, "shown">, absolute: string): string =>
  input.shown.startsWith(cataloguePrefix)
    ? `${cataloguePrefix}${shownPath(fileURLToPath(catalogueFolder), absolute)}`
    : shownPath(process.cwd(), absolute)
