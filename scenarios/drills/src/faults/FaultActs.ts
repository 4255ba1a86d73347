/**
 * From a fault of the catalogue to acts in an account: which faults there are, what they need, what they hit.
 *
 * What an account cannot do at all (hung machines, crashed controllers) is refused by name when the plan is read, never weakened.
 * Faults of calls, and zones without capacity, are not acts: see `CallFaults.ts`.
 *
 * @source https://docs.aws.amazon.com/fis/latest/userguide/fis-actions-reference.html
 */
import type { AwsError, Ec2 } from "@capstan/aws"
import type { FaultDefinition } from "@capstan/engine"
import { Effect } from "effect"
import type { Estate, OwnedInstance } from "../account/Estate.ts"
import type { TagMap } from "../DrillTags.ts"
import { type CallFault, callFaultOf } from "../shim/CallFaults.ts"
import type { Act } from "./Act.ts"
import { deregisterAct, rebootAct, stopAct, terminateAct } from "./InstanceActs.ts"
import { readGuards, zoneNetworkActs } from "./NetworkActs.ts"

/** What a fault strikes with: the parameters of its step. */
export interface FaultRequest {
  readonly fault: FaultDefinition
  readonly parameters: { readonly [name: string]: unknown }
}

const allEffects = ["instances-stop", "network-cut", "insufficient-capacity"]

/** What happens to a zone; all of it unless the step says what. */
const effectsOf = ({ fault, parameters }: FaultRequest): ReadonlyArray<unknown> =>
  fault.name === "zone.capacity"
    ? ["insufficient-capacity"]
    : Array.isArray(parameters["effects"])
      ? parameters["effects"]
      : allEffects

/** Why no account can do this; `undefined` when it can. Known before anything is looked up. */
export const impossibleFault = (request: FaultRequest): string | undefined => {
  const { name } = request.fault
  switch (name) {
    case "compute.terminate":
    case "compute.stop":
    case "compute.reboot":
    case "lb.deregister":
    case "zone.outage":
    case "zone.capacity":
      return undefined
    case "api.throttle":
    case "api.error":
    case "api.latency":
      return request.parameters["service"] === "kubernetes" || request.parameters["service"] === "etcd"
        ? `${name} strikes only the calls to AWS that this process makes`
        : undefined
    default:
      return `${name} cannot be done in a real account`
  }
}

/** Why a fault needs controllers that read the drill's folder; `undefined` when it does not. */
export const strikesCalls = (request: FaultRequest): string | undefined => {
  const { name } = request.fault
  if (name.startsWith("api.")) return `${name} strikes the controllers' own calls`
  return name.startsWith("zone.") && effectsOf(request).includes("insufficient-capacity")
    ? "insufficient-capacity is an answer that the controllers' own AWS layer gives"
    : undefined
}

/** What of a fault is done in the controllers' AWS layer instead of in the account. */
export const callFaultsFor = (
  request: FaultRequest,
  estate: Estate,
  owner: string,
  expiresMillis: number
): ReadonlyArray<CallFault> => {
  if (strikesCalls(request) === undefined) return []
  if (request.fault.name.startsWith("api.")) return [callFaultOf(request, owner, expiresMillis)]
  const subnets = estate.subnets.filter(({ zone }) => zone === request.parameters["zone"]).map(({ id }) => id)
  return [
    {
      owner,
      kind: "error",
      service: "ec2",
      operations: ["RunInstances"],
      subnets,
      probability: 1,
      code: "InsufficientInstanceCapacity",
      performed: false,
      delayMillis: 0,
      expiresMillis
    }
  ]
}

/**
 * The acts of a fault, in their order, for the account as it is now; a sentence when there is nothing that it could hit.
 *
 * @param targets the instances that were picked, for faults that are aimed at instances.
 */
export const actsOf = (
  request: FaultRequest,
  targets: ReadonlyArray<OwnedInstance>,
  estate: Estate,
  requireTags: TagMap
): Effect.Effect<ReadonlyArray<Act> | string, AwsError, Ec2> => {
  switch (request.fault.name) {
    case "compute.terminate":
      return Effect.succeed(targets.map((instance) => terminateAct(instance, requireTags)))
    case "compute.stop":
      return Effect.succeed(targets.map((instance) => stopAct(instance, requireTags)))
    case "compute.reboot":
      return Effect.succeed(targets.map((instance) => rebootAct(instance, requireTags)))
    case "lb.deregister": {
      const acts = targets.flatMap((instance) => deregisterAct(instance, estate, requireTags) ?? [])
      return Effect.succeed(acts.length === 0 ? "none of the targets is behind a load balancer of its cluster" : acts)
    }
    case "zone.outage":
      return zoneActs(request, estate, requireTags)
    case "zone.capacity":
      return Effect.succeed(
        estate.subnets.some(({ zone }) => zone === request.parameters["zone"])
          ? []
          : `no subnet in ${String(request.parameters["zone"])} is owned by the clusters of the guardrails`
      )
    default:
      return Effect.succeed(impossibleFault(request) ?? [])
  }
}

const zoneActs = (
  request: FaultRequest,
  estate: Estate,
  requireTags: TagMap
): Effect.Effect<ReadonlyArray<Act> | string, AwsError, Ec2> =>
  Effect.gen(function* () {
    const zone = String(request.parameters["zone"])
    const effects = effectsOf(request)
    const acts: Array<Act> = []
    if (effects.includes("instances-stop")) {
      const running = estate.instances.filter((instance) => instance.zone === zone && instance.state === "running")
      acts.push(...running.map((instance) => stopAct(instance, requireTags)))
    }
    if (effects.includes("network-cut")) {
      const guards = yield* readGuards(estate.subnets.filter((subnet) => subnet.zone === zone))
      const cuts = zoneNetworkActs({ zone, estate, guards, requireTags })
      if (typeof cuts === "string") return cuts
      acts.push(...cuts)
    }
    return acts.length === 0 && !effects.includes("insufficient-capacity") ? `nothing runs in ${zone}` : acts
  })
