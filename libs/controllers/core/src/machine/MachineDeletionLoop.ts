/**
 * Carries a deletion as far as it goes in one pass: asks for the next step, performs it, and stops at the first that
 * has to wait or fails.
 *
 * Start times are written before the step they belong to, so that a restart does not start the time anew.
 */
import { Finalizers, keyOf, type Machine, MachineReason } from "@capstan/api"
import { withoutFinalizer } from "@capstan/runtime"
import { Effect } from "effect"
import { deleteObject } from "../frame/DeleteObject.ts"
import { recordOn } from "./MachineActions.ts"
import type { MachineDeletionState } from "./MachineConditions.ts"
import {
  type DeletionProgress,
  mayGiveUpOnNode,
  nextDeletionStep,
  nothingDone,
  type StartTime,
  withStartTime
} from "./MachineDeletion.ts"
import { awaitVolumes, deleteNode, drainNode, type StepOutcome } from "./MachineDeletionActions.ts"
import type { MachineFacts } from "./MachineFacts.ts"

/** Drains and detaching volumes are looked at this often. */
const lookAgainMillis = 20_000

export interface DeletionResult {
  readonly machine: Machine
  readonly state: MachineDeletionState
  readonly errors: ReadonlyArray<string>
  readonly requeueAfterMillis: number | undefined
}

interface LoopOptions<E, R> {
  readonly facts: MachineFacts
  /** As this pass has planned it. */
  readonly machine: Machine
  /** Writes the Machine at once and gives it back as it is then. */
  readonly persist: (machine: Machine) => Effect.Effect<Machine, E, R>
}

export const deleteMachine = Effect.fnUntraced(function* <E extends { readonly message: string }, R>(
  options: LoopOptions<E, R>
) {
  const { facts, persist } = options
  const cluster = keyOf(facts.cluster)
  let machine = options.machine
  let progress: DeletionProgress = nothingDone

  const stop = (state: MachineDeletionState, more: Partial<DeletionResult> = {}): DeletionResult => ({
    machine,
    state,
    errors: [],
    requeueAfterMillis: undefined,
    ...more
  })
  const started = Effect.fnUntraced(function* (start: StartTime) {
    const noted = withStartTime(machine, start, facts.now.timestamp)
    if (noted !== machine) machine = yield* persist(noted)
  })

  for (;;) {
    const step = nextDeletionStep(facts, machine, progress)
    switch (step._tag) {
      case "Wait": {
        if (step.start !== undefined) machine = withStartTime(machine, step.start, facts.now.timestamp)
        return stop({ reason: step.reason, message: step.message })
      }
      case "Drain": {
        yield* started("nodeDrainStartTime")
        const target = { cluster, machine, nodeName: step.nodeName, nowMillis: facts.now.millis }
        const outcome = yield* attempt(machine, "FailedDrainNode", drainNode(target))
        if (outcome._tag === "Failed") {
          const message = `Error draining Node: ${outcome.message}`
          return stop({ reason: MachineReason.DrainingNode, message }, { errors: [outcome.message] })
        }
        if (outcome._tag === "Waiting") return stop(outcome.state, { requeueAfterMillis: lookAgainMillis })
        progress = { ...progress, drained: true }
        break
      }
      case "AwaitVolumes": {
        yield* started("waitForNodeVolumeDetachStartTime")
        const target = { cluster, machine, nodeName: step.nodeName, nowMillis: facts.now.millis }
        const outcome = yield* attempt(machine, "FailedWaitForVolumeDetach", awaitVolumes(target))
        if (outcome._tag === "Failed") {
          const message = `Error waiting for volumes to be detached: ${outcome.message}`
          return stop({ reason: MachineReason.WaitingForVolumeDetach, message }, { errors: [outcome.message] })
        }
        if (outcome._tag === "Waiting") return stop(outcome.state, { requeueAfterMillis: lookAgainMillis })
        progress = { ...progress, detached: true }
        break
      }
      case "DeleteObject": {
        const failure = yield* Effect.match(deleteObject(step.found.kind.kind, step.found.object), {
          onFailure: (error) => [error.message],
          onSuccess: () => []
        })
        return stop({ reason: step.reason, message: step.message }, { errors: failure })
      }
      case "DeleteNode": {
        const remove: Effect.Effect<
          StepOutcome,
          { readonly message: string },
          Effect.Services<ReturnType<typeof deleteNode>>
        > = Effect.as(deleteNode(cluster, step.nodeName), { _tag: "Over" })
        const outcome = yield* attempt(machine, "FailedDeleteNode", remove)
        if (outcome._tag === "Failed" && !mayGiveUpOnNode(machine, facts.now.millis)) {
          const message = `Error deleting Node: ${outcome.message}`
          return stop({ reason: MachineReason.DeletingNode, message }, { errors: [outcome.message] })
        }
        progress = { ...progress, nodeDeleted: true }
        break
      }
      case "Finish": {
        machine = withoutFinalizer(machine, Finalizers.Machine)
        return stop({ reason: MachineReason.DeletionCompleted, message: "Deletion completed" })
      }
    }
  }
})

type Attempt = StepOutcome | { readonly _tag: "Failed"; readonly message: string }

const attempt = <R>(
  machine: Machine,
  reason: string,
  step: Effect.Effect<StepOutcome, { readonly message: string }, R>
) =>
  Effect.catch(step as Effect.Effect<Attempt, { readonly message: string }, R>, (error) =>
    Effect.as(recordOn(machine, { type: "Warning", reason, message: error.message }), {
      _tag: "Failed",
      message: error.message
    } as const satisfies Attempt)
  )
