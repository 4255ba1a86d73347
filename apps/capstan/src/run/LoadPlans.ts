/** Reads scenario files in a worker thread, and ends the command when anything is wrong with one of them: before anything runs. */
import { endWith, ExitCode, Stop } from "@capstan/command-line"
import { type Diagnostic, formatDiagnostic } from "@capstan/engine/text"
import * as Effect from "effect/Effect"
import type { ScenarioSource } from "../files/ScenarioSources.ts"
import type { Assignments } from "../input/Assignments.ts"
import { counted } from "../report/Amounts.ts"
import type { BackendName, Defect, PlanSummary } from "./Messages.ts"
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
    const diagnostics = loaded.flatMap((each) => each.diagnostics)
    if (diagnostics.length > 0) {
      process.stderr.write(`${complaints(diagnostics)}\n`)
      return yield* endWith(ExitCode.usage)
    }
    return loaded.flatMap((each) => each.plans)
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
