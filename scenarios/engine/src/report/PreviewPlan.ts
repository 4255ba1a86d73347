/** What a plan would do, without doing it: for `capstan plan`. Pure. */
import { formatDuration } from "../language/Duration.ts"
import { budgetText } from "../run/Budget.ts"
import { formatCell, type Plan, type PlannedAction, type PlannedStep } from "../plan/Plan.ts"

const targetOf = (action: Extract<PlannedAction, { readonly _tag: "Fault" }>): string => {
  const { target } = action
  if (target?.from === undefined) return ""
  const { all, count, percent } = target.pick ?? {}
  const amount = all === true ? "all" : percent === undefined ? String(count ?? 1) : `${percent}%`
  return ` on ${amount} of ${target.from}${target.where === undefined ? "" : ` where ${target.where.text}`}`
}

const describe = (action: PlannedAction): string => {
  switch (action._tag) {
    case "Fault": {
      const parameters = Object.entries(action.parameters)
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .join(" ")
      const duration = action.forMillis === undefined ? "" : ` for ${formatDuration(action.forMillis)}`
      return `fault ${action.fault.name}${parameters === "" ? "" : ` ${parameters}`}${targetOf(action)}${duration} (${action.fault.undo})`
    }
    case "Heal":
      return `heal ${action.step}`
    case "Wait":
      return `wait until ${action.expression.text}`
    case "Check":
      return `check ${action.expression.text}`
    case "Hold":
      return `hold ${formatDuration(action.millis)}`
    case "Mark":
      return `mark '${action.text}'`
    case "Apply":
      return `apply ${action.objects.map(({ object }) => object.kind).join(", ")}`
    case "Patch":
      return `patch ${action.reference.kind} ${action.reference.name ?? `in ${action.reference.from}`} with ${JSON.stringify(action.value)}`
    case "Delete":
      return `delete ${action.reference.kind} ${action.reference.name ?? `in ${action.reference.from}`}`
    case "Parallel":
      return "in parallel"
  }
}

const stepLines = (step: PlannedStep, indent: string): ReadonlyArray<string> => {
  const at = step.atMillis === undefined ? "" : ` at +${formatDuration(step.atMillis)}`
  const when = step.when === undefined ? "" : ` when ${step.when.text}`
  return [
    `${indent}${step.id}${at}${when}: ${describe(step.action)}`,
    ...(step.action._tag === "Parallel" ? step.action.steps.flatMap((child) => stepLines(child, `${indent}  `)) : [])
  ]
}

const expectationLine = (expectation: Plan["expectations"][number]): string => {
  const words = [
    expectation.from === undefined ? "" : ` from ${expectation.from}`,
    expectation.until === undefined ? "" : ` until ${expectation.until}`,
    expectation.after === undefined ? "" : ` after ${expectation.after}`,
    expectation.withinMillis === undefined ? "" : ` within ${formatDuration(expectation.withinMillis)}`,
    expectation.tolerateMillis === 0 ? "" : `, tolerating ${formatDuration(expectation.tolerateMillis)}`
  ].join("")
  return `  ${expectation.id}: ${expectation.kind} ${expectation.expression.text}${words}`
}

/**
 * Lines of text for one plan.
 *
 * @param assumptions what the backend's world takes for granted, as sentences.
 */
export const previewPlan = (plan: Plan, assumptions: ReadonlyArray<string>): ReadonlyArray<string> => {
  const cell = formatCell(plan.cell)
  const first = plan.seeds[0] ?? 0
  const seeds = plan.seeds.length === 1 ? `seed ${first}` : `${plan.seeds.length} seeds from ${first}`
  return [
    `${plan.name}${cell === "" ? "" : ` (${cell})`}, ${seeds}`,
    ...(plan.description === "" ? [] : [`  ${plan.description.trim().replaceAll("\n", " ")}`]),
    `Objects:      ${plan.objects.map(({ object }) => `${object.kind}/${(object["metadata"] as { readonly name?: string }).name ?? ""}`).join(", ")}`,
    `Ready:        ${plan.ready === undefined ? "at once" : `${plan.ready.let} is ${plan.ready.is} within ${formatDuration(plan.ready.withinMillis)}`}`,
    `Needs:        ${plan.capabilities.length === 0 ? "nothing special" : plan.capabilities.join(", ")}`,
    ...assumptions.map((assumption, index) => `${index === 0 ? "Assumes:      " : "              "}${assumption}`),
    "Steps:",
    ...plan.steps.flatMap((step) => stepLines(step, "  ")),
    "Expectations:",
    ...plan.expectations.map(expectationLine),
    ...plan.budgets.map((budget) => `  ${budget.id}: over all seeds, ${budgetText(budget)}`)
  ]
}
