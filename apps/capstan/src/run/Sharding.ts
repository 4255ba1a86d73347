/**
 * Parts of a test run for several machines. Pure.
 *
 * Runs are dealt out one by one, in the order in which they were asked for: so the parts differ by one run at most, and those of one
 * scenario, its cells and seeds, are spread evenly. The same sources, seeds and flags give the same parts everywhere.
 */
import { familyOf, parsePerturbation } from "@capstan/engine/text"
import * as Result from "effect/Result"
import { createHash } from "node:crypto"
import type { Shard } from "../input/Shard.ts"
import type { Group, Share } from "../report/TestReport.ts"

/** What identifies a test run: equal where the sources, seeds and flags are, whatever the machine. */
export const identityOf = (groups: ReadonlyArray<Group>): string => {
  const digest = createHash("sha256")
  for (const { backend, jobs, name } of groups) {
    for (const { perturbation = "", plan, seed } of jobs) {
      digest.update(`${JSON.stringify([name, plan.cell, plan.fingerprint, backend, seed, perturbation])}\n`)
    }
  }
  return digest.digest("hex")
}

/** The part of a test run that a shard is, numbered anew; scenarios that have nothing in it are left out. */
export const shareOf = (
  groups: ReadonlyArray<Group>,
  shard: Shard
): { readonly groups: ReadonlyArray<Group>; readonly share: Share } => {
  const runs = groups.reduce((sum, { jobs }) => sum + jobs.length, 0)
  let index = 0
  const taken = groups.flatMap((group): ReadonlyArray<Group> => {
    const jobs = group.jobs
      .filter((job) => job.index % shard.total === shard.index - 1)
      .map((job) => ({ ...job, index: index++, place: job.index }))
    if (jobs.length === 0) return []
    const part = { ...group, jobs, ...(shard.total > 1 ? { partial: true as const } : {}) }
    if (group.sweep === undefined) return [part]
    const families = jobs.map(({ perturbation }) => familyNamed(perturbation))
    const sweep = group.sweep.map((swept) => ({
      ...swept,
      tried: families.filter((family) => family === swept.family).length
    }))
    return [{ ...part, sweep }]
  })
  return { groups: taken, share: { ...shard, runs, whole: identityOf(groups) } }
}

const familyNamed = (perturbation: string | undefined): string | undefined => {
  const parsed = perturbation === undefined ? undefined : Result.getOrUndefined(parsePerturbation(perturbation))
  return parsed === undefined ? undefined : familyOf(parsed)
}
