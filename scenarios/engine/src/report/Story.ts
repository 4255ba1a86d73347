/**
 * A run as a story: what was broken, when it was noticed, what was replaced, how long it took and what it cost.
 *
 * A reading of the trace and of nothing else: the same trace tells the same story. The teller takes events one by one, so
 * that a story can be told while it happens.
 */
import type { TraceEvent } from "@capstan/kernel"
import { formatClock, formatDuration } from "../language/Duration.ts"
import { type ConditionFields, conditionsIn, type Fields, fieldsOf } from "./WriteEvent.ts"

interface MachineState {
  ready: boolean
  healthy: boolean
  deleting: boolean
  controlPlane: boolean
}

/** The first point of a summary: its first line, with the one below it when that says what is meant. */
const firstWords = (message: string): string => {
  const [first = "", second] = message.split("\n").map((line) => line.trim().replace(/^\* /, ""))
  return first.endsWith(":") && second !== undefined ? `${first} ${second}` : first
}

/** Tells a run's events in order; each call gives the lines that the event adds. */
export class StoryTeller {
  private readonly machines = new Map<string, MachineState>()
  private cloudCalls = 0
  private apiWrites = 0
  private broken:
    | {
        readonly sinceMillis: number
        readonly calls: number
        readonly writes: number
        readonly what: string
        readonly machines: number
      }
    | undefined
  private clusterAvailable = false
  private wasReady = false
  private felt = false

  tell(event: TraceEvent): ReadonlyArray<string> {
    switch (event.kind) {
      case "aws":
      case "dev":
        this.cloudCalls++
        return []
      case "write":
        return this.write(event)
      case "ready":
        this.wasReady = true
        return [
          this.line(
            event,
            "ready",
            `the cluster is ${String(event["is"])} after ${formatDuration(event.t)}: ${this.machines.size} machines, ${this.cloudCalls} cloud calls, ${this.apiWrites} API writes`
          )
        ]
      case "fault":
        return this.fault(event)
      case "fault.healed":
        return [this.line(event, "healed", `${String(event["fault"])} is over`)]
      case "mark":
        return [this.line(event, "mark", String(event["text"]))]
      case "process.killed":
        return event["reason"] === "the run is over"
          ? []
          : [this.line(event, "crash", `the manager is killed: ${String(event["reason"])}`)]
      case "process.started":
        return event.t === 0 ? [] : [this.line(event, "restart", "the manager starts with empty caches")]
      case "perturbation":
        return [this.line(event, "disturbed", String(event["perturbation"]))]
      case "expectation":
        return event["status"] === "violated"
          ? [this.line(event, "VIOLATED", `${String(event["expects"])} ${String(event["id"])}`)]
          : []
      case "invariant":
        return [this.line(event, "VIOLATED", `${String(event["id"])}: ${String(event["message"])}`)]
      case "problem":
        return [this.line(event, "FAILED", String(event["message"]))]
      case "etcd":
        return this.etcd(event)
      case "settled":
        return [this.line(event, "settled", "nothing has changed for two resync periods")]
      default:
        return []
    }
  }

  private line(event: TraceEvent, word: string, text: string): string {
    return `${formatClock(event.t)}  ${word.padEnd(9)} ${text}`
  }

  private etcd(event: TraceEvent): ReadonlyArray<string> {
    const what = String(event["step"])
    if (!this.wasReady) return []
    return what === "quorum-lost" || what === "quorum-restored" || what === "removed"
      ? [
          this.line(
            event,
            "etcd",
            what === "removed"
              ? `member ${String(event["name"] ?? event["member"] ?? "")} is removed`
              : what.replace("-", " ")
          )
        ]
      : []
  }

  private fault(event: TraceEvent): ReadonlyArray<string> {
    const targets = Array.isArray(event["targets"]) ? ` of ${event["targets"].join(", ")}` : ""
    const parameters = fieldsOf(event["with"])
    const detail = Object.entries(parameters)
      .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
      .join(" ")
    this.felt = false
    this.broken = {
      sinceMillis: event.t,
      calls: this.cloudCalls,
      writes: this.apiWrites,
      what: String(event["fault"]),
      machines: this.machines.size
    }
    return [this.line(event, "fault", `${String(event["fault"])}${targets}${detail === "" ? "" : ` ${detail}`}`)]
  }

  private write(event: TraceEvent): ReadonlyArray<string> {
    if (event["api"] !== "management") return []
    this.apiWrites++
    const patch = fieldsOf(event["patch"])
    const name = String(event["name"])
    switch (event["resource"]) {
      case "Machine.cluster.x-k8s.io":
        return this.machine(event, name, patch)
      case "Cluster.cluster.x-k8s.io":
        return this.cluster(event, name, patch)
      case "MachineHealthCheck.cluster.x-k8s.io":
        return this.healthCheck(event, name, patch)
      default:
        return []
    }
  }

  private cluster(event: TraceEvent, name: string, patch: Fields): ReadonlyArray<string> {
    const available = conditionsIn(patch).find((condition) => condition.type === "Available")
    if (available === undefined) return []
    const now = available.status === "True"
    if (now === this.clusterAvailable) return []
    this.clusterAvailable = now
    const why = firstWords(available.message)
    return [
      this.line(
        event,
        now ? "available" : "degraded",
        now ? `Cluster ${name} is Available` : `Cluster ${name} is not Available: ${why}`
      )
    ]
  }

  private healthCheck(event: TraceEvent, name: string, patch: Fields): ReadonlyArray<string> {
    const allowed = conditionsIn(patch).find((condition) => condition.type === "RemediationAllowed")
    // While a cluster comes up, all of its machines are unhealthy in this sense.
    return this.wasReady && allowed?.status === "False" && allowed.reason === "TooManyUnhealthy"
      ? [this.line(event, "held back", `MachineHealthCheck ${name}: ${allowed.message || "too many unhealthy"}`)]
      : []
  }

  private machine(event: TraceEvent, name: string, patch: Fields): ReadonlyArray<string> {
    if (event["gone"] === true) {
      this.machines.delete(name)
      this.felt = true
      return [this.line(event, "gone", `Machine ${name}`), ...this.whole(event)]
    }
    const known = this.machines.get(name)
    const metadata = fieldsOf(patch["metadata"])
    const state = known ?? {
      ready: false,
      healthy: true,
      deleting: false,
      controlPlane: "cluster.x-k8s.io/control-plane" in fieldsOf(metadata["labels"])
    }
    if (known === undefined) this.machines.set(name, state)
    const lines: Array<string> = []
    if (known === undefined) {
      const zone = fieldsOf(patch["spec"])["failureDomain"]
      lines.push(this.line(event, "created", `Machine ${name}${zone === undefined ? "" : ` in ${String(zone)}`}`))
    }
    if (typeof metadata["deletionTimestamp"] === "string" && !state.deleting) {
      state.deleting = true
      this.felt = true
      lines.push(this.line(event, "deleting", `Machine ${name}`))
    }
    for (const condition of conditionsIn(patch)) this.condition(event, name, state, condition, lines)
    return [...lines, ...this.whole(event)]
  }

  private condition(
    event: TraceEvent,
    name: string,
    state: MachineState,
    condition: ConditionFields,
    lines: Array<string>
  ): void {
    const since =
      this.broken === undefined
        ? ""
        : ` (${formatDuration(event.t - this.broken.sinceMillis)} after ${this.broken.what})`
    if (condition.type === "HealthCheckSucceeded") {
      const healthy = condition.status !== "False"
      if (healthy === state.healthy) return
      state.healthy = healthy
      lines.push(
        this.line(
          event,
          healthy ? "recovered" : "detected",
          `Machine ${name}: ${condition.reason}${healthy ? "" : since}`
        )
      )
    }
    if (condition.type === "Ready") {
      const ready = condition.status === "True"
      if (ready === state.ready) return
      state.ready = ready
      if (ready) lines.push(this.line(event, "up", `Machine ${name} is Ready`))
      else if (!state.deleting) {
        this.felt = true
        const why = firstWords(condition.message)
        lines.push(this.line(event, "down", `Machine ${name}: ${why}${since}`))
      }
    }
  }

  /** Whether everything is well again after a fault: then how long it took and what it cost. */
  private whole(event: TraceEvent): ReadonlyArray<string> {
    const { broken } = this
    if (broken === undefined || event.t === broken.sinceMillis) return []
    for (const state of this.machines.values()) if (!state.ready || state.deleting) return []
    // A fault that no Machine has felt yet has not been overcome, nor one whose victims have no successors yet.
    if (!this.felt || this.machines.size < broken.machines) return []
    this.broken = undefined
    return [
      this.line(
        event,
        "whole",
        `${this.machines.size} of ${this.machines.size} machines Ready, ${formatDuration(event.t - broken.sinceMillis)} after ${broken.what}; ${this.cloudCalls - broken.calls} cloud calls, ${this.apiWrites - broken.writes} API writes`
      )
    ]
  }
}

/** The whole story of a finished run. */
export const tellStory = (events: ReadonlyArray<TraceEvent>): ReadonlyArray<string> => {
  const teller = new StoryTeller()
  return events.flatMap((event) => teller.tell(event))
}
