/**
 * Whether etcd keeps a quorum of healthy voters after a change of its membership. Pure.
 *
 * Everything that takes a member away, or adds one, asks here first. Members are counted, never Nodes: a Node that
 * somebody deleted still has its member.
 *
 * @source https://etcd.io/docs/v3.5/faq/#why-an-odd-number-of-cluster-members
 */
import { type Machine, MachineCondition } from "@capstan/api"
import type { EtcdMember } from "@capstan/provider"
import { has } from "../ControlPlaneFacts.ts"
import { alarmsOf, type EtcdView, machineOf } from "./EtcdView.ts"

/** A member as quorum counts it. */
export interface MemberHealth {
  readonly healthy: boolean
  /** Has no vote yet. */
  readonly learner: boolean
}

/** How many healthy voters a cluster of so many voters needs. */
export const quorumOf = (voters: number): number => Math.floor(voters / 2) + 1

/** Whether these members have a quorum. A learner makes every change unsafe: whoever joins must first be done. */
export const keepsQuorum = (members: ReadonlyArray<MemberHealth>): boolean =>
  members.every(({ learner }) => !learner) &&
  members.filter(({ healthy }) => healthy).length >= quorumOf(members.length)

/**
 * A member that has not started counts as an unhealthy learner. Members of Machines are as healthy as their Machine says;
 * a member without one must at least have answered and raised no alarm.
 */
export const memberHealth = (etcd: EtcdView, member: EtcdMember, machines: ReadonlyArray<Machine>): MemberHealth => {
  if (member.name === "") return { healthy: false, learner: true }
  const machine = machineOf(member, machines)
  const healthy =
    machine === undefined
      ? etcd.responsive.has(member.id) && alarmsOf(etcd, member).length === 0
      : has(machine, MachineCondition.EtcdMemberHealthy)
  return { healthy, learner: member.isLearner }
}

/** Whether the quorum holds when the member has gone. */
export const survivesRemoval = (etcd: EtcdView, memberId: string, machines: ReadonlyArray<Machine>): boolean => {
  const left = etcd.members.filter(({ id }) => id !== memberId)
  return left.length > 0 && keepsQuorum(left.map((member) => memberHealth(etcd, member, machines)))
}

/**
 * Whether the quorum holds while another member joins. It counts as unhealthy until it has joined, but beside a single member,
 * which could otherwise never become two.
 */
export const survivesAddition = (etcd: EtcdView, machines: ReadonlyArray<Machine>): boolean => {
  const members = etcd.members.map((member) => memberHealth(etcd, member, machines))
  return keepsQuorum([...members, { healthy: members.length === 1, learner: false }])
}
