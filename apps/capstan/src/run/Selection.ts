/** Which plans are meant: by name, by pinned axes of the matrix, by what the simulator can do. Pure. */
import { didYouMean, formatCell } from "@capstan/engine/text"
import * as Result from "effect/Result"
import type { Assignments } from "../input/Assignments.ts"
import type { FailedRun } from "../files/LastRun.ts"
import type { Group } from "../report/TestReport.ts"
import type { PlanSummary } from "./Messages.ts"
import type { Job } from "./TestRun.ts"

/**
 * The plans whose cell has the pinned values. A plan without the axis is not touched; an axis that no plan has is a mistake.
 */
export const pinMatrix = (
  plans: ReadonlyArray<PlanSummary>,
  pins: Assignments
): Result.Result<ReadonlyArray<PlanSummary>, string> => {
  const axes = [...new Set(plans.flatMap(({ cell }) => Object.keys(cell)))]
  for (const [axis, value] of Object.entries(pins)) {
    if (!axes.includes(axis))
      return Result.fail(
        `No scenario has an axis '${axis}' in its matrix. ${didYouMean(axis, axes).hint ?? ""}`.trimEnd()
      )
    const values = [...new Set(plans.flatMap(({ cell }) => (axis in cell ? [String(cell[axis])] : [])))]
    if (!values.includes(value))
      return Result.fail(`Axis '${axis}' has no value '${value}'. ${didYouMean(value, values).hint ?? ""}`.trimEnd())
  }
  return Result.succeed(
    plans.filter(({ cell }) =>
      Object.entries(pins).every(([axis, value]) => !(axis in cell) || String(cell[axis]) === value)
    )
  )
}

/** What a plan's name and labels have to be like, and which files it has to come from. */
export interface Filters {
  /** Of the name with the cell behind it. */
  readonly pattern: RegExp | undefined
  readonly unwanted: RegExp | undefined
  readonly labels: ((labels: { readonly [name: string]: string }) => boolean) | undefined
  /** Whether a scenario file, by its absolute path, is meant. */
  readonly file: ((path: string) => boolean) | undefined
}

/** The plans that pass every filter. */
export const filtered = (plans: ReadonlyArray<PlanSummary>, filters: Filters): ReadonlyArray<PlanSummary> => {
  const { file, labels, pattern, unwanted } = filters
  return plans.filter((plan) => {
    const title = `${plan.name} ${formatCell(plan.cell)}`.trimEnd()
    return (
      pattern?.test(title) !== false &&
      unwanted?.test(title) !== true &&
      labels?.(plan.labels) !== false &&
      file?.(plan.plan.input.path) !== false
    )
  })
}

/**
 * The runs that failed last time, of scenarios that are there: numbered from `firstIndex`, seeds and perturbations as they were.
 *
 * @param seeds only these, when given.
 */
export const failedAgain = (
  groups: ReadonlyArray<Group>,
  failed: ReadonlyArray<FailedRun>,
  seeds: ReadonlyArray<number> | undefined
): ReadonlyArray<Group> => {
  let index = 0
  return groups.flatMap((group): ReadonlyArray<Group> => {
    const plans = new Map(group.jobs.map((job) => [job.plan, job]))
    const jobs = [...plans].flatMap(([plan, job]) =>
      failed.flatMap(({ backend, cell, file, name, perturbation, seed }): ReadonlyArray<Job> => {
        const same = file === group.file && name === group.name && backend === group.backend
        if (!same || formatCell(cell) !== formatCell(plan.cell) || seeds?.includes(seed) === false) return []
        return [{ ...job, seed, index: index++, ...(perturbation === undefined ? {} : { perturbation }) }]
      })
    )
    return jobs.length === 0 ? [] : [{ ...group, jobs }]
  })
}

/** The one plan that is meant, or a sentence that says how to choose. */
export const onlyPlan = (
  plans: ReadonlyArray<PlanSummary>,
  choice: { readonly scenario: string | undefined; readonly pins: Assignments }
): Result.Result<PlanSummary, string> => {
  const names = [...new Set(plans.map(({ name }) => name))]
  const named = choice.scenario === undefined ? plans : plans.filter(({ name }) => name === choice.scenario)
  if (named.length === 0) {
    return Result.fail(
      `There is no scenario '${choice.scenario}' in the file. ${didYouMean(choice.scenario ?? "", names).hint ?? ""}`.trimEnd()
    )
  }
  if (choice.scenario === undefined && names.length > 1) {
    return Result.fail(`The file holds ${names.length} scenarios: choose one with --scenario ${names.join(" or ")}.`)
  }
  const pinned = pinMatrix(named, choice.pins)
  if (Result.isFailure(pinned)) return Result.fail(pinned.failure)
  const [only, ...others] = pinned.success
  if (only !== undefined && others.length === 0) return Result.succeed(only)
  const cells = pinned.success.map(({ cell }) => `--matrix ${formatCell(cell).replaceAll(" ", " --matrix ")}`)
  return Result.fail(
    cells.length === 0
      ? "No cell of the matrix has all of these values."
      : `The scenario has ${cells.length} cells: choose one of\n  ${cells.join("\n  ")}`
  )
}

/** `node.health and zone.outage`, each once. */
export const lackingText = (lacking: ReadonlyArray<string>): string =>
  `the simulator lacks ${[...new Set(lacking)].sort().join(", ")}`
