/**
 * Which API servers answer: a control-plane machine that is up, its etcd member among a quorum of voters.
 *
 * Everything follows from what is up; so after each change the cluster is looked at as a whole, and only differences are
 * told: to the cloud's health checks, to watches, to the trace.
 *
 * @source https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/ha-topology/
 * @fidelity documented https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/ha-topology/#stacked-etcd-topology — An API server uses the etcd member beside it.
 * @fidelity documented https://etcd.io/docs/v3.5/faq/ — Quorum; a cluster that has lost it serves nothing.
 * @fidelity assumed — Without a quorum API servers answer nothing at all, also no health checks; a change of leader is not felt.
 * @fidelity assumed — When one API server stops, all watches of the cluster break; those that went elsewhere resume unharmed.
 * @fidelity assumed — An external etcd is always well.
 */
import {
  type EtcdCluster,
  hasQuorum,
  type IsUp,
  type MemberState,
  votersOf,
  withMember,
  withoutMember,
  withPromoted
} from "../etcd/EtcdCluster.ts"
import { isUp, type Machine } from "../machine/Machine.ts"
import type { WorldState } from "../WorldState.ts"
import type { WorkloadCluster } from "./WorkloadCluster.ts"

/** Told when a cluster's API begins or ceases to answer. */
export type OnApi = (cluster: string, up: boolean) => void

export class ControlPlanes {
  private readonly state: WorldState
  private readonly onApi: OnApi
  readonly isMemberUp: IsUp

  constructor(state: WorldState, onApi: OnApi) {
    this.state = state
    this.onApi = onApi
    this.isMemberUp = (member) => {
      const machine = state.machine(member.machine)
      return machine !== undefined && isUp(machine)
    }
  }

  /** Whether the machine's own API server answers. */
  serves(machine: Machine): boolean {
    const { node } = machine
    return node !== undefined && (this.state.cluster(node.cluster)?.serving.includes(machine.id) ?? false)
  }

  /** Works out anew who answers. */
  review(id: string): void {
    const before = this.state.cluster(id)
    if (before === undefined) return
    const { externalEtcd } = before.plan
    const quorum = externalEtcd || hasQuorum(before.etcd, this.isMemberUp)
    const serving = quorum
      ? this.state.machinesOf(id).flatMap((machine) => (this.couldServe(machine, before) ? [machine.id] : []))
      : []
    this.state.putCluster({ ...before, quorum, serving, etcd: this.withLivingLeader(before, quorum) })
    if (quorum !== before.quorum && before.etcd.members.length > 0) {
      this.emitEtcd(id, quorum ? "quorum-restored" : "quorum-lost", undefined)
    }
    this.tell(before, serving)
  }

  addMember(id: string, member: MemberState): void {
    const cluster = this.state.cluster(id)
    if (cluster === undefined) return
    const first = cluster.etcd.members.length === 0
    const etcd = withMember(cluster.etcd, member)
    this.state.putCluster(
      first ? { ...cluster, quorum: true, etcd: { ...etcd, leader: member.id } } : { ...cluster, etcd }
    )
    this.emitEtcd(id, "added", member)
    if (first) this.emitEtcd(id, "leader", member)
    this.review(id)
  }

  promote(id: string, member: MemberState): void {
    const cluster = this.state.cluster(id)
    if (cluster === undefined) return
    this.state.putCluster({ ...cluster, etcd: withPromoted(cluster.etcd, member.id) })
    this.emitEtcd(id, "promoted", member)
    this.review(id)
  }

  removeMember(id: string, member: MemberState): void {
    const cluster = this.state.cluster(id)
    if (cluster === undefined) return
    this.state.putCluster({ ...cluster, etcd: withoutMember(cluster.etcd, member.id) })
    this.emitEtcd(id, "removed", member)
    this.review(id)
  }

  moveLeader(id: string, member: MemberState): void {
    const cluster = this.state.cluster(id)
    if (cluster === undefined) return
    const etcd: EtcdCluster = { ...cluster.etcd, leader: member.id, term: cluster.etcd.term + 1, electing: false }
    this.state.putCluster({ ...cluster, etcd })
    this.emitEtcd(id, "leader", member)
  }

  /** The time of an election has come. */
  elect(id: string, term: number): void {
    const cluster = this.state.cluster(id)
    if (cluster === undefined || cluster.etcd.term !== term || !cluster.etcd.electing) return
    const candidates = votersOf(cluster.etcd).filter(this.isMemberUp)
    const elected = candidates[this.state.pickIndex(candidates.length)]
    if (elected === undefined) return
    this.state.putCluster({ ...cluster, etcd: { ...cluster.etcd, leader: elected.id, electing: false } })
    this.emitEtcd(id, "leader", elected)
  }

  private couldServe(machine: Machine, { etcd, plan }: WorkloadCluster): boolean {
    if (machine.node?.staticPods !== true || !isUp(machine)) return false
    return plan.externalEtcd || etcd.members.some((member) => member.machine === machine.id && !member.learner)
  }

  /** etcd without a leader that is down; sets out for an election when there can be one. */
  private withLivingLeader(cluster: WorkloadCluster, quorum: boolean): EtcdCluster {
    const { etcd } = cluster
    const leader = etcd.members.find((member) => member.id === etcd.leader)
    if (leader !== undefined && quorum && this.isMemberUp(leader)) return etcd
    if (cluster.plan.externalEtcd || etcd.members.length === 0) return etcd
    if (!quorum) return { ...etcd, leader: undefined, electing: false }
    if (etcd.electing) return etcd
    const term = etcd.term + 1
    this.state.later("election", { on: "election", cluster: cluster.id, term })
    return { ...etcd, leader: undefined, term, electing: true }
  }

  private tell(before: WorkloadCluster, serving: ReadonlyArray<string>): void {
    const lost = before.serving.filter((id) => !serving.includes(id))
    const gained = serving.filter((id) => !before.serving.includes(id))
    if (lost.length > 0) this.state.fleet.get(before.id)?.breakWatches()
    for (const id of [...lost, ...gained]) {
      const machine = this.state.machine(id)
      if (machine !== undefined) this.state.cloudOf(machine)?.healthChanged(id)
    }
    if (before.serving.length === 0 && serving.length > 0) {
      this.state.note("api-up", { cluster: before.id })
      this.onApi(before.id, true)
    } else if (before.serving.length > 0 && serving.length === 0) {
      this.state.note("api-down", { cluster: before.id })
      this.onApi(before.id, false)
    }
  }

  private emitEtcd(id: string, step: string, member: MemberState | undefined): void {
    const cluster = this.state.cluster(id)
    this.state.kernel.trace.emit("etcd", {
      cluster: cluster?.name ?? id,
      step,
      ...(member === undefined ? {} : { member: member.id, name: member.name, instance: member.machine })
    })
  }
}
