/**
 * From what stands on the command line to scenario files.
 *
 * A file that was named is run or refused; one that a folder or a name of several brought along may be passed over, aloud.
 */
import { nearest } from "@capstan/engine/text"
import * as Result from "effect/Result"
import { accessSync, constants, existsSync, lstatSync, readdirSync, statSync } from "node:fs"
import { basename, dirname, isAbsolute, relative, resolve, sep } from "node:path"
import { catalogueFilesNamed, cataloguePrefix, catalogueWords } from "./Catalogue.ts"
import { scenarioFilesIn } from "./ScenarioFolder.ts"

export interface ScenarioSource {
  /** Absolute. */
  readonly path: string
  /** As reports and replay lines show it: below the working folder, or `catalogue:…`. */
  readonly shown: string
  /** Whether this very file was asked for. */
  readonly named: boolean
}

/** A path as seen from the working folder, absolute when it stands elsewhere. */
export const shownPath = (folder: string, path: string): string => {
  const below = relative(folder, path)
  return below === "" || below.startsWith("..") || isAbsolute(below) ? path : below.split(sep).join("/")
}

/**
 * The scenario files for the arguments, each once, in their order; a sentence for what cannot be found.
 *
 * Without arguments: `./scenarios` where there is one, else the whole catalogue.
 */
export const findScenarioSources = (
  folder: string,
  args: ReadonlyArray<string>
): Result.Result<ReadonlyArray<ScenarioSource>, string> => {
  const asked = args.length > 0 ? args : [existsSync(resolve(folder, "scenarios")) ? "scenarios" : cataloguePrefix]
  const found = new Map<string, ScenarioSource>()
  for (const argument of asked) {
    const sources = sourcesOf(folder, argument)
    if (Result.isFailure(sources)) return sources
    for (const source of sources.success) {
      const known = found.get(source.path)
      found.set(source.path, known === undefined ? source : { ...known, named: known.named || source.named })
    }
  }
  return Result.succeed([...found.values()])
}

const sourcesOf = (folder: string, argument: string): Result.Result<ReadonlyArray<ScenarioSource>, string> => {
  if (argument.startsWith(cataloguePrefix)) return inCatalogue(argument.slice(cataloguePrefix.length))
  if (argument === "") return Result.fail("A file or folder was given without a name.")
  const path = resolve(folder, argument)
  try {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) {
      const known = catalogueFilesNamed(argument).length > 0
      return known ? inCatalogue(argument) : Result.fail(notFound(path, argument))
    }
    accessSync(path, constants.R_OK)
    if (!statSync(path).isDirectory()) return Result.succeed([{ path, shown: shownPath(folder, path), named: true }])
    const files = scenarioFilesIn(path)
    return Result.succeed(files.map((file) => ({ path: file, shown: shownPath(folder, file), named: false })))
  } catch (error) {
    const below = error instanceof Error && "path" in error && typeof error.path === "string" ? error.path : path
    return Result.fail(unreadable(shownPath(folder, below), error))
  }
}

const reasons: { readonly [code: string]: string } = {
  EACCES: "you may not read it",
  EPERM: "you may not read it",
  EISDIR: "it is a folder",
  ENOENT: "it is a link that leads nowhere",
  ELOOP: "its links lead in a circle"
}

/** Why something cannot be read, in a sentence. */
export const unreadable = (shown: string, error: unknown): string => {
  const code = error instanceof Error && "code" in error ? String(error.code) : ""
  return `'${shown}' cannot be read: ${reasons[code] ?? (error instanceof Error ? error.message : String(error))}.`
}

const inCatalogue = (name: string): Result.Result<ReadonlyArray<ScenarioSource>, string> => {
  const files = catalogueFilesNamed(name)
  if (files.length === 0) return Result.fail(`The catalogue has no scenario '${name}'.${meant(name, catalogueWords())}`)
  return Result.succeed(files.map((file) => ({ ...file, named: files.length === 1 })))
}

const meant = (word: string, candidates: ReadonlyArray<string>): string => {
  const near = nearest(word, candidates)
  return near === undefined ? "" : ` Did you mean '${near}'?`
}

/** What might have been meant: a file beside it, or a name of the catalogue. */
const notFound = (path: string, argument: string): string => {
  const beside = existsSync(dirname(path)) ? readdirSync(dirname(path)) : []
  return `There is no file or folder '${argument}'.${meant(basename(path), beside) || meant(argument, catalogueWords())}`
}
