/**
 * Who should lead etcd when the leader's machine is about to go. Pure.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controlplane/kubeadm/internal/workload_cluster_etcd.go
 */
import { isDeleting, type Machine, MachineCondition } from "@capstan/api"
import { type ControlPlaneMachine, createdMillis, has, isUpToDate, lacks, nodeNameOf } from "../ControlPlaneFacts.ts"

/** The best of the others: healthy member, not marked by a health check, up to date, newest, by name. */
export const leaderCandidate = (
  machines: ReadonlyArray<ControlPlaneMachine>,
  leaving: Machine
): Machine | undefined => {
  const score = (each: ControlPlaneMachine): number =>
    (has(each.machine, MachineCondition.EtcdMemberHealthy) ? 4 : 0) +
    (lacks(each.machine, MachineCondition.HealthCheckSucceeded) ? 0 : 2) +
    (isUpToDate(each) ? 1 : 0)
  return machines
    .filter(
      ({ machine }) =>
        nodeNameOf(machine) !== undefined && !isDeleting(machine) && machine.metadata.uid !== leaving.metadata.uid
    )
    .toSorted(
      (a, b) =>
        score(b) - score(a) ||
        createdMillis(b.machine) - createdMillis(a.machine) ||
        (a.machine.metadata.name < b.machine.metadata.name ? -1 : 1)
    )[0]?.machine
}
