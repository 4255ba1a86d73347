/**
 * The columns of Kubernetes' own kinds, which no printer column can say: they are computed.
 *
 * Left out: the columns of kinds that people do not look at; those have their name and age.
 *
 * @source https://github.com/kubernetes/kubernetes/blob/master/pkg/printers/internalversion/printers.go
 * @fidelity observed kube-apiserver-1.36 — Which columns each kind has.
 */
import type { KubernetesObject } from "@capstan/api"
import { isObject, type JsonObject } from "../FrozenValue.ts"
import { asJson } from "../StoredObject.ts"
import { humanDuration } from "./HumanDuration.ts"

export interface NativeColumn {
  readonly name: string
  readonly type: "string" | "integer" | "date"
  /** Shown with `-o wide` alone. */
  readonly wide?: boolean
  readonly cell: (object: JsonObject, nowMillis: number) => string | number
}

const at = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((part, key) => (isObject(part) ? part[key] : undefined), value)

const listAt = (value: unknown, ...path: ReadonlyArray<string>): ReadonlyArray<JsonObject> => {
  const found = at(value, ...path)
  return Array.isArray(found) ? found.filter(isObject) : []
}

const textAt = (value: unknown, ...path: ReadonlyArray<string>): string => {
  const found = at(value, ...path)
  return typeof found === "string" || typeof found === "number" ? String(found) : ""
}

const countAt = (value: unknown, ...path: ReadonlyArray<string>): number => {
  const found = at(value, ...path)
  if (typeof found === "number") return found
  return Array.isArray(found) ? found.length : isObject(found) ? Object.keys(found).length : 0
}

const orNone = (text: string): string => (text === "" ? "<none>" : text)

/** How long ago a time was, or `<unknown>`. */
export const ageOf = (time: unknown, nowMillis: number): string => {
  const millis = typeof time === "string" ? Date.parse(time) : Number.NaN
  return Number.isNaN(millis) ? "<unknown>" : humanDuration(nowMillis - millis)
}

export const age: NativeColumn = {
  name: "Age",
  type: "string",
  cell: (object, now) => ageOf(at(object, "metadata", "creationTimestamp"), now)
}

const text = (name: string, cell: (object: JsonObject, nowMillis: number) => string): NativeColumn => ({
  name,
  type: "string",
  cell
})

const wide = (column: NativeColumn): NativeColumn => ({ ...column, wide: true })

const path = (name: string, ...steps: ReadonlyArray<string>): NativeColumn =>
  text(name, (object) => orNone(textAt(object, ...steps)))

const conditionOf = (object: JsonObject, type: string): JsonObject | undefined =>
  listAt(object, "status", "conditions").find((condition) => condition.type === type)

const nodeStatus = (node: JsonObject): string => {
  const ready = conditionOf(node, "Ready")?.status
  const words = [ready === "True" ? "Ready" : ready === undefined ? "Unknown" : "NotReady"]
  if (at(node, "spec", "unschedulable") === true) words.push("SchedulingDisabled")
  return words.join(",")
}

const rolePrefix = "node-role.kubernetes.io/"

const nodeRoles = (node: JsonObject): string => {
  const labels = at(node, "metadata", "labels")
  const roles = isObject(labels)
    ? Object.keys(labels)
        .filter((key) => key.startsWith(rolePrefix) && key.length > rolePrefix.length)
        .map((key) => key.slice(rolePrefix.length))
    : []
  return orNone(roles.sort().join(","))
}

const addressOf = (node: JsonObject, type: string): string =>
  orNone(
    textAt(
      listAt(node, "status", "addresses").find((address) => address.type === type),
      "address"
    )
  )

const podReady = (pod: JsonObject): string => {
  const ready = listAt(pod, "status", "containerStatuses").filter((container) => container.ready === true).length
  return `${ready}/${countAt(pod, "spec", "containers")}`
}

const podStatus = (pod: JsonObject): string =>
  at(pod, "metadata", "deletionTimestamp") === undefined
    ? textAt(pod, "status", "reason") || textAt(pod, "status", "phase")
    : "Terminating"

const restarts = (pod: JsonObject): number =>
  listAt(pod, "status", "containerStatuses").reduce((sum, container) => sum + countAt(container, "restartCount"), 0)

const images = (object: JsonObject): string =>
  orNone(
    listAt(object, "spec", "template", "spec", "containers")
      .map((container) => textAt(container, "image"))
      .join(",")
  )

const containers = (object: JsonObject): string =>
  orNone(
    listAt(object, "spec", "template", "spec", "containers")
      .map((container) => textAt(container, "name"))
      .join(",")
  )

const selector = (object: JsonObject): string => {
  const labels = at(object, "spec", "selector", "matchLabels")
  return orNone(
    isObject(labels)
      ? Object.entries(labels)
          .map(([key, value]) => `${key}=${String(value)}`)
          .sort()
          .join(",")
      : ""
  )
}

const involved = (event: JsonObject): string =>
  `${textAt(event, "involvedObject", "kind").toLowerCase()}/${textAt(event, "involvedObject", "name")}`

const lastSeen = (event: JsonObject, now: number): string =>
  ageOf(
    at(event, "series", "lastObservedTime") ??
      at(event, "lastTimestamp") ??
      at(event, "eventTime") ??
      at(event, "metadata", "creationTimestamp"),
    now
  )

const orNotAvailable = (name: string, key: string): NativeColumn =>
  text(name, (budget) => textAt(budget, "spec", key) || "N/A")

const role = text("Role", (binding) => `${textAt(binding, "roleRef", "kind")}/${textAt(binding, "roleRef", "name")}`)

const subjects = (name: string, kind: string): NativeColumn =>
  wide(
    text(name, (binding) =>
      listAt(binding, "subjects")
        .filter((subject) => subject.kind === kind)
        .map((subject) =>
          kind === "ServiceAccount"
            ? `${textAt(subject, "namespace")}/${textAt(subject, "name")}`
            : textAt(subject, "name")
        )
        .join(", ")
    )
  )

const createdAt = text("Created At", (object) => textAt(object, "metadata", "creationTimestamp"))

const byKind: { readonly [groupKind: string]: ReadonlyArray<NativeColumn> } = {
  Namespace: [path("Status", "status", "phase"), age],
  ConfigMap: [{ name: "Data", type: "string", cell: (map) => countAt(map, "data") + countAt(map, "binaryData") }, age],
  Secret: [path("Type", "type"), { name: "Data", type: "string", cell: (secret) => countAt(secret, "data") }, age],
  ServiceAccount: [{ name: "Secrets", type: "string", cell: (account) => countAt(account, "secrets") }, age],
  Event: [
    text("Last Seen", lastSeen),
    path("Type", "type"),
    path("Reason", "reason"),
    text("Object", involved),
    wide(text("Source", (event) => textAt(event, "source", "component") || textAt(event, "reportingComponent"))),
    text("Message", (event) => textAt(event, "message").trim()),
    wide({ name: "Count", type: "string", cell: (event) => countAt(event, "count") || 1 })
  ],
  "Lease.coordination.k8s.io": [text("Holder", (lease) => textAt(lease, "spec", "holderIdentity")), age],
  Node: [
    text("Status", nodeStatus),
    text("Roles", nodeRoles),
    age,
    path("Version", "status", "nodeInfo", "kubeletVersion"),
    wide(text("Internal-IP", (node) => addressOf(node, "InternalIP"))),
    wide(text("External-IP", (node) => addressOf(node, "ExternalIP"))),
    wide(path("OS-Image", "status", "nodeInfo", "osImage")),
    wide(path("Kernel-Version", "status", "nodeInfo", "kernelVersion")),
    wide(path("Container-Runtime", "status", "nodeInfo", "containerRuntimeVersion"))
  ],
  Pod: [
    text("Ready", podReady),
    text("Status", podStatus),
    { name: "Restarts", type: "string", cell: restarts },
    age,
    wide(path("IP", "status", "podIP")),
    wide(path("Node", "spec", "nodeName"))
  ],
  "Deployment.apps": [
    text("Ready", (set) => `${countAt(set, "status", "readyReplicas")}/${countAt(set, "spec", "replicas")}`),
    { name: "Up-to-date", type: "string", cell: (set) => countAt(set, "status", "updatedReplicas") },
    { name: "Available", type: "string", cell: (set) => countAt(set, "status", "availableReplicas") },
    age,
    wide(text("Containers", containers)),
    wide(text("Images", images)),
    wide(text("Selector", selector))
  ],
  "ReplicaSet.apps": [
    { name: "Desired", type: "integer", cell: (set) => countAt(set, "spec", "replicas") },
    { name: "Current", type: "integer", cell: (set) => countAt(set, "status", "replicas") },
    { name: "Ready", type: "integer", cell: (set) => countAt(set, "status", "readyReplicas") },
    age
  ],
  "DaemonSet.apps": [
    { name: "Desired", type: "integer", cell: (set) => countAt(set, "status", "desiredNumberScheduled") },
    { name: "Current", type: "integer", cell: (set) => countAt(set, "status", "currentNumberScheduled") },
    { name: "Ready", type: "integer", cell: (set) => countAt(set, "status", "numberReady") },
    { name: "Up-to-date", type: "integer", cell: (set) => countAt(set, "status", "updatedNumberScheduled") },
    { name: "Available", type: "integer", cell: (set) => countAt(set, "status", "numberAvailable") },
    age
  ],
  "PodDisruptionBudget.policy": [
    orNotAvailable("Min Available", "minAvailable"),
    orNotAvailable("Max Unavailable", "maxUnavailable"),
    { name: "Allowed Disruptions", type: "integer", cell: (budget) => countAt(budget, "status", "disruptionsAllowed") },
    age
  ],
  "Role.rbac.authorization.k8s.io": [createdAt],
  "ClusterRole.rbac.authorization.k8s.io": [createdAt],
  "RoleBinding.rbac.authorization.k8s.io": [
    role,
    age,
    subjects("Users", "User"),
    subjects("Groups", "Group"),
    subjects("ServiceAccounts", "ServiceAccount")
  ],
  "ClusterRoleBinding.rbac.authorization.k8s.io": [
    role,
    age,
    subjects("Users", "User"),
    subjects("Groups", "Group"),
    subjects("ServiceAccounts", "ServiceAccount")
  ]
}

/** The computed columns of a kind, without its name; its age where it has none of its own. */
export const nativeColumns = (groupKind: string): ReadonlyArray<NativeColumn> => byKind[groupKind] ?? [age]

/** One row's cells. */
export const nativeCells = (
  columns: ReadonlyArray<NativeColumn>,
  object: KubernetesObject,
  nowMillis: number
): ReadonlyArray<string | number> => columns.map((column) => column.cell(asJson(object), nowMillis))
