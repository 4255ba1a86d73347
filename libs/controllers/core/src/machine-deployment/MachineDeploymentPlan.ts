/**
 * What to do for one MachineDeployment: one MachineSet a template, grown and shrunk step by step, older ones removed
 * when all is done. The arithmetic stands in `RolloutStep.ts`. Pure.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machinedeployment
 */
import {
  Annotations,
  controllerOf,
  controllerReference,
  Finalizers,
  isDeleting,
  Labels,
  type MachineDeployment,
  type MachineSet,
  ownerReference,
  resolveIntOrPercent
} from "@capstan/api"
import { parseTimestamp, withAnnotations, withLabels, withoutFinalizer, withOwner } from "@capstan/runtime"
import { Data } from "effect"
import { type Adoption, type ProviderObject, templatesToAdopt } from "../contract/ProviderObject.ts"
import { sortMachineSets, type SortedMachineSets } from "./CurrentMachineSet.ts"
import type { MachineDeploymentFacts } from "./MachineDeploymentFacts.ts"
import { onDeleteStep, pausedStep } from "./OtherStrategies.ts"
import { revisionOf } from "./Revision.ts"
import {
  resolveUnavailableMax,
  rolloutStep,
  type RolloutInput,
  type ScaleIntent,
  type SetCounts
} from "./RolloutStep.ts"
import { type SetWishes, wantedMachineSet } from "./WantedMachineSet.ts"

export type MachineDeploymentAction = Data.TaggedEnum<{
  /** Writes the owner reference of a template. */
  AdoptTemplate: Adoption
  AdoptMachineSet: { readonly machineSet: MachineSet; readonly wanted: MachineSet }
  CreateMachineSet: { readonly wishes: SetWishes }
  /** `scaled` says by how much and why, when the number changes. */
  PatchMachineSet: {
    readonly machineSet: MachineSet
    readonly wanted: MachineSet
    readonly scaled: ScaleIntent | undefined
  }
  DeleteMachineSet: { readonly machineSet: MachineSet }
}>
export const MachineDeploymentAction = Data.taggedEnum<MachineDeploymentAction>()

export interface MachineDeploymentPlan {
  /** The deployment as it should be, but for its status. */
  readonly deployment: MachineDeployment
  readonly actions: ReadonlyArray<MachineDeploymentAction>
  readonly errors: ReadonlyArray<string>
  readonly requeueAfterMillis: number | undefined
  /** Why a set that is missing is not made. */
  readonly growthProblems: ReadonlyArray<string>
}

/** Leeway of a rolling update as counts; percentages of the wished number, surge up and unavailability down. */
export const leewayOf = (
  deployment: MachineDeployment
): { readonly surgeMax: number; readonly unavailableMax: number } => {
  const desired = deployment.spec.replicas ?? 0
  const rolling = deployment.spec.rollout?.strategy?.rollingUpdate
  const surgeMax = resolveIntOrPercent(rolling?.maxSurge ?? 1, desired, "up") ?? 1
  const unavailableMax = resolveIntOrPercent(rolling?.maxUnavailable ?? 0, desired, "down") ?? 0
  return { surgeMax, unavailableMax: resolveUnavailableMax({ desired, surgeMax, unavailableMax }) }
}

export const planMachineDeployment = (facts: MachineDeploymentFacts): MachineDeploymentPlan => {
  const { cluster, machineSets } = facts
  const owned = withOwner(facts.deployment, ownerReference(cluster))
  const deployment = withLabels(owned, { [Labels.ClusterName]: cluster.metadata.name })
  const templates = planTemplates(facts)
  const base = { deployment, errors: templates.errors, requeueAfterMillis: undefined, growthProblems: [] }
  if (facts.selector._tag === "Refused") {
    return { ...base, actions: templates.actions, errors: [...templates.errors, facts.selector.message] }
  }
  if (isDeleting(deployment)) {
    return {
      ...base,
      deployment: machineSets.length === 0 ? withoutFinalizer(deployment, Finalizers.MachineDeployment) : deployment,
      actions: [
        ...templates.actions,
        ...machineSets
          .filter((set) => !isDeleting(set))
          .map((machineSet) => MachineDeploymentAction.DeleteMachineSet({ machineSet }))
      ]
    }
  }
  const strays = machineSets.filter((set) => controllerOf(set) === undefined && !isDeleting(set))
  if (strays.length > 0) {
    const adopt = strays.map((machineSet) =>
      MachineDeploymentAction.AdoptMachineSet({
        machineSet,
        wanted: withOwner(machineSet, controllerReference(deployment))
      })
    )
    return { ...base, actions: [...templates.actions, ...adopt] }
  }
  const rollout = planRollout(facts, deployment)
  return {
    ...base,
    deployment: withRevision(deployment, rollout.revision),
    actions: [...templates.actions, ...rollout.actions],
    requeueAfterMillis: rolloutAfterMillis(facts),
    growthProblems: rollout.growthProblems
  }
}

const planTemplates = (facts: MachineDeploymentFacts) => {
  const reads = [facts.infrastructureTemplate, facts.bootstrapTemplate]
  const actions = templatesToAdopt(facts.cluster, reads).map(MachineDeploymentAction.AdoptTemplate)
  const errors = reads.flatMap((read) =>
    read._tag === "Unreadable" ? [`${read.reference.kind} ${read.reference.name}: ${read.message}`] : []
  )
  return { actions, errors }
}

const missingTemplate = (read: ProviderObject): ReadonlyArray<string> =>
  read._tag === "Missing" || read._tag === "Unreadable" ? [`${read.reference.kind} does not exist`] : []

const withRevision = (deployment: MachineDeployment, revision: number | undefined): MachineDeployment =>
  revision === undefined ? deployment : withAnnotations(deployment, { [Annotations.Revision]: String(revision) })

/** When `rollout.after` lies ahead. */
const rolloutAfterMillis = ({ deployment, now }: MachineDeploymentFacts): number | undefined => {
  const after = parseTimestamp(deployment.spec.rollout?.after)
  return after === undefined || after <= now.millis ? undefined : after - now.millis
}

interface Rollout {
  readonly actions: ReadonlyArray<MachineDeploymentAction>
  readonly revision: number | undefined
  readonly growthProblems: ReadonlyArray<string>
}

const countsOf = (set: MachineSet): SetCounts => ({
  name: set.metadata.name,
  wanted: set.spec.replicas ?? 0,
  existing: set.status?.replicas ?? 0,
  available: set.status?.availableReplicas ?? 0
})

/** Stands in for the set that is about to be made; no set can have this name. */
const newSet: SetCounts = { name: "", wanted: 0, existing: 0, available: 0 }

const planRollout = (facts: MachineDeploymentFacts, deployment: MachineDeployment): Rollout => {
  const sets = sortMachineSets(
    deployment,
    facts.machineSets.filter((set) => !isDeleting(set)),
    facts.now.millis
  )
  const paused = deployment.spec.paused === true
  const onDelete = deployment.spec.rollout?.strategy?.type === "OnDelete"
  const mustCreate = sets.current === undefined && !paused
  const growthProblems = mustCreate
    ? [facts.infrastructureTemplate, facts.bootstrapTemplate].flatMap(missingTemplate)
    : []
  const intents = new Map(scale(deployment, sets, growthProblems.length > 0).map((intent) => [intent.name, intent]))
  const revision = nextRevision(sets)
  const wishesOf = (counts: SetCounts, isCurrent: boolean): SetWishes => ({
    replicas: intents.get(counts.name)?.to ?? counts.wanted,
    maxReplicas: (deployment.spec.replicas ?? 0) + leewayOf(deployment).surgeMax,
    revision: isCurrent ? revision : undefined,
    disableCreate: onDelete && !isCurrent
  })
  const patched = [...sets.outdated, ...(sets.current === undefined ? [] : [sets.current])].flatMap((machineSet) => {
    const wanted = wantedMachineSet(deployment, machineSet, wishesOf(countsOf(machineSet), machineSet === sets.current))
    const intent = intents.get(machineSet.metadata.name)
    const scaled = intent === undefined || intent.from === intent.to ? undefined : intent
    return wanted === machineSet ? [] : [MachineDeploymentAction.PatchMachineSet({ machineSet, wanted, scaled })]
  })
  const created =
    mustCreate && growthProblems.length === 0
      ? [MachineDeploymentAction.CreateMachineSet({ wishes: wishesOf(newSet, true) })]
      : []
  const currentRevision = sets.current === undefined ? undefined : revisionOf(sets.current)
  return {
    actions: [...created, ...patched, ...cleanUp(deployment, sets)],
    revision:
      (mustCreate && created.length === 0) || (paused && sets.current === undefined)
        ? undefined
        : (revision ?? currentRevision),
    growthProblems
  }
}

/** The current set's new revision; `undefined` when it keeps the one it has. */
const nextRevision = ({ current, outdated }: SortedMachineSets): number | undefined => {
  const highest = Math.max(0, ...outdated.map((set) => revisionOf(set) ?? 0))
  const own = current === undefined ? undefined : revisionOf(current)
  return own !== undefined && own > highest ? undefined : highest + 1
}

const scale = (deployment: MachineDeployment, sets: SortedMachineSets, stuck: boolean): ReadonlyArray<ScaleIntent> => {
  const desired = deployment.spec.replicas ?? 0
  const { surgeMax, unavailableMax } = leewayOf(deployment)
  const onDelete = deployment.spec.rollout?.strategy?.type === "OnDelete"
  const outdated = sets.outdated.map(countsOf)
  if (deployment.spec.paused === true) {
    const maxReplicas = new Map(
      [...sets.outdated, ...(sets.current === undefined ? [] : [sets.current])].flatMap((set) => {
        const noted = Number(set.metadata.annotations?.[Annotations.MaxReplicas] ?? "")
        return noted > 0 ? [[set.metadata.name, noted] as const] : []
      })
    )
    const current = sets.current === undefined ? undefined : countsOf(sets.current)
    return pausedStep({ desired, surgeMax, proportional: !onDelete, current, outdated, maxReplicas })
  }
  if (stuck) return []
  const current = sets.current === undefined ? newSet : countsOf(sets.current)
  const input: RolloutInput = { desired, surgeMax, unavailableMax, current, outdated }
  return onDelete ? onDeleteStep(input) : rolloutStep(input)
}

/** When the current set is complete and seen to be, every older one that is empty goes. */
const cleanUp = (
  deployment: MachineDeployment,
  { current, outdated }: SortedMachineSets
): ReadonlyArray<MachineDeploymentAction> => {
  const desired = deployment.spec.replicas ?? 0
  if (current === undefined || deployment.spec.paused === true) return []
  const sum = (count: (set: MachineSet) => number | undefined): number =>
    [current, ...outdated].reduce((total, set) => total + (count(set) ?? 0), 0)
  const isComplete =
    deployment.status?.observedGeneration === deployment.metadata.generation &&
    sum((set) => set.status?.replicas) === desired &&
    sum((set) => set.status?.availableReplicas) === desired &&
    sum((set) => set.status?.upToDateReplicas) === desired
  if (!isComplete) return []
  return outdated
    .filter(
      (set) =>
        (set.spec.replicas ?? 0) === 0 &&
        (set.status?.replicas ?? 0) === 0 &&
        set.status?.observedGeneration === set.metadata.generation
    )
    .map((machineSet) => MachineDeploymentAction.DeleteMachineSet({ machineSet }))
}
