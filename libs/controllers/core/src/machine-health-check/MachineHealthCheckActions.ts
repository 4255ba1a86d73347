/** One action of a health check's plan, one call. */
import { keyOf, Machine, MachineCondition, type MachineHealthCheck } from "@capstan/api"
import type { ApiError, KubernetesApi } from "@capstan/kubernetes"
import { Cache, EventRecorder, ownerOf, patchObject } from "@capstan/runtime"
import { Effect } from "effect"
import { HealthCheckAction } from "./MachineHealthCheckPlan.ts"

type Performed = Effect.Effect<unknown, ApiError, KubernetesApi | Cache | EventRecorder>

export const healthCheckController = "machinehealthcheck"

/** HealthCheckSucceeded is ours; OwnerRemediated is shared with the owner, which may have been faster. */
const ownedMachineConditions: ReadonlyArray<string> = [MachineCondition.HealthCheckSucceeded]

export const performHealthCheckAction = (check: MachineHealthCheck, action: HealthCheckAction): Performed =>
  HealthCheckAction.$match(action, {
    PatchMachine: ({ machine, marked, wanted }): Performed => patchMachine(check, machine, wanted, marked),
    RecordRestricted: ({ message }) =>
      Effect.flatMap(EventRecorder, (recorder) =>
        recorder.record(check, { type: "Warning", reason: "RemediationRestricted", message })
      )
  })

const patchMachine = Effect.fnUntraced(function* (
  check: MachineHealthCheck,
  machine: Machine,
  wanted: Machine,
  marked: boolean
) {
  const cache = yield* Cache
  const written = yield* patchObject(Machine, machine, wanted, { ownedConditions: ownedMachineConditions })
  if (written !== wanted) cache.wrote(ownerOf(healthCheckController, keyOf(check)), Machine, written)
  if (!marked) return
  const recorder = yield* EventRecorder
  const message = `Machine ${machine.metadata.namespace ?? ""}/${machine.metadata.name} has been marked as unhealthy by ${check.metadata.name}`
  yield* recorder.record(machine, { type: "Normal", reason: "MachineMarkedUnhealthy", message })
})
