/**
 * What the kubeadm control-plane kinds looked like in v1beta1, as a table of moves; v1alpha4 had the same fields.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/migrations/v1.10-to-v1.11
 */
import { kubeadmConfigSpecMoves } from "../../bootstrap/conversion/v1beta1.ts"
import {
  counterMoves,
  durationMove,
  deletionMovesBetween,
  referenceMove,
  statusMoves
} from "../../cluster/conversion/v1beta1.ts"
import { isJsonObject } from "../../conversion/JsonPath.ts"
import { type Move, movesUnder } from "../../conversion/OldVersion.ts"

const renamedKey =
  (from: string, to: string) =>
  (value: unknown): unknown => {
    if (!isJsonObject(value) || value[from] === undefined) return value
    const { [from]: kept, ...rest } = value
    return { ...rest, [to]: kept }
  }

/** The moves of what a control plane and its template have in common, from the root of their spec. */
const specMoves: ReadonlyArray<Move> = [
  referenceMove("machineTemplate.infrastructureRef", "machineTemplate.spec.infrastructureRef"),
  { old: "machineTemplate.readinessGates", now: "machineTemplate.spec.readinessGates" },
  { old: "machineTemplate.taints", now: "machineTemplate.spec.taints" },
  ...deletionMovesBetween("machineTemplate", "machineTemplate.spec"),
  { old: "rolloutBefore", now: "rollout.before" },
  { old: "rolloutAfter", now: "rollout.after" },
  { old: "rolloutStrategy", now: "rollout.strategy" },
  { old: "remediationStrategy.maxRetry", now: "remediation.maxRetry" },
  durationMove("remediationStrategy.retryPeriod", "remediation.retryPeriodSeconds"),
  durationMove("remediationStrategy.minHealthyPeriod", "remediation.minHealthyPeriodSeconds"),
  { old: "machineNamingStrategy", now: "machineNaming" },
  ...kubeadmConfigSpecMoves("kubeadmConfigSpec")
]

export const kubeadmControlPlaneMoves: ReadonlyArray<Move> = [
  ...movesUnder("spec", specMoves),
  ...statusMoves,
  ...counterMoves,
  { old: "status.updatedReplicas", now: "status.deprecated.v1beta1.updatedReplicas" },
  { old: "status.unavailableReplicas", now: "status.deprecated.v1beta1.unavailableReplicas" },
  { old: "status.initialized", now: "status.initialization.controlPlaneInitialized" },
  { old: "status.ready" },
  {
    old: "status.lastRemediation",
    now: "status.lastRemediation",
    up: renamedKey("timestamp", "time"),
    down: renamedKey("time", "timestamp")
  }
]

export const kubeadmControlPlaneTemplateMoves: ReadonlyArray<Move> = movesUnder("spec.template.spec", specMoves)
