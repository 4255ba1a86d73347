/**
 * Faults in a simulated world: begun, remembered as data, and undone.
 *
 * Faults of calls are decisions at the kernel's door; faults of machines and zones are changes of the cloud's own
 * state. What has healed is forgotten but for its victims.
 */
import { apiError, type StatusReason, statusCodes } from "@capstan/kubernetes"
import { type ComponentHandle, type InterceptedCall, Intervention, type Kernel } from "@capstan/kernel"
import { EtcdRefused } from "@capstan/provider"
import { parseDuration } from "../language/Duration.ts"
import type { Victim } from "../language/Expression.ts"
import { faultEvent } from "../run/Reading.ts"
import type { FaultAction, Refusal } from "../run/Stage.ts"
import type { SimulatedCloud, ZoneChange } from "./SimulatedCloud.ts"

interface ActiveFault {
  readonly step: string
  readonly name: string
  readonly parameters: { readonly [key: string]: unknown }
  readonly targets: ReadonlyArray<{ readonly id: string }>
  /** How many more times it strikes; for crashes at a call. */
  left: number
  /** Instances and the load balancers that they were taken out of. */
  readonly taken: ReadonlyArray<readonly [instance: string, loadBalancer: string]>
  /** Its event in the trace. */
  readonly seq: number
}

interface SavedFaults {
  readonly active: ReadonlyArray<ActiveFault>
  readonly ended: ReadonlyArray<string>
  readonly refused: ReadonlyArray<readonly [operation: string, errors: { readonly [code: string]: number }]>
  readonly hit: ReadonlyArray<readonly [step: string, victims: ReadonlyArray<Victim>]>
  readonly lastEnd: number
  readonly restartMillis: number
}

export interface FaultInjectorOptions {
  readonly kernel: Kernel
  readonly cloud: SimulatedCloud
  /** Kills the manager; it comes back after so many milliseconds. */
  readonly crash: (restartAfterMillis: number) => void
  readonly victimOf: (target: unknown) => Victim
}

const restartMillisDefault = 5000

/** How often an instance that still stops is looked at again. */
const startRetryMillis = 5000

const text = (value: unknown): string => (typeof value === "string" ? value : "")

export class FaultInjector {
  readonly options: FaultInjectorOptions
  private readonly active = new Map<string, ActiveFault>()
  private readonly ended = new Set<string>()
  private readonly hit = new Map<string, ReadonlyArray<Victim>>()
  /** Errors put in place of answers: `service.operation` to code to count. The cloud itself never saw these calls. */
  private readonly refused = new Map<string, { readonly [code: string]: number }>()
  private lastEnd = 0
  private restartMillis = restartMillisDefault
  /** Instances that are to be started as soon as they have stopped. */
  private readonly starts: ComponentHandle<string>

  constructor(options: FaultInjectorOptions) {
    this.options = options
    options.kernel.intervene = (call) => this.decide(call)
    this.starts = options.kernel.component<string>({
      name: "faults",
      handle: (instance) => this.startAgain(instance),
      save: (): SavedFaults => ({
        active: [...this.active.values()].map((fault) => ({ ...fault })),
        ended: [...this.ended],
        hit: [...this.hit],
        refused: [...this.refused],
        lastEnd: this.lastEnd,
        restartMillis: this.restartMillis
      }),
      // The kernel hands back what `save` gave, and knows it as unknown.
      restore: (state) => this.restore(state as SavedFaults)
    })
  }

  private restore(saved: SavedFaults): void {
    this.active.clear()
    for (const fault of saved.active) this.active.set(fault.step, { ...fault })
    this.ended.clear()
    for (const step of saved.ended) this.ended.add(step)
    this.refused.clear()
    for (const [operation, errors] of saved.refused) this.refused.set(operation, errors)
    this.hit.clear()
    for (const [step, victims] of saved.hit) this.hit.set(step, victims)
    this.lastEnd = saved.lastEnd
    this.restartMillis = saved.restartMillis
  }

  get anyActive(): boolean {
    return this.active.size > 0
  }

  /** Epoch milliseconds; 0 when none has ended. */
  get lastEndMillis(): number {
    return this.lastEnd
  }

  /** How long the manager stays away after a crash. */
  get restartAfterMillis(): number {
    return this.restartMillis
  }

  /** Calls that faults answered in the place of the cloud, as the cloud counts its own. */
  refusals(): ReadonlyArray<{
    readonly id: string
    readonly calls: number
    readonly errors: { readonly [code: string]: number }
  }> {
    return [...this.refused].map(([id, errors]) => ({
      id,
      calls: Object.values(errors).reduce((sum, count) => sum + count, 0),
      errors
    }))
  }

  victims(step: string): ReadonlyArray<Victim> {
    return this.hit.get(step) ?? []
  }

  hasEnded(step: string): boolean {
    return this.ended.has(step)
  }

  inject(step: string, action: FaultAction, targets: ReadonlyArray<unknown>): Refusal {
    const { kernel } = this.options
    const { parameters } = action
    const { name, undo } = action.fault
    const instances = targets as ReadonlyArray<{ readonly id: string }>
    const { cloud } = this.options
    const taken = name === "lb.deregister" ? behindLoadBalancers(cloud, instances) : []
    const begin = this.beginning({ name, parameters, targets: instances, taken, forMillis: action.forMillis })
    if (typeof begin === "string") return begin
    const victims = targets.map(this.options.victimOf)
    this.hit.set(step, victims)
    const seq = kernel.trace.emit("fault", faultEvent(step, action, victims))
    kernel.causedBy(seq, begin)
    const keeps = undo === "heals" && !(name === "controller.crash" && parameters["call"] === undefined)
    if (keeps) {
      const times = typeof parameters["times"] === "number" ? parameters["times"] : 1
      this.active.set(step, { step, name, parameters, targets: instances, left: times, taken, seq })
    } else {
      this.ended.add(step)
      this.lastEnd = kernel.now()
    }
    return undefined
  }

  heal(step: string): void {
    const fault = this.active.get(step)
    if (fault === undefined) return
    const { kernel } = this.options
    this.active.delete(step)
    this.ended.add(step)
    this.lastEnd = kernel.now()
    const seq = kernel.trace.emit("fault.healed", { step, fault: fault.name }, fault.seq)
    kernel.causedBy(seq, () => this.undo(fault))
  }

  private undo(fault: ActiveFault): void {
    const { cloud } = this.options
    switch (fault.name) {
      case "compute.stop":
        fault.targets.forEach(({ id }) => this.startAgain(id))
        break
      case "compute.hang":
        fault.targets.forEach(({ id }) => cloud.hang(id, false))
        break
      case "lb.deregister":
        fault.taken.forEach(([id, balancer]) => cloud.register(id, balancer))
        break
      case "zone.outage":
      case "zone.capacity": {
        const change = zoneChange(fault.name, fault.parameters)
        cloud.setZone(text(fault.parameters["zone"]), {
          ...(change.power === undefined ? {} : { power: true }),
          ...(change.network === undefined ? {} : { network: true }),
          ...(change.capacity === undefined ? {} : { capacity: true })
        })
      }
    }
  }

  /** Starts a stopped instance; one that is still on its way there is started once it has come to rest, as EC2 wants it. */
  private startAgain(id: string): void {
    const { cloud, kernel } = this.options
    if (cloud.instances().some((instance) => instance.id === id && instance.state === "stopping")) {
      this.starts.after(startRetryMillis, id)
      return
    }
    cloud.start(id)
    this.lastEnd = kernel.now()
  }

  /** What beginning a fault does, or why it cannot begin. */
  private beginning({
    forMillis,
    name,
    parameters,
    taken,
    targets
  }: Pick<ActiveFault, "name" | "parameters" | "taken" | "targets"> & {
    readonly forMillis: number | undefined
  }): (() => void) | string {
    const { cloud } = this.options
    switch (name) {
      case "compute.terminate":
        return () => targets.forEach(({ id }) => cloud.terminate(id))
      case "compute.stop":
        return () => targets.forEach(({ id }) => cloud.stop(id))
      case "compute.reboot":
        return () => targets.forEach(({ id }) => cloud.reboot(id))
      case "compute.hang":
        return () => targets.forEach(({ id }) => cloud.hang(id, true))
      case "lb.deregister":
        return taken.length === 0
          ? "none of the targets is behind a load balancer of its cluster"
          : () => taken.forEach(([id, balancer]) => cloud.deregister(id, balancer))
      case "zone.outage":
      case "zone.capacity": {
        const zone = text(parameters["zone"])
        return cloud.zones.includes(zone)
          ? () => cloud.setZone(zone, zoneChange(name, parameters))
          : `there is no zone '${zone}'; there are ${cloud.zones.join(", ")}`
      }
      case "controller.crash":
        return () => {
          this.restartMillis = parseDuration(text(parameters["restartAfter"])) ?? forMillis ?? restartMillisDefault
          if (parameters["call"] === undefined) this.options.crash(this.restartMillis)
        }
      case "cloud.delete": {
        const cluster = text(parameters["cluster"])
        const balancer = cloud.loadBalancerOf(cluster)
        return balancer === undefined
          ? `cluster '${cluster}' has no load balancer`
          : () => cloud.deleteLoadBalancer(balancer)
      }
      default:
        return () => {}
    }
  }

  private decide(call: InterceptedCall): Intervention {
    if (this.active.size === 0 || call.process === undefined) return Intervention.None()
    for (const fault of this.active.values()) {
      const intervention = this.strike(fault, call)
      if (intervention !== undefined) return intervention
    }
    return Intervention.None()
  }

  private strike(fault: ActiveFault, call: InterceptedCall): Intervention | undefined {
    const { kernel } = this.options
    const { name, parameters } = fault
    if (name === "controller.crash") {
      if (fault.left === 0 || !matchesCall(text(parameters["call"]), call)) return undefined
      fault.left--
      if (fault.left === 0) {
        this.active.delete(fault.step)
        this.ended.add(fault.step)
        this.lastEnd = kernel.now()
      }
      return Intervention.Crash({ when: parameters["when"] === "before" ? "before" : "after", cause: fault.seq })
    }
    if (!name.startsWith("api.") || !concerns(parameters, call)) return undefined
    const probability = typeof parameters["probability"] === "number" ? parameters["probability"] : 1
    if (probability < 1 && kernel.random("engine/faults").unit() >= probability) return undefined
    const code = text(parameters["code"])
    switch (name) {
      case "api.latency":
        return Intervention.Delay({ millis: parseDuration(text(parameters["delay"])) ?? 0 })
      case "api.throttle":
        return Intervention.Fail({ error: this.errorFor(call, code === "" ? throttleCode(call.service) : code) })
      case "api.error":
        return parameters["performed"] === true
          ? Intervention.LoseAnswer({ error: this.errorFor(call, code), afterMillis: 0 })
          : Intervention.Fail({ error: this.errorFor(call, code) })
      default:
        return undefined
    }
  }

  /** What the called service answers when it fails with this code. Counts as a refusal. */
  errorFor(call: InterceptedCall, code: string): unknown {
    const operation = `${call.service}.${call.operation}`
    const errors = this.refused.get(operation) ?? {}
    this.refused.set(operation, { ...errors, [code]: (errors[code] ?? 0) + 1 })
    if (call.service === "etcd") return new EtcdRefused({ reason: "Timeout", message: `etcd answered ${code}` })
    if (call.service !== "kubernetes") return this.options.cloud.refusal(call.service, call.operation, code)
    const reason = (code in statusCodes ? code : "InternalError") as StatusReason
    return apiError(reason, `the server could not serve the request: ${code}`)
  }
}

const behindLoadBalancers = (
  cloud: SimulatedCloud,
  instances: ReadonlyArray<{ readonly id: string }>
): ActiveFault["taken"] =>
  instances.flatMap(({ id }) => cloud.loadBalancersWith(id).map((balancer) => [id, balancer] as const))

const throttleCode = (service: string): string =>
  service === "kubernetes" ? "TooManyRequests" : service === "ec2" ? "RequestLimitExceeded" : "Throttling"

/** `ec2.RunInstances`, `kubernetes.*`, `RunInstances`. */
const matchesCall = (pattern: string, call: InterceptedCall): boolean => {
  const dot = pattern.indexOf(".")
  const service = dot === -1 ? undefined : pattern.slice(0, dot)
  const operation = pattern.slice(dot + 1)
  return (service === undefined || service === call.service) && (operation === "*" || operation === call.operation)
}

const concerns = (parameters: { readonly [key: string]: unknown }, call: InterceptedCall): boolean => {
  if (parameters["service"] !== call.service) return false
  const operations = parameters["operations"]
  return !Array.isArray(operations) || operations.includes("*") || operations.includes(call.operation)
}

const allEffects = ["instances-stop", "network-cut", "insufficient-capacity"]

const zoneChange = (name: string, parameters: { readonly [key: string]: unknown }): ZoneChange => {
  if (name === "zone.capacity") return { capacity: false }
  const effects = Array.isArray(parameters["effects"]) ? parameters["effects"] : allEffects
  return {
    ...(effects.includes("instances-stop") ? { power: false } : {}),
    ...(effects.includes("network-cut") ? { network: false } : {}),
    ...(effects.includes("insufficient-capacity") ? { capacity: false } : {})
  }
}
