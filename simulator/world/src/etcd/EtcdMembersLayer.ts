/**
 * The simulated etcd members of workload clusters, reached as in life: through the cluster's API server to the Pod on a Node.
 *
 * @source https://etcd.io/docs/v3.5/dev-guide/api_reference_v3/
 * @fidelity documented https://etcd.io/docs/v3.5/dev-guide/api_reference_v3/ — Membership, status, moves of the leader.
 * @fidelity assumed — A call takes 10 ms; one to a member that is away takes as long as a client waits for it, ten seconds.
 */
import { formatKey } from "@capstan/api"
import {
  type EtcdMember,
  EtcdMembers,
  EtcdRefused,
  type EtcdStatus,
  type EtcdTarget,
  EtcdUnreachable
} from "@capstan/provider"
import { Effect, Layer, Result } from "effect"
import type { ControlPlanes } from "../cluster/ControlPlanes.ts"
import type { WorkloadCluster } from "../cluster/WorkloadCluster.ts"
import { routeTo } from "../clients/Route.ts"
import type { NodePods } from "../node/NodePods.ts"
import type { WorldState } from "../WorldState.ts"
import { type ChangeRefusal, type MemberState, refusalToRemove } from "./EtcdCluster.ts"

type Failure = EtcdUnreachable | EtcdRefused

interface Reached {
  readonly cluster: WorkloadCluster
  readonly member: MemberState
}

const callMillis = 10
const silentMillis = 10_000

/** etcd says so when a member knows of no leader. */
const noLeaderId = "0"

const shown = (member: MemberState): EtcdMember => ({
  id: member.id,
  name: member.name,
  peerUrls: [`https://${member.address}:2380`],
  clientUrls: [`https://${member.address}:2379`],
  isLearner: member.learner
})

const refused = (reason: EtcdRefused["reason"], message: string): EtcdRefused => new EtcdRefused({ reason, message })

const sentences: { readonly [Refusal in ChangeRefusal]: EtcdRefused } = {
  NoLeader: refused("NoLeader", "etcdserver: no leader"),
  MemberNotFound: refused("MemberNotFound", "etcdserver: member not found"),
  UnhealthyCluster: refused(
    "UnhealthyCluster",
    "etcdserver: re-configuration failed due to not enough started members"
  ),
  TooManyLearners: refused("UnhealthyCluster", "etcdserver: too many learner members in cluster")
}

export const etcdMembersLayer = (
  state: WorldState,
  controlPlanes: ControlPlanes,
  pods: NodePods
): Layer.Layer<EtcdMembers> => {
  const reach = (target: EtcdTarget): Result.Result<Reached, EtcdUnreachable> => {
    const unreachable = (message: string) => Result.fail(new EtcdUnreachable({ node: target.node, message }))
    const host = state.endpointOf(formatKey(target.cluster))
    const route = host === undefined ? undefined : routeTo(state, controlPlanes, host, undefined)
    if (route?._tag === "Closed") return unreachable(route.message)
    const cluster = state.cluster(route?.cluster ?? target.cluster.name)
    if (cluster === undefined || cluster.serving.length === 0) return unreachable("no API server to reach etcd through")
    const member = cluster.etcd.members.find((each) => each.name === target.node && controlPlanes.isMemberUp(each))
    return member === undefined
      ? unreachable(`no etcd member answers on Node ${target.node}`)
      : Result.succeed({ cluster, member })
  }

  const call = <A>(
    operation: string,
    mutating: boolean,
    target: EtcdTarget,
    perform: (reached: Reached) => Result.Result<A, Failure>
  ): Effect.Effect<A, Failure> =>
    Effect.suspend(() => {
      const reached = reach(target)
      const latencyMillis = Result.isSuccess(reached) ? callMillis : silentMillis
      const about = `${formatKey(target.cluster)} ${target.node}`
      return state.kernel.call({ service: "etcd", operation, mutating, target: about, latencyMillis }, () => {
        const now = reach(target)
        return Result.isFailure(now) ? Result.fail<Failure>(now.failure) : perform(now.success)
      })
    })

  const statusOf = ({ cluster, member }: Reached): EtcdStatus => ({
    memberId: member.id,
    leaderId: cluster.etcd.leader ?? noLeaderId,
    members: cluster.etcd.members.map(shown),
    alarms: []
  })

  const remove = ({ cluster }: Reached, memberId: string): Result.Result<void, Failure> => {
    const refusal = refusalToRemove(cluster.etcd, controlPlanes.isMemberUp, memberId)
    const member = cluster.etcd.members.find((each) => each.id === memberId)
    if (refusal !== undefined || member === undefined) return Result.fail(sentences[refusal ?? "MemberNotFound"])
    const machine = state.machine(member.machine)
    controlPlanes.removeMember(cluster.id, member)
    if (machine !== undefined) pods.etcdEnded(machine)
    return Result.succeed(undefined)
  }

  const moveLeader = ({ cluster, member }: Reached, toMemberId: string): Result.Result<void, Failure> => {
    const { etcd } = cluster
    if (etcd.leader === undefined) return Result.fail(sentences.NoLeader)
    if (etcd.leader !== member.id) return Result.fail(refused("NotLeader", "etcdserver: not leader"))
    const next = etcd.members.find((each) => each.id === toMemberId)
    if (next === undefined || next.learner) {
      return Result.fail(refused("BadLeaderTransferee", "etcdserver: bad leader transferee"))
    }
    if (!controlPlanes.isMemberUp(next)) {
      return Result.fail(refused("Timeout", "etcdserver: request timed out, leader transfer took too long"))
    }
    if (next.id !== member.id) controlPlanes.moveLeader(cluster.id, next)
    return Result.succeed(undefined)
  }

  return Layer.succeed(EtcdMembers, {
    status: (target) => call("status", false, target, (reached) => Result.succeed(statusOf(reached))),
    remove: (target, memberId) => call("remove", true, target, (reached) => remove(reached, memberId)),
    moveLeader: (target, toMemberId) => call("moveLeader", true, target, (reached) => moveLeader(reached, toMemberId))
  })
}
