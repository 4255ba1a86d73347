/** Reads scenario files in a worker thread, and ends the command when anything is wrong with one of them: before anything runs. */
import { cannotRun, endWith, ExitCode, Stop, usage } from "@capstan/command-line"
import { type Diagnostic, formatDiagnostic } from "@capstan/engine/text"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { ScenarioSource } from "../files/ScenarioSources.ts"
import type { Assignments } from "../input/Assignments.ts"
import { counted } from "../report/Amounts.ts"
import type { BackendName, Defect, LoadAnswer, PlanSummary } from "./Messages.ts"
import { lackingText, onlyPlan } from "./Selection.ts"
import type { WorkerThread } from "./WorkerThread.ts"

/**
 * All plans of all files, or every complaint about every file.
 *
 * @param onManifests told which manifests a scenario file names, absolute, whether it can be run or not.
 */
export const loadPlans = (
  thread: WorkerThread,
  sources: ReadonlyArray<ScenarioSource>,
  variables: Assignments,
  backend: BackendName = "sim",
  onManifests: (scenario: string, manifests: ReadonlyArray<string>) => void = () => {}
): Effect.Effect<ReadonlyArray<PlanSummary>, Stop> =>
  Effect.gen(function* () {
    const loaded = yield* Effect.forEach(sources, ({ path, shown }) =>
      thread.ask("Load", { input: { path, shown, variables }, backend }).pipe(
        Effect.mapError(({ defect }) => defectStop(defect, shown)),
        Effect.tap(({ manifests }) => Effect.sync(() => onManifests(path, manifests)))
      )
    )
    return yield* plansOf(loaded)
  })

/** The plans of what was loaded; ends the command, with every complaint, when anything is wrong with one. */
export const plansOf = (loaded: ReadonlyArray<LoadAnswer>): Effect.Effect<ReadonlyArray<PlanSummary>, Stop> =>
  Effect.suspend(() => {
    const diagnostics = loaded.flatMap((each) => each.diagnostics)
    if (diagnostics.length === 0) return Effect.succeed(loaded.flatMap(({ plans }) => plans))
    process.stderr.write(`${complaints(diagnostics)}\n`)
    return endWith(ExitCode.usage)
  })

/** The one plan that is meant, and that can run. */
export const runnablePlan = (
  plans: ReadonlyArray<PlanSummary>,
  choice: Parameters<typeof onlyPlan>[1]
): Effect.Effect<PlanSummary, Stop> =>
  Effect.gen(function* () {
    const chosen = onlyPlan(plans, choice)
    if (Result.isFailure(chosen)) return yield* usage(chosen.failure)
    const { lacking, name } = chosen.success
    if (lacking.length > 0) return yield* cannotRun(`${name} cannot run: ${lackingText(lacking)}.`)
    return chosen.success
  })

/** Every complaint once, on a line of its own, and how many there are. Files that share a manifest share its mistakes. */
export const complaints = (diagnostics: ReadonlyArray<Diagnostic>): string => {
  const lines = [...new Set(diagnostics.map(formatDiagnostic))]
  const files = new Set(diagnostics.map(({ file }) => file)).size
  return [...lines, `capstan: ${counted(lines.length, "error")} in ${counted(files, "file")}; nothing was run.`].join(
    "\n"
  )
}

/** A failure of our own outside of a run. */
export const defectStop = ({ message, stack }: Defect, doing: string): Stop =>
  new Stop({
    code: ExitCode.defect,
    message: `A defect of Capstan at ${doing}; please report it:\n${stack ?? message}`
  })
