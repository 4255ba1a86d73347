/**
 * What to do for one MachineSet: keep its Machines as the template wants them, replace unhealthy ones, and make or
 * delete as many as are missing or too many. Pure.
 *
 * A deleting Machine counts as a replica until it is gone. Left out: moves of Machines between sets.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machineset
 */
import {
  Annotations,
  controllerOf,
  controllerReference,
  Finalizers,
  isDeleting,
  type KubernetesObject,
  Labels,
  type Machine,
  MachineCondition,
  type MachineSet,
  ownerReference
} from "@capstan/api"
import { withConditions, withoutFinalizer, withOwner } from "@capstan/runtime"
import { Data } from "effect"
import { type Adoption, type ProviderObject, templatesToAdopt } from "../contract/ProviderObject.ts"
import { differences } from "../machine-deployment/TemplateComparison.ts"
import { machinesToDelete } from "./DeletePriority.ts"
import type { MachineSetFacts, Part } from "./MachineSetFacts.ts"
import {
  type MachineMetadata,
  machineMetadata,
  syncedMachine,
  withClusterLabel,
  withMachineMetadata
} from "./NewMachine.ts"
import { preflightProblems } from "./PreflightChecks.ts"
import { planRemediation, type RemediationPlan } from "./RemediationPlan.ts"

export type MachineSetAction = Data.TaggedEnum<{
  /** Writes the owner reference of a template. */
  AdoptTemplate: Adoption
  AdoptMachine: { readonly machine: Machine; readonly wanted: Machine }
  PatchMachine: { readonly machine: Machine; readonly wanted: Machine }
  PatchPart: { readonly part: Part; readonly wanted: KubernetesObject }
  SweepOrphan: { readonly part: Part }
  CreateMachines: { readonly count: number }
  DeleteMachine: { readonly machine: Machine; readonly event: boolean }
}>
export const MachineSetAction = Data.taggedEnum<MachineSetAction>()

export interface MachineSetPlan {
  /** The set as it should be, but for its status. */
  readonly machineSet: MachineSet
  readonly actions: ReadonlyArray<MachineSetAction>
  readonly errors: ReadonlyArray<string>
  readonly requeueAfterMillis: number | undefined
  /** Why Machines that are missing are not made. */
  readonly growthProblems: ReadonlyArray<string>
}

const preflightMillis = 15_000

export const planMachineSet = (facts: MachineSetFacts): MachineSetPlan => {
  const { machines, selector } = facts
  const machineSet = withOwnerAndLabels(facts)
  const templates = planTemplates(facts)
  const adopted = machines.flatMap((machine) =>
    controllerOf(machine) === undefined && !isDeleting(machine)
      ? [MachineSetAction.AdoptMachine({ machine, wanted: withOwner(machine, controllerReference(machineSet)) })]
      : []
  )
  const start = { machineSet, errors: templates.errors, requeueAfterMillis: undefined, growthProblems: [] }
  if (selector._tag === "Refused") {
    return { ...start, actions: templates.actions, errors: [...templates.errors, selector.message] }
  }
  if (isDeleting(machineSet)) {
    return {
      ...start,
      machineSet: machines.length === 0 ? withoutFinalizer(machineSet, Finalizers.MachineSet) : machineSet,
      actions: [
        ...templates.actions,
        ...machines
          .filter((machine) => !isDeleting(machine))
          .map((machine) => MachineSetAction.DeleteMachine({ machine, event: false }))
      ]
    }
  }
  const problems = preflightProblems(facts)
  const remediation = planRemediation({
    machines,
    machineDeployment: facts.machineDeployment,
    isCurrent: isCurrent(facts),
    preflightProblems: problems
  })
  const going = new Set(remediation.remediated.map(([machine]) => machine.metadata.uid))
  const content = machineMetadata(machineSet)
  const scale = planScale(facts, machineSet, going, problems)
  const blocked = scale.growthProblems.length > 0 || remediationWaits(remediation, problems)
  return {
    ...start,
    actions: [
      ...templates.actions,
      ...adopted,
      ...planMachines(facts, machineSet, content, remediation),
      ...facts.parts.flatMap((part) => {
        const wanted = withMachineMetadata(content, part.object)
        return wanted === part.object || isDeleting(part.object) ? [] : [MachineSetAction.PatchPart({ part, wanted })]
      }),
      ...remediation.remediated.map(([machine]) => MachineSetAction.DeleteMachine({ machine, event: false })),
      ...facts.orphans.map((part) => MachineSetAction.SweepOrphan({ part })),
      ...scale.actions
    ],
    requeueAfterMillis: blocked ? preflightMillis : undefined,
    growthProblems: scale.growthProblems
  }
}

const remediationWaits = (remediation: RemediationPlan, problems: ReadonlyArray<string>): boolean =>
  problems.length > 0 && remediation.deferred.length > 0

/** A set that nobody made belongs to its Cluster. */
const withOwnerAndLabels = ({ cluster, machineSet }: MachineSetFacts): MachineSet => {
  const made =
    machineSet.metadata.labels?.[Labels.DeploymentName] !== undefined ||
    machineSet.metadata.ownerReferences?.some((owner) => owner.kind === "MachineDeployment") === true
  return withClusterLabel(made ? machineSet : withOwner(machineSet, ownerReference(cluster)), cluster)
}

/** Whether the set is what its deployment wants now. */
export const isCurrent = ({ machineDeployment, machineSet }: MachineSetFacts): boolean =>
  machineDeployment === undefined ||
  differences(machineSet.spec.template.spec, machineDeployment.spec.template.spec).length === 0

const planTemplates = (facts: MachineSetFacts) => {
  const reads = [facts.infrastructureTemplate, facts.bootstrapTemplate]
  const tolerant = isDeleting(facts.machineSet) || !isCurrent(facts)
  const actions = templatesToAdopt(facts.cluster, reads).map(MachineSetAction.AdoptTemplate)
  return { actions, errors: reads.flatMap((read) => templateProblem(read, tolerant)) }
}

const templateProblem = (read: ProviderObject, tolerant: boolean): ReadonlyArray<string> => {
  if (read._tag === "Unreadable") return [`${read.reference.kind} ${read.reference.name}: ${read.message}`]
  if (read._tag !== "Missing" || tolerant) return []
  return [`${read.reference.kind} ${read.reference.name} does not exist`]
}

/** Every Machine as the template and the remediation want it, in one write. */
const planMachines = (
  facts: MachineSetFacts,
  machineSet: MachineSet,
  content: MachineMetadata,
  remediation: RemediationPlan
): ReadonlyArray<MachineSetAction> => {
  const statements = new Map(
    [...remediation.deferred, ...remediation.remediated].map(([machine, statement]) => [
      machine.metadata.uid,
      statement
    ])
  )
  const recovered = new Set(remediation.recovered.map((machine) => machine.metadata.uid))
  return facts.machines.flatMap((machine) => {
    const { uid } = machine.metadata
    const synced = syncedMachine(machineSet, content, machine)
    const statement = statements.get(uid)
    const stated = statement === undefined ? synced : withConditions(synced, [statement], facts.now)
    const wanted = recovered.has(uid)
      ? withConditions(stated, [], facts.now, [MachineCondition.OwnerRemediated])
      : stated
    return wanted === machine ? [] : [MachineSetAction.PatchMachine({ machine, wanted })]
  })
}

interface Scale {
  readonly actions: ReadonlyArray<MachineSetAction>
  readonly growthProblems: ReadonlyArray<string>
}

const planScale = (
  { infrastructureTemplate, bootstrapTemplate, machines, now }: MachineSetFacts,
  machineSet: MachineSet,
  going: ReadonlySet<string>,
  problems: ReadonlyArray<string>
): Scale => {
  const { replicas } = machineSet.spec
  const difference = machines.length - (replicas ?? machines.length)
  if (difference === 0) return { actions: [], growthProblems: [] }
  if (difference > 0) {
    const order = machineSet.spec.deletion?.order ?? "Random"
    const left = machines.filter((machine) => !going.has(machine.metadata.uid))
    const count = difference - (machines.length - left.length)
    const chosen = machinesToDelete(left, { order, count, nowMillis: now.millis })
    const actions = chosen
      .filter((machine) => !isDeleting(machine))
      .map((machine) => MachineSetAction.DeleteMachine({ machine, event: true }))
    return { actions, growthProblems: [] }
  }
  if (machineSet.metadata.annotations?.[Annotations.DisableMachineCreate] === "true")
    return { actions: [], growthProblems: [] }
  const missing = [infrastructureTemplate, bootstrapTemplate].flatMap((read) => templateProblem(read, false))
  const growthProblems = [...missing, ...problems]
  if (growthProblems.length > 0) return { actions: [], growthProblems }
  return { actions: [MachineSetAction.CreateMachines({ count: -difference })], growthProblems: [] }
}
