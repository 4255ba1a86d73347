/**
 * Which states a run has been in, as short names: what exploration steers by and reports.
 *
 * A condition with its status and reason, an edge of a resource's life, an error that AWS answered with, a reason of an
 * Event, something that happened inside a machine, a fault that struck. Read from the trace alone.
 *
 * @source docs/guides/exploring.md
 */
import type { TraceEvent } from "@capstan/kernel"
import { conditionsIn, fieldsOf, kindOf } from "../report/WriteEvent.ts"

/** The states that one event is evidence of, such as `condition Machine Ready=False NotReady`. */
export const statesIn = (event: TraceEvent): ReadonlyArray<string> => {
  switch (event.kind) {
    case "write": {
      const kind = kindOf(event["resource"])
      const reason = fieldsOf(event["patch"])["reason"]
      if (kind === "Event") return typeof reason === "string" ? [`event ${reason}`] : []
      return conditionsIn(event["patch"]).map(
        (condition) => `condition ${kind} ${condition.type}=${condition.status} ${condition.reason}`
      )
    }
    case "aws":
    case "dev":
      return event["code"] === undefined
        ? []
        : [`error ${String(event["service"] ?? "dev")}.${String(event["operation"])} ${String(event["code"])}`]
    case "aws.state":
    case "dev.state":
      return [`life ${String(event["resource"])} ${String(event["from"])} to ${String(event["to"])}`]
    case "world":
      return [`world ${String(event["what"])}`]
    case "etcd":
      return [`etcd ${String(event["step"])}`]
    case "fault":
      return [`fault ${String(event["fault"])}`]
    case "reconcile.failed":
      return [`failed ${String(event["controller"])}`]
    default:
      return []
  }
}

/** Collects the states of one run: hand `listen` to its trace. */
export class Coverage {
  private readonly seen = new Set<string>()

  readonly listen = (event: TraceEvent): void => {
    for (const state of statesIn(event)) this.seen.add(state)
  }

  /** Sorted. */
  get states(): ReadonlyArray<string> {
    return [...this.seen].sort()
  }
}
