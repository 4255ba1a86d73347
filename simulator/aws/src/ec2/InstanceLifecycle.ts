/**
 * What happens to an instance after its launch: boots, stops, starts, ends, losses of power.
 *
 * EC2's word for an instance (`running`) and the machine's own condition (powered, hung) are two things: in an outage EC2
 * goes on saying `running` while nothing runs. `bootGeneration` counts the times the machine began to boot; whoever lives
 * on the machine has lost its memory when the number is another.
 * Left out: spot interruptions, scheduled events, automatic recovery.
 *
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html — What a stop and a termination keep and drop.
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/terminating-instances.html — A terminated instance disappears after about an hour.
 * @fidelity observed — Without power EC2 still says `running`; status checks turn impaired a little later.
 * @fidelity assumed — A machine is as dead without power as it is hung; with power back every host of the zone boots again.
 * @source https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
 */
import type { Account } from "../Account.ts"
import { type InstanceEvent, instanceLifecycle, nextState } from "../Lifecycle.ts"
import { refuse } from "../Refusal.ts"
import type { Instance } from "../Resources.ts"
import { isCutOff } from "./NetworkAclRules.ts"
import { newPublicIp, removeInterface } from "./NetworkInterfaces.ts"

const userInitiated = {
  code: "Client.UserInitiatedShutdown",
  message: "Client.UserInitiatedShutdown: User initiated shutdown"
}

/** Whether packets reach the instance and something on it could answer. */
export const isReachable = (account: Account, instance: Instance): boolean =>
  instance.powered &&
  !instance.hung &&
  account.tables.zones.get(instance.zone)?.network !== false &&
  !isCutOff(account, instance.subnetId)

/** Changes an instance and tells whoever listens. Repeating what is so already tells nobody. */
const change = (account: Account, before: Instance, fields: Partial<Instance>): void => {
  account.tables.instances.change(before.id, fields)
  if (fields.state !== undefined && fields.state !== before.state) {
    account.host.moved("instance", before.id, before.state, fields.state)
  }
  account.host.instanceChanged(before.id)
}

/** What was set out for an instance falls due. */
export const instanceDue = (
  account: Account,
  due: {
    readonly id: string
    readonly event: "booted" | "halted" | "gone" | "forget" | "repowered"
    readonly boot: number
  }
): void => {
  const instance = account.tables.instances.get(due.id)
  if (instance === undefined || instance.bootGeneration !== due.boot) return
  if (due.event === "forget") {
    account.tables.instances.remove(due.id)
    account.host.instanceChanged(due.id)
    return
  }
  if (due.event === "repowered") return repower(account, instance)
  const state = nextState(instanceLifecycle, instance.state, due.event)
  if (state === undefined) return
  if (due.event === "booted") return change(account, instance, { state, stateReason: undefined })
  if (due.event === "halted") return change(account, instance, { state })
  for (const id of instance.interfaceIds) removeInterface(account, id)
  for (const id of instance.volumeIds) account.tables.volumes.remove(id)
  change(account, instance, { state, interfaceIds: [], volumeIds: [], publicIp: undefined, powered: true, hung: false })
  account.later("instanceForgotten", { on: "instance", id: instance.id, event: "forget", boot: due.boot })
}

/** The host of an instance has power again, and boots, unless the zone has lost it once more. */
const repower = (account: Account, instance: Instance): void => {
  if (instance.powered || account.tables.zones.get(instance.zone)?.power === false) return
  change(account, instance, {
    powered: true,
    failedAt: instance.hung ? instance.failedAt : undefined,
    bootGeneration: instance.bootGeneration + 1,
    checkedAt: account.now()
  })
  rescheduleBoot(account, instance)
}

/** A boot that was under way goes on under its new number. */
const rescheduleBoot = (account: Account, before: Instance): void => {
  const boot = before.bootGeneration + 1
  const id = before.id
  if (before.state === "pending") account.later("instanceBooted", { on: "instance", id, event: "booted", boot })
  if (before.state === "stopping") account.later("instanceHalted", { on: "instance", id, event: "halted", boot })
  if (before.state === "shutting-down") account.later("instanceGone", { on: "instance", id, event: "gone", boot })
  if (before.state === "terminated") account.later("instanceForgotten", { on: "instance", id, event: "forget", boot })
}

const requireMove = (instance: Instance, event: InstanceEvent, doing: string): Instance["state"] => {
  const state = nextState(instanceLifecycle, instance.state, event)
  if (state === undefined) {
    throw refuse(
      "IncorrectInstanceState",
      `The instance '${instance.id}' is not in a state from which it can be ${doing}.`
    )
  }
  return state
}

const stamp = (account: Account): string =>
  new Date(account.now())
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, " GMT")

export const terminate = (account: Account, instance: Instance): void => {
  const state = requireMove(instance, "terminate", "terminated")
  if (state === instance.state) return
  change(account, instance, {
    state,
    stateReason: userInitiated,
    transitionReason: `User initiated (${stamp(account)})`
  })
  account.later("instanceGone", { on: "instance", id: instance.id, event: "gone", boot: instance.bootGeneration })
}

/** Whether the instance is in a state that can be stopped; called for all instances of a call before any is stopped. */
export const requireStoppable = (instance: Instance): void => void requireMove(instance, "stop", "stopped")
export const requireStartable = (instance: Instance): void => void requireMove(instance, "start", "started")
export const requireRebootable = (instance: Instance): void => void requireMove(instance, "reboot", "rebooted")

export const stop = (account: Account, instance: Instance): void => {
  const state = requireMove(instance, "stop", "stopped")
  if (state === instance.state) return
  setPublicIp(account, instance, undefined)
  change(account, instance, {
    state,
    publicIp: undefined,
    stateReason: userInitiated,
    transitionReason: `User initiated (${stamp(account)})`
  })
  account.later("instanceHalted", { on: "instance", id: instance.id, event: "halted", boot: instance.bootGeneration })
}

export const start = (account: Account, instance: Instance): void => {
  const state = requireMove(instance, "start", "started")
  if (state === instance.state) return
  const publicIp = instance.autoPublicIp ? newPublicIp(account) : undefined
  setPublicIp(account, instance, publicIp)
  const boot = instance.bootGeneration + 1
  change(account, instance, {
    state,
    publicIp,
    bootGeneration: boot,
    powered: true,
    hung: false,
    failedAt: undefined,
    launchedAt: account.now(),
    checkedAt: account.now() + account.duration("statusChecked"),
    stateReason: undefined,
    transitionReason: ""
  })
  account.later("instanceBooted", { on: "instance", id: instance.id, event: "booted", boot })
}

/** A reboot takes the machine down and up again on the same host; a machine without power stays down. */
export const reboot = (account: Account, instance: Instance): void => {
  requireRebootable(instance)
  if (!instance.powered) return
  change(account, instance, { bootGeneration: instance.bootGeneration + 1, hung: false, failedAt: undefined })
}

/** The machine stops answering, or answers again with all that it had in memory. */
export const setHung = (account: Account, instance: Instance, hung: boolean): void => {
  if (instance.hung === hung) return
  const failedAt = hung ? (instance.failedAt ?? account.now()) : instance.powered ? undefined : instance.failedAt
  change(account, instance, { hung, failedAt })
}

/** Power goes or comes back: it goes at once, and comes back host by host. */
export const setPower = (account: Account, instance: Instance, power: boolean): void => {
  if (instance.state === "terminated" || instance.state === "stopped") return
  if (!power) {
    if (instance.powered) change(account, instance, { powered: false, failedAt: instance.failedAt ?? account.now() })
    return
  }
  if (!instance.powered) {
    account.later("powerRestored", {
      on: "instance",
      id: instance.id,
      event: "repowered",
      boot: instance.bootGeneration
    })
  }
}

const setPublicIp = (account: Account, instance: Instance, publicIp: string | undefined): void => {
  const first = instance.interfaceIds[0]
  if (first !== undefined) account.tables.networkInterfaces.change(first, { publicIp })
}
