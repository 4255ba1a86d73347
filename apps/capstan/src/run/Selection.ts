/** Which plans are meant: by name, by pinned axes of the matrix, by what the simulator can do. Pure. */
import { didYouMean, formatCell } from "@capstan/engine/text"
import * as Result from "effect/Result"
import type { Assignments } from "../input/Assignments.ts"
import type { PlanSummary } from "./Messages.ts"

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

/** The plans whose name, with their cell behind it, matches. */
export const grep = (plans: ReadonlyArray<PlanSummary>, pattern: RegExp): ReadonlyArray<PlanSummary> =>
  plans.filter(({ cell, name }) => pattern.test(`${name} ${formatCell(cell)}`.trimEnd()))

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
