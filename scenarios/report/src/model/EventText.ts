/** One event of a trace in words, what family it belongs to, and which objects it is about. Pure. */
import { fieldsOf, kindOf } from "@capstan/engine/text"
import type { TraceEvent } from "@capstan/kernel"
import { keyOf, type ObjectKey, type ObjectLine } from "./Objects.ts"

export const families = ["run", "write", "call", "reconcile", "log"] as const
export type Family = (typeof families)[number]

export const familyOf = ({ kind }: TraceEvent): Family => {
  switch (kind) {
    case "write":
      return "write"
    case "aws":
    case "dev":
      return "call"
    case "reconcile":
    case "reconcile.failed":
      return "reconcile"
    case "aws.state":
    case "dev.state":
    case "world":
    case "etcd":
    case "log":
      return "log"
    default:
      return "run"
  }
}

/** Whether something went wrong with it. */
export const isTrouble = (event: TraceEvent): boolean =>
  ["reconcile.failed", "invariant", "problem", "fault", "process.killed"].includes(event.kind) ||
  (event.kind === "expectation" && event["status"] === "violated") ||
  (event.kind === "verdict" && event["passed"] === false) ||
  typeof event["code"] === "string" ||
  event["step"] === "quorum-lost"

const text = (value: unknown): string => {
  if (value === undefined || value === null) return ""
  return typeof value === "string" ? value : JSON.stringify(value)
}

const words = (...parts: ReadonlyArray<unknown>): string =>
  parts
    .map(text)
    .filter((part) => part !== "")
    .join(" ")

/** `spec.replicas, status.conditions`: what a patch touches, without what every write touches. */
export const touchedBy = (patch: unknown): string =>
  Object.entries(fieldsOf(patch))
    .filter(([part]) => part === "spec" || part === "status" || part === "data" || part === "metadata")
    .flatMap(([part, inner]) =>
      Object.keys(fieldsOf(inner))
        .filter((name) => part !== "metadata" || !["resourceVersion", "generation", "managedFields"].includes(name))
        .map((name) => `${part}.${name}`)
    )
    .join(", ")

const withDetail = (what: string, detail: string): string => (detail === "" ? what : `${what}: ${detail}`)

/** What happened, in one line. */
export const describeEvent = (event: TraceEvent): string => {
  const of = (name: string): string => text(event[name])
  switch (event.kind) {
    case "write": {
      const kind = kindOf(event["resource"])
      if (kind === "Event") {
        const patch = fieldsOf(event["patch"])
        return withDetail(words("Event", text(patch["reason"]), of("name")), text(patch["message"]))
      }
      const act = event["verb"] === "create" || event["verb"] === "delete" ? "" : touchedBy(event["patch"])
      const gone = event["gone"] === true ? " (gone)" : ""
      return withDetail(`${words(of("actor"), of("verb"), kind, of("name"))}${gone}`, act)
    }
    case "aws":
    case "dev": {
      const failed = of("code")
      const about = Array.isArray(event["ids"]) ? event["ids"].map(String).join(", ") : ""
      return withDetail(`${of("service")}.${of("operation")}`, failed === "" ? about : `refused with ${failed}`)
    }
    case "aws.state":
    case "dev.state":
      return `${words(of("resource"), of("id"))}: ${of("from") === "" ? "" : `${of("from")} → `}${of("to")}`
    case "reconcile":
      return `${of("controller")} reconciles ${of("object")}${of("trigger") === "" ? "" : ` (${of("trigger")})`}`
    case "reconcile.failed":
      return `${of("controller")} fails at ${of("object")}: ${of("message")}`
    case "fault":
      return words(
        "fault",
        of("fault"),
        Array.isArray(event["targets"]) ? `of ${event["targets"].join(", ")}` : "",
        event["with"]
      )
    case "fault.healed":
      return `${of("fault")} is over`
    case "expectation":
      return words(of("expects"), of("id"), `is ${of("status")}`)
    case "invariant":
      return withDetail(`invariant ${of("id")} is broken`, of("message"))
    case "problem":
      return `the run fails: ${of("message")}`
    case "mark":
      return of("text")
    case "step.begun":
      return `step ${of("step")} begins: ${words(of("action"), of("fault"), of("heals"))}`
    case "step":
      return `step ${of("step")} (${of("action")}) is done`
    case "verdict":
      return event["passed"] === true ? "the run has passed" : "the run has failed"
    case "settled":
      return "the world has settled"
    case "ready":
      return `the cluster is ${of("is")}`
    case "process.started":
      return `${of("process")} starts`
    case "process.killed":
      return withDetail(`${of("process")} is killed`, of("reason"))
    default: {
      const { cause: _cause, kind, seq: _seq, t: _t, ...data } = event
      return withDetail(
        kind,
        Object.entries(data)
          .map(([name, value]) => `${name} ${text(value)}`)
          .join(", ")
      )
    }
  }
}

/** Which object an event is about, if it names one that is known. */
export const objectOf = (
  event: TraceEvent,
  named: ReadonlyMap<string, ReadonlyArray<ObjectLine>>
): ObjectKey | undefined => {
  if (event.kind === "write") {
    const involved = fieldsOf(fieldsOf(event["patch"])["involvedObject"])
    const about = named.get(`${text(involved["namespace"])}/${text(involved["name"])}`)
    return about?.find(({ kind }) => kind === involved["kind"])?.key ?? keyOf(event)
  }
  if (event.kind === "fault" && Array.isArray(event["targets"])) {
    const [target] = event["targets"].map(String)
    const lines = [...named.values()].flat().filter(({ name }) => name === target)
    return (lines.find(({ kind }) => kind === "Machine") ?? lines[0])?.key
  }
  if (event.kind !== "reconcile" && event.kind !== "reconcile.failed") return undefined
  const candidates = named.get(text(event["object"])) ?? []
  const controller = text(event["controller"]).toLowerCase()
  return (candidates.find(({ kind }) => kind.toLowerCase() === controller) ?? candidates[0])?.key
}
