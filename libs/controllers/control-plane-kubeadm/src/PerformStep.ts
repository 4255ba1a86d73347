/**
 * Does what the plan says, one step a pass. Every step may be cut off between any two calls and done again.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controlplane/kubeadm/internal/controllers/controller.go
 */
import {
  Annotations,
  findCondition,
  isDeleting,
  keyOf,
  KubeadmControlPlaneCondition,
  Machine,
  MachineCondition,
  MachineReason,
  removeConditions,
  setCondition,
  type ConditionStatement
} from "@capstan/api"
import { catchReason } from "@capstan/kubernetes"
import { ClusterCache, EventRecorder } from "@capstan/runtime"
import { Effect } from "effect"
import { type ControlPlaneFacts, isEtcdManaged, isInitialized } from "./ControlPlaneFacts.ts"
import { forwardLeadership, removeMember } from "./etcd/EtcdActions.ts"
import { createMachine, type Template } from "./machine/MachineActions.ts"
import { deleteSeen, patchMachine, persist, type Scope } from "./Pass.ts"
import type { ControlPlanePlan, ControlPlaneStep } from "./plan/ControlPlanePlan.ts"
import { preflightDeferMillis } from "./plan/Preflight.ts"
import type { RemediationPlan } from "./plan/RemediationPlan.ts"
import { formatRemediation } from "./plan/RemediationRecord.ts"
import { finishRollout, prepareRollout } from "./workload/WorkloadConfiguration.ts"

/** When to look again; nothing when a change will tell. */
export interface Wish {
  readonly requeueAfterMillis?: number
  readonly deferMillis?: number
}

const hookWaitMillis = 30_000
const orphanRemovedMillis = 1_000
const staleCacheMillis = 1_000
/** Ends the pass; the interval between two passes makes it longer. */
const remediationStartedMillis = 1
const unsettledMillis = 20_000

const record = (scope: Scope, reason: string, message: string): Effect.Effect<void, never, EventRecorder> =>
  Effect.flatMap(EventRecorder, (recorder) =>
    recorder.record(scope.controlPlane.get(), { type: "Warning", reason, message })
  )

/** Does a step, and says in an event when it fails. */
const reporting = <A, E extends { readonly message: string }, R>(
  scope: Scope,
  reason: string,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R | EventRecorder> => Effect.tapError(effect, (error) => record(scope, reason, error.message))

export const performPlan = Effect.fnUntraced(function* (
  scope: Scope,
  facts: ControlPlaneFacts,
  plan: ControlPlanePlan,
  template: Template
) {
  const { remediation, step } = plan
  if (remediation !== undefined) yield* noteRemediation(scope, facts, remediation)
  const wish: Wish = yield* performStep(scope, facts, step, template)
  return soonest(wish, remediation?.requeueAfterMillis)
})

/** The wish, with a look after so many milliseconds at the latest. */
export const soonest = (wish: Wish, millis: number | undefined): Wish =>
  millis === undefined || (wish.requeueAfterMillis ?? Number.POSITIVE_INFINITY) <= millis
    ? wish
    : { ...wish, requeueAfterMillis: millis }

const performStep = Effect.fnUntraced(function* (
  scope: Scope,
  facts: ControlPlaneFacts,
  step: ControlPlaneStep,
  template: Template
) {
  switch (step._tag) {
    case "RemoveOrphan":
      yield* removeMember(facts, step.member)
      return { requeueAfterMillis: orphanRemovedMillis } as Wish
    case "HookWait":
      return { requeueAfterMillis: hookWaitMillis } as Wish
    case "DropHook":
      yield* dropHook(scope, step.machine)
      return { requeueAfterMillis: hookWaitMillis } as Wish
    case "ReleaseMember":
      yield* forwardLeadership(facts, step.machine)
      yield* removeMember(facts, step.member)
      yield* dropHook(scope, step.machine)
      return { requeueAfterMillis: hookWaitMillis } as Wish
    case "Remediate":
      yield* remediate(scope, facts, step.remediation)
      return { requeueAfterMillis: remediationStartedMillis } as Wish
    case "Create":
      return yield* create(scope, facts, step, template)
    case "Delete":
      yield* reporting(
        scope,
        "FailedScaleDown",
        Effect.gen(function* () {
          if (step.rollout) yield* prepare(facts)
          if (isEtcdManaged(facts.controlPlane)) yield* forwardLeadership(facts, step.machine)
          yield* deleteSeen(scope, Machine, step.machine)
        })
      )
      return {} as Wish
    case "Blocked":
      if (step.problem.unhealthy) {
        yield* record(
          scope,
          "ControlPlaneUnhealthy",
          `Waiting for control plane to pass preflight checks to continue reconciliation: ${step.problem.messages.join(", ")}`
        )
      }
      return { requeueAfterMillis: step.problem.requeueAfterMillis, deferMillis: preflightDeferMillis } as Wish
    case "Settled":
      if (facts.machines.length > 0 && isInitialized(facts.controlPlane)) yield* finish(facts)
      return {} as Wish
  }
})

const prepare = Effect.fnUntraced(function* (facts: ControlPlaneFacts) {
  const connections = yield* ClusterCache
  yield* prepareRollout(yield* connections.client(keyOf(facts.cluster)), facts.controlPlane)
})

const finish = Effect.fnUntraced(function* (facts: ControlPlaneFacts) {
  const connections = yield* ClusterCache
  yield* finishRollout(yield* connections.client(keyOf(facts.cluster)), facts.controlPlane)
})

/** Lets the machine controller go on with the deletion. */
export const dropHook = Effect.fnUntraced(function* (scope: Scope, machine: Machine) {
  const { [Annotations.KcpPreTerminateHook]: hook, ...annotations } = machine.metadata.annotations ?? {}
  if (hook === undefined) return machine
  return yield* patchMachine(scope, machine, { ...machine, metadata: { ...machine.metadata, annotations } })
})

const create = Effect.fnUntraced(function* (
  scope: Scope,
  facts: ControlPlaneFacts,
  step: Extract<ControlPlaneStep, { readonly _tag: "Create" }>,
  template: Template
) {
  const { failureDomain, first } = step
  const created = yield* reporting(
    scope,
    first ? "FailedInitialization" : "FailedScaleUp",
    Effect.gen(function* () {
      if (step.rollout) yield* prepare(facts)
      return yield* createMachine(scope, facts, { template, first, failureDomain })
    })
  )
  if (!created) return { requeueAfterMillis: staleCacheMillis } as Wish
  yield* dropRecord(scope)
  return {} as Wish
})

/** The remediation that was written down has been answered, or is no longer needed. */
const dropRecord = Effect.fnUntraced(function* (scope: Scope) {
  scope.controlPlane.change((controlPlane) => {
    const { [Annotations.RemediationInProgress]: record, ...annotations } = controlPlane.metadata.annotations ?? {}
    return record === undefined
      ? controlPlane
      : { ...controlPlane, metadata: { ...controlPlane.metadata, annotations } }
  })
  yield* persist(scope)
})

const noteRemediation = Effect.fnUntraced(function* (scope: Scope, facts: ControlPlaneFacts, plan: RemediationPlan) {
  if (plan.dropRecord) yield* dropRecord(scope)
  for (const machine of plan.recovered) {
    const conditions = removeConditions(machine.status?.conditions, [MachineCondition.OwnerRemediated])
    yield* patchMachine(scope, machine, { ...machine, status: { ...machine.status, conditions } }, [
      MachineCondition.OwnerRemediated
    ])
  }
  if (plan.refused !== undefined) yield* stateRemediation(scope, facts, plan.refused.machine, plan.refused.statement)
})

const stateRemediation = Effect.fnUntraced(function* (
  scope: Scope,
  facts: ControlPlaneFacts,
  machine: Machine,
  statement: ConditionStatement
) {
  const before = machine.status?.conditions
  const conditions = setCondition(
    before,
    {
      ...statement,
      ...(machine.metadata.generation === undefined ? {} : { observedGeneration: machine.metadata.generation })
    },
    facts.now.timestamp
  )
  if (conditions === before) return
  yield* patchMachine(scope, machine, { ...machine, status: { ...machine.status, conditions } }, [
    MachineCondition.OwnerRemediated
  ])
})

const remediate = Effect.fnUntraced(function* (
  scope: Scope,
  facts: ControlPlaneFacts,
  { machine, record: remediation }: NonNullable<RemediationPlan["remediate"]>
) {
  scope.controlPlane.change((controlPlane) => ({
    ...controlPlane,
    metadata: {
      ...controlPlane.metadata,
      annotations: {
        ...controlPlane.metadata.annotations,
        [Annotations.RemediationInProgress]: formatRemediation(remediation)
      }
    }
  }))
  yield* persist(scope)
  if (isEtcdManaged(facts.controlPlane)) yield* forwardLeadership(facts, machine)
  yield* deleteSeen(scope, Machine, machine)
  yield* stateRemediation(scope, facts, machine, {
    type: MachineCondition.OwnerRemediated,
    status: "False",
    reason: MachineReason.MachineDeleting,
    message: "Machine is deleting"
  }).pipe(catchReason("NotFound", () => Effect.void))
})

/** Conditions that may change although nothing in the management cluster does. */
const remoteConditions = [
  KubeadmControlPlaneCondition.ControlPlaneComponentsHealthy,
  KubeadmControlPlaneCondition.EtcdClusterHealthy
]

/** A control plane that is not yet, or no longer, whole is looked at again soon: silence ends without a change to tell of it. */
export const withPatience = (scope: Scope, wish: Wish): Wish => {
  const controlPlane = scope.controlPlane.get()
  if (wish.requeueAfterMillis !== undefined || isDeleting(controlPlane)) return wish
  const isWhole = remoteConditions.every(
    (type) => (findCondition(controlPlane.status?.conditions, type)?.status ?? "True") === "True"
  )
  return isInitialized(controlPlane) && isWhole ? wish : { ...wish, requeueAfterMillis: unsettledMillis }
}
