/**
 * What a run leaves behind, told without the names and times that chance gave, and where two runs differ in it.
 *
 * Compared are how many objects of each kind were created and deleted, how many cloud resources were ever made, and the end: every
 * object of the management cluster with all its fields, the cloud's resources, the Nodes and the etcd members.
 *
 * Not compared, because a restart or a delay changes it without anybody's fault: uids, resource versions, generations, managed
 * fields, points in time, counts of remediation attempts, random suffixes of names, bootstrap tokens and digests, ids and addresses that the cloud gave, contents of Secrets,
 * messages of conditions, and Events and Leases altogether.
 *
 * Tolerated after a restart: up to two infrastructure machines and two bootstrap configurations that were created and deleted once
 * more, as long as no more Machines were. A manager that dies between the objects of a Machine leaves the first of them behind,
 * and the next one deletes these and makes all anew. Nothing in the cloud is behind them. With two leaders neither counts nor fields
 * are compared, only what there is. While a
 * zone is dead, how many replacements are tried in it is a matter of clocks and backoff: in plans with such a fault only what is
 * left over of each kind is compared, created less deleted.
 */
import type { KubernetesObject } from "@capstan/api"
import { Cluster } from "@capstan/api"
import { Node } from "@capstan/kubernetes"
import { Result } from "effect"
import type { SimulatedWorld } from "../simulated/SimulatedWorld.ts"

/** Lines of text, each with how often it occurs. */
type Tally = ReadonlyMap<string, number>

export interface Footprint {
  /** `Machine created` to how many; `instance made`. */
  readonly counts: Tally
  /** What is there at the end: a title to how many. */
  readonly inventory: Tally
  /** The objects at the end by title, as canonical text. */
  readonly objects: ReadonlyMap<string, ReadonlyArray<string>>
}

const passing = new Set(["Event", "Lease"])

const countIn = (tally: Map<string, number>, name: string, by = 1): void => {
  tally.set(name, (tally.get(name) ?? 0) + by)
}

interface SavedTally {
  readonly counts: ReadonlyArray<readonly [string, number]>
  readonly made: ReadonlyArray<string>
}

/** Counts while a run goes on. Part of the world: a restored one counts on. */
export class FootprintTally {
  private readonly world: SimulatedWorld
  private readonly counts = new Map<string, number>()
  private readonly made = new Set<string>()

  constructor(world: SimulatedWorld) {
    this.world = world
    const { kernel } = world
    kernel.component<never>({
      name: "footprint",
      handle: () => {},
      save: (): SavedTally => ({ counts: [...this.counts], made: [...this.made] }),
      // The kernel hands back what `save` gave, and knows it as unknown.
      restore: (state) => {
        const saved = state as SavedTally
        this.counts.clear()
        for (const [name, count] of saved.counts) this.counts.set(name, count)
        this.made.clear()
        for (const id of saved.made) this.made.add(id)
      }
    })
    world.subscribe(({ event: { write } }) => {
      if (write === undefined || passing.has(write.kind)) return
      if (write.before === undefined) countIn(this.counts, `${write.kind} created`)
      if (write.after === undefined) countIn(this.counts, `${write.kind} deleted`)
    })
    kernel.trace.subscribe((event) => {
      if ((event.kind !== "aws" && event.kind !== "dev") || !Array.isArray(event["ids"])) return
      for (const id of event["ids"].map(String)) {
        if (this.made.has(id)) continue
        this.made.add(id)
        countIn(this.counts, `${event.kind === "aws" ? typeOfId(id) : "dev cloud resource"} made in the cloud`)
      }
    })
  }

  /** The whole, as it stands. */
  take(): Footprint {
    const { world } = this
    const inventory = new Map<string, number>()
    for (const { cluster, type } of world.view.resources()) {
      countIn(inventory, `cloud: ${type}${cluster === undefined ? " of a stranger" : ` of ${cluster}`}`)
    }
    for (const { cluster, state } of world.view.instances()) {
      if (cluster !== undefined && state !== "terminated" && state !== "shutting-down")
        countIn(inventory, `cloud: instance ${state}`)
    }
    for (const { cluster, members } of world.view.etcd()) {
      for (const { healthy, voter } of members)
        countIn(inventory, `etcd of ${cluster}: ${healthy ? "healthy" : "failing"} ${voter ? "voter" : "learner"}`)
    }
    for (const { metadata } of world.view.objects(Cluster)) {
      for (const ready of readinessOfNodes(world, metadata.name)) {
        countIn(inventory, `Node of ${metadata.name} with Ready ${ready}`)
      }
    }
    const objects = new Map<string, Array<string>>()
    for (const object of world.objectsAt(world.kernel.now())) {
      if (passing.has(object.kind)) continue
      const title = canonical(`${object.kind} ${object.metadata.namespace ?? ""}/${object.metadata.name}`)
      countIn(inventory, title)
      objects.set(title, [...(objects.get(title) ?? []), canonical(JSON.stringify(essentials(object)))])
    }
    for (const [title, texts] of objects) objects.set(title, texts.sort())
    return { counts: new Map(this.counts), inventory, objects }
  }
}

const readinessOfNodes = (world: SimulatedWorld, cluster: string): ReadonlyArray<string> => {
  const listed = world.world.apiServerOf(cluster)?.list(Node)
  if (listed === undefined || Result.isFailure(listed)) return []
  return listed.success.items.map(
    (node) => node.status?.conditions?.find((condition) => condition.type === "Ready")?.status ?? "unknown"
  )
}

const typeOfId = (id: string): string => /^([a-z]+)-0[0-9a-f]{16}$/.exec(id)?.[1] ?? "named resource"

/** Fields that say who and when, not what. */
const incidental = new Set([
  "uid",
  "resourceVersion",
  "generation",
  "observedGeneration",
  "creationTimestamp",
  "managedFields",
  "message",
  "lastTransitionTime",
  "retryCount"
])

const essentials = (object: KubernetesObject): unknown => {
  const { data: _, stringData: _s, ...rest } = object as KubernetesObject & { data?: unknown; stringData?: unknown }
  return prune(object.kind === "Secret" ? rest : object)
}

const prune = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(prune)
  if (typeof value !== "object" || value === null) return value
  const entries = Object.entries(value).filter(([name]) => !incidental.has(name))
  return Object.fromEntries(
    entries
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, unordered.has(name) ? sorted(prune(inner)) : prune(inner)])
  )
}

/** Lists that are maps or sets to the API: their order says nothing. */
const unordered = new Set(["conditions", "ownerReferences", "finalizers"])

const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value
        .map((item) => [JSON.stringify(item), item] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, item]) => item)
    : value

/** Names and times that chance or the cloud gave, by what they look like. */
const canonical = (text: string): string =>
  text
    .replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, "TIME")
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "UID")
    .replaceAll(/\b([a-z]+)-0[0-9a-f]{16}\b/g, "$1-ID")
    .replaceAll(/\bm-\d{6}\b/g, "m-ID")
    .replaceAll(/\b[0-9a-f]{32,}\b/g, "DIGEST")
    .replaceAll(/\\"retryCount\\":\d+/g, String.raw`\"retryCount\":N`)
    .replaceAll(/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g, "TOKEN")
    .replaceAll(/-\d{9,10}\./g, "-DIGITS.")
    .replaceAll(/\bip-\d+-\d+-\d+-\d+\b/g, "ip-ADDRESS")
    .replaceAll(/\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b/g, "ADDRESS")
    .replaceAll(/-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, "-SUFFIX")

const differencesMax = 6

/** Kinds of which a Machine is made before it is one. */
const partsOfMachine = ["AWSMachine", "DevMachine", "KubeadmConfig"]
const halfMadeMax = 2

/** The counts without the parts of Machines that were never finished. */
const withoutHalfMade = (reference: Tally, other: Tally): Tally => {
  const more = (name: string): number => (other.get(name) ?? 0) - (reference.get(name) ?? 0)
  if (more("Machine created") !== 0) return other
  const counts = new Map(other)
  for (const kind of partsOfMachine) {
    const [created, deleted] = [`${kind} created`, `${kind} deleted`]
    const extra = more(created)
    if (extra < 1 || extra > halfMadeMax || more(deleted) !== extra) continue
    for (const name of [created, deleted]) {
      const count = reference.get(name)
      if (count === undefined) counts.delete(name)
      else counts.set(name, count)
    }
  }
  return counts
}

/** What plan and perturbation explain: nothing, parts of Machines that were never finished, balanced counts, or any. */
export type Tolerance = "none" | "half-made-machines" | "balanced" | "any-counts"

const comparedCounts = (reference: Tally, other: Tally, tolerance: Tolerance): Tally => {
  switch (tolerance) {
    case "none":
      return other
    case "half-made-machines":
      return withoutHalfMade(reference, other)
    case "balanced":
      return unbalanced(reference, other)
    case "any-counts":
      return reference
  }
}

/** The reference's counts, but for the kinds of which more or fewer are left over. */
const unbalanced = (reference: Tally, other: Tally): Tally => {
  const counts = new Map(reference)
  const more = (name: string): number => (other.get(name) ?? 0) - (reference.get(name) ?? 0)
  for (const name of new Set([...reference.keys(), ...other.keys()])) {
    const [kind = "", what] = name.split(" ")
    if (what !== "created" && what !== "deleted") continue
    if (more(`${kind} created`) !== more(`${kind} deleted`)) counts.set(name, other.get(name) ?? 0)
  }
  return counts
}

/** Where `other` differs from the reference, as sentences; empty when it does not. */
export const differences = (reference: Footprint, other: Footprint, tolerance: Tolerance): ReadonlyArray<string> => {
  const all = [
    ...tallyDifferences(reference.counts, comparedCounts(reference.counts, other.counts, tolerance)),
    ...tallyDifferences(reference.inventory, other.inventory).map((sentence) => `at the end ${sentence}`),
    ...(tolerance === "any-counts" ? [] : [...reference.objects]).flatMap(([title, texts]) =>
      objectDifference(title, texts, other.objects.get(title) ?? [])
    )
  ]
  return all.length > differencesMax
    ? [...all.slice(0, differencesMax), `… and ${all.length - differencesMax} more`]
    : all
}

const tallyDifferences = (reference: Tally, other: Tally): ReadonlyArray<string> =>
  [...new Set([...reference.keys(), ...other.keys()])].sort().flatMap((name) => {
    const [before, after] = [reference.get(name) ?? 0, other.get(name) ?? 0]
    return before === after ? [] : [`${name}: ${after}, undisturbed ${before}`]
  })

const objectDifference = (
  title: string,
  reference: ReadonlyArray<string>,
  other: ReadonlyArray<string>
): ReadonlyArray<string> => {
  if (reference.length !== other.length) return []
  const rest = [...other]
  const unmatched = reference.filter((text) => {
    const at = rest.indexOf(text)
    if (at !== -1) rest.splice(at, 1)
    return at === -1
  })
  const [expected] = unmatched
  const [found] = rest
  if (expected === undefined || found === undefined) return []
  return [`at the end ${title} has ${firstDifference(JSON.parse(expected), JSON.parse(found), "")}`]
}

/** The first field in which two values differ: `.status.phase Pending, undisturbed Running`. */
const firstDifference = (expected: unknown, found: unknown, path: string): string => {
  if (isNested(expected) && isNested(found)) {
    for (const name of new Set([...Object.keys(expected), ...Object.keys(found)])) {
      const [before, after] = [expected[name], found[name]]
      if (JSON.stringify(before) !== JSON.stringify(after)) return firstDifference(before, after, `${path}.${name}`)
    }
  }
  const shown = (value: unknown): string => (value === undefined ? "nothing" : JSON.stringify(value).slice(0, 120))
  return `${path} ${shown(found)}, undisturbed ${shown(expected)}`
}

const isNested = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null
