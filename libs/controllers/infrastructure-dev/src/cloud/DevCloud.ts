/**
 * The dev cloud as its provider sees it: the calls, and nothing of how they are carried.
 *
 * `devCloudThrough` makes the service of any carrier of calls: plain memory, a simulator's door, a test that counts.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/overview
 */
import { Context, type Effect, Option, Result } from "effect"
import type { DevCloudError } from "./DevCloudError.ts"
import {
  type BalancerRequest,
  type CloudBalancer,
  type CloudMachine,
  type CloudZone,
  createMachine,
  deleteBalancer,
  type DevCloudState,
  ensureBalancer,
  type MachineRequest,
  moveMachine,
  setTarget,
  type Step
} from "./DevCloudState.ts"

export class DevCloud extends Context.Service<
  DevCloud,
  {
    readonly describeZones: Effect.Effect<ReadonlyArray<CloudZone>, DevCloudError>

    /** By id when there is one, else by token. A terminated machine is still found for an hour. */
    readonly findMachine: (
      by: { readonly id: string } | { readonly token: string }
    ) => Effect.Effect<Option.Option<CloudMachine>, DevCloudError>
    /** Answers before it has booted. Safe to repeat: one token, one machine. Fails with `NoCapacity`. */
    readonly createMachine: (request: MachineRequest) => Effect.Effect<CloudMachine, DevCloudError>
    /** Asks for the end of a machine; succeeds for one that is ending, over or unknown. */
    readonly deleteMachine: (id: string) => Effect.Effect<void, DevCloudError>

    readonly findBalancer: (name: string) => Effect.Effect<Option.Option<CloudBalancer>, DevCloudError>
    /** Safe to repeat. Its host resolves some seconds later. Fails with `HostTaken`. */
    readonly ensureBalancer: (request: BalancerRequest) => Effect.Effect<CloudBalancer, DevCloudError>
    /** Fails with `NotFound` when there is no such load balancer. */
    readonly register: (balancer: string, machine: string) => Effect.Effect<void, DevCloudError>
    readonly deregister: (balancer: string, machine: string) => Effect.Effect<void, DevCloudError>
    readonly deleteBalancer: (name: string) => Effect.Effect<void, DevCloudError>
  }
>()("@capstan/infrastructure-dev/DevCloud") {}

/** One call as data, with the pure function that it stands for. */
export interface CloudCall<A> {
  readonly operation: keyof DevCloud["Service"]
  readonly mutating: boolean
  /** Whom it is about. */
  readonly target: string
  readonly request: object
  readonly perform: (state: DevCloudState, now: number) => Result.Result<Step<A>, DevCloudError>
}

/** Carries a call to a state and its answer back. */
export type CarryCall = <A>(call: CloudCall<A>) => Effect.Effect<A, DevCloudError>

export const devCloudThrough = (carry: CarryCall): DevCloud["Service"] => {
  const read = <A>(operation: keyof DevCloud["Service"], target: string, look: (state: DevCloudState) => A) =>
    carry({
      operation,
      mutating: false,
      target,
      request: {},
      perform: (state) => Result.succeed({ state, due: [], answer: look(state) })
    })
  const write = <A>(
    operation: keyof DevCloud["Service"],
    target: string,
    request: object,
    perform: CloudCall<A>["perform"]
  ) => carry({ operation, mutating: true, target, request, perform })
  return {
    describeZones: read("describeZones", "", (state) => state.zones),
    findMachine: (by) =>
      read("findMachine", "id" in by ? by.id : by.token, ({ machines }) =>
        Option.fromUndefinedOr(
          machines.find((machine) => ("id" in by ? machine.id === by.id : machine.token === by.token))
        )
      ),
    createMachine: (request) =>
      write("createMachine", request.name, { name: request.name, zones: request.zones }, (state, now) =>
        createMachine(state, request, now)
      ),
    deleteMachine: (id) =>
      write("deleteMachine", id, { id }, (state, now) => Result.succeed(moveMachine(state, id, "terminate", now))),
    findBalancer: (name) =>
      read("findBalancer", name, ({ balancers }) =>
        Option.fromUndefinedOr(balancers.find((balancer) => balancer.name === name))
      ),
    ensureBalancer: (request) =>
      write("ensureBalancer", request.name, request, (state, now) => ensureBalancer(state, request, now)),
    register: (balancer, machine) =>
      write("register", machine, { balancer, machine }, (state) => setTarget(state, balancer, machine, true)),
    deregister: (balancer, machine) =>
      write("deregister", machine, { balancer, machine }, (state) => setTarget(state, balancer, machine, false)),
    deleteBalancer: (name) =>
      write("deleteBalancer", name, { name }, (state) => Result.succeed(deleteBalancer(state, name)))
  }
}
