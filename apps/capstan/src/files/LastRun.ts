/**
 * What failed in the last test run of a folder, for `--last-failed`: kept in `.capstan/last-run.json`.
 *
 * The folder ignores itself for git: nothing in it is anybody else's business.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { openReportFile } from "./ReportFile.ts"

export const lastRunFile = ".capstan/last-run.json"

const Scalar = Schema.Union([Schema.String, Schema.Finite, Schema.Boolean])

/** A run that failed, as it is found again among those that are asked for. */
export const FailedRun = Schema.Struct({
  file: Schema.String,
  name: Schema.String,
  backend: Schema.String,
  cell: Schema.Record(Schema.String, Scalar),
  seed: Schema.Int,
  perturbation: Schema.optionalKey(Schema.String)
})
export type FailedRun = typeof FailedRun.Type

export const LastRun = Schema.Struct({
  format: Schema.Literal(1),
  /** What was given with `--var`. */
  variables: Schema.Record(Schema.String, Schema.String),
  failed: Schema.Array(FailedRun)
})
export type LastRun = typeof LastRun.Type

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(LastRun))

/** The record of the last test run; undefined when there is none, a sentence when it cannot be read. */
export const readLastRun = (folder: string): Result.Result<LastRun | undefined, string> => {
  const path = join(folder, lastRunFile)
  if (!existsSync(path)) return Result.succeed(undefined)
  return Result.try({ try: () => readFileSync(path, "utf8"), catch: String }).pipe(
    Result.flatMap((text) => Result.mapError(decode(text), String)),
    Result.mapError(() => `${lastRunFile} cannot be read: delete it, and run capstan test once without --last-failed.`)
  )
}

/** Writes the record; a sentence when that is not possible. */
export const writeLastRun = (folder: string, lastRun: LastRun): Result.Result<void, string> =>
  Result.gen(function* () {
    yield* Result.try({
      try: () => {
        mkdirSync(join(folder, ".capstan"), { recursive: true })
        const ignore = join(folder, ".capstan/.gitignore")
        if (!existsSync(ignore)) writeFileSync(ignore, "*\n")
      },
      catch: (error) => `cannot make the folder .capstan: ${error instanceof Error ? error.message : String(error)}.`
    })
    const file = yield* openReportFile(folder, lastRunFile)
    return yield* file.write(`${JSON.stringify(lastRun, undefined, 2)}\n`)
  })
