/** Trace files as commands are given them: found, read, and what is wrong with them said. */
import { type Stop, usage } from "@capstan/command-line"
import { nearest } from "@capstan/engine/text"
import { readTrace, type RecordedTrace } from "@capstan/report/trace"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { basename, dirname, resolve } from "node:path"
import { unreadable } from "./ScenarioSources.ts"

/** The trace in a file. One that is cut short is read as far as it goes, which is said on stderr. */
export const openTrace = (file: string): Effect.Effect<RecordedTrace, Stop> =>
  Effect.suspend(() => {
    const path = resolve(process.cwd(), file)
    if (!existsSync(path)) return Effect.fail(usage(`There is no file '${file}'.${beside(path)}`))
    const bytes = Result.try({ try: () => readFileSync(path), catch: (error) => unreadable(file, error) })
    if (Result.isFailure(bytes)) return Effect.fail(usage(bytes.failure))
    const trace = readTrace(bytes.success)
    if (Result.isFailure(trace)) return Effect.fail(usage(`'${file}' cannot be read: ${trace.failure}.`))
    const { cutShort, events } = trace.success
    if (cutShort) {
      process.stderr.write(
        `capstan: '${file}' is cut short after event ${events.length}: what came later is not known.\n`
      )
    }
    return Effect.succeed(trace.success)
  })

const beside = (path: string): string => {
  const folder = dirname(path)
  const near = existsSync(folder) ? nearest(basename(path), readdirSync(folder)) : undefined
  return near === undefined ? "" : ` Did you mean '${near}'?`
}
