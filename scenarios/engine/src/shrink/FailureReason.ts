/** Why a run failed, as a name that stays the same while the scenario around it gets smaller. Pure. */
import type { RunResult } from "../run/RunResult.ts"

/** Numbers, ids and generated names say where it happened, not what. */
const withoutParticulars = (message: string): string =>
  (message.split("\n")[0] ?? "")
    .replaceAll(/\b[a-z]+-[0-9a-f]{8,}\b/g, "#")
    .replaceAll(/\d+/g, "#")
    .slice(0, 160)

/**
 * What failed, the gravest first: a defect of ours, an invariant, an expectation, the run as a whole. Empty when it passed.
 *
 * `defect …`, `invariant I4`, `expectation workers-return`, `problem settle`.
 */
export const failureReasons = (
  result: Pick<RunResult, "problem" | "invariants" | "expectations">
): ReadonlyArray<string> => {
  const { expectations, invariants, problem } = result
  const ofDefect = problem?.kind === "defect" ? [`defect ${withoutParticulars(problem.message)}`] : []
  const ofRun = problem === undefined || problem.kind === "defect" ? [] : [`problem ${problem.kind}`]
  return [
    ...ofDefect,
    ...invariants.filter(({ violations }) => violations.length > 0).map(({ id }) => `invariant ${id}`),
    // What was still open when the run was cut short, or never began, was not judged.
    ...expectations
      .filter(({ atMillis, status }) => status === "violated" && atMillis !== undefined)
      .map(({ id }) => `expectation ${id}`),
    ...ofRun
  ]
}
