/** The objects at a time as a tree by owner, with what each says of itself. Pure. */
import { type ConditionFields, type Fields, fieldsOf } from "@capstan/engine/text"
import { conditionOf, lastAt, type ObjectKey, type ObjectLine } from "./Objects.ts"

export interface TreeRow {
  readonly key: ObjectKey
  readonly kind: string
  readonly name: string
  readonly namespace: string
  readonly depth: number
  readonly children: number
  /** What sums it up, when it says something: Available, Ready or a phase. */
  readonly state: string
  readonly tone: "good" | "bad" | "waiting" | "leaving" | "none"
  readonly message: string
  /** When it was last written. */
  readonly changedMillis: number
}

/** Kinds that only crowd the tree. Events are shown with their object. */
const unshown = new Set(["Event", "Lease", "Namespace"])

interface Present {
  readonly line: ObjectLine
  readonly object: Fields
  readonly changedMillis: number
}

const order = [
  "Cluster",
  "AWSCluster",
  "DevCluster",
  "KubeadmControlPlane",
  "MachineDeployment",
  "MachineSet",
  "Machine",
  "MachineHealthCheck"
]
const rank = ({ line }: Present): string => {
  const place = order.indexOf(line.kind)
  return `${String(place === -1 ? order.length : place).padStart(2, "0")} ${line.kind} ${line.name}`
}

/** All objects of one API at a time, parents before their children. */
export const treeAt = (objects: ReadonlyMap<ObjectKey, ObjectLine>, api: string, t: number): ReadonlyArray<TreeRow> => {
  const present: Array<Present> = []
  for (const line of objects.values()) {
    if (line.api !== api || unshown.has(line.kind)) continue
    const version = line.versions[lastAt(line.versions, t)]
    if (version?.object !== undefined) present.push({ line, object: version.object, changedMillis: version.t })
  }
  const uidOf = ({ object }: Present) => fieldsOf(object["metadata"])["uid"]
  const byUid = new Map(present.map((each) => [uidOf(each), each]))
  const children = Map.groupBy(present, (each) => {
    const owner = ownerOf(each, byUid)
    return owner === undefined || owner === each ? undefined : uidOf(owner)
  })
  const rows: Array<TreeRow> = []
  const add = (each: Present, depth: number): void => {
    const below = (children.get(uidOf(each)) ?? []).toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))
    rows.push({ ...rowOf(each), depth, children: below.length })
    for (const child of below) add(child, depth + 1)
  }
  for (const root of (children.get(undefined) ?? []).toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))) add(root, 0)
  return rows
}

/** Its controller, else the first owner that is there. */
const ownerOf = ({ object }: Present, byUid: ReadonlyMap<unknown, Present>): Present | undefined => {
  const references = fieldsOf(object["metadata"])["ownerReferences"]
  if (!Array.isArray(references)) return undefined
  const owners = references
    .map(fieldsOf)
    .toSorted((a, b) => Number(b["controller"] === true) - Number(a["controller"] === true))
  return owners.map(({ uid }) => byUid.get(uid)).find((owner) => owner !== undefined)
}

const rowOf = ({ changedMillis, line, object }: Present) => {
  const { key, kind, name, namespace } = line
  return { key, kind, name, namespace, changedMillis, ...stateOf(object) }
}

const saying = ({ message, reason, status, type }: ConditionFields, word: string) => {
  const tone = status === "True" ? ("good" as const) : status === "False" ? ("bad" as const) : ("waiting" as const)
  return {
    state: status === "True" ? word : `${type}: ${reason || status}`,
    tone,
    message: status === "True" ? "" : message
  }
}

const stateOf = (object: Fields): Pick<TreeRow, "state" | "tone" | "message"> => {
  if (fieldsOf(object["metadata"])["deletionTimestamp"] !== undefined) {
    const deleting = conditionOf(object, "Deleting")
    return { state: "Deleting", tone: "leaving", message: deleting?.message ?? "" }
  }
  const condition = conditionOf(object, "Available") ?? conditionOf(object, "Ready")
  if (condition !== undefined) return saying(condition, condition.type)
  const phase = fieldsOf(object["status"])["phase"]
  return { state: typeof phase === "string" ? phase : "", tone: "none", message: "" }
}
