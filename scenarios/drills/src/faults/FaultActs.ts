/**
 * From a fault of the catalogue to acts in an account: which faults there are, what they need, what they hit.
 *
 * What an account cannot do at all (hosts without power, zones without capacity, hung machines) is refused by name when the plan is
 * read, never weakened. Faults of calls are not acts: see `CallFaults.ts`.
 *
 * @source https://docs.aws.amazon.com/fis/latest/userguide/fis-actions-reference.html
 */
import type { AwsError, Ec2 } from "@capstan/aws"
import type { FaultDefinition } from "@capstan/engine"
import { Effect } from "effect"
import type { Estate, OwnedInstance } from "../account/Estate.ts"
import type { TagMap } from "../DrillTags.ts"
import type { Act } from "./Act.ts"
import { deregisterAct, rebootAct, stopAct, terminateAct } from "./InstanceActs.ts"
import { readGuards, zoneNetworkActs } from "./NetworkActs.ts"

/** What a fault strikes with: the parameters of its step. */
export interface FaultRequest {
  readonly fault: FaultDefinition
  readonly parameters: { readonly [name: string]: unknown }
}

const effectsOf = ({ parameters }: FaultRequest): ReadonlyArray<unknown> | undefined =>
  Array.isArray(parameters["effects"]) ? parameters["effects"] : undefined

/** Why no account can do this; `undefined` when it can. Known before anything is looked up. */
export const impossibleFault = (request: FaultRequest): string | undefined => {
  const { name } = request.fault
  switch (name) {
    case "compute.terminate":
    case "compute.stop":
    case "compute.reboot":
    case "lb.deregister":
      return undefined
    case "zone.outage": {
      const effects = effectsOf(request)
      if (effects === undefined) {
        return "a real zone cannot lose power and capacity: say which effects are meant, as effects: [network-cut]"
      }
      const impossible = effects.find((effect) => effect !== "network-cut" && effect !== "instances-stop")
      return impossible === undefined
        ? undefined
        : `${String(impossible)} cannot be done to a real zone; network-cut and instances-stop can`
    }
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

/** Whether the fault is done in our own layer instead of in the account. */
export const isCallFault = ({ fault }: FaultRequest): boolean => fault.name.startsWith("api.")

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
    const effects = effectsOf(request) ?? []
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
    return acts.length === 0 ? `nothing runs in ${zone}` : acts
  })
