/** The reporters that were asked for, each with the place where it writes. */
import { ExitCode, Stop } from "@capstan/command-line"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { openReportFile } from "../files/ReportFile.ts"
import type { ReporterChoice, ReporterName } from "../input/ReporterChoice.ts"
import { blobReporter } from "../report/BlobReport.ts"
import { dotReporter } from "../report/DotReport.ts"
import { githubReporter, stepSummaryReporter } from "../report/GithubReport.ts"
import { htmlReporter } from "../report/HtmlReport.ts"
import { jsonReporter } from "../report/JsonReport.ts"
import { junitReporter } from "../report/JunitReport.ts"
import { listReporter } from "../report/ListReport.ts"
import { ndjsonReporter } from "../report/NdjsonReport.ts"
import { type Paint, plain } from "../report/Paint.ts"
import type { Reporter } from "../report/Reporter.ts"
import { storyReporter } from "../report/StoryReport.ts"
import type { Desk } from "./ReportDesk.ts"

/** What GitHub's runner tells its steps. */
export interface GithubPlaces {
  readonly GITHUB_WORKSPACE?: string
  readonly GITHUB_STEP_SUMMARY?: string
}

const reporterNamed = (name: ReporterName, paint: Paint, workspace: string): Reporter => {
  switch (name) {
    case "list":
      return listReporter(paint)
    case "dot":
      return dotReporter(paint)
    case "story":
      return storyReporter(paint)
    case "json":
      return jsonReporter
    case "ndjson":
      return ndjsonReporter
    case "junit":
      return junitReporter
    case "github":
      return githubReporter(workspace)
    case "html":
      return htmlReporter()
    case "blob":
      return blobReporter()
  }
}

/** The reporters with their files, which are opened now and taken away again when the command ends early. */
export const openDesks = Effect.fnUntraced(function* (
  choices: ReadonlyArray<ReporterChoice>,
  paint: Paint,
  { GITHUB_STEP_SUMMARY: summary = "", GITHUB_WORKSPACE: workspace = process.cwd() }: GithubPlaces = process.env
): Effect.fn.Return<ReadonlyArray<Desk>, Stop, Scope.Scope> {
  const desks: Array<Desk> = []
  for (const { file, name } of choices) {
    const reporter = reporterNamed(name, file === undefined ? paint : plain, workspace)
    const streams = name === "ndjson"
    desks.push({
      reporter,
      file: file === undefined ? undefined : yield* opened(file, streams ? "growing" : "whole"),
      streams
    })
  }
  if (summary !== "" && choices.some(({ name }) => name === "github")) {
    desks.push({ reporter: stepSummaryReporter, file: yield* opened(summary, "added") })
  }
  return desks
})

const opened = Effect.fnUntraced(function* (file: string, way: "whole" | "growing" | "added") {
  const begun = openReportFile(process.cwd(), file, way)
  if (Result.isFailure(begun)) return yield* new Stop({ code: ExitCode.cannotRun, message: begun.failure })
  yield* Effect.addFinalizer(() => Effect.sync(begun.success.discard))
  return begun.success
})
