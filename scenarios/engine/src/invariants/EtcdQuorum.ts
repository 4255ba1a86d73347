/** I4: no step that a controller takes of its own will costs etcd its quorum, and members and Machines end up the same. */
import { isDeleting, KubeadmControlPlane, Machine } from "@capstan/api"
import { defineInvariant, type EtcdView } from "./Invariant.ts"

const quorumOf = (voters: number): number => Math.floor(voters / 2) + 1

const atRisk = (etcd: EtcdView): string | undefined => {
  const voters = etcd.members.filter((member) => member.voter)
  const healthy = voters.filter((member) => member.healthy).length
  return healthy >= quorumOf(voters.length)
    ? undefined
    : `etcd of ${etcd.cluster} has ${healthy} healthy of ${voters.length} voting members after a member was removed`
}

export const etcdQuorum = defineInvariant({
  id: "I4",
  rule: "no voluntary step leaves etcd without a quorum of healthy members",
  on: ["etcd", "end"],
  start: () => ({}),
  check: (view, event) => {
    const clusters = view.etcd().filter((etcd) => etcd.members.length > 0)
    if (event.kind === "etcd") {
      if (event.etcd?.step !== "removed") return []
      return clusters.filter((etcd) => etcd.cluster === event.etcd?.cluster).flatMap((etcd) => atRisk(etcd) ?? [])
    }
    const alive = new Set(
      view
        .objects(KubeadmControlPlane)
        .filter((controlPlane) => !isDeleting(controlPlane))
        .map((controlPlane) => controlPlane.metadata.labels?.["cluster.x-k8s.io/cluster-name"] ?? "")
    )
    const machines = view
      .objects(Machine)
      .filter((machine) => machine.metadata.labels?.["cluster.x-k8s.io/control-plane"] !== undefined)
    return clusters
      .filter((etcd) => alive.has(etcd.cluster))
      .flatMap((etcd) => {
        const count = machines.filter(
          (machine) => machine.metadata.labels?.["cluster.x-k8s.io/cluster-name"] === etcd.cluster
        ).length
        return count === etcd.members.length
          ? []
          : [
              `etcd of ${etcd.cluster} has ${etcd.members.length} members for ${count} control-plane Machines at the end`
            ]
      })
  }
})
