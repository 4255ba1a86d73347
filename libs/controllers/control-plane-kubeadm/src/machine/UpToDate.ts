/**
 * Whether a Machine is what the control plane would make now, and if not, why. Pure.
 *
 * Labels, annotations, time limits, gates and taints do not count: they are changed in place.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controlplane/kubeadm/internal/filters.go
 */
import {
  Annotations,
  type ConditionStatement,
  type KubeadmConfig,
  type KubeadmControlPlane,
  type KubernetesObject,
  type Machine,
  MachineCondition,
  MachineReason
} from "@capstan/api"
import { type Now, parseTimestamp } from "@capstan/runtime"
import { createdMillis } from "../ControlPlaneFacts.ts"
import { matchesTemplate } from "./ConfigComparison.ts"

const dayMillis = 24 * 3_600_000

export interface ComparedMachine {
  readonly controlPlane: KubeadmControlPlane
  readonly machine: Machine
  /** A config that is gone cannot be compared and counts as a match. */
  readonly config: KubeadmConfig | undefined
  readonly infrastructure: KubernetesObject | undefined
  readonly now: Now
}

/** One sentence for each difference; empty while the Machine is up to date. */
export const differences = (compared: ComparedMachine): ReadonlyArray<string> => {
  const { config, controlPlane, machine } = compared
  const { spec } = controlPlane
  return [
    ...(machine.spec.version === spec.version
      ? []
      : [`Version ${machine.spec.version ?? "(none)"}, ${spec.version} required`]),
    ...(config?.spec === undefined || matchesTemplate(config.spec, spec) ? [] : ["KubeadmConfig is not up-to-date"]),
    ...(isClonedFromTemplate(compared) ? [] : [`${machine.spec.infrastructureRef.kind} is not up-to-date`]),
    ...(isOverdue(compared) ? ["KubeadmControlPlane spec.rollout.after expired"] : []),
    ...(expiresSoon(compared)
      ? ["Certificates will expire soon, rollout triggered (spec.rollout.before.certificatesExpiryDays)"]
      : [])
  ]
}

/** The annotations name the template, not its content: editing a template in place makes no Machine outdated. */
const isClonedFromTemplate = ({ controlPlane, infrastructure }: ComparedMachine): boolean => {
  const annotations = infrastructure?.metadata.annotations
  const name = annotations?.[Annotations.ClonedFromName]
  const groupKind = annotations?.[Annotations.ClonedFromGroupKind]
  if (name === undefined || groupKind === undefined) return true
  const reference = controlPlane.spec.machineTemplate.spec.infrastructureRef
  return name === reference.name && groupKind === `${reference.kind}.${reference.apiGroup}`
}

const isOverdue = ({ controlPlane, machine, now }: ComparedMachine): boolean => {
  const after = parseTimestamp(controlPlane.spec.rollout?.after)
  return after !== undefined && createdMillis(machine) < after && after < now.millis
}

const expiresSoon = ({ controlPlane, machine, now }: ComparedMachine): boolean => {
  const days = controlPlane.spec.rollout?.before?.certificatesExpiryDays
  const expiry = parseTimestamp(machine.status?.certificatesExpiryDate)
  return days !== undefined && expiry !== undefined && expiry < now.millis + days * dayMillis
}

/** The Machine's own condition: also False while its Node still runs another version than asked for. */
export const upToDateCondition = (machine: Machine, outdated: ReadonlyArray<string>): ConditionStatement => {
  const type = MachineCondition.UpToDate
  if (outdated.length > 0) {
    return {
      type,
      status: "False",
      reason: MachineReason.NotUpToDate,
      message: outdated.map((each) => `* ${each}`).join("\n")
    }
  }
  const kubelet = machine.status?.nodeInfo?.kubeletVersion
  if (kubelet !== undefined && machine.spec.version !== undefined && kubelet !== machine.spec.version) {
    return {
      type,
      status: "False",
      reason: MachineReason.Updating,
      message: `* Node version ${kubelet} is not yet ${machine.spec.version}`
    }
  }
  return { type, status: "True", reason: MachineReason.UpToDate, message: "" }
}
