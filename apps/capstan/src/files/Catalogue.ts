/**
 * The built-in scenarios on the command line: `catalogue:worker-instance-kill`, or a file or folder of the catalogue. Pure.
 *
 * Which there are and where they stand, the catalogue's own package says.
 */
import { catalogue, catalogueFolder } from "@capstan/catalogue"
import { fileURLToPath } from "node:url"

export const cataloguePrefix = "catalogue:"

/** A scenario file of the catalogue. */
export interface CatalogueFile {
  /** Absolute. */
  readonly path: string
  /** `catalogue:zone-outage/quick-start.yaml`: how it is called in reports and replay lines. */
  readonly shown: string
}

const withoutEnding = (file: string): string => file.replace(/\.ya?ml$/, "")

/**
 * Files meant by a name: a scenario's, or a file's with or without its ending, or a folder's. The empty name means all of them.
 *
 * @param name without the `catalogue:` in front.
 */
export const catalogueFilesNamed = (name: string): ReadonlyArray<CatalogueFile> => {
  const wanted = withoutEnding(name.replace(/\/$/, ""))
  const exact = catalogue.filter((entry) => entry.name === wanted || withoutEnding(entry.file) === wanted)
  const below = catalogue.filter(({ file }) => wanted === "" || file.startsWith(`${wanted}/`))
  return (exact.length > 0 ? exact : below).map(({ file }) => ({
    path: fileURLToPath(new URL(file, catalogueFolder)),
    shown: cataloguePrefix + file
  }))
}

/** Every word that {@link catalogueFilesNamed} answers to, for the nearest right spelling. */
export const catalogueWords = (): ReadonlyArray<string> => [
  ...new Set(catalogue.flatMap(({ file, name }) => [name, withoutEnding(file), file.split("/")[0] ?? ""]))
]
