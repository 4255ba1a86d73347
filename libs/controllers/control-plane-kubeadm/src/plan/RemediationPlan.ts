/**
 * Which unhealthy Machine is replaced now, if any. Pure.
 *
 * A health check only marks Machines. The control plane replaces one at a time, and none where that could cost etcd its quorum
 * or leave nobody to answer: what it does not know counts as unsafe.
 *
 * Where upstream loses the record of a remediation when the manager dies between deleting the Machine and writing it down, here it
 * is written first: an annotation that names a Machine which still lives means "delete it", and is taken back when the Machine is
 * well again.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controlplane/kubeadm/internal/controllers/remediation.go
 */
import {
  Annotations,
  type ConditionStatement,
  findCondition,
  isDeleting,
  type Machine,
  MachineCondition,
  MachineReason
} from "@capstan/api"
import { hasAnnotation, parseTimestamp } from "@capstan/runtime"
import {
  byAge,
  type ControlPlaneFacts,
  createdMillis,
  desiredReplicas,
  has,
  hasAll,
  isEtcdManaged,
  isInitialized,
  isProvisioning,
  kubernetesComponents,
  lacks,
  nodeNameOf
} from "../ControlPlaneFacts.ts"
import { survivesRemoval } from "../etcd/EtcdQuorum.ts"
import { memberOf } from "../etcd/EtcdView.ts"
import { isUpgradePending } from "./Preflight.ts"
import { remediationAnsweredBy, type RemediationRecord, remediationInProgress } from "./RemediationRecord.ts"

const minHealthyPeriodSeconds = 3600

export interface RemediationPlan {
  /** Well again: their OwnerRemediated goes. */
  readonly recovered: ReadonlyArray<Machine>
  /** Not now; the statement says why. */
  readonly refused: { readonly machine: Machine; readonly statement: ConditionStatement } | undefined
  /** Replace this one: write the record down, then delete it. */
  readonly remediate: { readonly machine: Machine; readonly record: RemediationRecord } | undefined
  /** The annotation on the control plane has served its purpose. */
  readonly dropRecord: boolean
  /** When a refusal may end by time alone. */
  readonly requeueAfterMillis: number | undefined
}

const nothing: RemediationPlan = {
  recovered: [],
  refused: undefined,
  remediate: undefined,
  dropRecord: false,
  requeueAfterMillis: undefined
}

/** A health check has given up on it, and leaves it to us. */
export const isMarked = (machine: Machine): boolean =>
  lacks(machine, MachineCondition.HealthCheckSucceeded) && lacks(machine, MachineCondition.OwnerRemediated)

export const planRemediation = (facts: ControlPlaneFacts): RemediationPlan => {
  const machines = facts.machines.map(({ machine }) => machine)
  const recovered = machines.filter(
    (machine) =>
      !isDeleting(machine) &&
      has(machine, MachineCondition.HealthCheckSucceeded) &&
      findCondition(machine.status?.conditions, MachineCondition.OwnerRemediated) !== undefined
  )
  const dropRecord = isRecordStale(facts, machines)
  const base = { ...nothing, recovered, dropRecord }
  const inProgress = dropRecord ? undefined : remediationInProgress(facts.controlPlane)
  const candidate = chooseCandidate(machines.filter(isMarked), inProgress)
  if (candidate === undefined || isDeleting(candidate)) return base
  if (inProgress !== undefined && inProgress.machine !== candidate.metadata.name) return base

  const refusal = (reason: string, message: string, requeueAfterMillis?: number): RemediationPlan => ({
    ...base,
    refused: {
      machine: candidate,
      statement: { type: MachineCondition.OwnerRemediated, status: "False", reason, message }
    },
    requeueAfterMillis
  })
  if (isUpgradePending(facts)) {
    return refusal(
      MachineReason.RemediationDeferred,
      "waiting for a version upgrade to be propagated from Cluster.spec.topology"
    )
  }
  const record = inProgress ?? nextRecord(facts, candidate)
  if ("refused" in record) return refusal(record.refused, record.message, record.requeueAfterMillis)
  const unsafe = isInitialized(facts.controlPlane) ? whyUnsafe(facts, machines, candidate) : undefined
  if (unsafe !== undefined) return refusal(unsafe.reason, unsafe.message)
  return { ...base, remediate: { machine: candidate, record } }
}

/** The most broken first: chosen by a user, without a Node, then by component, then the oldest. One that was begun stays. */
const chooseCandidate = (
  marked: ReadonlyArray<Machine>,
  inProgress: RemediationRecord | undefined
): Machine | undefined => {
  const begun = marked.find((machine) => machine.metadata.name === inProgress?.machine)
  if (begun !== undefined) return begun
  const signs: ReadonlyArray<(machine: Machine) => boolean> = [
    (machine) => hasAnnotation(machine, Annotations.RemediateMachine),
    (machine) => nodeNameOf(machine) === undefined,
    ...[
      MachineCondition.EtcdMemberHealthy,
      MachineCondition.EtcdPodHealthy,
      MachineCondition.APIServerPodHealthy,
      MachineCondition.ControllerManagerPodHealthy,
      MachineCondition.SchedulerPodHealthy,
      MachineCondition.NodeKubeadmLabelsAndTaintsSet
    ].map((type) => (machine: Machine) => lacks(machine, type))
  ]
  const rank = (machine: Machine): number => {
    const sign = signs.findIndex((shows) => shows(machine))
    return sign === -1 ? signs.length : sign
  }
  return marked.toSorted((a, b) => rank(a) - rank(b) || byAge(a, b))[0]
}

/** Whether the remediation that is written down is over: answered, no longer needed, or unreadable. */
const isRecordStale = ({ controlPlane }: ControlPlaneFacts, machines: ReadonlyArray<Machine>): boolean => {
  if (!hasAnnotation(controlPlane, Annotations.RemediationInProgress)) return false
  const record = remediationInProgress(controlPlane)
  if (record === undefined) return true
  const remediated = machines.find((machine) => machine.metadata.name === record.machine)
  if (remediated !== undefined) return !isDeleting(remediated) && !isMarked(remediated)
  const since = parseTimestamp(record.timestamp) ?? 0
  return machines.length >= desiredReplicas(controlPlane) || machines.some((machine) => createdMillis(machine) > since)
}

type Refusal = { readonly refused: string; readonly message: string; readonly requeueAfterMillis?: number }

/** The record of a new try, or why there is none: tries of one sequence have a pace and a limit. */
const nextRecord = (facts: ControlPlaneFacts, machine: Machine): RemediationRecord | Refusal => {
  const { controlPlane, now } = facts
  const first: RemediationRecord = { machine: machine.metadata.name, timestamp: now.timestamp, retryCount: 0 }
  const last = remediationAnsweredBy(machine)
  if (last === undefined) return first

  const {
    maxRetry,
    minHealthyPeriodSeconds: period = minHealthyPeriodSeconds,
    retryPeriodSeconds = 0
  } = controlPlane.spec.remediation ?? {}
  const lastMillis = parseTimestamp(last.timestamp) ?? 0
  if (lastMillis + period * 1000 <= now.millis) return first
  const nextMillis = lastMillis + retryPeriodSeconds * 1000
  if (nextMillis > now.millis) {
    return {
      refused: MachineReason.RemediationDeferred,
      message:
        "KubeadmControlPlane can't remediate this machine because the operation already failed in the latest " +
        `${retryPeriodSeconds}s (RetryPeriod)`,
      requeueAfterMillis: nextMillis - now.millis
    }
  }
  if (maxRetry !== undefined && last.retryCount >= maxRetry) {
    return {
      refused: MachineReason.CannotBeRemediated,
      message: `KubeadmControlPlane can't remediate this machine because the operation already failed ${maxRetry} times (MaxRetry)`
    }
  }
  return { ...first, retryCount: last.retryCount + 1 }
}

interface Unsafe {
  readonly reason: string
  readonly message: string
}

const deferred = (message: string): Unsafe => ({ reason: MachineReason.RemediationDeferred, message })
const impossible = (message: string): Unsafe => ({ reason: MachineReason.CannotBeRemediated, message })

/** Why the candidate may not go from a control plane that works. */
const whyUnsafe = (
  { controlPlane, etcd }: ControlPlaneFacts,
  machines: ReadonlyArray<Machine>,
  candidate: Machine
): Unsafe | undefined => {
  const others = machines.filter((machine) => machine.metadata.uid !== candidate.metadata.uid)
  if (others.length === 0) {
    return impossible("KubeadmControlPlane can't remediate if current replicas are less or equal to 1")
  }
  if (others.some((machine) => isProvisioning(machine) && !lacks(machine, MachineCondition.HealthCheckSucceeded))) {
    return deferred(
      "KubeadmControlPlane waiting for control plane Machine provisioning to complete before triggering remediation"
    )
  }
  if (others.some(isDeleting)) {
    return deferred(
      "KubeadmControlPlane waiting for control plane Machine deletion to complete before triggering remediation"
    )
  }
  if (!others.some((machine) => hasAll(machine, kubernetesComponents))) {
    return impossible(
      "KubeadmControlPlane can't remediate this machine because no other control plane Machine has all Kubernetes components healthy"
    )
  }
  if (!isEtcdManaged(controlPlane)) return undefined
  if (etcd === undefined)
    return deferred("KubeadmControlPlane waiting for the list of etcd members before triggering remediation")
  const member = memberOf(etcd, candidate)
  if (member === undefined || survivesRemoval(etcd, member.id, machines)) return undefined
  return impossible("KubeadmControlPlane can't remediate this machine because this could result in etcd losing quorum")
}
