/**
 * The imports of a source file: static, dynamic, re-exports and type imports.
 *
 * They are read from the text (`from "…"`, `import "…"`, `import("…")`), since TypeScript 7 has no compiler API to ask.
 */
import { codeOf, lineAt, type SourceFile } from "./SourceFile.ts"

/** One import. `typeOnly` tells that nothing of it is left when the program runs. */
export interface Import {
  readonly specifier: string
  readonly line: number
  readonly typeOnly: boolean
}

const places = /(?:\bfrom|\bimport\s*\(?)\s*(["'])( *)\1/g

/** All imports of a file in the order of its lines. */
export const importsOf = (file: SourceFile): ReadonlyArray<Import> => {
  const code = codeOf(file.text)
  return [...code.matchAll(places)].map((match) => {
    const end = match.index + match[0].length - 1
    const statement =
      code
        .slice(0, match.index)
        .split(/(?=\b(?:import|export)\b)/)
        .at(-1) ?? ""
    return {
      specifier: file.text.slice(end - (match[2] ?? "").length, end),
      line: lineAt(file.text, end),
      typeOnly: match[0].startsWith("from") && /^(?:import|export)\s+type\b/.test(statement)
    }
  })
}

/** The package that a specifier names (`@capstan/api/testing` → `@capstan/api`), or `undefined` for relative paths and Node's own. */
export const packageOf = (specifier: string): string | undefined => {
  if (specifier.startsWith(".") || specifier.startsWith("/") || specifier.startsWith("node:")) return undefined
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/")
}
