/**
 * What a drill would do to the account as it is now: every act with the exact ids that it would touch. Calls nothing that changes
 * anything.
 *
 * Steps that wait for something are previewed as if it had come; targets are chosen from what matches now.
 *
 * @source https://docs.aws.amazon.com/fis/latest/userguide/generate-target-preview.html
 */
import type { AwsError, Ec2, Elb, Sts } from "@capstan/aws"
import { allSteps, emptyScene, formatDuration, holds, type Plan, type PlannedStep, type Scene } from "@capstan/engine"
import { Clock, Effect } from "effect"
import { type Estate, membersOf, readEstate } from "../account/Estate.ts"
import type { Act } from "../faults/Act.ts"
import { actsOf } from "../faults/FaultActs.ts"
import { undoWords } from "../janitor/Janitor.ts"
import type { JournalError } from "../journal/Journal.ts"
import type { StopSwitch } from "../journal/StopSwitch.ts"
import { type Caller, Refused, requireAllowed, requireNotStopped } from "./Guard.ts"
import { type Exposure, exposureWith, fleetOf, limitProblem, targetsMax } from "./Limits.ts"
import { drawsOf, pickSome } from "./Picking.ts"

export interface PreviewedStep {
  readonly step: string
  readonly fault: string
  /** How long it lasts; `undefined` for what is over at once. */
  readonly forMillis: number | undefined
  readonly acts: ReadonlyArray<Act>
  /** Why nothing can be done, or more than is allowed. */
  readonly problem: string | undefined
  /** Why nothing can be said of it yet: its clusters are still to come. */
  readonly later: string | undefined
}

export interface DrillPreview {
  readonly plan: Plan
  readonly caller: Caller
  readonly estate: Estate
  /** The most instances that the guardrails let a drill hit. */
  readonly targetsMax: number
  readonly steps: ReadonlyArray<PreviewedStep>
  /** Ids of all instances that would be hit. */
  readonly hit: ReadonlyArray<string>
}

/** Resolves every fault of a plan. Refuses what the drill itself would refuse at its beginning. */
export const previewDrill = (options: {
  readonly plan: Plan
  readonly caller: Caller
  readonly seed?: number
}): Effect.Effect<DrillPreview, AwsError | JournalError | Refused, Ec2 | Elb | Sts | StopSwitch> =>
  Effect.gen(function* () {
    const { caller, plan, seed = 0 } = options
    const guardrails = plan.guardrails.aws
    if (guardrails === undefined) return yield* new Refused({ message: "the scenario has no guardrails.aws" })
    yield* requireAllowed(guardrails, caller)
    yield* requireNotStopped(guardrails.clusters)
    const estate = yield* readEstate(guardrails.clusters)
    const draw = drawsOf(seed)
    const scene = sceneOf(plan, estate, yield* Clock.currentTimeMillis)
    let exposure: Exposure = { hit: new Set(), fleet: fleetOf(estate) }
    const steps: Array<PreviewedStep> = []
    for (const { action, id } of allSteps(plan.steps)) {
      if (action._tag !== "Fault") continue
      const { fault, forMillis, parameters, target } = action
      const request = { fault, parameters }
      const shown = { step: id, fault: fault.name, forMillis }
      if (fault.name.startsWith("api.")) {
        steps.push({ ...shown, acts: [], problem: undefined, later: undefined })
        continue
      }
      const candidates = membersOf(plan.bindings[target?.from ?? ""], estate).filter(
        (it) => target?.where === undefined || holds(target.where.evaluate(scene, { it }))
      )
      const targets = fault.target === "instances" ? pickSome(candidates, target?.pick, draw) : []
      const acts = yield* actsOf(request, targets, estate, guardrails.requireTags ?? {})
      const empty = fault.target === "instances" && targets.length === 0 && target?.empty !== "skip"
      const found = typeof acts === "string" ? [] : acts
      const problem =
        typeof acts === "string"
          ? acts
          : empty
            ? `nothing in '${target?.from}' matches`
            : ((yield* firstObjection(found)) ?? limitProblem(guardrails, exposure, found))
      exposure = exposureWith(exposure, found)
      const early = plan.objects.length > 0 && exposure.fleet === 0
      steps.push({
        ...shown,
        acts: found,
        ...(early ? { problem: undefined, later: problem } : { problem, later: undefined })
      })
    }
    return { plan, caller, estate, targetsMax: targetsMax(guardrails, exposure.fleet), steps, hit: [...exposure.hit] }
  })

const firstObjection = (acts: ReadonlyArray<Act>): Effect.Effect<string | undefined, AwsError, Ec2> =>
  Effect.gen(function* () {
    for (const act of acts) {
      const objection = yield* act.objection
      if (objection !== undefined) return objection
    }
    return undefined
  })

/** The beginning of a run, before any step. */
const sceneOf = (plan: Plan, estate: Estate, nowMillis: number): Scene => ({
  ...emptyScene,
  nowMillis,
  binding: (name) => {
    const members = membersOf(plan.bindings[name], estate)
    return plan.bindings[name]?.one === true ? members[0] : members
  }
})

/** Lines of text: who, where, how much at most, then each act with what it calls and what undoes it. */
export const previewLines = (preview: DrillPreview): ReadonlyArray<string> => {
  const { caller, estate, hit, plan, steps } = preview
  const guardrails = plan.guardrails.aws
  return [
    `${plan.name} as a drill in account ${caller.account}, ${caller.region}`,
    `Caller:       ${caller.arn}`,
    `Clusters:     ${guardrails?.clusters.join(", ") ?? ""}: ${estate.instances.length} instances, ${estate.subnets.length} subnets, ${estate.loadBalancers.length} load balancers`,
    `At most:      ${preview.targetsMax} instances, ${formatDuration(guardrails?.maxDurationMillis ?? 0)}; ${hit.length} would be hit`,
    ...(guardrails?.stopWhen ?? []).map(({ text }) => `Stops when:   ${text}`),
    "Steps:",
    ...allSteps(plan.steps).flatMap((step) => stepLines(step, steps))
  ]
}

const stepLines = (step: PlannedStep, previewed: ReadonlyArray<PreviewedStep>): ReadonlyArray<string> => {
  const found = previewed.find((each) => each.step === step.id)
  if (found === undefined) return [`  ${step.id}: ${step.action._tag.toLowerCase()}`]
  const lasts = found.forMillis === undefined ? "" : ` for ${formatDuration(found.forMillis)}`
  return [
    `  ${step.id}: ${found.fault}${lasts}`,
    ...found.acts.flatMap((act) => [
      `    ${act.zone}  ${act.what}`,
      `      calls ${act.calls.join(", ")}`,
      `      undo: ${undoWords(act.undo)}`
    ]),
    ...(found.problem === undefined ? [] : [`    refused: ${found.problem}`]),
    ...(found.later === undefined ? [] : [`    not yet: ${found.later}`])
  ]
}
