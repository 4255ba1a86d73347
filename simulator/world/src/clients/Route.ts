/**
 * Who answers a client that connects to a cluster's endpoint now, or why nobody does. Pure of side effects.
 *
 * A name that does not resolve and a load balancer without healthy targets answer at once; a target that is dead and not
 * yet out of service lets the client wait until it gives up.
 *
 * @source https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-healthchecks.html
 * @fidelity assumed — A client keeps to the server it has as long as that one answers and is in service, and gives a silent one ten seconds.
 */
import type { ControlPlanes } from "../cluster/ControlPlanes.ts"
import type { WorldState } from "../WorldState.ts"

export type Route =
  | { readonly _tag: "Open"; readonly cluster: string; readonly machine: string }
  | { readonly _tag: "Closed"; readonly message: string; readonly afterMillis: number }

const refusedMillis = 50
const silentMillis = 10_000

export const routeTo = (
  state: WorldState,
  controlPlanes: ControlPlanes,
  host: string,
  via: string | undefined
): Route => {
  const reached = state.resolve(host)
  if (reached === "unresolved") return closed(`lookup ${host}: no such host`, refusedMillis)
  const kept = via !== undefined && reached.includes(via) ? open(state, controlPlanes, via) : undefined
  if (kept !== undefined) return kept
  const picked = reached[reached.length === 0 ? 0 : state.pickIndex(reached.length)]
  if (picked === undefined) return closed(`connect to ${host}: connection refused`, refusedMillis)
  const answers = open(state, controlPlanes, picked)
  if (answers !== undefined) return answers
  const machine = state.machine(picked)
  return machine?.answering === true && machine.kubelet
    ? closed(`connect to ${host}: connection reset by peer`, refusedMillis)
    : closed(`connect to ${host}: i/o timeout`, silentMillis)
}

const open = (state: WorldState, controlPlanes: ControlPlanes, id: string): Route | undefined => {
  const machine = state.machine(id)
  const cluster = machine?.node?.cluster
  return machine === undefined || cluster === undefined || !controlPlanes.serves(machine)
    ? undefined
    : { _tag: "Open", cluster, machine: id }
}

const closed = (message: string, afterMillis: number): Route => ({ _tag: "Closed", message, afterMillis })
