/**
 * When the managers are killed, drawn from a seed. Pure.
 *
 * The worst moments are around a call that changes something: it never arrives, or it has been done and nobody hears of it, or
 * its answer has arrived and nothing has been written down yet. The others come by the clock. A pause is the other way to lose a
 * Lease: whoever was stopped comes back and does not know that somebody else leads.
 */
import { RandomStream } from "@capstan/kernel"

export type Server = "aws" | "api"

/** What a call is killed at: not forwarded, done and unanswered, answered. */
export type Around = "before" | "served" | "answered"

export type Moment =
  /** `call`: an operation, or a method and a resource; any that changes something unless given. `nth`: from 1, since the last blow. */
  | {
      readonly at: "call"
      readonly server: Server
      readonly call?: string
      readonly nth: number
      readonly around: Around
    }
  /** Virtual seconds after the last blow was recovered from. */
  | { readonly at: "time"; readonly seconds: number }

export interface Blow {
  /** `pause`: stopped for longer than its Lease lasts. */
  readonly kind: "kill" | "pause"
  /** Whoever makes the call, or leads; the one that waits; everybody. */
  readonly victims: "leader" | "standby" | "both"
  readonly moment: Moment
  /** Virtual seconds until the dead are started again. */
  readonly restartSeconds: number
}

export const phases = ["up", "heal", "down"] as const
export type Phase = (typeof phases)[number]

export interface KillPlan {
  readonly controlPlanes: number
  readonly workers: number
  readonly blows: { readonly [P in Phase]: ReadonlyArray<Blow> }
}

/** Calls that leave something behind when nobody remembers having made them. */
const awsCalls: { readonly [P in Phase]: ReadonlyArray<string> } = {
  up: [
    "CreateVpc",
    "CreateSubnet",
    "CreateInternetGateway",
    "AllocateAddress",
    "CreateNatGateway",
    "CreateRouteTable",
    "CreateSecurityGroup",
    "CreateLoadBalancer",
    "CreateSecret",
    "RunInstances",
    "RegisterInstancesWithLoadBalancer",
    "DeleteSecret"
  ],
  heal: ["CreateSecret", "RunInstances", "TerminateInstances", "DeleteSecret"],
  down: [
    "TerminateInstances",
    "DeleteLoadBalancer",
    "DeleteNatGateway",
    "ReleaseAddress",
    "DeleteSecurityGroup",
    "DeleteSubnet",
    "DetachInternetGateway",
    "DeleteVpc"
  ]
}

const apiCalls: { readonly [P in Phase]: ReadonlyArray<string> } = {
  up: [
    "POST machines",
    "POST awsmachines",
    "POST kubeadmconfigs",
    "POST secrets",
    "PATCH awsmachines",
    "PATCH awsclusters"
  ],
  heal: ["DELETE machines", "POST machines", "POST awsmachines", "PATCH machines"],
  down: ["DELETE machines", "DELETE awsmachines", "PATCH machines", "PATCH awsclusters"]
}

/** How many blows there are at most, and how late they may come: healing takes two minutes. */
const limits: { readonly [P in Phase]: { readonly blows: number; readonly writes: number; readonly seconds: number } } =
  {
    up: { blows: 2, writes: 40, seconds: 180 },
    heal: { blows: 1, writes: 10, seconds: 60 },
    down: { blows: 2, writes: 20, seconds: 120 }
  }

/** The same plan for the same seed, for ever. */
export const killPlan = (seed: number): KillPlan => {
  const random = new RandomStream(seed, "kills")
  const pick = <A>(list: ReadonlyArray<A>): A => list[random.below(list.length)] as A

  const moment = (phase: Phase): Moment => {
    const kind = random.below(10)
    const around = pick(["before", "served", "served", "answered"] as const)
    if (kind < 4)
      return {
        at: "call",
        server: "aws",
        call: pick(awsCalls[phase]),
        nth: phase === "heal" ? 1 : 1 + random.below(2),
        around
      }
    if (kind < 6) return { at: "call", server: "api", call: pick(apiCalls[phase]), nth: 1, around }
    if (kind < 7) return { at: "call", server: "aws", nth: 1 + random.below(phase === "heal" ? 3 : 12), around }
    if (kind < 8) return { at: "call", server: "api", nth: 1 + random.below(limits[phase].writes), around }
    return { at: "time", seconds: random.below(limits[phase].seconds) }
  }

  const blow = (phase: Phase): Blow => {
    const when = moment(phase)
    const paused = random.below(6) === 0
    const both = random.below(6) === 0
    const standby = when.at === "time" && random.below(3) === 0
    return {
      kind: paused ? "pause" : "kill",
      victims: both ? "both" : standby ? "standby" : "leader",
      moment: when,
      restartSeconds: random.below(3) === 0 ? 1 + random.below(60) : 0
    }
  }

  const blows = (phase: Phase): ReadonlyArray<Blow> =>
    Array.from({ length: 1 + random.below(limits[phase].blows) }, () => blow(phase))

  return {
    controlPlanes: random.below(5) === 0 ? 3 : 1,
    workers: 1 + random.below(3),
    blows: { up: blows("up"), heal: blows("heal"), down: blows("down") }
  }
}

/** One blow in words. */
export const inWords = ({ kind, moment, restartSeconds, victims }: Blow): string => {
  const who = victims === "both" ? "both managers" : victims === "standby" ? "the one that waits" : "the leader"
  const what = kind === "kill" ? `kill -9 of ${who}` : `${who} stopped for longer than the Lease`
  const later = restartSeconds === 0 ? "" : `, started again ${restartSeconds} s later`
  if (moment.at === "time") return `${what} after ${moment.seconds} s${later}`
  const call = moment.call ?? (moment.server === "aws" ? "changing call to AWS" : "write to the API")
  const around = {
    before: "before it arrives",
    served: "done, before its answer arrives",
    answered: "right after its answer"
  }[moment.around]
  return `${what} at ${call} number ${moment.nth}, ${around}${later}`
}
