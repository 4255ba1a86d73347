/**
 * A new etcd member for a machine, with an id drawn from the world's chance.
 *
 * @source https://etcd.io/docs/v3.5/op-guide/clustering/
 */
import type { MemberState } from "../etcd/EtcdCluster.ts"
import type { Machine } from "../machine/Machine.ts"
import type { WorldState } from "../WorldState.ts"

export const memberOn = (state: WorldState, machine: Machine, name: string, learner: boolean): MemberState => {
  const stream = state.kernel.random("world/etcd")
  const half = (): string => stream.u32().toString(16).padStart(8, "0")
  return {
    // The first digit is never 0: ids are written without leading zeros.
    id: `${(1 + stream.below(15)).toString(16)}${half().slice(1)}${half()}`,
    name,
    address: machine.view.privateIp,
    learner,
    machine: machine.id
  }
}
