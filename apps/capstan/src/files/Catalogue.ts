/**
 * The built-in scenarios by name: `catalogue:instance-kill`, a file or folder of the catalogue, or a scenario's own name.
 *
 * The catalogue's package says where its YAML stands; this only looks there.
 */
import { catalogueFolder } from "@capstan/catalogue"
import { readFileSync } from "node:fs"
import { relative, sep } from "node:path"
import { fileURLToPath } from "node:url"
import { scenarioFilesIn } from "./ScenarioFolder.ts"

export const cataloguePrefix = "catalogue:"

/** A scenario file of the catalogue. */
export interface CatalogueEntry {
  readonly path: string
  /** `catalogue:zone-outage/quick-start.yaml`: how it is called on the command line and in reports. */
  readonly shown: string
  /** What the scenarios in it are called. */
  readonly names: ReadonlyArray<string>
}

const namesIn = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/^metadata:\s*(?:\{\s*|\n(?: +.*\n)*? +)name:\s*["']?([-a-z0-9]+)/gm)].flatMap(([, name]) => name ?? [])

/** Everything in the catalogue, sorted by path. */
export const catalogueEntries = (): ReadonlyArray<CatalogueEntry> => {
  const folder = fileURLToPath(catalogueFolder)
  return scenarioFilesIn(folder).map((path) => ({
    path,
    shown: cataloguePrefix + relative(folder, path).split(sep).join("/"),
    names: namesIn(readFileSync(path, "utf8"))
  }))
}

/**
 * Entries meant by a name: a file with or without its ending, a folder, or a scenario. The empty name means all of them.
 *
 * @param name without the `catalogue:` in front.
 */
export const entriesNamed = (entries: ReadonlyArray<CatalogueEntry>, name: string): ReadonlyArray<CatalogueEntry> => {
  const wanted = name.replace(/\/$/, "").replace(/\.ya?ml$/, "")
  if (wanted === "") return entries
  const stem = ({ shown }: CatalogueEntry): string => shown.slice(cataloguePrefix.length).replace(/\.ya?ml$/, "")
  const files = entries.filter((entry) => stem(entry) === wanted || entry.names.includes(wanted))
  return files.length > 0 ? files : entries.filter((entry) => stem(entry).startsWith(`${wanted}/`))
}

/** Every word that {@link entriesNamed} answers to, for the nearest right spelling. */
export const namesOf = (entries: ReadonlyArray<CatalogueEntry>): ReadonlyArray<string> => [
  ...new Set(
    entries.flatMap(({ names, shown }) => {
      const path = shown.slice(cataloguePrefix.length).replace(/\.ya?ml$/, "")
      const [folder = ""] = path.split("/")
      return [...names, path, folder]
    })
  )
]
