/**
 * What is wrong with an input: where, what, and what was probably meant. Every check of the language gives
 * these, and all of them are found before anything runs.
 */

export interface Diagnostic {
  readonly file: string
  /** From 1; 0 when the file as a whole is meant. */
  readonly line: number
  readonly column: number
  /** Stable: `YAML001`, `SCN…` (shape), `CEL…` (expressions), `VAR…`, `MAN…` (manifests), `FLT…` (faults). */
  readonly code: string
  readonly message: string
  /** One sentence that says what to do, such as the nearest right spelling. */
  readonly hint?: string
}

/** `file:line:column error CODE message. hint`, as compilers print it. */
export const formatDiagnostic = (diagnostic: Diagnostic): string => {
  const place = diagnostic.line === 0 ? diagnostic.file : `${diagnostic.file}:${diagnostic.line}:${diagnostic.column}`
  const hint = diagnostic.hint === undefined ? "" : ` ${diagnostic.hint}`
  return `${place} error ${diagnostic.code} ${diagnostic.message}${hint}`
}
