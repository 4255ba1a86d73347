/**
 * What is wrong with an input: where, what, and what was probably meant. Every check of the language gives
 * these, and all of them are found before anything runs.
 */

export interface Diagnostic {
  readonly file: string
  /** From 1; 0 when the file as a whole is meant. */
  readonly line: number
  readonly column: number
  /** Stable: `YAML…`, `SCN…` (shape), `CEL…` (expressions), `VAR…`, `MAN…` (manifests), `FLT…` (faults), `WLD…` (world). */
  readonly code: string
  readonly message: string
  /** One sentence that says what to do, such as the nearest right spelling. */
  readonly hint?: string
}

const shownMax = 60

/** What was given, as far as a message of one line can show it: without control characters, and not at any length. */
export const shownText = (text: string): string => {
  const plain = text.replace(/[\p{Cc}\p{Co}\p{Cn}\uFFFD]+/gu, " ")
  return plain.length > shownMax ? `${plain.slice(0, shownMax - 1)}…` : plain
}

/** `file:line:column error CODE message. hint`, as compilers print it. */
export const formatDiagnostic = (diagnostic: Diagnostic): string => {
  const place = diagnostic.line === 0 ? diagnostic.file : `${diagnostic.file}:${diagnostic.line}:${diagnostic.column}`
  const hint = diagnostic.hint === undefined ? "" : ` ${diagnostic.hint}`
  return `${place} error ${diagnostic.code} ${diagnostic.message}${hint}`
}
