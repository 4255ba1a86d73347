/**
 * A cloud as plain data and pure functions: zones, machines, load balancers, and the only moves between them.
 *
 * Each function takes a state and gives the next one, with what is due later as tagged data. Nobody waits in here and nothing is
 * mutated, so the same rules serve a unit test, a simulator's component and a saved world. What the cloud *says* of a
 * machine (`running`) and the machine's own condition (powered, hung, connected) are two things, as in every cloud.
 * Left out: quotas, disks, several networks, health checks that take time.
 *
 * @fidelity assumed — All durations, and that a load balancer asks its targets at the very moment of a connection.
 * @source docs/architecture.md
 */
import { Result } from "effect"
import { DevCloudError } from "./DevCloudError.ts"

export type CloudMachineState = "pending" | "running" | "stopping" | "stopped" | "shutting-down" | "terminated"
type Move = "booted" | "stop" | "halted" | "start" | "terminate" | "gone"

/** For every state, what moves it and where to; anything else changes nothing. */
export const machineLifecycle: { readonly [S in CloudMachineState]: { readonly [M in Move]?: CloudMachineState } } = {
  pending: { booted: "running", terminate: "shutting-down" },
  running: { stop: "stopping", terminate: "shutting-down" },
  stopping: { halted: "stopped", terminate: "shutting-down" },
  stopped: { start: "pending", terminate: "shutting-down" },
  "shutting-down": { gone: "terminated" },
  terminated: {}
}

/** What an owner may ask for, and what follows from it. */
export interface MachineRequest {
  /** Whoever repeats a token gets the machine that it stands for, whatever else is asked. */
  readonly token: string
  /** Also its host name. */
  readonly name: string
  /** Whose it is; absent for machines that are no cluster's. */
  readonly cluster?: string
  readonly role: "control-plane" | "worker" | ""
  /** In order of preference: the first that has room is taken. */
  readonly zones: ReadonlyArray<string>
  readonly size: string
  readonly image: string
  readonly userData?: string
}

export interface CloudMachine extends Omit<MachineRequest, "zones"> {
  readonly id: string
  readonly zone: string
  readonly address: string
  readonly state: CloudMachineState
  readonly powered: boolean
  readonly connected: boolean
  readonly hung: boolean
  /** Counts the times it began to boot; what ran before the number changed is gone. */
  readonly bootGeneration: number
  readonly createdMillis: number
  readonly launchedMillis: number
}

export interface BalancerRequest {
  /** Unique in the cloud. */
  readonly name: string
  readonly cluster: string
  readonly host: string
  readonly port: number
}

export interface CloudBalancer extends BalancerRequest {
  readonly resolvable: boolean
  /** Ids of machines. */
  readonly targets: ReadonlyArray<string>
  readonly createdMillis: number
}

export interface CloudZone {
  readonly name: string
  readonly power: boolean
  readonly network: boolean
  readonly capacity: boolean
}

export interface DevCloudState {
  /** Machines made so far; their ids and addresses come from it. */
  readonly sequence: number
  readonly zones: ReadonlyArray<CloudZone>
  readonly machines: ReadonlyArray<CloudMachine>
  readonly balancers: ReadonlyArray<CloudBalancer>
}

/** What falls due in the cloud by itself. */
export type CloudEvent =
  | { readonly _tag: "Moved"; readonly machine: string; readonly move: Move }
  | { readonly _tag: "Repowered" | "Forgotten"; readonly machine: string }
  | { readonly _tag: "Resolvable"; readonly balancer: string }

export interface Due {
  readonly afterMillis: number
  readonly event: CloudEvent
}

/** One step: the state after it, what it set going, and what it answers. */
export interface Step<A = void> {
  readonly state: DevCloudState
  readonly due: ReadonlyArray<Due>
  readonly answer: A
}
type Outcome<A> = Result.Result<Step<A>, DevCloudError>

const seconds = 1000

/** What each state turns into by itself, and when. */
const next: { readonly [S in CloudMachineState]?: { readonly afterMillis: number; readonly move: Move } } = {
  pending: { afterMillis: 10 * seconds, move: "booted" },
  stopping: { afterMillis: 10 * seconds, move: "halted" },
  "shutting-down": { afterMillis: 10 * seconds, move: "gone" }
}
const afterMillis = { repowered: 60 * seconds, forgotten: 3600 * seconds, resolvable: 5 * seconds }

export const emptyCloud = (zones: ReadonlyArray<string>): DevCloudState => ({
  sequence: 0,
  zones: zones.map((name) => ({ name, power: true, network: true, capacity: true })),
  machines: [],
  balancers: []
})

/** `dev:///<zone>/<id>`, as it stands on Machine and Node. */
export const providerIdOf = ({ id, zone }: CloudMachine): string => `dev:///${zone}/${id}`

/** Whether packets reach the machine and something on it could answer. */
export const isReachable = ({ connected, hung, powered }: CloudMachine): boolean => powered && connected && !hung

/** The machines that one state has otherwise than another, before and after; both lists keep their order. */
export const changedMachines = (
  before: DevCloudState,
  after: DevCloudState
): ReadonlyArray<{ readonly before?: CloudMachine; readonly after?: CloudMachine }> => {
  if (before.machines === after.machines) return []
  let at = 0
  const kept = before.machines.flatMap((machine) => {
    const now = after.machines[at]
    if (now?.id !== machine.id) return [{ before: machine }]
    at++
    return now === machine ? [] : [{ before: machine, after: now }]
  })
  return [...kept, ...after.machines.slice(at).map((machine) => ({ after: machine }))]
}

const step = <A>(state: DevCloudState, answer: A, due: ReadonlyArray<Due> = []): Step<A> => ({ state, due, answer })
const refuse = (reason: string, message: string) => Result.fail(new DevCloudError({ reason, message }))

const withMachine = (
  state: DevCloudState,
  id: string,
  change: (machine: CloudMachine) => CloudMachine
): DevCloudState => {
  const at = state.machines.findIndex((machine) => machine.id === id)
  const machine = state.machines[at]
  return machine === undefined ? state : { ...state, machines: state.machines.with(at, change(machine)) }
}

const withBalancer = (state: DevCloudState, balancer: CloudBalancer): DevCloudState => ({
  ...state,
  balancers: state.balancers.map((each) => (each.name === balancer.name ? balancer : each))
})

const timersOf = ({ id, state }: CloudMachine): ReadonlyArray<Due> => {
  if (state === "terminated") return [{ afterMillis: afterMillis.forgotten, event: { _tag: "Forgotten", machine: id } }]
  const then = next[state]
  return then === undefined
    ? []
    : [{ afterMillis: then.afterMillis, event: { _tag: "Moved", machine: id, move: then.move } }]
}

/** Moves a machine by the table; the very same state comes back where the table has no such move. */
export const moveMachine = (state: DevCloudState, id: string, move: Move, now: number): Step => {
  const before = state.machines.find((machine) => machine.id === id)
  const to = before === undefined ? undefined : machineLifecycle[before.state][move]
  if (before === undefined || to === undefined) return step(state, undefined)
  const zone = state.zones.find(({ name }) => name === before.zone)
  const started = {
    launchedMillis: now,
    bootGeneration: before.bootGeneration + 1,
    powered: zone?.power !== false,
    hung: false
  }
  const after: CloudMachine = { ...before, state: to, ...(move === "start" ? started : {}) }
  const moved = withMachine(state, id, () => after)
  return step(to === "terminated" ? withoutTarget(moved, id) : moved, undefined, timersOf(after))
}

const withoutTarget = (state: DevCloudState, id: string): DevCloudState => ({
  ...state,
  balancers: state.balancers.map((balancer) =>
    balancer.targets.includes(id)
      ? { ...balancer, targets: balancer.targets.filter((target) => target !== id) }
      : balancer
  )
})

/** What was due happens. */
export const happen = (state: DevCloudState, event: CloudEvent, now: number): Step => {
  switch (event._tag) {
    case "Moved":
      return moveMachine(state, event.machine, event.move, now)
    case "Forgotten":
      return step({ ...state, machines: state.machines.filter(({ id }) => id !== event.machine) }, undefined)
    case "Repowered":
      return step(
        withMachine(state, event.machine, (machine) =>
          machine.powered ||
          machine.state === "terminated" ||
          state.zones.some(({ name, power }) => name === machine.zone && !power)
            ? machine
            : { ...machine, powered: true, bootGeneration: machine.bootGeneration + 1 }
        ),
        undefined
      )
    case "Resolvable": {
      const balancer = state.balancers.find(({ name }) => name === event.balancer)
      return step(balancer === undefined ? state : withBalancer(state, { ...balancer, resolvable: true }), undefined)
    }
  }
}

/** Addresses are 10.0.0.0/8 in the order of the machines, and never given twice. */
const addressAt = (n: number): string => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`

export const createMachine = (state: DevCloudState, request: MachineRequest, now: number): Outcome<CloudMachine> => {
  const known = state.machines.find(({ token }) => token === request.token)
  if (known !== undefined) return Result.succeed(step(state, known))
  const { zones, ...wanted } = request
  const zone = zones.flatMap((name) => state.zones.filter((each) => each.name === name && each.capacity))[0]
  if (zone === undefined)
    return refuse("NoCapacity", `there is no room for a machine in ${zones.join(", ") || "no zone"}`)
  const sequence = state.sequence + 1
  const machine: CloudMachine = {
    ...wanted,
    id: `m-${String(sequence).padStart(6, "0")}`,
    zone: zone.name,
    address: addressAt(sequence + 9),
    state: "pending",
    powered: zone.power,
    connected: zone.network,
    hung: false,
    bootGeneration: 1,
    createdMillis: now,
    launchedMillis: now
  }
  return Result.succeed(
    step({ ...state, sequence, machines: [...state.machines, machine] }, machine, timersOf(machine))
  )
}

export const ensureBalancer = (state: DevCloudState, request: BalancerRequest, now: number): Outcome<CloudBalancer> => {
  const known = state.balancers.find(({ host, name }) => name === request.name || host === request.host)
  if (known !== undefined && known.name !== request.name)
    return refuse("HostTaken", `${request.host} belongs to ${known.name}`)
  if (known !== undefined) return Result.succeed(step(state, known))
  const balancer: CloudBalancer = { ...request, resolvable: false, targets: [], createdMillis: now }
  const due: Due = { afterMillis: afterMillis.resolvable, event: { _tag: "Resolvable", balancer: balancer.name } }
  return Result.succeed(step({ ...state, balancers: [...state.balancers, balancer] }, balancer, [due]))
}

/** Puts a machine behind a load balancer or takes it from there; either may be repeated. */
export const setTarget = (state: DevCloudState, name: string, machine: string, present: boolean): Outcome<void> => {
  const balancer = state.balancers.find((each) => each.name === name)
  if (balancer === undefined)
    return present ? refuse("NotFound", `there is no load balancer ${name}`) : Result.succeed(step(state, undefined))
  if (balancer.targets.includes(machine) === present) return Result.succeed(step(state, undefined))
  const targets = present ? [...balancer.targets, machine] : balancer.targets.filter((target) => target !== machine)
  return Result.succeed(step(withBalancer(state, { ...balancer, targets }), undefined))
}

export const deleteBalancer = (state: DevCloudState, name: string): Step =>
  step({ ...state, balancers: state.balancers.filter((balancer) => balancer.name !== name) }, undefined)

/** A running machine begins to boot anew: what ran on it is gone, what hung does not hang any more. */
export const rebootMachine = (state: DevCloudState, id: string): Step =>
  step(
    withMachine(state, id, (machine) =>
      machine.state === "running" && machine.powered
        ? { ...machine, hung: false, bootGeneration: machine.bootGeneration + 1 }
        : machine
    ),
    undefined
  )

/** The machine stops answering while the cloud goes on saying `running`, or answers again with all that it had in memory. */
export const hangMachine = (state: DevCloudState, id: string, hung: boolean): Step =>
  step(
    withMachine(state, id, (machine) => ({ ...machine, hung })),
    undefined
  )

/** Sets what a zone has. Without power its machines stand still, and boot anew a minute after it is back. */
export const setZone = (state: DevCloudState, zone: string, change: Partial<Omit<CloudZone, "name">>): Step => {
  const { network, power } = change
  const machines = state.machines.map((machine) => {
    if (machine.zone !== zone || machine.state === "terminated") return machine
    // A stopped machine has nothing to lose.
    const powered = power === false && machine.state !== "stopped" ? false : machine.powered
    return { ...machine, connected: network ?? machine.connected, powered }
  })
  const dark = power === true ? machines.filter((machine) => machine.zone === zone && !machine.powered) : []
  return step(
    { ...state, machines, zones: state.zones.map((each) => (each.name === zone ? { ...each, ...change } : each)) },
    undefined,
    dark.map(({ id }) => ({ afterMillis: afterMillis.repowered, event: { _tag: "Repowered", machine: id } }))
  )
}
