/** `--matrix zone=us-east-1a` and `--var workers=5`: names with values, given any number of times. Pure. */
import * as Result from "effect/Result"

export type Assignments = { readonly [name: string]: string }

/** Names to values in the order given; the last wins. */
export const parseAssignments = (flag: string, texts: ReadonlyArray<string>): Result.Result<Assignments, string> => {
  const entries: Array<readonly [string, string]> = []
  for (const text of texts) {
    const equals = text.indexOf("=")
    if (equals <= 0) return Result.fail(`${flag} takes name=value, not '${text}'.`)
    entries.push([text.slice(0, equals), text.slice(equals + 1)])
  }
  return Result.succeed(Object.fromEntries(entries))
}
