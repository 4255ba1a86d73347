/** `capstan report merge`: the blobs of shards as one report. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join, resolve } from "node:path"
import { endWith, ExitCode, type Stop, usage } from "../ExitCode.ts"
import { shownPath, unreadable } from "../files/ScenarioSources.ts"
import { parseReporters } from "../input/ReporterChoice.ts"
import { openDesks } from "../output/OpenDesks.ts"
import { ReportDesk } from "../output/ReportDesk.ts"
import { Screen } from "../output/Screen.ts"
import { mergeBlobs, readBlob } from "../report/BlobMerge.ts"
import { allRecords, exitCodeOf } from "../report/TestReport.ts"

export interface ReportMergeFlags {
  readonly sources: ReadonlyArray<string>
  readonly reporters: ReadonlyArray<string>
  readonly colour: boolean | undefined
}

export const reportMergeCommand = (flags: ReportMergeFlags): Effect.Effect<void, Stop> =>
  Effect.scoped(
    Effect.gen(function* () {
      const screen = new Screen(flags.colour)
      const choices = yield* Effect.mapError(Effect.fromResult(reportersOf(flags.reporters)), usage)
      const files = yield* Effect.mapError(Effect.fromResult(blobFiles(flags.sources)), usage)
      const blobs = yield* Effect.forEach(files, (path) => Effect.mapError(Effect.fromResult(blobAt(path)), usage))
      const { missing, report } = yield* Effect.mapError(Effect.fromResult(mergeBlobs(blobs)), usage)
      const desks = yield* openDesks(choices, screen.paint)
      const desk = new ReportDesk({ desks, groups: report.groups, print: (text) => screen.print(text) })
      desk.begin(report)
      for (const record of allRecords(report)) desk.record(record)
      const problems = desk.end(report)
      for (const problem of problems) screen.complain(`capstan: ${problem}`)
      if (missing.length > 0) {
        const total = blobs[0]?.opening.share.total ?? 0
        screen.complain(
          `capstan: of ${total} shards there is no blob of ${missing.join(", ")}: what they ran is not in this report.`
        )
      }
      const code = exitCodeOf(report)
      const whole = problems.length === 0 && missing.length === 0
      return yield* endWith(!whole && code === ExitCode.passed ? ExitCode.cannotRun : code)
    })
  )

const reportersOf = (texts: ReadonlyArray<string>) =>
  Result.flatMap(parseReporters(texts), (choices) => {
    const odd = choices.find(({ name }) => name === "blob" || name === "story")
    if (odd === undefined) return Result.succeed(choices)
    return Result.fail(
      odd.name === "blob"
        ? "Blobs are merged into another reporter, not into a blob."
        : "Blobs hold no stories: choose another reporter."
    )
  })

/** The files that were named, and those in the folders that were; each once. */
const blobFiles = (sources: ReadonlyArray<string>): Result.Result<ReadonlyArray<string>, string> =>
  Result.gen(function* () {
    if (sources.length === 0) return yield* Result.fail("Say what to merge: a folder with blobs, or the files.")
    const files = new Set<string>()
    for (const source of sources) {
      const path = resolve(process.cwd(), source)
      const found = yield* Result.try({
        try: () =>
          statSync(path).isDirectory()
            ? readdirSync(path, { recursive: true, encoding: "utf8" })
                .filter((name) => name.endsWith(".ndjson"))
                .sort()
                .map((name) => join(path, name))
            : [path],
        catch: (error) => missingOr(source, error)
      })
      if (found.length === 0)
        return yield* Result.fail(`The folder '${source}' holds no blob: no file that ends with .ndjson.`)
      for (const file of found) files.add(file)
    }
    return [...files]
  })

const blobAt = (path: string) => {
  const shown = shownPath(process.cwd(), path)
  return Result.flatMap(
    Result.try({ try: () => readFileSync(path, "utf8"), catch: (error) => missingOr(shown, error) }),
    (text) => readBlob(shown, text)
  )
}

const missingOr = (shown: string, error: unknown): string =>
  error instanceof Error && "code" in error && error.code === "ENOENT"
    ? `There is no file or folder '${shown}'.`
    : unreadable(shown, error)
