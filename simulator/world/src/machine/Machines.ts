/**
 * The life of machines: power, first boot, restarts, silence.
 *
 * The cloud says that an instance has changed; what that means for its inside is worked out here, once, from how it was and how
 * it is. A first boot goes through cloud-init to kubeadm; every later one only brings back what is on the disk.
 *
 * @source https://cloudinit.readthedocs.io/en/latest/explanation/boot.html
 * @fidelity documented https://cloudinit.readthedocs.io/en/latest/explanation/first_boot.html — User data runs at the first boot of an instance alone.
 * @fidelity observed cluster-api-provider-aws — The boothook asks for each secret ten times, ten seconds apart.
 * @fidelity assumed — A machine that loses its power in the middle of kubeadm does not try again; before that, cloud-init begins anew.
 * @fidelity assumed — A machine that is cut off or asleep while it boots goes on where it was when it is back.
 * @fidelity assumed — Commands besides kubeadm succeed.
 */
import { Result } from "effect"
import type { InstanceView } from "../CloudPorts.ts"
import { secretAttempts, secretRetryMillis } from "../Latencies.ts"
import { regionOf } from "../node/NodeObject.ts"
import { type BootPlan, planBoot } from "../user-data/BootPlan.ts"
import type { Host } from "../user-data/JinjaTemplate.ts"
import { readUserData } from "../user-data/UserData.ts"
import type { MachineEvent } from "../WorldEvent.ts"
import type { WorldState } from "../WorldState.ts"
import { isUp, type Machine, newMachine } from "./Machine.ts"

export interface MachinesOptions {
  readonly state: WorldState
  /** kubeadm begins. */
  readonly onPlan: (machine: Machine, plan: BootPlan) => void
  /** What runs on the machine can be reached from now on, or no more. */
  readonly onUp: (machine: Machine, up: boolean) => void
  /** The cloud will not bring the machine back, or has forgotten it. */
  readonly onGone: (machine: Machine) => void
}

export class Machines {
  private readonly state: WorldState
  private readonly options: MachinesOptions

  constructor(options: MachinesOptions) {
    this.state = options.state
    this.options = options
  }

  /** The cloud tells of a change. */
  changed(cloud: number, id: string): void {
    const view = this.state.clouds[cloud]?.instances.get(id)
    const known = this.state.machine(id)
    if (view === undefined) {
      if (known !== undefined) this.forget(known)
      return
    }
    const machine = { ...(known ?? newMachine(view, cloud)), view }
    this.settle(known, machine)
    const after = this.state.machine(id)
    if (after !== undefined && view.state === "terminated" && known?.view.state !== "terminated")
      this.options.onGone(after)
  }

  /** Puts everything on a machine to sleep, or wakes it up. */
  setHung(id: string, hung: boolean): void {
    const machine = this.state.machine(id)
    if (machine !== undefined && machine.hung !== hung) this.settle(machine, { ...machine, hung })
  }

  /** Ends the first boot for good. */
  fail(machine: Machine, reason: string, message: string): void {
    this.state.putMachine({ ...machine, stage: "failed", failure: { reason, message } })
    const what = machine.plan?._tag === "Join" ? "join-failed" : "boot-failed"
    this.state.note(what, { instance: machine.id, reason, message })
  }

  /** Whether the event's machine is where the event belongs, and awake; an event that comes to a sleeping machine waits there. */
  ready(event: MachineEvent): Machine | undefined {
    const machine = this.state.machine(event.machine)
    if (machine === undefined || machine.boot !== event.boot || machine.stage === "off") return undefined
    if (machine.answering) return machine
    this.state.putMachine({ ...machine, stalled: [...machine.stalled, event] })
    return undefined
  }

  kernelBooted(machine: Machine): void {
    if (machine.stage !== "booting") return
    this.state.note("booted", { instance: machine.id })
    if (machine.view.userData === undefined) {
      this.state.putMachine({ ...machine, stage: "idle" })
      return
    }
    this.state.putMachine({ ...machine, stage: "fetching" })
    this.state.later("userData", { on: "user-data", machine: machine.id, boot: machine.boot, attempt: 1 })
  }

  fetchUserData(machine: Machine, attempt: number): void {
    if (machine.stage !== "fetching") return
    const endpoints = this.state.cloudOf(machine)?.endpoints
    const connected = this.state.reachesInternet(machine)
    const read = readUserData(machine.view.userData, hostOf(machine.view), (name) =>
      connected ? endpoints?.readSecret(name) : undefined
    )
    switch (read._tag) {
      case "Nothing":
        this.state.putMachine({ ...machine, stage: "idle" })
        return
      case "Unreadable":
        return this.fail(machine, "UserDataUnreadable", read.message)
      case "MissingSecret": {
        const why = connected
          ? `there is no secret ${read.name}`
          : `nothing answers to a request for secret ${read.name}`
        if (attempt >= secretAttempts) return this.fail(machine, "UserDataMissing", why)
        this.state.timers.after(secretRetryMillis, {
          on: "user-data",
          machine: machine.id,
          boot: machine.boot,
          attempt: attempt + 1
        })
        return
      }
      case "Script": {
        const planned = planBoot(read.script)
        if (Result.isFailure(planned)) return this.fail(machine, "KubeadmConfigInvalid", planned.failure)
        return this.begin(machine, planned.success)
      }
    }
  }

  /** The kubelet and its containers run. */
  kubeletStarted(machine: Machine): void {
    const { node } = machine
    if (node !== undefined && !machine.kubelet) {
      this.settle(machine, { ...machine, kubelet: true, node: { ...node, restarted: true } })
    }
  }

  private begin(machine: Machine, plan: BootPlan): void {
    if (plan._tag === "Nothing") {
      this.state.putMachine({ ...machine, stage: "idle" })
      return
    }
    const stage = plan._tag === "Init" ? "initialising" : "joining"
    this.options.onPlan(this.state.putMachine({ ...machine, stage, plan }), plan)
  }

  /** Works out what runs now, stores it, and tells what has changed. */
  private settle(known: Machine | undefined, next: Machine): void {
    const running = next.view.state === "running"
    const answering = running && next.view.reachable && !next.hung
    let machine: Machine = { ...next, answering }
    if (!running) machine = powerless(machine)
    else if (machine.boot !== next.view.bootGeneration) machine = this.boot(machine)
    if (answering && machine.stalled.length > 0) {
      for (const event of machine.stalled) this.state.timers.after(1000, event)
      machine = { ...machine, stalled: [] }
    }
    this.state.putMachine(machine)
    const wasUp = known !== undefined && isUp(known)
    if (isUp(machine) !== wasUp) this.options.onUp(machine, !wasUp)
    else if (known?.answering !== answering) this.state.cloudOf(machine)?.healthChanged(machine.id)
  }

  /** The machine begins to boot: for the first time, again before kubeadm ever began, or after that. */
  private boot(machine: Machine): Machine {
    const boot = machine.view.bootGeneration
    const fresh = machine.stage === "off" || machine.stage === "booting" || machine.stage === "fetching"
    const interrupted = machine.stage === "initialising" || machine.stage === "joining"
    const event = machine.node === undefined ? "kernel-booted" : "kubelet-started"
    const started: Machine = {
      ...machine,
      boot,
      hung: false,
      answering: machine.view.reachable,
      kubelet: false,
      stalled: [],
      ...(fresh && machine.node === undefined ? { stage: "booting" as const } : {}),
      ...(interrupted
        ? {
            stage: "failed" as const,
            failure: { reason: "Interrupted", message: "kubeadm was cut short by a restart" }
          }
        : {})
    }
    if (interrupted) this.state.note("boot-failed", { instance: machine.id, reason: "Interrupted" })
    const millis = this.state.draw("kernel") + (machine.node === undefined ? 0 : this.state.draw("kubelet"))
    this.state.timers.after(millis, { on: event, machine: machine.id, boot })
    return started
  }

  private forget(machine: Machine): void {
    if (machine.answering) this.settle(machine, { ...machine, view: { ...machine.view, state: "terminated" } })
    const last = this.state.machine(machine.id) ?? machine
    this.state.removeMachine(last)
    this.options.onGone(last)
  }
}

/** Nothing runs; what is on the disk stays. A boot that had not come to kubeadm leaves nothing behind. */
const powerless = (machine: Machine): Machine => {
  const early = machine.stage === "booting" || machine.stage === "fetching"
  return { ...machine, kubelet: false, stalled: [], ...(early ? { stage: "off" as const } : {}) }
}

const hostOf = (view: InstanceView): Host => ({
  instanceId: view.id,
  hostname: view.privateDnsName,
  privateIp: view.privateIp,
  zone: view.zone,
  region: regionOf(view.zone),
  instanceType: view.instanceType
})
