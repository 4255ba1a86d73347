/**
 * What an exploration found, for `capstan report merge`: a line a run, and the states at the end. Pure.
 *
 * Each part of an exploration finds its own way by what it has seen: parts are put together, not compared.
 *
 * @source docs/guides/ci.md
 */
import * as Result from "effect/Result"
import { partsOf, type Shard } from "../input/Shard.ts"
import { counted, formatSpan, linesOf, thousands } from "./Amounts.ts"
import { blobFormat, readSealed, sealOf } from "./SealedLines.ts"

/** What all parts of an exploration have in common. */
export interface ExploreOpening {
  readonly capstan: string
  readonly share: Shard
  readonly profile: string
  /** The first seed of the whole. */
  readonly seed: number
  /** Of the whole; null when time was the limit. */
  readonly runs: number | null
}

export interface ExploreRun {
  readonly seed: number
  /** Why it failed, the gravest first; empty when it passed. */
  readonly reasons: ReadonlyArray<string>
  readonly virtualMillis: number
}

export interface ExploreEnd {
  readonly interrupted: boolean
  readonly wallMillis: number
  /** Every state that was seen, and in how many runs. */
  readonly states: { readonly [state: string]: number }
}

export interface ExploreBlob {
  readonly file: string
  readonly opening: ExploreOpening
  readonly runs: ReadonlyArray<ExploreRun>
  readonly end: ExploreEnd
}

export const exploreBlobText = (opening: ExploreOpening, runs: ReadonlyArray<ExploreRun>, end: ExploreEnd): string => {
  const before = linesOf(
    [{ blob: blobFormat, kind: "explore", ...opening }, ...runs].map((each) => JSON.stringify(each))
  )
  return before + sealOf(before, end)
}

/** Whether a file is about an exploration; false for everything else, be it a blob or not. */
export const isExploreBlob = (text: string): boolean => /^\{"blob":\d+,"kind":"explore",/.test(text.slice(0, 64))

/** Reads one blob, or says what is wrong with it. */
export const readExploreBlob = (file: string, text: string): Result.Result<ExploreBlob, string> =>
  Result.map(readSealed(file, text), ({ end, lines, opening }) => ({
    file,
    // The seal says that this is, to the byte, what an exploration of this format wrote.
    opening: opening as unknown as ExploreOpening,
    runs: lines as ReadonlyArray<ExploreRun>,
    end: end as unknown as ExploreEnd
  }))

/** Explorations put together. Data. */
export interface ExploredTogether {
  readonly format: 1
  readonly capstan: string
  readonly profile: string
  readonly seed: number
  readonly shards: number
  /** Shards that no blob came from. */
  readonly missing: ReadonlyArray<number>
  readonly interrupted: boolean
  readonly runs: number
  readonly failed: number
  readonly virtualMillis: number
  /** Real time of all parts together. */
  readonly wallMillis: number
  /** The most frequent first. */
  readonly reasons: ReadonlyArray<{ readonly reason: string; readonly runs: number; readonly firstSeed: number }>
  readonly states: { readonly [state: string]: number }
}

/** All parts as one; a sentence when they do not belong together. */
export const mergeExplorations = (blobs: ReadonlyArray<ExploreBlob>): Result.Result<ExploredTogether, string> => {
  const [first] = blobs
  if (first === undefined) return Result.fail("There is nothing to merge: no blob was found.")
  for (const blob of blobs) {
    const { share, ...whole } = blob.opening
    const { share: firstShare, ...firstWhole } = first.opening
    if (share.total !== firstShare.total || JSON.stringify(whole) !== JSON.stringify(firstWhole)) {
      return Result.fail(
        `'${first.file}' and '${blob.file}' are of different explorations: version, profile, seed, runs or number of shards were not the same.`
      )
    }
  }
  const shards = partsOf(blobs)
  if (Result.isFailure(shards)) return Result.fail(shards.failure)
  const { missing, parts } = shards.success
  const { capstan, profile, seed, share } = first.opening
  const runs = parts.flatMap((part) => part.runs)
  const reasons = new Map<string, { reason: string; runs: number; firstSeed: number }>()
  for (const {
    reasons: [reason],
    seed: of
  } of runs) {
    if (reason === undefined) continue
    const known = reasons.get(reason)
    if (known === undefined) reasons.set(reason, { reason, runs: 1, firstSeed: of })
    else known.runs++
  }
  const states = new Map<string, number>()
  for (const { end } of parts) {
    for (const [state, count] of Object.entries(end.states)) states.set(state, (states.get(state) ?? 0) + count)
  }
  return Result.succeed({
    format: 1,
    capstan,
    profile,
    seed,
    shards: share.total,
    missing,
    interrupted: parts.some(({ end }) => end.interrupted),
    runs: runs.length,
    failed: runs.filter((run) => run.reasons.length > 0).length,
    virtualMillis: runs.reduce((sum, { virtualMillis }) => sum + virtualMillis, 0),
    wallMillis: parts.reduce((sum, { end }) => sum + end.wallMillis, 0),
    reasons: [...reasons.values()].sort((a, b) => b.runs - a.runs),
    states: Object.fromEntries([...states].sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

/** The same for people. */
export const exploredText = (explored: ExploredTogether): string => {
  const { capstan, failed, missing, profile, reasons, runs, seed, shards, states, virtualMillis, wallMillis } = explored
  const struck = Object.keys(states).filter((state) => state.startsWith("fault ")).length
  return linesOf([
    ` capstan ${capstan}  explore · profile ${profile} · from seed ${seed} · ${shards - missing.length} of ${counted(shards, "shard")}`,
    "",
    `     Runs  ${thousands(runs)} explored${failed === 0 ? "" : ` | ${thousands(failed)} failed, for ${counted(reasons.length, "reason")}`}`,
    ...reasons.map(
      (each) => `           ${counted(each.runs, "time")}  ${each.reason} (first with seed ${each.firstSeed})`
    ),
    `  Virtual  ${formatSpan(virtualMillis)} in ${formatSpan(wallMillis)} of ${counted(shards - missing.length, "machine")}`,
    `   States  ${thousands(Object.keys(states).length)} seen`,
    `   Faults  ${struck} of the catalogue's kinds have struck`
  ])
}
