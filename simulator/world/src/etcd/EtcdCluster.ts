/**
 * etcd's membership as a value, and what etcd would say to a change of it. Pure.
 *
 * A change needs a quorum of voters that are up, and is refused when it would leave too few of them (`strict-reconfig-check`).
 * Left out: the log and its replication, alarms, partitions in which both sides are up.
 *
 * @source https://etcd.io/docs/v3.5/op-guide/runtime-configuration/
 * @fidelity documented https://etcd.io/docs/v3.5/op-guide/runtime-reconf-design/ — Two phases, strict checks.
 * @fidelity documented https://etcd.io/docs/v3.5/learning/design-learner/ — One learner at a time, promoted once it has caught up.
 */

export interface MemberState {
  /** Unsigned 64-bit, lower-case hex. */
  readonly id: string
  /** The Node's name. */
  readonly name: string
  readonly address: string
  readonly learner: boolean
  /** The machine that it runs on. */
  readonly machine: string
}

export interface EtcdCluster {
  readonly members: ReadonlyArray<MemberState>
  /** Member id; `undefined` while there is none. */
  readonly leader: string | undefined
  /** Counts the elections. */
  readonly term: number
  /** Whether an election is under way. */
  readonly electing: boolean
}

export type IsUp = (member: MemberState) => boolean

export const noEtcd: EtcdCluster = { members: [], leader: undefined, term: 0, electing: false }

export const votersOf = (etcd: EtcdCluster): ReadonlyArray<MemberState> =>
  etcd.members.filter((member) => !member.learner)

export const quorumOf = (voters: number): number => Math.floor(voters / 2) + 1

/** Whether enough voters are up to elect a leader and to write. */
export const hasQuorum = (etcd: EtcdCluster, isUp: IsUp): boolean => {
  const voters = votersOf(etcd)
  return voters.length > 0 && voters.filter(isUp).length >= quorumOf(voters.length)
}

export type ChangeRefusal = "NoLeader" | "MemberNotFound" | "UnhealthyCluster" | "TooManyLearners"

export const refusalToAdd = (etcd: EtcdCluster, isUp: IsUp, learner: boolean): ChangeRefusal | undefined => {
  if (!hasQuorum(etcd, isUp) || etcd.leader === undefined) return "NoLeader"
  if (learner && etcd.members.some((member) => member.learner)) return "TooManyLearners"
  const voters = votersOf(etcd)
  return !learner && voters.filter(isUp).length < voters.length && voters.length > 1 ? "UnhealthyCluster" : undefined
}

export const refusalToRemove = (etcd: EtcdCluster, isUp: IsUp, id: string): ChangeRefusal | undefined => {
  if (!hasQuorum(etcd, isUp) || etcd.leader === undefined) return "NoLeader"
  const member = etcd.members.find((each) => each.id === id)
  if (member === undefined) return "MemberNotFound"
  if (member.learner || !isUp(member)) return undefined
  const left = votersOf(etcd).filter((each) => each !== member)
  return left.filter(isUp).length < quorumOf(left.length) ? "UnhealthyCluster" : undefined
}

export const withMember = (etcd: EtcdCluster, member: MemberState): EtcdCluster => ({
  ...etcd,
  members: [...etcd.members, member]
})

export const withPromoted = (etcd: EtcdCluster, id: string): EtcdCluster => ({
  ...etcd,
  members: etcd.members.map((member) => (member.id === id ? { ...member, learner: false } : member))
})

export const withoutMember = (etcd: EtcdCluster, id: string): EtcdCluster => ({
  ...etcd,
  members: etcd.members.filter((member) => member.id !== id),
  leader: etcd.leader === id ? undefined : etcd.leader
})
