/**
 * What to do for a control-plane Machine that is being deleted and has been drained: take its member out of etcd, then let it
 * go on. Pure.
 *
 * Here and not at scale-down, so that Machines which a user deletes leave etcd in the same way. One Machine at a time.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controlplane/kubeadm/internal/controllers/controller.go
 */
import {
  Annotations,
  findCondition,
  isAtLeastMinor,
  isDeleting,
  type Machine,
  MachineCondition,
  MachineReason,
  parseVersion
} from "@capstan/api"
import type { EtcdMember } from "@capstan/provider"
import { hasAnnotation } from "@capstan/runtime"
import { type ControlPlaneFacts, hasAll, isEtcdManaged, kubernetesComponents } from "../ControlPlaneFacts.ts"
import { survivesRemoval } from "../etcd/EtcdQuorum.ts"
import { memberOf } from "../etcd/EtcdView.ts"

export type HookStep =
  /** Not yet; the sentence says for what. */
  | { readonly _tag: "HookWait"; readonly message: string }
  | { readonly _tag: "DropHook"; readonly machine: Machine }
  /** Give leadership away, remove the member, drop the hook. */
  | { readonly _tag: "ReleaseMember"; readonly machine: Machine; readonly member: EtcdMember }

const wait = (message: string): HookStep => ({ _tag: "HookWait", message })

/** Undefined when no Machine is being deleted. */
export const planHook = (facts: ControlPlaneFacts): HookStep | undefined => {
  const machines = facts.machines.map(({ machine }) => machine)
  const deleting = machines.filter(isDeleting).toSorted(byDeletion)
  const [machine] = deleting
  if (machine === undefined) return undefined
  const { name } = machine.metadata
  if (!hasAnnotation(machine, Annotations.KcpPreTerminateHook)) return wait(`waiting for Machine ${name} to be deleted`)
  if (keepsHookForLast(facts) && hasOtherHooks(machine))
    return wait(`waiting for other pre-terminate hooks of Machine ${name}`)
  const state = findCondition(machine.status?.conditions, MachineCondition.Deleting)
  if (state?.reason !== MachineReason.WaitingForPreTerminateHook)
    return wait(`waiting for Machine ${name} to be drained`)

  const others = machines.filter((other) => other.metadata.uid !== machine.metadata.uid)
  if (others.length === 0) return { _tag: "DropHook", machine }
  const needed = isEtcdManaged(facts.controlPlane)
    ? [...kubernetesComponents, MachineCondition.EtcdPodHealthy]
    : kubernetesComponents
  if (!others.some((other) => hasAll(other, needed))) {
    return wait(`waiting for another Machine to be healthy before Machine ${name} goes`)
  }
  if (!isEtcdManaged(facts.controlPlane)) return { _tag: "DropHook", machine }
  if (facts.etcd === undefined) return wait("waiting for the list of etcd members")
  const member = memberOf(facts.etcd, machine)
  if (member === undefined) return { _tag: "DropHook", machine }
  return survivesRemoval(facts.etcd, member.id, machines)
    ? { _tag: "ReleaseMember", machine, member }
    : wait(`waiting: without the etcd member of Machine ${name} etcd would have no quorum`)
}

/** The one whose deletion was asked for first. */
const byDeletion = (a: Machine, b: Machine): number => {
  const left = a.metadata.deletionTimestamp ?? ""
  const right = b.metadata.deletionTimestamp ?? ""
  return left < right ? -1 : left > right ? 1 : a.metadata.name < b.metadata.name ? -1 : 1
}

/** From 1.31 the kubelet talks to the local API server, which needs the local etcd: whatever hooks do, they do before. */
const keepsHookForLast = ({ controlPlane }: ControlPlaneFacts): boolean => {
  const version = parseVersion(controlPlane.spec.version)
  return version !== undefined && isAtLeastMinor(version, 1, 31)
}

const hasOtherHooks = (machine: Machine): boolean =>
  Object.keys(machine.metadata.annotations ?? {}).some(
    (annotation) =>
      annotation.startsWith(Annotations.PreTerminateHookPrefix) && annotation !== Annotations.KcpPreTerminateHook
  )
