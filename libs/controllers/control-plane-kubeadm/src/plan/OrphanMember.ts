/**
 * An etcd member whose Machine is gone: which one to remove, if that is safe now. Pure.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controlplane/kubeadm/internal/controllers/controller.go
 */
import type { EtcdMember } from "@capstan/provider"
import { type ControlPlaneFacts, isEtcdManaged, isProvisioning } from "../ControlPlaneFacts.ts"
import { survivesRemoval } from "../etcd/EtcdQuorum.ts"
import { type EtcdView, machineOf, memberOf } from "../etcd/EtcdView.ts"

/**
 * Members that belong to no Machine. One cannot tell while a Machine has no Node yet, nor whose a member without a name is while
 * a Machine has none: it joins etcd after its Node is there.
 */
export const orphanMembers = (etcd: EtcdView, machines: ControlPlaneFacts["machines"]): ReadonlyArray<EtcdMember> => {
  const all = machines.map(({ machine }) => machine)
  if (all.some(isProvisioning)) return []
  const allHaveMembers = all.every((machine) => memberOf(etcd, machine) !== undefined)
  return etcd.members.filter((member) => machineOf(member, all) === undefined && (member.name !== "" || allHaveMembers))
}

/** A member that never started goes in any case: it holds up everything else and has no part in the quorum of the living. */
export const orphanToRemove = ({ controlPlane, etcd, machines }: ControlPlaneFacts): EtcdMember | undefined => {
  if (!isEtcdManaged(controlPlane) || etcd === undefined || machines.length === 0) return undefined
  const all = machines.map(({ machine }) => machine)
  return orphanMembers(etcd, machines).find((member) => member.name === "" || survivesRemoval(etcd, member.id, all))
}
