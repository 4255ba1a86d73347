/** Findings of a preflight or of the doctor, one a line, with what to do under those that are not well. Pure. */

export interface Shown {
  readonly what: string
  readonly status: "ok" | "warning" | "missing"
  readonly detail: string
  readonly remedy: string
}

const signs = { ok: "✓", warning: "!", missing: "✗" } as const

/** Lines of text, and a last one that counts. */
export const findingLines = (findings: ReadonlyArray<Shown>): ReadonlyArray<string> => {
  const width = Math.max(0, ...findings.map(({ what }) => what.length))
  const count = (status: Shown["status"]): number => findings.filter((finding) => finding.status === status).length
  return [
    ...findings.flatMap(({ detail, remedy, status, what }) => [
      ` ${signs[status]} ${what.padEnd(width)}  ${detail}`,
      ...(remedy === "" ? [] : [`   ${"".padEnd(width)}  → ${remedy}`])
    ]),
    "",
    `${count("ok")} well, ${count("warning")} to look at, ${count("missing")} missing`
  ]
}
