/**
 * What the kinds of `cluster.x-k8s.io` looked like in v1beta1, as tables of moves; v1alpha4 had the same fields.
 *
 * Counters and conditions of the old meaning go to `status.deprecated.v1beta1`, the new ones come from `status.v1beta2`.
 * References of a v1beta1 document name a version: v1beta2 for the group of infrastructure providers, else v1beta1.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/migrations/v1.10-to-v1.11
 */
import type { Unstructured } from "../../Kind.ts"
import { getAt, isJsonObject, setAt } from "../../conversion/JsonPath.ts"
import { type Move, movesUnder } from "../../conversion/OldVersion.ts"
import {
  durationOfSeconds,
  referenceWithoutVersion,
  referenceWithVersion,
  secondsOfDuration
} from "../../conversion/OldValues.ts"

/** A reference whose version is dropped on the way up and looked up on the way down. */
export const referenceMove = (path: string, now: string = path): Move => ({
  old: path,
  now,
  up: referenceWithoutVersion,
  down: referenceWithVersion
})

export const durationMove = (old: string, now: string): Move => ({
  old,
  now,
  up: secondsOfDuration,
  down: durationOfSeconds
})

/** Conditions and the terminal failure, which every kind had. */
export const statusMoves: ReadonlyArray<Move> = [
  { old: "status.conditions", now: "status.deprecated.v1beta1.conditions" },
  { old: "status.failureReason", now: "status.deprecated.v1beta1.failureReason" },
  { old: "status.failureMessage", now: "status.deprecated.v1beta1.failureMessage" },
  { old: "status.v1beta2.conditions", now: "status.conditions" },
  { now: "status.deprecated" }
]

/** Replica counters whose meaning changed with v1beta2. */
export const counterMoves: ReadonlyArray<Move> = [
  { old: "status.readyReplicas", now: "status.deprecated.v1beta1.readyReplicas" },
  { old: "status.v1beta2.readyReplicas", now: "status.readyReplicas" },
  { old: "status.v1beta2.availableReplicas", now: "status.availableReplicas" },
  { old: "status.v1beta2.upToDateReplicas", now: "status.upToDateReplicas" }
]

const deletionMoves: ReadonlyArray<Move> = [
  durationMove("nodeDrainTimeout", "deletion.nodeDrainTimeoutSeconds"),
  durationMove("nodeVolumeDetachTimeout", "deletion.nodeVolumeDetachTimeoutSeconds"),
  durationMove("nodeDeletionTimeout", "deletion.nodeDeletionTimeoutSeconds")
]

/** The timeouts of a machine, which stood beside the fields of `old` and now stand below `now`. */
export const deletionMovesBetween = (old: string, now: string): ReadonlyArray<Move> =>
  deletionMoves.map((move) => ({ ...move, old: `${old}.${move.old}`, now: `${now}.${move.now}` }))

const machineSpecMoves: ReadonlyArray<Move> = [
  referenceMove("bootstrap.configRef"),
  referenceMove("infrastructureRef"),
  ...deletionMoves
]

const namingMove: Move = { old: "spec.machineNamingStrategy", now: "spec.machineNaming" }

const listOfDomains = (value: unknown): unknown =>
  isJsonObject(value)
    ? Object.keys(value)
        .sort()
        .map((name) => ({ name, ...(isJsonObject(value[name]) ? value[name] : {}) }))
    : value

const mapOfDomains = (value: unknown): unknown =>
  Array.isArray(value)
    ? Object.fromEntries(
        value.filter(isJsonObject).map((domain) => {
          const { name, ...rest } = domain
          return [String(name), rest]
        })
      )
    : value

export const clusterMoves: ReadonlyArray<Move> = [
  referenceMove("spec.controlPlaneRef"),
  referenceMove("spec.infrastructureRef"),
  ...statusMoves,
  { old: "status.infrastructureReady", now: "status.initialization.infrastructureProvisioned" },
  { old: "status.controlPlaneReady", now: "status.initialization.controlPlaneInitialized" },
  { old: "status.failureDomains", now: "status.failureDomains", up: listOfDomains, down: mapOfDomains },
  { old: "status.v1beta2.controlPlane", now: "status.controlPlane" },
  { old: "status.v1beta2.workers", now: "status.workers" }
]

const nameOnly = (value: unknown): unknown => (isJsonObject(value) ? { name: value.name } : value)

const nodeReference = (value: unknown): unknown =>
  isJsonObject(value) ? { apiVersion: "v1", kind: "Node", name: value.name } : value

export const machineMoves: ReadonlyArray<Move> = [
  ...movesUnder("spec", machineSpecMoves),
  { now: "spec.minReadySeconds" },
  { now: "status.failureDomain" },
  ...statusMoves,
  { old: "status.infrastructureReady", now: "status.initialization.infrastructureProvisioned" },
  { old: "status.bootstrapReady", now: "status.initialization.bootstrapDataSecretCreated" },
  { old: "status.nodeRef", now: "status.nodeRef", up: nameOnly, down: nodeReference }
]

const dropZero = (value: unknown): unknown => (value === 0 ? undefined : value)

const templateMoves: ReadonlyArray<Move> = [
  ...movesUnder("spec.template.spec", machineSpecMoves),
  { old: "spec.minReadySeconds", now: "spec.template.spec.minReadySeconds", up: dropZero },
  namingMove
]

export const machineSetMoves: ReadonlyArray<Move> = [
  ...templateMoves,
  { old: "spec.deletePolicy", now: "spec.deletion.order" },
  ...statusMoves,
  ...counterMoves,
  { old: "status.fullyLabeledReplicas", now: "status.deprecated.v1beta1.fullyLabeledReplicas" },
  { old: "status.availableReplicas", now: "status.deprecated.v1beta1.availableReplicas" }
]

export const machineDeploymentMoves: ReadonlyArray<Move> = [
  ...templateMoves,
  { old: "spec.rolloutAfter", now: "spec.rollout.after" },
  { old: "spec.strategy.type", now: "spec.rollout.strategy.type" },
  { old: "spec.strategy.rollingUpdate.maxSurge", now: "spec.rollout.strategy.rollingUpdate.maxSurge" },
  { old: "spec.strategy.rollingUpdate.maxUnavailable", now: "spec.rollout.strategy.rollingUpdate.maxUnavailable" },
  { old: "spec.strategy.rollingUpdate.deletePolicy", now: "spec.deletion.order" },
  { old: "spec.strategy.remediation.maxInFlight", now: "spec.remediation.maxInFlight" },
  { old: "spec.revisionHistoryLimit" },
  { old: "spec.progressDeadlineSeconds" },
  ...statusMoves,
  ...counterMoves,
  { old: "status.availableReplicas", now: "status.deprecated.v1beta1.availableReplicas" },
  { old: "status.updatedReplicas", now: "status.deprecated.v1beta1.updatedReplicas" },
  { old: "status.unavailableReplicas", now: "status.deprecated.v1beta1.unavailableReplicas" }
]

const eachCondition =
  (from: string, to: string, change: (value: unknown) => unknown) =>
  (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map((condition: unknown) => {
          if (!isJsonObject(condition) || condition[from] === undefined) return condition
          const { [from]: limit, ...rest } = condition
          return { ...rest, [to]: change(limit) }
        })
      : value

const conditionsMove = (old: string, now: string): Move => ({
  old,
  now,
  up: eachCondition("timeout", "timeoutSeconds", secondsOfDuration),
  down: eachCondition("timeoutSeconds", "timeout", durationOfSeconds)
})

const apiVersionKindName = (value: unknown): unknown =>
  isJsonObject(value) ? { apiVersion: value.apiVersion, kind: value.kind, name: value.name } : value

export const machineHealthCheckMoves: ReadonlyArray<Move> = [
  conditionsMove("spec.unhealthyConditions", "spec.checks.unhealthyNodeConditions"),
  conditionsMove("spec.unhealthyMachineConditions", "spec.checks.unhealthyMachineConditions"),
  durationMove("spec.nodeStartupTimeout", "spec.checks.nodeStartupTimeoutSeconds"),
  { old: "spec.maxUnhealthy", now: "spec.remediation.triggerIf.unhealthyLessThanOrEqualTo" },
  { old: "spec.unhealthyRange", now: "spec.remediation.triggerIf.unhealthyInRange" },
  { old: "spec.remediationTemplate", now: "spec.remediation.templateRef", up: apiVersionKindName },
  ...statusMoves
]

/** A strategy without a type, which used to be filled in, at the path of the rollout. */
export const withStrategyType =
  (path: string) =>
  (object: Unstructured): Unstructured => {
    const strategy = getAt(object, path)
    return isJsonObject(strategy) && (strategy.type === undefined || strategy.type === "")
      ? setAt(object, `${path}.type`, "RollingUpdate")
      : object
  }
