/**
 * Rules about a file's name and words: header, telling name, no odds and ends, nothing left for later.
 *
 * A file opens by saying what it is for; it is named after its main export; a drawer called `utils` is a concept waiting for its
 * name; `index.ts` is a front door, not a room; work that is left over is an issue, not a comment.
 */
import type { Finding } from "./Finding.ts"
import { codeOf, lineAt, type SourceFile } from "./SourceFile.ts"

const isShipped = (path: string): boolean => /(?:^|\/)(?:src|bin)\/.*\.(?:tsx?|mjs)$|^scripts\/.*\.mjs$/.test(path)
const isSource = (path: string): boolean => /(?:^|\/)src\/.*\.tsx?$/.test(path)
const isCode = (path: string): boolean => /\.(?:tsx?|mjs|js)$/.test(path)

/** Every source file begins with a doc comment that says, in a sentence at least, what the file is for. */
export const checkHeaders = (files: ReadonlyArray<SourceFile>): ReadonlyArray<Finding> =>
  files
    .filter((file) => isShipped(file.path))
    .flatMap((file) => {
      const header = /^(?:#!.*\n)?\/\*\*([\s\S]*?)\*\//.exec(file.text)?.[1] ?? ""
      if (header.replaceAll(/[\s*]/g, "").length >= 20) return []
      const message =
        "begin the file with /** … */: what it is for, the one idea to hold while reading, what is left out, @source"
      return [{ path: file.path, line: 1, rule: "header", message }]
    })

const drawer = /^(?:utils?|utilities|helpers?|common|misc|shared|stuff)$/i

/** No file or folder is a drawer for odds and ends. */
export const checkDrawers = (files: ReadonlyArray<SourceFile>): ReadonlyArray<Finding> =>
  files
    .filter((file) => isCode(file.path))
    .flatMap((file) => {
      const name = file.path.split("/").find((part) => drawer.test(part.split(".")[0] ?? ""))
      if (name === undefined) return []
      const message = `"${name}" says nothing of what is inside: name the concept, or move each part to where it is used`
      return [{ path: file.path, line: 1, rule: "drawer", message }]
    })

/** A module of conversions is named after the API version that it converts: `v1beta1.ts`. */
const apiVersion = /^v\d+(?:(?:alpha|beta)\d+)?\.ts$/

/** In `src`, a module is `PascalCase.ts` (or `index.ts`, `v1beta1.ts`, or an app's `main.ts`), a folder `kebab-case`. */
export const checkNames = (files: ReadonlyArray<SourceFile>): ReadonlyArray<Finding> =>
  files
    .filter((file) => isSource(file.path))
    .flatMap((file) => {
      const parts = file.path.split("/")
      const name = parts.at(-1) ?? ""
      const folder = parts.slice(0, -1).find((part) => !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(part))
      const finding = (message: string): Finding => ({ path: file.path, line: 1, rule: "name", message })
      if (folder !== undefined) return [finding(`the folder "${folder}" is not in kebab-case`)]
      if (/^(?:index|main)\.tsx?$/.test(name) || /^[A-Z][A-Za-z0-9]*\.tsx?$/.test(name) || apiVersion.test(name))
        return []
      return [finding(`name the file after its main export, PascalCase.ts; "${name}" is not`)]
    })

const reExport = /export\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s*from\s*(["']) *\1\s*;?/g

/** An `index.ts` only re-exports. */
export const checkFrontDoors = (files: ReadonlyArray<SourceFile>): ReadonlyArray<Finding> =>
  files
    .filter((file) => isSource(file.path) && file.path.endsWith("/index.ts"))
    .flatMap((file) => {
      const rest = codeOf(file.text).replaceAll(reExport, (match) => match.replaceAll(/[^\n]/g, " "))
      const offset = rest.search(/\S/)
      if (offset === -1) return []
      const message = "index.ts only re-exports (export … from): move this into a file named after it"
      return [{ path: file.path, line: lineAt(rest, offset), rule: "front-door", message }]
    })

// The words are spelt in pieces, so that this file does not find itself.
const leftOver = /\b(?:TO(?:DO)|FIX(?:ME)|XX(?:X))\b/g
const switchedOff = /\b(?:it|test|describe)(?:\.\w+)*\.(?:only|skip|todo|skipIf|runIf)\b/g

/** Nothing is left for later, and no test is switched off or singled out. */
export const checkUnfinished = (files: ReadonlyArray<SourceFile>): ReadonlyArray<Finding> =>
  files
    .filter((file) => isCode(file.path))
    .flatMap((file) => [
      ...[...file.text.matchAll(leftOver)].map((match) => ({
        path: file.path,
        line: lineAt(file.text, match.index),
        rule: "unfinished",
        message: `${match[0]}: finish it, or file an issue and say in the header what is left out`
      })),
      ...[...codeOf(file.text).matchAll(switchedOff)].map((match) => ({
        path: file.path,
        line: lineAt(file.text, match.index),
        rule: "unfinished",
        message: `${match[0]}: a test runs always, or it goes`
      }))
    ])
