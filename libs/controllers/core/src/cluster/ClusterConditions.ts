/**
 * The conditions of a Cluster: what its infrastructure, control plane, workers and connection say, and their summary. Pure.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/cluster/cluster_controller_status.go
 */
import {
  aggregateCondition,
  type Cluster,
  ClusterCondition,
  ClusterReason,
  type ConditionStatement,
  type KubernetesObject,
  type Machine,
  MachineCondition,
  summaryCondition,
  type WeightedReasons,
  type WithConditions
} from "@capstan/api"
import { timestampOf } from "@capstan/runtime"
import { controlPlaneInitializedPath, isControlPlaneInitialized } from "../contract/ControlPlaneContract.ts"
import { isProvisioned, provisionedPath } from "../contract/InfrastructureClusterContract.ts"
import { internalErrorMessage, referencedCondition } from "../contract/ReferencedCondition.ts"
import { listAt } from "../contract/ValueAt.ts"
import { aggregated, conditionOf, hasTrue, statement } from "../frame/Conditions.ts"
import { isJudged, remediating } from "../frame/MachineHealth.ts"
import type { ClusterFacts } from "./ClusterFacts.ts"
import type { ClusterPlan } from "./ClusterPlan.ts"

/** Conditions that this controller alone writes. */
export const ownedClusterConditions: ReadonlyArray<string> = Object.values(ClusterCondition).filter(
  (type) => type !== ClusterCondition.TopologyReconciled
)

/** How long the connection may be silent before it counts as lost. */
const connectionGraceMillis = 50_000

export const clusterConditions = (facts: ClusterFacts, plan: ClusterPlan): ReadonlyArray<ConditionStatement> => {
  const parts = [
    infrastructureReady(facts),
    controlPlaneAvailable(facts),
    controlPlaneInitialized(facts, plan.cluster),
    workersAvailable(facts),
    ...machineConditions(facts),
    remoteConnectionProbe(facts),
    rolloutCondition(facts, "RollingOut"),
    rolloutCondition(facts, "ScalingUp"),
    rolloutCondition(facts, "ScalingDown"),
    remediating(
      ClusterCondition.Remediating,
      [...facts.descendants.controlPlaneMachines, ...facts.descendants.workerMachines],
      ClusterReason
    ),
    deleting(plan)
  ].filter((statement) => statement !== undefined)
  return [...parts, available(facts.cluster, parts)]
}

const infrastructureReady = ({ cluster, infrastructure }: ClusterFacts): ConditionStatement =>
  referencedCondition({
    owner: cluster,
    read: infrastructure,
    wasReady: cluster.status?.initialization?.infrastructureProvisioned === true,
    source: "Ready",
    target: ClusterCondition.InfrastructureReady,
    unreferenced: { status: "True", reason: ClusterReason.Ready, message: "" },
    reasons: [ClusterReason.Ready, ClusterReason.NotReady],
    flag: ({ kind: { contract }, object }) => ({
      status: isProvisioned(object, contract),
      path: provisionedPath[contract]
    })
  })

const controlPlaneAvailable = ({ cluster, controlPlane, descendants }: ClusterFacts): ConditionStatement => {
  const wasInitialized = cluster.status?.initialization?.controlPlaneInitialized === true
  const linked =
    wasInitialized || descendants.controlPlaneMachines.some((machine) => machine.status?.nodeRef !== undefined)
  return referencedCondition({
    owner: cluster,
    read: controlPlane,
    wasReady: wasInitialized,
    source: "Available",
    target: ClusterCondition.ControlPlaneAvailable,
    unreferenced: linked
      ? { status: "True", reason: ClusterReason.Available, message: "" }
      : { status: "False", reason: ClusterReason.NotAvailable, message: "Control plane not yet initialized" },
    reasons: [ClusterReason.Available, ClusterReason.NotAvailable],
    flag: ({ kind: { contract }, object }) => ({
      status: isControlPlaneInitialized(object, contract),
      path: controlPlaneInitializedPath[contract]
    })
  })
}

/** Never leaves True: the flag is latched. */
const controlPlaneInitialized = (facts: ClusterFacts, planned: Cluster): ConditionStatement | undefined => {
  const type = ClusterCondition.ControlPlaneInitialized
  if (hasTrue(facts.cluster, type)) return undefined
  if (planned.status?.initialization?.controlPlaneInitialized === true) {
    return statement(type, "True", ClusterReason.Initialized)
  }
  switch (facts.controlPlane._tag) {
    case "Unreadable":
      return statement(type, "Unknown", ClusterReason.InternalError, internalErrorMessage)
    case "Missing":
      return statement(
        type,
        "False",
        ClusterReason.ObjectDoesNotExist,
        `${facts.controlPlane.reference.kind} does not exist`
      )
    case "NoReference":
      return statement(
        type,
        "False",
        ClusterReason.NotInitialized,
        "Waiting for the first control plane machine to have status.nodeRef set"
      )
    case "Found":
      return statement(type, "False", ClusterReason.NotInitialized, "Control plane not yet initialized")
  }
}

const workersAvailable = ({ descendants }: ClusterFacts): ConditionStatement => {
  const type = ClusterCondition.WorkersAvailable
  const objects = descendants.machineDeployments
  if (objects.length === 0) return statement(type, "True", ClusterReason.NoWorkers)
  const reasons = {
    issue: ClusterReason.NotAvailable,
    unknown: ClusterReason.AvailableUnknown,
    info: ClusterReason.Available
  }
  return aggregateCondition({ objects, type, of: "Available", reasons })
}

const ready = {
  of: MachineCondition.Ready,
  reasons: {
    issue: ClusterReason.NotReady,
    unknown: ClusterReason.ReadyUnknown,
    info: ClusterReason.Ready,
    noReplicas: ClusterReason.NoReplicas
  }
}

const upToDate = {
  of: MachineCondition.UpToDate,
  reasons: {
    issue: ClusterReason.NotUpToDate,
    unknown: ClusterReason.UpToDateUnknown,
    info: ClusterReason.UpToDate,
    noReplicas: ClusterReason.NoReplicas
  }
}

const machineConditions = (facts: ClusterFacts): ReadonlyArray<ConditionStatement> => {
  const { controlPlaneMachines, workerMachines } = facts.descendants
  const judged = (machines: ReadonlyArray<Machine>): ReadonlyArray<Machine> =>
    machines.filter((machine) => isJudged(machine, facts.now.millis))
  return [
    aggregated({
      type: ClusterCondition.ControlPlaneMachinesReady,
      objects: controlPlaneMachines,
      ...ready
    }),
    aggregated({ type: ClusterCondition.WorkerMachinesReady, objects: workerMachines, ...ready }),
    aggregated({
      type: ClusterCondition.ControlPlaneMachinesUpToDate,
      objects: judged(controlPlaneMachines),
      ...upToDate
    }),
    aggregated({ type: ClusterCondition.WorkerMachinesUpToDate, objects: judged(workerMachines), ...upToDate })
  ]
}

/** Keeps an earlier verdict while there is no news, as after a restart of the manager. */
const remoteConnectionProbe = ({ cluster, connection, now }: ClusterFacts): ConditionStatement | undefined => {
  const type = ClusterCondition.RemoteConnectionProbe
  const lastSuccess = connection.lastProbeSuccessMillis
  if (lastSuccess === undefined) {
    if (conditionOf(cluster, type) !== undefined && connection.consecutiveFailures < 5) return undefined
    return statement(type, "False", ClusterReason.ProbeFailed, "Remote connection not established yet")
  }
  if (now.millis - lastSuccess > connectionGraceMillis) {
    return statement(type, "False", ClusterReason.ProbeFailed, `Last successful probe at ${timestampOf(lastSuccess)}`)
  }
  return statement(type, "True", ClusterReason.ProbeSucceeded)
}

/** Over the control plane, if it reports the condition, and all MachineDeployments. */
const rolloutCondition = (
  facts: ClusterFacts,
  type: "RollingOut" | "ScalingUp" | "ScalingDown"
): ConditionStatement => {
  const { controlPlane, descendants } = facts
  const reasons: WeightedReasons = { issue: type, unknown: `${type}Unknown`, info: `Not${type}` }
  const reporting =
    controlPlane._tag === "Found" && reports(controlPlane.object, type) ? [asReporting(controlPlane.object)] : []
  const objects = [...reporting, ...descendants.machineDeployments]
  if (objects.length === 0) return statement(type, "False", reasons.info)
  return aggregateCondition({ objects, type, of: type, reasons, negative: true })
}

const reports = (object: KubernetesObject, type: string): boolean =>
  listAt(object, ["status", "conditions"]).some(
    (condition) => typeof condition === "object" && condition !== null && "type" in condition && condition.type === type
  )

// A provider that reports one of these conditions reports conditions in their usual shape.
const asReporting = (object: KubernetesObject): WithConditions => object

const deleting = ({ deletion }: ClusterPlan): ConditionStatement =>
  deletion === undefined
    ? statement(ClusterCondition.Deleting, "False", ClusterReason.NotDeleting)
    : statement(ClusterCondition.Deleting, "True", deletion.reason, deletion.message)

const available = (cluster: Cluster, overrides: ReadonlyArray<ConditionStatement>): ConditionStatement => {
  const gates = cluster.spec.availabilityGates ?? []
  return summaryCondition({
    conditions: cluster.status?.conditions,
    type: ClusterCondition.Available,
    of: [
      ClusterCondition.Deleting,
      ClusterCondition.RemoteConnectionProbe,
      ClusterCondition.InfrastructureReady,
      ClusterCondition.ControlPlaneAvailable,
      ClusterCondition.WorkersAvailable,
      ClusterCondition.TopologyReconciled,
      ...gates.map((gate) => gate.conditionType)
    ],
    negative: [
      ClusterCondition.Deleting,
      ...gates.filter((gate) => gate.polarity === "Negative").map((gate) => gate.conditionType)
    ],
    ignoreIfMissing: [ClusterCondition.TopologyReconciled],
    reasons: {
      issue: ClusterReason.NotAvailable,
      unknown: ClusterReason.AvailableUnknown,
      info: ClusterReason.Available
    },
    overrides
  })
}
