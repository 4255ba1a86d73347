/** `--reporter list|dot|story|json|ndjson|junit|github|html|blob[=file]`, given any number of times. Pure. */
import { didYouMean } from "@capstan/engine/text"
import * as Result from "effect/Result"

export const reporterNames = ["list", "dot", "story", "json", "ndjson", "junit", "github", "html", "blob"] as const
export type ReporterName = (typeof reporterNames)[number]

export interface ReporterChoice {
  readonly name: ReporterName
  /** Where to write; stdout when undefined. */
  readonly file: string | undefined
}

/** Where a page goes that names no file: it is nothing for a terminal. */
const pageFile = "capstan-report.html"
const blobFileDefault = "capstan-blob.ndjson"

/** Reports that a person reads on a terminal. */
const forPeople: ReadonlySet<ReporterName> = new Set(["list", "dot", "story"])
/** Reports that leave a person at the terminal without a word. */
const companions: ReadonlySet<string> = new Set(["html", "blob", "github"])

/** Whether it tells a person at the terminal how the runs went. */
export const isForPeople = ({ file, name }: ReporterChoice): boolean => file === undefined && forPeople.has(name)

const isReporterName = (name: string): name is ReporterName => reporterNames.some((known) => known === name)

/** Annotations are lines that the runner picks out of what a person reads; a document for programs they would break. */
const goTogether = (a: ReporterName, b: ReporterName): boolean =>
  (a === "github" && forPeople.has(b)) || (b === "github" && forPeople.has(a))

/**
 * The chosen reporters, `list` besides them when no other tells a person anything. At most one may write to stdout, not counting
 * `github`.
 *
 * @param blobFile where a blob goes that names no file.
 */
export const parseReporters = (
  texts: ReadonlyArray<string>,
  blobFile = blobFileDefault
): Result.Result<ReadonlyArray<ReporterChoice>, string> => {
  const choices: Array<ReporterChoice> = []
  const files: { readonly [name: string]: string } = { html: pageFile, blob: blobFile }
  const alone = texts.every((text) => companions.has(text.split("=")[0] ?? ""))
  for (const text of alone ? ["list", ...texts] : texts) {
    const equals = text.indexOf("=")
    const name = equals === -1 ? text : text.slice(0, equals)
    const file = equals === -1 ? files[name] : text.slice(equals + 1)
    if (!isReporterName(name)) {
      return Result.fail(`There is no reporter '${name}'. ${didYouMean(name, reporterNames).hint ?? ""}`.trimEnd())
    }
    if (file === "") return Result.fail(`--reporter ${text} names no file.`)
    if (choices.some((choice) => choice.file === file && !(file === undefined && goTogether(choice.name, name)))) {
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
