/**
 * The membership of a cluster's etcd as one pass saw it, and which member belongs to which Machine. Pure.
 *
 * A member is a Machine's when it carries the name of the Machine's Node: Node names need not be Machine names. Before a
 * Machine has its Node, or the member its name, the address in the member's peer URL tells whose it is.
 */
import type { Machine } from "@capstan/api"
import type { EtcdMember, EtcdStatus } from "@capstan/provider"

export interface EtcdView {
  /** Never empty. */
  readonly members: ReadonlyArray<EtcdMember>
  readonly alarms: EtcdStatus["alarms"]
  readonly leaderId: string | undefined
  /** Ids of the members that answered for themselves in this pass. */
  readonly responsive: ReadonlySet<string>
}

const hostOf = (url: string): string | undefined =>
  /^\w+:\/\/(?:\[([^\]]+)\]|([^:/]+))/.exec(url)?.slice(1).find(Boolean)

const hasAddress = (machine: Machine, member: EtcdMember): boolean =>
  member.peerUrls.some((url) => {
    const host = hostOf(url)
    return host !== undefined && machine.status?.addresses?.some(({ address }) => address === host) === true
  })

/** Whether the member runs on the Machine. */
export const isMemberOf = (member: EtcdMember, machine: Machine): boolean => {
  const node = machine.status?.nodeRef?.name
  return node === undefined || member.name === "" ? hasAddress(machine, member) : member.name === node
}

export const memberOf = (etcd: EtcdView, machine: Machine): EtcdMember | undefined =>
  etcd.members.find((member) => isMemberOf(member, machine))

export const machineOf = (member: EtcdMember, machines: ReadonlyArray<Machine>): Machine | undefined =>
  machines.find((machine) => isMemberOf(member, machine))

/** Alarms that this member raised. */
export const alarmsOf = (etcd: EtcdView, member: EtcdMember): ReadonlyArray<string> =>
  etcd.alarms.filter(({ memberId }) => memberId === member.id).map(({ type }) => type)
