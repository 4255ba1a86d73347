/**
 * The order in which a Machine goes: hooks, drain, volumes, hooks, infrastructure, bootstrap config, Node, finalizer.
 *
 * Each step is gone before the next begins. Nothing here acts: `nextDeletionStep` names the next step, given what this
 * pass has finished already. Pure.
 *
 * Where upstream drains for ever: a Node that is unreachable while the infrastructure says that its machine does not
 * run is not drained and its volumes are not waited for. Nothing runs there that could be moved with care.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machine/machine_controller.go
 */
import { Annotations, isDeleting, type Machine, MachineReason, type MachineStatus } from "@capstan/api"
import type { Node } from "@capstan/kubernetes"
import { hasAnnotation, parseTimestamp } from "@capstan/runtime"
import { Data } from "effect"
import { isExternallyManaged } from "../contract/ControlPlaneContract.ts"
import { isReportedStopped } from "../contract/InfrastructureMachineContract.ts"
import { type FoundObject, isFoundAndDeleting } from "../contract/ProviderObject.ts"
import type { MachineFacts, NodeRead } from "./MachineFacts.ts"

export type StartTime = keyof NonNullable<MachineStatus["deletion"]>

export type DeletionStep = Data.TaggedEnum<{
  /** Nothing to do now; reason and message say for what. A start time is noted once. */
  Wait: { readonly reason: string; readonly message: string; readonly start?: StartTime }
  Drain: { readonly nodeName: string; readonly unreachable: boolean }
  AwaitVolumes: { readonly nodeName: string }
  DeleteObject: { readonly found: FoundObject; readonly reason: string; readonly message: string }
  DeleteNode: { readonly nodeName: string }
  Finish: {}
}>
export const DeletionStep = Data.taggedEnum<DeletionStep>()

/** What this pass has finished, besides what the facts say. */
export interface DeletionProgress {
  readonly drained: boolean
  readonly detached: boolean
  readonly nodeDeleted: boolean
}

export const nothingDone: DeletionProgress = { drained: false, detached: false, nodeDeleted: false }

/** @param machine the Machine as this pass has planned it: a Node found just now counts. */
export const nextDeletionStep = (facts: MachineFacts, machine: Machine, progress: DeletionProgress): DeletionStep => {
  const nodeName = mayDeleteNode(facts, machine) ? machine.status?.nodeRef?.name : undefined
  if (nodeName !== undefined) {
    const hooks = hooksOf(machine, Annotations.PreDrainHookPrefix)
    if (hooks.length > 0)
      return awaitHooks(hooks, "pre-drain", MachineReason.WaitingForPreDrainHook, "waitForPreDrainHookStartTime")
    if (!progress.drained && mustDrain(facts, machine)) {
      return DeletionStep.Drain({ nodeName, unreachable: isUnreachable(facts.node) })
    }
    if (!progress.detached && mustAwaitVolumes(facts, machine)) return DeletionStep.AwaitVolumes({ nodeName })
  }
  const hooks = hooksOf(machine, Annotations.PreTerminateHookPrefix)
  if (hooks.length > 0) {
    return awaitHooks(
      hooks,
      "pre-terminate",
      MachineReason.WaitingForPreTerminateHook,
      "waitForPreTerminateHookStartTime"
    )
  }
  const infrastructure = planGone(facts.infrastructure, MachineReason.WaitingForInfrastructureDeletion)
  if (infrastructure !== undefined) return infrastructure
  const bootstrap = planGone(facts.bootstrap, MachineReason.WaitingForBootstrapDeletion)
  if (bootstrap !== undefined) return bootstrap
  return nodeName === undefined || progress.nodeDeleted ? DeletionStep.Finish() : DeletionStep.DeleteNode({ nodeName })
}

/** Why the Node is left alone; `undefined` when it may be drained and deleted. */
export const keepNodeBecause = (facts: MachineFacts, machine: Machine): string | undefined => {
  if (isDeleting(facts.cluster)) return "the Cluster is being deleted"
  if (machine.status?.nodeRef === undefined) return "the Machine has no Node"
  if (isFoundAndDeleting(facts.controlPlane)) return "the control plane is being deleted"
  const external = facts.controlPlane._tag === "Found" && isExternallyManaged(facts.controlPlane.object)
  if (facts.activeControlPlaneMachines === 0 && !external) return "there is no control-plane Machine left"
  return undefined
}

const mayDeleteNode = (facts: MachineFacts, machine: Machine): boolean => keepNodeBecause(facts, machine) === undefined

const hooksOf = (machine: Machine, prefix: string): ReadonlyArray<string> =>
  Object.keys(machine.metadata.annotations ?? {})
    .filter((name) => name.startsWith(prefix))
    .sort()

const awaitHooks = (hooks: ReadonlyArray<string>, what: string, reason: string, start: StartTime): DeletionStep =>
  DeletionStep.Wait({ reason, message: `Waiting for ${what} hooks to succeed (hooks: ${hooks.join(",")})`, start })

/** A Node whose Ready condition is Unknown: its kubelet has gone silent. */
export const isUnreachable = (read: NodeRead): boolean => read._tag === "Found" && isNodeUnreachable(read.node)

export const isNodeUnreachable = (node: Node): boolean =>
  node.status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "Unknown") === true

/** The kubelet is silent and the infrastructure says that the machine does not run. */
export const isStoppedForGood = (facts: MachineFacts): boolean =>
  isUnreachable(facts.node) &&
  facts.infrastructure._tag === "Found" &&
  isReportedStopped(facts.infrastructure.object, facts.infrastructure.kind.contract)

/** Whether a limit was set and is over. Nil and zero set none. */
const isOver = (start: string | undefined, limitSeconds: number | undefined, nowMillis: number): boolean => {
  const startMillis = parseTimestamp(start)
  if (startMillis === undefined || limitSeconds === undefined || limitSeconds === 0) return false
  return nowMillis - startMillis >= limitSeconds * 1000
}

const isInfrastructureLeaving = (facts: MachineFacts): boolean =>
  facts.infrastructure._tag === "Missing" || isFoundAndDeleting(facts.infrastructure)

const mustDrain = (facts: MachineFacts, machine: Machine): boolean =>
  !hasAnnotation(machine, Annotations.ExcludeNodeDraining) &&
  machine.status?.deletion?.waitForPreTerminateHookStartTime === undefined &&
  !isInfrastructureLeaving(facts) &&
  !isStoppedForGood(facts) &&
  !isOver(
    machine.status?.deletion?.nodeDrainStartTime,
    machine.spec.deletion?.nodeDrainTimeoutSeconds,
    facts.now.millis
  )

const mustAwaitVolumes = (facts: MachineFacts, machine: Machine): boolean =>
  !hasAnnotation(machine, Annotations.ExcludeWaitForNodeVolumeDetach) &&
  machine.status?.deletion?.waitForPreTerminateHookStartTime === undefined &&
  !isInfrastructureLeaving(facts) &&
  !isStoppedForGood(facts) &&
  !isOver(
    machine.status?.deletion?.waitForNodeVolumeDetachStartTime,
    machine.spec.deletion?.nodeVolumeDetachTimeoutSeconds,
    facts.now.millis
  )

/** Deletes a referenced object and waits for its end; `undefined` when it is gone. What cannot be read is not gone. */
const planGone = (read: MachineFacts["infrastructure"], reason: string): DeletionStep | undefined => {
  switch (read._tag) {
    case "NoReference":
    case "Missing":
      return undefined
    case "Unreadable":
      return DeletionStep.Wait({
        reason: MachineReason.InternalError,
        message: "Please check controller logs for errors"
      })
    case "Found": {
      const message = `${read.object.kind} is being deleted`
      return isDeleting(read.object)
        ? DeletionStep.Wait({ reason, message })
        : DeletionStep.DeleteObject({ found: read, reason, message })
    }
  }
}

/** Whether to go on without having deleted the Node. Only a limit that was set can be over; the API server sets 10 s. */
export const mayGiveUpOnNode = (machine: Machine, nowMillis: number): boolean =>
  isOver(machine.metadata.deletionTimestamp, machine.spec.deletion?.nodeDeletionTimeoutSeconds, nowMillis)

/** The Machine with a start time noted, if it was not before. */
export const withStartTime = (machine: Machine, start: StartTime, timestamp: string): Machine =>
  machine.status?.deletion?.[start] === undefined
    ? { ...machine, status: { ...machine.status, deletion: { ...machine.status?.deletion, [start]: timestamp } } }
    : machine
