/**
 * What must hold before the control plane is scaled: it is healthy, and nothing else is under way. Pure.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controlplane/kubeadm/internal/controllers/scale.go
 */
import { Annotations, isDeleting, type Machine, findCondition } from "@capstan/api"
import { hasAnnotation } from "@capstan/runtime"
import {
  componentsOf,
  type ControlPlaneFacts,
  has,
  hasAll,
  isEtcdManaged,
  kubernetesComponents,
  nodeNameOf
} from "../ControlPlaneFacts.ts"
import { survivesAddition } from "../etcd/EtcdQuorum.ts"

export type Scaling = "up" | "down"

export interface PreflightProblem {
  /** Sentences for the conditions ScalingUp and ScalingDown. */
  readonly messages: ReadonlyArray<string>
  readonly requeueAfterMillis: number
  /** Machines are not as they should be, which is worth an event. */
  readonly unhealthy: boolean
}

const waitMillis = 15_000
const deletionWaitMillis = 30_000
/** Nothing, not even a change, starts the next pass earlier. */
export const preflightDeferMillis = 5_000

const problem = (message: string, requeueAfterMillis = waitMillis): PreflightProblem => ({
  messages: [message],
  requeueAfterMillis,
  unhealthy: false
})

/** Version that a topology wants the control plane to have; undefined without a topology. */
const topologyVersion = ({ cluster }: Pick<ControlPlaneFacts, "cluster">): string | undefined => {
  const step = cluster.metadata.annotations?.[Annotations.UpgradeStep]
  if (step !== undefined) return step
  const topology: unknown = cluster.spec.topology
  if (typeof topology !== "object" || topology === null || !("version" in topology)) return undefined
  return typeof topology.version === "string" ? topology.version : undefined
}

/** Whether a topology is about to change the version: until it has, nothing else is changed. */
export const isUpgradePending = (facts: Pick<ControlPlaneFacts, "cluster" | "controlPlane">): boolean => {
  const version = topologyVersion(facts)
  return version !== undefined && version !== facts.controlPlane.spec.version
}

/** @param leaving the Machine that a scale-down would take: its own health does not matter. */
export const preflightProblem = (
  facts: ControlPlaneFacts,
  scaling: Scaling,
  leaving?: Machine
): PreflightProblem | undefined => {
  const machines = facts.machines.map(({ machine }) => machine)
  if (machines.length === 0) return undefined
  if (isUpgradePending(facts)) {
    return problem(
      `waiting for a version upgrade to ${topologyVersion(facts)} to be propagated from Cluster.spec.topology`
    )
  }
  if (scaling === "up" && !facts.certificatesAvailable) return problem("waiting for certificates to be available")
  const deleting = machines.filter(isDeleting)
  if (deleting.length > 0) {
    return problem(
      `waiting for Machine ${deleting.map(({ metadata }) => metadata.name).join(", ")} to be deleted`,
      deletionWaitMillis
    )
  }
  const messages = machines
    .filter((machine) => machine.metadata.uid !== leaving?.metadata.uid)
    .flatMap((machine) => healthProblems(facts, machine))
  if (messages.length === 0 || (scaling === "up" && mayAddDuringRemediation(facts))) return undefined
  return { messages, requeueAfterMillis: waitMillis, unhealthy: true }
}

const healthProblems = ({ controlPlane }: ControlPlaneFacts, machine: Machine): ReadonlyArray<string> => {
  const { name } = machine.metadata
  if (nodeNameOf(machine) === undefined) {
    return [`Machine ${name} does not have a corresponding Node yet (Machine.status.nodeRef not set)`]
  }
  return componentsOf(controlPlane)
    .filter((component) => !has(machine, component))
    .map((component) => {
      const condition = findCondition(machine.status?.conditions, component)
      return `Machine ${name} reports ${component} condition is ${
        condition === undefined
          ? "unknown"
          : `${condition.status.toLowerCase()} (${condition.message || condition.reason})`
      }`
    })
}

/**
 * The replacement of a remediated Machine may join although others are not healthy either, as long as the API answers somewhere
 * and etcd can take another member.
 */
const mayAddDuringRemediation = ({ controlPlane, etcd, machines }: ControlPlaneFacts): boolean => {
  if (!hasAnnotation(controlPlane, Annotations.RemediationInProgress)) return false
  const all = machines.map(({ machine }) => machine)
  if (!all.some((machine) => hasAll(machine, kubernetesComponents))) return false
  return !isEtcdManaged(controlPlane) || (etcd !== undefined && survivesAddition(etcd, all))
}
