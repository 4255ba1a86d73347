/**
 * One action of a MachineDeployment's plan, one call. Every write of a MachineSet is told to the cache, so that the
 * deployment is not looked at again before it can be seen: otherwise it would make a set twice.
 */
import { controllerOf, keyOf, Labels, type MachineDeployment, MachineSet } from "@capstan/api"
import { type ApiError, KubernetesApi } from "@capstan/kubernetes"
import { Cache, drawSuffix, EventRecorder, ownerOf, patchObject } from "@capstan/runtime"
import { Effect } from "effect"
import { deleteObject } from "../frame/DeleteObject.ts"
import type { MachineDeploymentFacts } from "./MachineDeploymentFacts.ts"
import { MachineDeploymentAction } from "./MachineDeploymentPlan.ts"
import type { ScaleIntent } from "./RolloutStep.ts"
import { newMachineSet, type SetWishes } from "./WantedMachineSet.ts"

type Performed = Effect.Effect<unknown, ApiError, KubernetesApi | Cache | EventRecorder>

export const machineDeploymentController = "machinedeployment"

export const performMachineDeploymentAction = (
  facts: MachineDeploymentFacts,
  deployment: MachineDeployment,
  action: MachineDeploymentAction
): Performed =>
  MachineDeploymentAction.$match(action, {
    AdoptTemplate: ({ found, wanted }): Performed => patchObject(found.kind.kind, found.object, wanted),
    AdoptMachineSet: ({ machineSet, wanted }) => adoptMachineSet(deployment, machineSet, wanted),
    CreateMachineSet: ({ wishes }) => createMachineSet(facts, deployment, wishes),
    PatchMachineSet: ({ machineSet, scaled, wanted }) => scaleMachineSet(deployment, machineSet, wanted, scaled),
    DeleteMachineSet: ({ machineSet }) => deleteMachineSet(deployment, machineSet)
  })

const record = (deployment: MachineDeployment, type: "Normal" | "Warning", reason: string, message: string) =>
  Effect.flatMap(EventRecorder, (recorder) => recorder.record(deployment, { type, reason, message }))

/** Tells of the failure and fails all the same. */
const orRecord =
  (deployment: MachineDeployment, reason: string, what: string) =>
  <A, R>(effect: Effect.Effect<A, ApiError, R>): Effect.Effect<A, ApiError, R | EventRecorder> =>
    Effect.tapError(effect, (error) => record(deployment, "Warning", reason, `${what}: ${error.message}`))

const ownerKey = (deployment: MachineDeployment): string => ownerOf(machineDeploymentController, keyOf(deployment))

const patchMachineSet = Effect.fnUntraced(function* (
  deployment: MachineDeployment,
  machineSet: MachineSet,
  wanted: MachineSet
) {
  const cache = yield* Cache
  const written = yield* patchObject(MachineSet, machineSet, wanted)
  if (written !== wanted) cache.wrote(ownerKey(deployment), MachineSet, written)
})

const adoptMachineSet = (deployment: MachineDeployment, machineSet: MachineSet, wanted: MachineSet) => {
  const { name } = machineSet.metadata
  return patchMachineSet(deployment, machineSet, wanted).pipe(
    Effect.andThen(record(deployment, "Normal", "SuccessfulAdopt", `Adopted MachineSet "${name}"`)),
    orRecord(deployment, "FailedAdopt", `Failed to adopt MachineSet "${name}"`)
  )
}

/** One of the deployment's sets that the cache does not show yet: somebody made it, perhaps we, and the answer was lost. */
const unseenMachineSet = Effect.fnUntraced(function* ({ deployment, machineSets }: MachineDeploymentFacts) {
  const api = yield* KubernetesApi
  const { name, namespace } = keyOf(deployment)
  const { items } = yield* api.list(MachineSet, {
    namespace,
    labels: { matchLabels: { [Labels.ClusterName]: deployment.spec.clusterName, [Labels.DeploymentName]: name } }
  })
  const seen = new Set(machineSets.map(({ metadata }) => metadata.uid))
  return items.find((set) => controllerOf(set)?.uid === deployment.metadata.uid && !seen.has(set.metadata.uid))
})

/** Names are drawn, so a set that was made without our knowing does not stand in the way of another: it is looked for first. */
const createMachineSet = Effect.fnUntraced(function* (
  facts: MachineDeploymentFacts,
  deployment: MachineDeployment,
  wishes: SetWishes
) {
  const api = yield* KubernetesApi
  const cache = yield* Cache
  const failed = orRecord(deployment, "FailedCreate", "Failed to create MachineSet")
  const unseen = yield* failed(unseenMachineSet(facts))
  if (unseen !== undefined) return cache.wrote(ownerKey(deployment), MachineSet, unseen)
  const suffix = yield* drawSuffix
  const created = yield* failed(api.create(MachineSet, newMachineSet(deployment, wishes, suffix)))
  cache.wrote(ownerKey(deployment), MachineSet, created)
  const message = `Created MachineSet ${created.metadata.name} with ${wishes.replicas} replicas`
  yield* record(deployment, "Normal", "SuccessfulCreate", message)
})

const scaleMachineSet = Effect.fnUntraced(function* (
  deployment: MachineDeployment,
  machineSet: MachineSet,
  wanted: MachineSet,
  scaled: ScaleIntent | undefined
) {
  const { name } = machineSet.metadata
  const failure = scaled !== undefined && deployment.spec.paused === true ? "FailedScale" : "FailedUpdate"
  yield* patchMachineSet(deployment, machineSet, wanted).pipe(
    orRecord(deployment, failure, `Failed to update MachineSet ${name}`)
  )
  if (scaled === undefined) return
  const direction = scaled.to > scaled.from ? "up" : "down"
  const message = `Scaled ${direction} MachineSet ${name} from ${scaled.from} to ${scaled.to} replicas: ${scaled.reason}`
  yield* record(deployment, "Normal", "SuccessfulScale", message)
})

const deleteMachineSet = Effect.fnUntraced(function* (deployment: MachineDeployment, machineSet: MachineSet) {
  const cache = yield* Cache
  const { name } = machineSet.metadata
  yield* deleteObject(MachineSet, machineSet).pipe(
    orRecord(deployment, "FailedDelete", `Failed to delete MachineSet ${name}`)
  )
  cache.deleted(ownerKey(deployment), MachineSet, machineSet)
  yield* record(deployment, "Normal", "SuccessfulDelete", `Deleted MachineSet "${name}"`)
})
