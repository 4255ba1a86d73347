/** `capstan report merge`: the blobs of shards as one report. */
import { endWith, ExitCode, type Stop, usage } from "@capstan/command-line"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join, resolve } from "node:path"
import { shownPath, unreadable } from "../files/ScenarioSources.ts"
import { openReportFile } from "../files/ReportFile.ts"
import { parseReporters, type ReporterChoice } from "../input/ReporterChoice.ts"
import type { Shard } from "../input/Shard.ts"
import { openDesks } from "../output/OpenDesks.ts"
import { ReportDesk } from "../output/ReportDesk.ts"
import { Screen } from "../output/Screen.ts"
import { mergeBlobs, readBlob } from "../report/BlobMerge.ts"
import { exploredText, isExploreBlob, mergeExplorations, readExploreBlob } from "../report/ExploreBlob.ts"
import { readSealed } from "../report/SealedLines.ts"
import { allRecords, exitCodeOf } from "../report/TestReport.ts"
import { parseRealTime } from "../input/RealTime.ts"

export interface ReportMergeFlags {
  readonly sources: ReadonlyArray<string>
  readonly reporters: ReadonlyArray<string>
  /** How long to wait for shards that are not there yet. */
  readonly wait: string | undefined
  readonly colour: boolean | undefined
}

/** A blob as it lies on the disk. */
interface BlobText {
  readonly shown: string
  readonly text: string
}

/** Between two looks at what is there: real milliseconds. */
const lookMillis = 2000

export const reportMergeCommand = (flags: ReportMergeFlags): Effect.Effect<void, Stop> =>
  Effect.scoped(
    Effect.gen(function* () {
      const screen = new Screen(flags.colour)
      const choices = yield* Effect.mapError(Effect.fromResult(reportersOf(flags.reporters)), usage)
      const waitMillis = yield* Effect.mapError(Effect.fromResult(parseRealTime("--wait", flags.wait, 0)), usage)
      if (waitMillis > 0) yield* waitForShards(flags.sources, waitMillis)
      const texts = yield* Effect.mapError(Effect.fromResult(blobTexts(flags.sources)), usage)
      const explored = texts.filter(({ text }) => isExploreBlob(text))
      if (explored.length === 0) return yield* mergeTests(texts, choices, screen)
      const [stranger] = texts.filter(({ text }) => !isExploreBlob(text))
      if (stranger !== undefined) {
        return yield* usage(
          `'${stranger.shown}' is not of an exploration, and '${explored[0]?.shown ?? ""}' is: merge them apart.`
        )
      }
      return yield* mergeExplored(explored, choices, screen)
    })
  )

const mergeTests = Effect.fnUntraced(function* (
  texts: ReadonlyArray<BlobText>,
  choices: ReadonlyArray<ReporterChoice>,
  screen: Screen
): Effect.fn.Return<never, Stop, Scope.Scope> {
  const blobs = yield* allOf(texts, readBlob)
  const { missing, report } = yield* Effect.mapError(Effect.fromResult(mergeBlobs(blobs)), usage)
  const desks = yield* openDesks(choices, screen.paint)
  const desk = new ReportDesk({ desks, groups: report.groups, print: (text) => screen.print(text) })
  desk.begin(report)
  for (const record of allRecords(report)) desk.record(record)
  const problems = desk.end(report)
  for (const problem of problems) screen.complain(`capstan: ${problem}`)
  complainOfMissing(missing, blobs[0]?.opening.share.total ?? 0, screen)
  const code = exitCodeOf(report)
  const whole = problems.length === 0 && missing.length === 0
  return yield* endWith(!whole && code === ExitCode.passed ? ExitCode.cannotRun : code)
})

const mergeExplored = Effect.fnUntraced(function* (
  texts: ReadonlyArray<BlobText>,
  choices: ReadonlyArray<ReporterChoice>,
  screen: Screen
): Effect.fn.Return<never, Stop, Scope.Scope> {
  const odd = choices.find(({ name }) => name !== "list" && name !== "json")
  if (odd !== undefined) return yield* usage(`Explorations are merged into list or json, not into ${odd.name}.`)
  const blobs = yield* allOf(texts, readExploreBlob)
  const explored = yield* Effect.mapError(Effect.fromResult(mergeExplorations(blobs)), usage)
  const written: Array<Result.Result<void, string>> = []
  for (const { file, name } of choices) {
    const text = name === "json" ? `${JSON.stringify(explored, null, 2)}\n` : exploredText(explored)
    if (file === undefined) screen.print(text)
    else written.push(Result.flatMap(openReportFile(process.cwd(), file), (opened) => opened.write(text)))
  }
  const problems = written.flatMap((each) => (Result.isFailure(each) ? [each.failure] : []))
  for (const problem of problems) screen.complain(`capstan: ${problem}`)
  complainOfMissing(explored.missing, explored.shards, screen)
  if (explored.reasons.some(({ reason }) => reason.startsWith("defect"))) return yield* endWith(ExitCode.defect)
  if (explored.failed > 0) return yield* endWith(ExitCode.failed)
  return yield* endWith(problems.length + explored.missing.length > 0 ? ExitCode.cannotRun : ExitCode.passed)
})

const allOf = <A>(texts: ReadonlyArray<BlobText>, read: (file: string, text: string) => Result.Result<A, string>) =>
  Effect.forEach(texts, ({ shown, text }) => Effect.mapError(Effect.fromResult(read(shown, text)), usage))

const complainOfMissing = (missing: ReadonlyArray<number>, total: number, screen: Screen): void => {
  if (missing.length === 0) return
  screen.complain(
    `capstan: of ${total} shards there is no blob of ${missing.join(", ")}: what they ran is not in this report.`
  )
}

/** Until there is a blob of each shard, or time is up; what is there then is judged as it is. */
const waitForShards = (sources: ReadonlyArray<string>, millis: number): Effect.Effect<void> => {
  const look = Effect.sync(() => {
    const texts = Result.getOrElse(blobTexts(sources), (): ReadonlyArray<BlobText> => [])
    const shares = texts.flatMap(({ shown, text }) => {
      const read = readSealed(shown, text)
      return Result.isSuccess(read) ? [(read.success.opening as { readonly share: Shard }).share] : []
    })
    return shares.length > 0 && new Set(shares.map(({ index }) => index)).size >= (shares[0]?.total ?? 0)
  })
  const loop: Effect.Effect<void> = Effect.flatMap(look, (complete) =>
    complete ? Effect.void : Effect.andThen(Effect.sleep(lookMillis), loop)
  )
  return Effect.asVoid(Effect.timeoutOption(loop, millis))
}

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

const blobTexts = (sources: ReadonlyArray<string>): Result.Result<ReadonlyArray<BlobText>, string> =>
  Result.gen(function* () {
    const texts: Array<BlobText> = []
    for (const path of yield* blobFiles(sources)) {
      const shown = shownPath(process.cwd(), path)
      const text = yield* Result.try({
        try: () => readFileSync(path, "utf8"),
        catch: (error) => missingOr(shown, error)
      })
      texts.push({ shown, text })
    }
    return texts
  })

const missingOr = (shown: string, error: unknown): string =>
  error instanceof Error && "code" in error && error.code === "ENOENT"
    ? `There is no file or folder '${shown}'.`
    : unreadable(shown, error)
