/**
 * Taking a member out of a workload cluster's etcd, leadership first.
 *
 * A leader that nobody can reach does not hold this up: the removal goes through another member, and etcd elects anew. Everything
 * here may be repeated.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controlplane/kubeadm/internal/workload_cluster_etcd.go
 */
import { keyOf, type Machine } from "@capstan/api"
import { type EtcdMember, EtcdMembers, EtcdRefused, EtcdUnreachable } from "@capstan/provider"
import { Effect } from "effect"
import type { ControlPlaneFacts } from "../ControlPlaneFacts.ts"
import { controlPlaneFailure } from "../Pass.ts"
import { memberOf } from "./EtcdView.ts"
import { leaderCandidate } from "./LeaderCandidate.ts"

/** Moves leadership away from the Machine's member, if it leads. */
export const forwardLeadership = Effect.fnUntraced(function* (facts: ControlPlaneFacts, leaving: Machine) {
  const { etcd: view, machines } = facts
  const member = view === undefined ? undefined : memberOf(view, leaving)
  if (view === undefined || member === undefined || view.leaderId !== member.id) return
  const heir = leaderCandidate(machines, leaving)
  const heirMember = heir === undefined ? undefined : memberOf(view, heir)
  if (heirMember === undefined) return
  const etcd = yield* EtcdMembers
  yield* Effect.catchIf(
    etcd.moveLeader({ cluster: keyOf(facts.cluster), node: member.name }, heirMember.id),
    (error) => error instanceof EtcdUnreachable || error.reason === "NotLeader",
    () => Effect.void
  )
})

/** Removes the member through one of the others; done, too, when it is no longer there. */
export const removeMember = Effect.fnUntraced(function* (facts: ControlPlaneFacts, member: EtcdMember) {
  const etcd = yield* EtcdMembers
  const view = facts.etcd
  const others = (view?.members ?? []).filter(
    ({ id, name }) => id !== member.id && name !== "" && view?.responsive.has(id) === true
  )
  const through = others.find(({ id }) => id === view?.leaderId) ?? others[0]
  if (through === undefined)
    return yield* controlPlaneFailure(`no other etcd member answers that could remove ${member.name}`)
  yield* Effect.catchIf(
    etcd.remove({ cluster: keyOf(facts.cluster), node: through.name }, member.id),
    (error) => error instanceof EtcdRefused && error.reason === "MemberNotFound",
    () => Effect.void
  )
})
