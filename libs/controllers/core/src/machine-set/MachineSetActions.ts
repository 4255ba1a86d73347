/**
 * One action of a MachineSet's plan. Whatever is written to a Machine is told to the cache, so that the set is not looked
 * at again before that can be seen: otherwise it would make Machines twice.
 */
import { keyOf, Labels, Machine, type MachineSet, ownerReference } from "@capstan/api"
import { type ApiError, catchReason, isAmbiguous, KubernetesApi } from "@capstan/kubernetes"
import {
  Cache,
  clonedKindName,
  cloneTemplate,
  drawSuffix,
  EventRecorder,
  Kinds,
  ownerOf,
  patchObject
} from "@capstan/runtime"
import { Effect } from "effect"
import type { ProviderObject } from "../contract/ProviderObject.ts"
import { deleteObject } from "../frame/DeleteObject.ts"
import { ReconcileFailed } from "../frame/ReconcileFailed.ts"
import type { MachineSetFacts, Part } from "./MachineSetFacts.ts"
import { MachineSetAction } from "./MachineSetPlan.ts"
import { machineMetadata, machineName, newMachine } from "./NewMachine.ts"

type Performed = Effect.Effect<unknown, ApiError | ReconcileFailed, KubernetesApi | Cache | EventRecorder | Kinds>

export const machineSetController = "machineset"

export const performMachineSetAction = (
  facts: MachineSetFacts,
  machineSet: MachineSet,
  action: MachineSetAction
): Performed => {
  const owner = ownerOf(machineSetController, keyOf(machineSet))
  return MachineSetAction.$match(action, {
    AdoptTemplate: ({ found, wanted }): Performed => patchObject(found.kind.kind, found.object, wanted),
    AdoptMachine: ({ machine, wanted }) => adoptMachine(owner, machineSet, machine, wanted),
    PatchMachine: ({ machine, wanted }) => patchMachine(owner, machine, wanted),
    PatchPart: ({ part, wanted }) => patchObject(part.kind, part.object, wanted),
    SweepOrphan: ({ part }) => sweepOrphan(part),
    CreateMachines: ({ count }) => Effect.repeat(createMachine(owner, facts, machineSet), { times: count - 1 }),
    DeleteMachine: ({ event, machine }) => deleteMachine(owner, machineSet, machine, event)
  })
}

const record = (machineSet: MachineSet, type: "Normal" | "Warning", reason: string, message: string) =>
  Effect.flatMap(EventRecorder, (recorder) => recorder.record(machineSet, { type, reason, message }))

const patchMachine = Effect.fnUntraced(function* (owner: string, machine: Machine, wanted: Machine) {
  const cache = yield* Cache
  const written = yield* patchObject(Machine, machine, wanted, { ownedConditions: ["OwnerRemediated"] })
  if (written !== wanted) cache.wrote(owner, Machine, written)
})

/** A Machine that cannot be adopted now is left alone: the next pass tries again. */
const adoptMachine = (owner: string, machineSet: MachineSet, machine: Machine, wanted: Machine) =>
  patchMachine(owner, machine, wanted).pipe(
    Effect.andThen(record(machineSet, "Normal", "SuccessfulAdopt", `Adopted Machine "${machine.metadata.name}"`)),
    Effect.catch((error) =>
      record(
        machineSet,
        "Warning",
        "FailedAdopt",
        `Failed to adopt Machine "${machine.metadata.name}": ${error.message}`
      )
    )
  )

const deleteMachine = Effect.fnUntraced(function* (
  owner: string,
  machineSet: MachineSet,
  machine: Machine,
  event: boolean
) {
  const cache = yield* Cache
  yield* deleteObject(Machine, machine)
  cache.deleted(owner, Machine, machine)
  if (event) yield* record(machineSet, "Normal", "SuccessfulDelete", `Deleted Machine "${machine.metadata.name}"`)
})

/** The cache may be behind: an object is an orphan only if the API server knows no Machine of its name either. */
const sweepOrphan = Effect.fnUntraced(function* (part: Part) {
  const api = yield* KubernetesApi
  const machine = yield* api
    .get(Machine, keyOf(part.object))
    .pipe(catchReason("NotFound", () => Effect.succeed(undefined)))
  if (machine === undefined) yield* deleteObject(part.kind, part.object)
})

/**
 * Bootstrap config, infrastructure, Machine; what was made goes again when a later one is refused. It stays when the
 * answer leaves open whether there is a Machine now: if there is none, the next pass finds orphans.
 */
const createMachine = Effect.fnUntraced(function* (owner: string, facts: MachineSetFacts, machineSet: MachineSet) {
  const suffix = yield* drawSuffix
  const naming = machineName(machineSet, suffix)
  if (naming._tag === "Refused") return yield* new ReconcileFailed({ message: naming.message })
  const api = yield* KubernetesApi
  const cache = yield* Cache

  const made: Array<Part> = []
  const steps = Effect.gen(function* () {
    for (const template of [facts.bootstrapTemplate, facts.infrastructureTemplate]) {
      const part = yield* createPart(template, machineSet, naming.name)
      if (part !== undefined) made.push(part)
    }
    return yield* api.create(Machine, newMachine(machineSet, naming.name))
  })
  const machine = yield* Effect.tapError(steps, (error) =>
    error._tag === "ApiError" && isAmbiguous(error)
      ? Effect.void
      : Effect.forEach(made, ({ kind, object }) => Effect.ignore(deleteObject(kind, object)))
  )
  cache.wrote(owner, Machine, machine)
  yield* record(machineSet, "Normal", "SuccessfulCreate", `Created Machine "${naming.name}"`)
})

const createPart = Effect.fnUntraced(function* (template: ProviderObject, machineSet: MachineSet, name: string) {
  if (template._tag !== "Found") return undefined
  const kinds = yield* Kinds
  const group = template.kind.kind.group
  const kind = kinds.find({ group, kind: clonedKindName(template.object.kind) ?? template.object.kind })
  if (kind === undefined) {
    return yield* new ReconcileFailed({
      message: `the kind that ${template.object.kind}.${group} makes is not installed`
    })
  }
  const { annotations, labels } = machineMetadata(machineSet)
  const clone = cloneTemplate({
    template: template.object,
    templateKind: template.kind.kind,
    metadata: {
      name,
      namespace: keyOf(template.object).namespace,
      labels: { ...labels, [Labels.ClusterName]: machineSet.spec.clusterName },
      annotations,
      ownerReferences: [ownerReference(machineSet)]
    }
  })
  const api = yield* KubernetesApi
  const object = yield* api.create(kind, clone)
  const part: Part = { kind, object }
  return part
})
