/**
 * Whether a plan can be a drill at all: what it asks of an account, word for word, before anything is called. Pure.
 *
 * A complaint has the place of its step in the file, as all complaints about scenarios do.
 *
 * @source docs/guides/real-aws.md
 */
import type { Diagnostic, Expression, Plan, PlannedStep } from "@capstan/engine"
import { allSteps, faultCatalogue } from "@capstan/engine"
import { impossibleFault, strikesCalls } from "../faults/FaultActs.ts"
import { clusterOf, writtenObjects } from "../management/ObjectActs.ts"

export interface Reach {
  /** Whether a management cluster's objects can be read. */
  readonly objects: boolean
  /** Whether the controllers' own calls go through faults of ours. */
  readonly calls: boolean
}

/** What only a simulated world can be asked, and what needs a management cluster. */
const unanswerable: ReadonlySet<string> = new Set(["workload", "calls"])
const ofObjects: ReadonlySet<string> = new Set(["etcd"])

/** What a scenario may require of a drill. */
export const drillCapabilities: ReadonlySet<string> = new Set([
  ...faultCatalogue.flatMap((fault) =>
    impossibleFault({ fault, parameters: {} }) === undefined ? [fault.capability] : []
  ),
  "node.health"
])

/** Everything that stands in the way; empty when the plan can be a drill. */
export const obstacles = (plan: Plan, reach: Reach): ReadonlyArray<Diagnostic> => {
  const at = (path: ReadonlyArray<string | number>, part: "key" | "value" = "value") => ({
    file: plan.file,
    ...plan.positionOf(path, part)
  })
  const found: Array<Diagnostic> = []
  const guardrails = plan.guardrails.aws
  if (guardrails === undefined) {
    found.push({
      ...at(["spec"], "key"),
      code: "GRD001",
      message: "There is no spec.guardrails.aws: nothing is done in a real account without it.",
      hint: "Say accounts, regions, clusters, maxTargets and maxDuration."
    })
  }
  for (const [name, binding] of Object.entries(plan.bindings)) {
    if (binding.kind !== undefined && !reach.objects) {
      found.push({
        ...at(["spec", "let", name]),
        code: "GRD002",
        message: `'${name}' are objects of a management cluster, and none is named.`,
        hint: "Name it with --kubeconfig, or bind instances: { resource: aws.ec2.instance, cluster: NAME }."
      })
    } else if (binding.cluster !== undefined && guardrails?.clusters.includes(binding.cluster) === false) {
      found.push({
        ...at(["spec", "let", name, "cluster"]),
        code: "GRD003",
        message: `Cluster '${binding.cluster}' is not among guardrails.aws.clusters.`
      })
    }
  }
  const needed = new Set(
    allSteps(plan.steps).flatMap(({ action }) => (action._tag === "Fault" ? action.fault.capability : []))
  )
  for (const capability of plan.capabilities) {
    // What a step's fault needs is judged with the step.
    if (needed.has(capability) || drillCapabilities.has(capability)) continue
    found.push({
      ...at(["spec", "requires", "capabilities"]),
      code: "GRD005",
      message: `The scenario requires ${capability}, and a real account has nothing like it.`
    })
  }
  for (const { file, object, position } of writtenObjects(plan)) {
    const cluster = clusterOf(object)
    const place = { file, ...position }
    if (!reach.objects) {
      found.push({
        ...place,
        code: "GRD002",
        message: `${object.kind} is an object of a management cluster, and none is named.`,
        hint: "Name it with --kubeconfig."
      })
      break
    }
    if (cluster !== undefined && guardrails?.clusters.includes(cluster) === false) {
      const message = `${object.kind} belongs to cluster '${cluster}', which is not among guardrails.aws.clusters.`
      found.push({ ...place, code: "GRD003", message })
    }
  }
  for (const step of allSteps(plan.steps)) found.push(...stepObstacles(plan, step, reach))
  const expressions: ReadonlyArray<readonly [Expression, { readonly line: number; readonly column: number }]> = [
    ...plan.expectations.map(({ expression, position }) => [expression, position] as const),
    ...(guardrails?.stopWhen ?? []).map(
      (expression, index) => [expression, plan.positionOf(["spec", "guardrails", "aws", "stopWhen", index])] as const
    )
  ]
  for (const [expression, position] of expressions) {
    const problem = expressionProblem(expression, reach)
    if (problem !== undefined) found.push({ file: plan.file, ...position, code: "GRD004", message: problem })
  }
  return found
}

const expressionProblem = ({ dependencies }: Expression, reach: Reach): string | undefined => {
  const functions = [...dependencies.functions]
  const unknown = functions.find((name) => unanswerable.has(name))
  if (unknown !== undefined) return `'${unknown}' can be asked of a simulated world only.`
  const outside = reach.objects ? undefined : functions.find((name) => ofObjects.has(name))
  return outside === undefined ? undefined : `'${outside}' is asked through a management cluster, and none is named.`
}

const stepObstacles = (plan: Plan, step: PlannedStep, reach: Reach): ReadonlyArray<Diagnostic> => {
  const complain = (message: string, hint?: string): Diagnostic => ({
    file: plan.file,
    ...step.position,
    code: "GRD005",
    message: `Step '${step.id}': ${message}.`,
    ...(hint === undefined ? {} : { hint })
  })
  const { action } = step
  const asked = [step.when, action._tag === "Wait" || action._tag === "Check" ? action.expression : undefined]
  const unasked = asked.flatMap((expression) =>
    expression === undefined ? [] : (expressionProblem(expression, reach) ?? [])
  )
  if (unasked.length > 0) return unasked.map((problem) => complain(problem.replace(/\.$/, "")))
  switch (action._tag) {
    case "Fault": {
      const request = { fault: action.fault, parameters: action.parameters }
      const impossible = impossibleFault(request)
      if (impossible !== undefined) return [complain(impossible)]
      const strikes = strikesCalls(request)
      if (strikes !== undefined && !reach.calls) {
        return [
          complain(
            `${strikes}, and none of them read this drill's folder`,
            "Start the manager with --drill-state and that folder."
          )
        ]
      }
      return action.fault.undo === "heals" && action.forMillis === undefined
        ? [complain("a fault in a real account says how long it lasts", "Give it for: 5m.")]
        : []
    }
    case "Patch":
    case "Delete":
      return reach.objects
        ? []
        : [complain("it changes objects of a management cluster, and none is named", "Name it with --kubeconfig.")]
    default:
      return []
  }
}
