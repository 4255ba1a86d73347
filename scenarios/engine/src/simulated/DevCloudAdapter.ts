/**
 * The dev cloud as the engine's cloud: its pure rules behind the kernel's door, with the dev provider's controllers on it.
 *
 * The cloud's state is one immutable value; this component holds it, sets its timers and tells what changed. A machine of a
 * stranger stands in the same cloud, which nobody may touch. User data goes to machines as it is: there is no secret store.
 *
 * @fidelity assumed — Latencies of calls; health checks that notice at once.
 * @source libs/controllers/infrastructure-dev/src/cloud/DevCloudState.ts
 */
import {
  changedMachines,
  type CloudCall,
  type CloudEvent,
  type CloudMachine,
  createMachine,
  deleteBalancer,
  DevCloud,
  DevCloudError,
  type DevCloudState,
  DevCluster,
  devCloudThrough,
  devKinds,
  DevMachine,
  devProvider,
  emptyCloud,
  hangMachine,
  happen,
  isReachable,
  moveMachine,
  providerIdOf,
  rebootMachine,
  setTarget,
  setZone,
  type Step
} from "@capstan/infrastructure-dev"
import type { Kernel } from "@capstan/kernel"
import { type Controller, infrastructureControllers } from "@capstan/runtime"
import type { InstanceView } from "@capstan/world"
import { Effect, Result } from "effect"
import type { CloudInstance, CloudResource } from "../invariants/Invariant.ts"
import type { ManagerServices, SimulatedCloud } from "./SimulatedCloud.ts"

interface CallCount {
  readonly id: string
  readonly calls: number
  readonly errors: { readonly [code: string]: number }
}

interface Saved {
  readonly state: DevCloudState
  readonly calls: ReadonlyArray<CallCount>
}

const service = "dev"
const latencyMillis = { read: 40, write: 120 }

/** A cloud with the machine of somebody else in it. */
const cloudWithStranger = (zones: ReadonlyArray<string>, now: number): DevCloudState => {
  const request = {
    token: "",
    name: "somebody-elses-machine",
    role: "",
    zones,
    size: "large",
    image: "their-own"
  } as const
  const created = createMachine(emptyCloud(zones), request, now)
  if (Result.isFailure(created)) throw new Error(`seeding the dev cloud failed: ${created.failure.message}`)
  const { answer, state } = created.success
  return moveMachine(state, answer.id, "booted", now).state
}

/** A value made of another, made once. */
const once = <A extends object, B>(make: (from: A) => B): ((from: A) => B) => {
  const made = new WeakMap<A, B>()
  return (from) => {
    const known = made.get(from)
    if (known !== undefined) return known
    const value = make(from)
    made.set(from, value)
    return value
  }
}

const viewOf = once((machine: CloudMachine): InstanceView => ({
  id: machine.id,
  providerId: providerIdOf(machine),
  state: machine.state,
  zone: machine.zone,
  privateIp: machine.address,
  privateDnsName: machine.name,
  ...(machine.userData === undefined ? {} : { userData: machine.userData }),
  imageId: machine.image,
  instanceType: machine.size,
  reachable: isReachable(machine),
  bootGeneration: machine.bootGeneration
}))

const instanceOf = (machine: CloudMachine): CloudInstance => ({
  id: machine.id,
  state: machine.state,
  zone: machine.zone,
  providerId: providerIdOf(machine),
  cluster: machine.cluster,
  ownerUid: machine.cluster === undefined ? undefined : machine.token,
  name: machine.name,
  role: machine.role,
  createdMillis: machine.createdMillis
})

const viewsOf = once((machines: ReadonlyArray<CloudMachine>) => machines.map(viewOf))
const instancesOf = once((machines: ReadonlyArray<CloudMachine>) => machines.map(instanceOf))

const resourcesOf = once(({ balancers, machines }: DevCloudState): ReadonlyArray<CloudResource> => [
  ...machines
    .filter(({ state }) => state !== "terminated")
    .map((machine) => ({
      type: "machine",
      id: machine.id,
      cluster: machine.cluster,
      createdMillis: machine.createdMillis,
      digest: machine.cluster === undefined ? JSON.stringify([machine.name, machine.state]) : ""
    })),
  ...balancers.map(({ cluster, createdMillis, name }) => ({
    type: "load balancer",
    id: name,
    cluster,
    createdMillis,
    digest: ""
  }))
])

export const makeDevCloud = (kernel: Kernel, options: { readonly zones: ReadonlyArray<string> }): SimulatedCloud => {
  let state = cloudWithStranger(options.zones, kernel.now())
  let serves: (instance: string, port: number) => boolean = () => false
  const listeners: Array<(id: string) => void> = []
  const counts = new Map<string, CallCount>()

  const timers = kernel.component<CloudEvent>({
    name: "dev-cloud",
    handle: (event) => take(happen(state, event, kernel.now())),
    save: (): Saved => ({ state, calls: [...counts.values()] }),
    restore: (saved) => {
      // The kernel hands back what `save` gave, and knows it as unknown.
      const { calls, state: before } = saved as Saved
      state = before
      counts.clear()
      for (const count of calls) counts.set(count.id, count)
    }
  })

  /** The median with seed 0; otherwise from half of it to half more. */
  const draw = (stream: string, medianMillis: number): number =>
    kernel.seed === 0 ? medianMillis : Math.round(medianMillis * (0.5 + kernel.random(`dev-cloud/${stream}`).unit()))

  /** What follows from a step that has become the state: timers are set, moves traced, watchers told. */
  const tell = (before: DevCloudState, step: Step<unknown>): void => {
    for (const { afterMillis, event } of step.due) timers.after(draw(event._tag, afterMillis), event)
    const changes = changedMachines(before, state)
    for (const change of changes) {
      const from = change.before?.state ?? "none"
      const to = change.after?.state ?? "forgotten"
      if (from !== to)
        kernel.trace.emit("dev.state", { resource: "machine", id: (change.after ?? change.before)?.id, from, to })
    }
    for (const balancer of state.balancers) {
      const was = before.balancers.find(({ name }) => name === balancer.name)
      if (was !== undefined && was.resolvable !== balancer.resolvable) {
        kernel.trace.emit("dev.state", {
          resource: "balancer",
          id: balancer.name,
          from: "unresolvable",
          to: "resolvable"
        })
      }
    }
    for (const change of changes) {
      const id = (change.after ?? change.before)?.id
      if (id !== undefined) for (const listener of listeners) listener(id)
    }
  }

  const take = (step: Step): void => {
    const before = state
    state = step.state
    tell(before, step)
  }

  const count = (id: string, code: string | undefined): void => {
    const { calls, errors }: Omit<CallCount, "id"> = counts.get(id) ?? { calls: 0, errors: {} }
    counts.set(id, {
      id,
      calls: calls + 1,
      errors: code === undefined ? errors : { ...errors, [code]: (errors[code] ?? 0) + 1 }
    })
  }

  /** One call at one instant; what follows from it points to it in the trace. */
  const perform = <A>(call: CloudCall<A>, latency: number): Result.Result<A, DevCloudError> => {
    const before = state
    const outcome = call.perform(before, kernel.now())
    if (Result.isSuccess(outcome)) state = outcome.success.state
    const code = Result.isFailure(outcome) ? outcome.failure.reason : undefined
    count(`${service}.${call.operation}`, code)
    const seq = kernel.trace.emit("dev", {
      service,
      operation: call.operation,
      request: call.request,
      ...(code === undefined ? {} : { code }),
      ...(state === before ? {} : { ids: changedIds(before, state, call.target) }),
      latency
    })
    kernel.causedBy(seq, () => {
      if (Result.isSuccess(outcome)) tell(before, outcome.success)
    })
    return Result.map(outcome, (step) => step.answer)
  }

  const cloud = devCloudThrough((call) =>
    Effect.suspend(() => {
      const { mutating, operation, request, target } = call
      const latency = draw("call", mutating ? latencyMillis.write : latencyMillis.read)
      return kernel.call({ service, operation, mutating, target, request, latencyMillis: latency }, () =>
        perform(call, latency)
      )
    })
  )

  /** A load balancer that is gone by now takes nobody back. */
  const putBehind = (balancer: string, machine: string, present: boolean): void => {
    const outcome = setTarget(state, balancer, machine, present)
    if (Result.isSuccess(outcome)) take(outcome.success)
  }

  const machineOf = (id: string): CloudMachine | undefined => state.machines.find((machine) => machine.id === id)

  return {
    kinds: devKinds,
    machineKind: DevMachine,
    clusterKind: DevCluster,
    ports: {
      instances: {
        list: () => viewsOf(state.machines),
        get: (id) => {
          const machine = machineOf(id)
          return machine === undefined ? undefined : viewOf(machine)
        },
        onChange: (listener) => void listeners.push(listener)
      },
      endpoints: {
        resolve: (host) => {
          const balancer = state.balancers.find((each) => each.host === host && each.resolvable)
          if (balancer === undefined) return "unresolved"
          return balancer.targets.filter((id) => {
            const machine = machineOf(id)
            return machine?.state === "running" && isReachable(machine) && serves(id, balancer.port)
          })
        },
        readSecret: () => undefined
      },
      setServes: (answers) => {
        serves = answers
      },
      // Whoever connects is sent to a target that answers at that moment: there is nothing to work out before.
      healthChanged: () => {}
    },
    controllers: Effect.map(devProvider, (provider): ReadonlyArray<Controller<ManagerServices>> =>
      infrastructureControllers(provider)
    ).pipe(Effect.provideService(DevCloud, cloud)),
    instances: () => instancesOf(state.machines),
    resources: () => resourcesOf(state),
    zones: options.zones,
    terminate: (id) => take(moveMachine(state, id, "terminate", kernel.now())),
    stop: (id) => take(moveMachine(state, id, "stop", kernel.now())),
    start: (id) => take(moveMachine(state, id, "start", kernel.now())),
    reboot: (id) => take(rebootMachine(state, id)),
    loadBalancersWith: (id) => {
      const cluster = machineOf(id)?.cluster
      const behind = state.balancers.filter((each) => each.cluster === cluster && each.targets.includes(id))
      return behind.map(({ name }) => name)
    },
    deregister: (id, balancer) => putBehind(balancer, id, false),
    register: (id, balancer) => putBehind(balancer, id, true),
    hang: (id, hung) => take(hangMachine(state, id, hung)),
    setZone: (zone, change) => take(setZone(state, zone, change)),
    loadBalancerOf: (cluster) => state.balancers.find((each) => each.cluster === cluster)?.name,
    deleteLoadBalancer: (name) => take(deleteBalancer(state, name)),
    calls: () => [...counts.values()],
    refusal: (_service, operation, code) =>
      new DevCloudError({ reason: code, message: `the scenario makes ${operation} fail` }),
    changeEvents: ["dev", "dev.state"]
  }
}

/** Machines that a call changed or made; else whatever the call was about. */
const changedIds = (before: DevCloudState, after: DevCloudState, target: string): ReadonlyArray<string> => {
  const ids = changedMachines(before, after).flatMap((change) => (change.after ?? change.before)?.id ?? [])
  return ids.length === 0 ? [target] : ids
}
