/** `--reporter list|json|junit|story|html[=file]`, given any number of times. Pure. */
import { didYouMean } from "@capstan/engine/text"
import * as Result from "effect/Result"

export const reporterNames = ["list", "json", "junit", "story", "html"] as const
export type ReporterName = (typeof reporterNames)[number]

export interface ReporterChoice {
  readonly name: ReporterName
  /** Where to write; stdout when undefined. */
  readonly file: string | undefined
}

/** Where a page goes that names no file: it is nothing for a terminal. */
const pageFile = "capstan-report.html"

const isReporterName = (name: string): name is ReporterName => reporterNames.some((known) => known === name)

/** The chosen reporters, `list` when none was asked for or none but pages. At most one may write to stdout. */
export const parseReporters = (texts: ReadonlyArray<string>): Result.Result<ReadonlyArray<ReporterChoice>, string> => {
  const choices: Array<ReporterChoice> = []
  const pagesOnly = texts.every((text) => text.split("=")[0] === "html")
  for (const text of pagesOnly ? ["list", ...texts] : texts) {
    const equals = text.indexOf("=")
    const name = equals === -1 ? text : text.slice(0, equals)
    const file = equals !== -1 ? text.slice(equals + 1) : name === "html" ? pageFile : undefined
    if (!isReporterName(name)) {
      return Result.fail(`There is no reporter '${name}'. ${didYouMean(name, reporterNames).hint ?? ""}`.trimEnd())
    }
    if (file === "") return Result.fail(`--reporter ${text} names no file.`)
    if (choices.some((choice) => choice.file === file)) {
      return Result.fail(
        file === undefined
          ? "Only one reporter can write to the terminal: give the others a file, as in --reporter junit=report.xml."
          : `Two reporters would write to ${file}.`
      )
    }
    choices.push({ name, file })
  }
  return Result.succeed(choices)
}
