/**
 * What happened to each machine, as lanes of bars: zone, then machine, and in it the instance, the Machine and the Node. Pure.
 *
 * Instance states come from the cloud's own events, the other two from objects. A machine's zone is the one of its instance once that
 * is known, until then the one that was chosen for it.
 */
import { type Fields, fieldsOf } from "@capstan/engine/text"
import type { TraceEvent } from "@capstan/kernel"
import { conditionOf, type ObjectKey, type ObjectLine } from "./Objects.ts"

/** What a bar means: how it is drawn. */
export type Tone = "waiting" | "working" | "good" | "bad" | "leaving" | "past"

export interface Bar {
  readonly from: number
  readonly to: number
  /** A word for the state. */
  readonly state: string
  readonly tone: Tone
}

export interface Lane {
  readonly zone: string
  readonly role: "control plane" | "worker"
  readonly machine: { readonly name: string; readonly key: ObjectKey; readonly bars: ReadonlyArray<Bar> }
  readonly instance: { readonly id: string; readonly key: ObjectKey | undefined; readonly bars: ReadonlyArray<Bar> }
  readonly node: { readonly name: string; readonly key: ObjectKey | undefined; readonly bars: ReadonlyArray<Bar> }
}

interface Moment {
  readonly t: number
  /** Undefined where nothing is there. */
  readonly state: { readonly word: string; readonly tone: Tone } | undefined
}

/** Moments as bars, neighbours that are alike as one. */
const barsOf = (moments: ReadonlyArray<Moment>, end: number): ReadonlyArray<Bar> => {
  const bars: Array<Bar> = []
  for (const [index, { state, t }] of moments.entries()) {
    const to = moments[index + 1]?.t ?? end
    if (state === undefined || to < t) continue
    const before = bars.at(-1)
    if (before?.state === state.word && before.to === t) bars[bars.length - 1] = { ...before, to }
    else if (to > t || index === moments.length - 1) bars.push({ from: t, to, state: state.word, tone: state.tone })
  }
  return bars
}

const machineState = (machine: Fields | undefined): Moment["state"] => {
  if (machine === undefined) return undefined
  if (fieldsOf(machine["metadata"])["deletionTimestamp"] !== undefined) return { word: "Deleting", tone: "leaving" }
  const ready = conditionOf(machine, "Ready")
  const healthy = conditionOf(machine, "HealthCheckSucceeded")
  if (healthy?.status === "False") return { word: `Unhealthy (${healthy.reason})`, tone: "bad" }
  if (ready?.status === "True") return { word: "Ready", tone: "good" }
  const phase = fieldsOf(machine["status"])["phase"]
  const word = typeof phase === "string" ? phase : "Pending"
  return word === "Running"
    ? { word: "Not ready", tone: "bad" }
    : { word, tone: word === "Pending" ? "waiting" : "working" }
}

const nodeState = (node: Fields | undefined): Moment["state"] => {
  if (node === undefined) return undefined
  const ready = conditionOf(node, "Ready")
  if (ready?.status === "True") return { word: "Ready", tone: "good" }
  return ready?.status === "Unknown" ? { word: "Unknown", tone: "bad" } : { word: "Not ready", tone: "working" }
}

const instanceTones: { readonly [state: string]: Tone } = {
  pending: "waiting",
  running: "good",
  stopping: "leaving",
  stopped: "bad",
  "shutting-down": "leaving",
  terminated: "past"
}

const instanceMoments = (events: ReadonlyArray<TraceEvent>): ReadonlyMap<string, ReadonlyArray<Moment>> => {
  const instances = new Map<string, Array<Moment>>()
  for (const event of events) {
    const ids = event["ids"]
    const launched = event["operation"] === "RunInstances" || event["operation"] === "CreateMachine"
    if (launched && Array.isArray(ids)) {
      for (const id of ids.map(String).filter((each) => !/^(?:eni|vol)-/.test(each))) {
        if (!instances.has(id)) instances.set(id, [{ t: event.t, state: { word: "pending", tone: "waiting" } }])
      }
    }
    const isState = event.kind === "aws.state" || event.kind === "dev.state"
    if (!isState || (event["resource"] !== "instance" && event["resource"] !== "machine")) continue
    const id = String(event["id"])
    const moments = instances.get(id) ?? []
    const word = String(event["to"])
    const gone = word === "terminated" || word === "gone" || word === "undefined"
    moments.push({ t: event.t, state: gone ? undefined : { word, tone: instanceTones[word] ?? "working" } })
    instances.set(id, moments)
  }
  return instances
}

const lastOf = (line: ObjectLine, read: (object: Fields) => unknown): string | undefined => {
  for (const { object } of line.versions.toReversed()) {
    const value = object === undefined ? undefined : read(object)
    if (typeof value === "string" && value !== "") return value
  }
  return undefined
}

/** `aws:///us-east-1a/i-0123`: zone and instance. */
const placeOf = (
  providerId: string | undefined
): { readonly zone: string | undefined; readonly id: string | undefined } => {
  const parts = (providerId ?? "")
    .replace(/^\w+:\/*/, "")
    .split("/")
    .filter((part) => part !== "")
  return { zone: parts.length > 1 ? parts.at(-2) : undefined, id: parts.at(-1) }
}

/** A lane for each Machine, sorted by zone, control plane first, then by when it was made. */
export const lanesOf = (
  events: ReadonlyArray<TraceEvent>,
  objects: ReadonlyMap<ObjectKey, ObjectLine>,
  endMillis: number
): ReadonlyArray<Lane> => {
  const instances = instanceMoments(events)
  const lines = [...objects.values()]
  const nodes = new Map(
    lines
      .filter(({ api, kind }) => kind === "Node" && api !== "management")
      .map((line) => [lastOf(line, (node) => fieldsOf(node["spec"])["providerID"]) ?? line.name, line])
  )
  const clouds = new Map(
    lines.filter(({ kind }) => /^[A-Z]\w+Machine$/.test(kind)).map((line) => [`${line.namespace}/${line.name}`, line])
  )
  const isMachine = ({ api, kind }: ObjectLine): boolean => kind === "Machine" && api === "management"
  const lanes = lines.filter(isMachine).map((line): Lane => {
    const spec = (name: string) => lastOf(line, (machine) => fieldsOf(machine["spec"])[name])
    const reference = lastOf(line, (machine) => fieldsOf(fieldsOf(machine["spec"])["infrastructureRef"])["name"])
    const cloud = clouds.get(`${line.namespace}/${reference ?? ""}`)
    const ofCloud = cloud === undefined ? undefined : lastOf(cloud, (each) => fieldsOf(each["spec"])["providerID"])
    const providerId = spec("providerID") ?? ofCloud
    const place = placeOf(providerId)
    const node = nodes.get(providerId ?? "") ?? undefined
    const labels = fieldsOf(fieldsOf(line.versions[0]?.object?.["metadata"])["labels"])
    return {
      zone: place.zone ?? spec("failureDomain") ?? "no zone",
      role: "cluster.x-k8s.io/control-plane" in labels ? "control plane" : "worker",
      machine: {
        name: line.name,
        key: line.key,
        bars: barsOf(
          line.versions.map(({ object, t }) => ({ t, state: machineState(object) })),
          endMillis
        )
      },
      instance: { id: place.id ?? "", key: cloud?.key, bars: barsOf(instances.get(place.id ?? "") ?? [], endMillis) },
      node: {
        name: node?.name ?? "",
        key: node?.key,
        bars: barsOf(node?.versions.map(({ object, t }) => ({ t, state: nodeState(object) })) ?? [], endMillis)
      }
    }
  })
  const rank = ({ machine, role, zone }: Lane) =>
    [zone, role, String(machine.bars[0]?.from ?? 0).padStart(15, "0")].join(" ")
  return lanes.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))
}
