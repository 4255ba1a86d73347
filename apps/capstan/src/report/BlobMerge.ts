/**
 * From the blobs of shards back to the report of the whole test run. Pure.
 *
 * Refused is what cannot be told truly: files that are no blobs or were cut, blobs of other versions or other test runs, a shard that is
 * there twice. A shard that is missing is no reason to keep silent about the others: it is named, and the rest is reported.
 */
import * as Result from "effect/Result"
import { formatShard, partsOf } from "../input/Shard.ts"
import type { Job, RunRecord } from "../run/TestRun.ts"
import type { BlobEnd, BlobOpening, BlobRun } from "./BlobReport.ts"
import { readSealed } from "./SealedLines.ts"
import type { Group, Swept, TestReport } from "./TestReport.ts"

export interface Blob {
  /** As messages name it. */
  readonly file: string
  readonly opening: BlobOpening
  readonly runs: ReadonlyArray<BlobRun>
  readonly end: BlobEnd
}

export interface Merged {
  readonly report: TestReport
  /** Shards that no blob came from. */
  readonly missing: ReadonlyArray<number>
}

/** Reads one blob of a test run, or says what is wrong with it. */
export const readBlob = (file: string, text: string): Result.Result<Blob, string> =>
  Result.map(readSealed(file, text), ({ end, lines, opening }) => ({
    file,
    // The seal says that this is, to the byte, what the reporter of this format wrote.
    opening: opening as unknown as BlobOpening,
    runs: lines as ReadonlyArray<BlobRun>,
    end: end as unknown as BlobEnd
  }))

/** All blobs as one report; a sentence when they do not belong together. */
export const mergeBlobs = (blobs: ReadonlyArray<Blob>): Result.Result<Merged, string> => {
  const [first] = blobs
  if (first === undefined) return Result.fail("There is nothing to merge: no blob was found.")
  for (const blob of blobs.slice(1)) {
    const stranger = strangeness(first, blob)
    if (stranger !== undefined) return Result.fail(stranger)
  }
  return Result.map(partsOf(blobs), ({ missing, parts }) => ({ missing, report: whole(parts, first) }))
}

/** Why two blobs cannot be parts of one test run. */
const strangeness = (first: Blob, other: Blob): string | undefined => {
  const [a, b] = [first.opening, other.opening]
  const names = `'${first.file}' and '${other.file}'`
  if (a.capstan !== b.capstan) return `${names} are of different versions of Capstan: ${a.capstan} and ${b.capstan}.`
  if (a.share.total !== b.share.total) {
    return `${names} are shards of different divisions: ${formatShard(a.share)} and ${formatShard(b.share)}.`
  }
  return a.share.whole === b.share.whole
    ? undefined
    : `${names} are of different test runs: the scenarios, their manifests, the seeds or the flags were not the same.`
}

const whole = (blobs: ReadonlyArray<Blob>, { opening: { capstan, share, skipped } }: Blob): TestReport => {
  const groups = new Map<
    string,
    { readonly group: Omit<Group, "jobs">; readonly jobs: Array<Job>; sweep: Array<Swept> }
  >()
  const answers = new Map<number, BlobRun>()
  const jobs = blobs
    .flatMap(({ opening, runs }) => {
      for (const run of runs) answers.set(run.place, run)
      for (const group of opening.groups) addTally(groups, group)
      return opening.jobs.flatMap(({ group, plan, ...job }) => {
        const [groupOfJob, planOfJob] = [opening.groups[group], opening.plans[plan]]
        return groupOfJob === undefined || planOfJob === undefined
          ? []
          : [{ ...job, plan: planOfJob, key: keyOf(groupOfJob) }]
      })
    })
    .sort((a, b) => a.place - b.place)
  const records = new Map<number, RunRecord>()
  for (const [index, { key, ...rest }] of jobs.entries()) {
    const job = { ...rest, index }
    groups.get(key)?.jobs.push(job)
    const run = answers.get(job.place)
    if (run === undefined) continue
    const { place: _, ...record } = run
    records.set(index, { ...record, job })
  }
  return {
    version: capstan,
    share: { ...share, index: 1, total: 1 },
    groups: [...groups.values()]
      .sort((a, b) => (a.jobs[0]?.index ?? 0) - (b.jobs[0]?.index ?? 0))
      .map(({ group, jobs, sweep }) => ({
        ...group,
        jobs,
        ...(sweep.length === 0 ? {} : { sweep }),
        ...(blobs.length < share.total ? { partial: true as const } : {})
      })),
    records,
    skipped,
    workers: blobs.reduce((sum, { opening }) => sum + opening.workers, 0),
    interrupted: blobs.some(({ end }) => end.interrupted),
    // Shards run side by side.
    wallMillis: Math.max(...blobs.map(({ end }) => end.wallMillis))
  }
}

const keyOf = ({ backend, file, name }: Omit<Group, "jobs">): string => JSON.stringify([file, name, backend])

/** What each shard tried of a family adds up; what cannot matter is the same for all. */
const addTally = (
  groups: Map<string, { readonly group: Omit<Group, "jobs">; readonly jobs: Array<Job>; sweep: Array<Swept> }>,
  { partial: _, sweep = [], ...group }: Omit<Group, "jobs">
): void => {
  const known = groups.get(keyOf(group))
  if (known === undefined) {
    groups.set(keyOf(group), { group, jobs: [], sweep: [...sweep] })
    return
  }
  known.sweep = known.sweep.map((swept) => ({
    ...swept,
    tried: swept.tried + (sweep.find(({ family }) => family === swept.family)?.tried ?? 0)
  }))
}
