/**
 * The kubeadm control-plane provider: keeps the Machines that run API servers and etcd.
 *
 * One pass: certificates and kubeconfig, Machines as the template wants them, a look into the workload cluster, then the one next
 * step of the plan. `report` tells what the pass has seen. Left out: in-place updates, patches of single fields by the topology.
 *
 * @source https://cluster-api.sigs.k8s.io/tasks/control-plane/kubeadm-control-plane
 */
import {
  Annotations,
  findCondition,
  isDeleting,
  keyOf,
  KubeadmControlPlane,
  type KubeadmControlPlaneBody,
  KubeadmControlPlaneCondition,
  KubeadmControlPlaneReason,
  KubeadmControlPlaneTemplate,
  Machine,
  setCondition,
  type Condition
} from "@capstan/api"
import type { KubernetesApi } from "@capstan/kubernetes"
import { type AnyControlPlaneProvider, defineControlPlaneProvider, type Removal } from "@capstan/provider"
import {
  boundTo,
  type Cache,
  ClusterCache,
  type Controller,
  controlPlaneController,
  EventRecorder,
  parseTimestamp,
  timestampOf
} from "@capstan/runtime"
import { type Context, Effect, Result } from "effect"
import { adoptMachines } from "./Adoption.ts"
import { reconcileCertificates, reconcileKubeconfig } from "./Certificates.ts"
import { type ControlPlaneFacts, isEndpointValid, isEtcdManaged, isInitialized } from "./ControlPlaneFacts.ts"
import { adoptTemplate, sweepUnfinished, syncMachines } from "./machine/MachineActions.ts"
import { upToDateCondition } from "./machine/UpToDate.ts"
import {
  asProviderError,
  controllerName,
  controlPlaneFailure,
  type ControlPlaneServices,
  deleteSeen,
  type PassNotes,
  patchMachine,
  type Scope
} from "./Pass.ts"
import { dropHook, performPlan, soonest, withPatience } from "./PerformStep.ts"
import { planControlPlane } from "./plan/ControlPlanePlan.ts"
import { readFacts, withMachines } from "./ReadFacts.ts"
import { withStatus } from "./status/ControlPlaneStatus.ts"
import { type ConnectionState, machineHealth } from "./status/MachineHealth.ts"
import { type Inspection, inspectWorkload } from "./workload/Inspection.ts"
import { hasKubeadmConfig } from "./workload/WorkloadConfiguration.ts"

const missingAuthorityMillis = 30_000
const deletionWaitMillis = 30_000
/** Upstream's `--remote-conditions-grace-period`. */
const connectionGraceMillis = 300_000
const concurrency = 100

const ensure = Effect.fnUntraced(function* (scope: Scope, notes: PassNotes) {
  const read = yield* readFacts(scope)
  notes.facts = read.facts
  const template = yield* Effect.tapError(adoptTemplate(scope), (error) =>
    Effect.sync(() => {
      notes.templateProblem = error.message
    })
  )
  if (scope.cluster.status?.initialization?.infrastructureProvisioned !== true) return {}
  const certificates = yield* Effect.tapError(reconcileCertificates(scope), () =>
    Effect.sync(() => {
      notes.certificates = {
        status: "Unknown",
        reason: KubeadmControlPlaneReason.InternalError,
        message: "Please check controller logs for errors"
      }
    })
  )
  notes.certificates = certificates.statement
  if (!isEndpointValid(scope.cluster)) return {}
  if (!(yield* reconcileKubeconfig(scope, certificates))) return { requeueAfterMillis: missingAuthorityMillis }
  if (yield* adoptMachines(scope, read)) return {}

  const synced = yield* syncMachines(scope, { ...read.facts, certificatesAvailable: certificates.available })
  notes.facts = synced
  const facts = yield* inspect(scope, notes, synced)
  if (notes.inspection?._tag === "Unreachable") {
    return yield* controlPlaneFailure(`the workload cluster does not answer: ${notes.inspection.message}`)
  }
  yield* sweepUnfinished(scope, facts, template)
  const plan = planControlPlane(facts)
  notes.plan = plan
  const wish = yield* performPlan(scope, facts, plan, template)
  return soonest(wish, rolloutMillis(facts))
})

/** How long until a rollout that was asked for by time begins. */
const rolloutMillis = ({ controlPlane, now }: ControlPlaneFacts): number | undefined => {
  const after = parseTimestamp(controlPlane.spec.rollout?.after)
  return after === undefined || after < now.millis ? undefined : after - now.millis + 1_000
}

/** Looks into the workload cluster, and writes what it saw to the Machines. */
const inspect = Effect.fnUntraced(function* (scope: Scope, notes: PassNotes, before: ControlPlaneFacts) {
  yield* noteInitialized(scope, before)
  const controlPlane = scope.controlPlane.get()
  const cluster = keyOf(scope.cluster)
  const machines = before.machines.map(({ machine }) => machine)
  const inspection: Inspection = isInitialized(controlPlane)
    ? yield* inspectWorkload({ cluster, machines, managedEtcd: isEtcdManaged(controlPlane) })
    : { _tag: "NotInitialized" }
  notes.inspection = inspection
  const connection = yield* connectionState(scope, before)
  const written: Array<Machine> = []
  for (const { machine, outdated } of before.machines) {
    const statements = [
      upToDateCondition(machine, outdated),
      ...machineHealth(controlPlane, machine, inspection, connection)
    ]
    const { generation } = machine.metadata
    const conditions = statements.reduce<ReadonlyArray<Condition>>(
      (list, statement) =>
        setCondition(
          list,
          generation === undefined ? statement : { ...statement, observedGeneration: generation },
          before.now.timestamp
        ),
      machine.status?.conditions ?? []
    )
    const after =
      conditions === machine.status?.conditions ? machine : { ...machine, status: { ...machine.status, conditions } }
    written.push(yield* patchMachine(scope, machine, after))
  }
  const facts: ControlPlaneFacts = {
    ...withMachines(before, written),
    controlPlane,
    etcd: inspection._tag === "Seen" ? inspection.etcd : undefined
  }
  notes.facts = facts
  return facts
})

/** Once kubeadm has left its configuration in the cluster the control plane is initialized, for ever. */
const noteInitialized = Effect.fnUntraced(function* (scope: Scope, { machines }: ControlPlaneFacts) {
  const controlPlane = scope.controlPlane.get()
  const [first, ...others] = machines
  const isLeaving =
    first !== undefined &&
    others.length === 0 &&
    (isDeleting(first.machine) || controlPlane.metadata.annotations?.[Annotations.RemediationInProgress] !== undefined)
  if (isInitialized(controlPlane) || first === undefined || isLeaving) return
  const connections = yield* ClusterCache
  const found = yield* Effect.result(Effect.flatMap(connections.client(keyOf(scope.cluster)), hasKubeadmConfig))
  if (Result.isFailure(found) || !found.success) return
  scope.controlPlane.change((object) => ({
    ...object,
    status: { ...object.status, initialization: { ...object.status?.initialization, controlPlaneInitialized: true } }
  }))
})

/** A new connection gets the same time as one that was lost, and so does one that a manager looks for after its start. */
const connectionState = Effect.fnUntraced(function* (scope: Scope, { now }: ControlPlaneFacts) {
  const connections = yield* ClusterCache
  const { lastProbeSuccessMillis, sinceMillis: managerSinceMillis } = connections.health(keyOf(scope.cluster))
  const initialized = findCondition(
    scope.controlPlane.get().status?.conditions,
    KubeadmControlPlaneCondition.Initialized
  )
  const sinceMillis =
    initialized?.status === "True" ? (parseTimestamp(initialized.lastTransitionTime) ?? now.millis) : now.millis
  const last = lastProbeSuccessMillis ?? 0
  return {
    isLost:
      now.millis - Math.max(lastProbeSuccessMillis ?? managerSinceMillis ?? now.millis, sinceMillis) >
      connectionGraceMillis,
    message: last === 0 ? "Remote connection down" : `Last successful probe at ${timestampOf(last)}`
  } satisfies ConnectionState
})

const remove = Effect.fnUntraced(function* (scope: Scope, notes: PassNotes) {
  const { facts: read } = yield* readFacts(scope)
  notes.facts = read
  const before = findCondition(
    scope.controlPlane.get().status?.conditions,
    KubeadmControlPlaneCondition.CertificatesAvailable
  )
  if (before !== undefined)
    notes.certificates = { status: before.status, reason: before.reason, message: before.message }
  if (read.machines.length === 0) {
    notes.deletion = { reason: KubeadmControlPlaneReason.DeletionCompleted, message: "Deletion completed" }
    return { _tag: "Removed" } as Removal
  }
  const inspected = yield* Effect.result(inspect(scope, notes, read))
  const facts = Result.isSuccess(inspected) ? inspected.success : read
  notes.deletion = facts.others.length > 0 ? waitForWorkers(facts) : waitForMachines(facts)
  if (facts.others.length === 0) {
    for (const { machine } of facts.machines) {
      const freed = yield* dropHook(scope, machine)
      if (!isDeleting(freed))
        yield* Effect.tapError(deleteSeen(scope, Machine, freed), (error) => recordFailedDelete(scope, error.message))
    }
  }
  return { _tag: "Removing", ...notes.deletion, requeueAfterMillis: deletionWaitMillis } as Removal
})

const recordFailedDelete = (scope: Scope, message: string): Effect.Effect<void, never, EventRecorder> =>
  Effect.flatMap(EventRecorder, (recorder) =>
    recorder.record(scope.controlPlane.get(), { type: "Warning", reason: "FailedDelete", message })
  )

const namesOf = (machines: ReadonlyArray<Machine>): string => {
  const names = machines.map(({ metadata }) => metadata.name)
  return names.length > 3 ? `${names.slice(0, 3).join(", ")}, ... (${names.length - 3} more)` : names.join(", ")
}

const waitForWorkers = ({ others }: ControlPlaneFacts) => ({
  reason: KubeadmControlPlaneReason.WaitingForWorkersDeletion,
  message: `KubeadmControlPlane deletion blocked because following objects still exist:\n* Machines: ${namesOf(others)}`
})

const waitForMachines = ({ machines }: ControlPlaneFacts) => ({
  reason: KubeadmControlPlaneReason.WaitingForMachineDeletion,
  message: `Deleting ${machines.length} Machines: ${namesOf(machines.map(({ machine }) => machine))}`
})

/** Once a pass: a pass that succeeded has told already, since when to look again depends on it. */
const report = (scope: Scope, notes: PassNotes): void => {
  const { facts } = notes
  if (facts === undefined || notes.reported === true) return
  notes.reported = true
  scope.controlPlane.change((controlPlane) => withStatus(controlPlane, facts, notes))
}

/** The provider, bound to the manager's services. */
export const kubeadmControlPlaneProvider: Effect.Effect<AnyControlPlaneProvider, never, ControlPlaneServices> =
  Effect.map(Effect.context<ControlPlaneServices>(), (services: Context.Context<ControlPlaneServices>) => {
    // From `ensure` or `remove` to the `report` of the same pass, never longer.
    const passes = new WeakMap<Scope, PassNotes>()
    const notesOf = (scope: Scope): PassNotes => {
      const notes: PassNotes = passes.get(scope) ?? {}
      passes.set(scope, notes)
      return notes
    }
    return defineControlPlaneProvider<KubeadmControlPlaneBody>({
      name: "kubeadm",
      kinds: { controlPlane: KubeadmControlPlane, others: [KubeadmControlPlaneTemplate] },
      finalizer: "kubeadm.controlplane.cluster.x-k8s.io",
      controller: controllerName,
      concurrency,
      ensure: (scope) =>
        boundTo(services)(asProviderError(ensure(scope, notesOf(scope)))).pipe(
          Effect.map((wish) => {
            report(scope, notesOf(scope))
            return withPatience(scope, wish)
          })
        ),
      remove: (scope) => boundTo(services)(asProviderError(remove(scope, notesOf(scope)))),
      report: (scope) => Effect.sync(() => report(scope, notesOf(scope)))
    })
  })

/** The controllers of this provider, for `runManager`. */
export const controlPlaneControllers: Effect.Effect<
  ReadonlyArray<Controller<KubernetesApi | Cache>>,
  never,
  ControlPlaneServices
> = Effect.map(kubeadmControlPlaneProvider, (provider) => [controlPlaneController(provider)])
