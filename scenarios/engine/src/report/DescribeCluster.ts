/**
 * A cluster as a tree, like `clusterctl describe cluster`: what there is, how many of it are ready, what is wrong. Pure.
 *
 * Machines that are all alike are one row; one that is not well has a row of its own.
 *
 * @source https://cluster-api.sigs.k8s.io/clusterctl/commands/describe-cluster
 */
import {
  Cluster,
  type Condition,
  isControlPlaneMachine,
  KubeadmControlPlane,
  type KubernetesObject,
  Labels,
  Machine,
  type MachineBody,
  MachineDeployment,
  type ObjectOf
} from "@capstan/api"
import { formatDuration } from "../language/Duration.ts"

interface Row {
  readonly prefix: string
  readonly name: string
  readonly replicas: string
  readonly available: string
  readonly ready: string
  readonly upToDate: string
  readonly status: string
  readonly reason: string
  readonly since: string
  readonly message: string
}

type Fields = { readonly [key: string]: unknown }

const statusOf = (object: KubernetesObject): Fields => (object as unknown as { readonly status?: Fields }).status ?? {}

const conditionOf = (object: KubernetesObject, type: string): Condition | undefined =>
  (statusOf(object)["conditions"] as ReadonlyArray<Condition> | undefined)?.find((condition) => condition.type === type)

const text = (value: unknown): string => (value === undefined || value === null ? "" : String(value))

const columns = (object: KubernetesObject, type: string, nowMillis: number) => {
  const condition = conditionOf(object, type)
  if (condition === undefined) return { status: `${type}: Unknown`, reason: "", since: "", message: "" }
  return {
    status: `${type}: ${condition.status}`,
    reason: condition.reason ?? "",
    since: formatDuration(
      Math.max(0, Math.floor((nowMillis - Date.parse(condition.lastTransitionTime)) / 1000) * 1000)
    ),
    message:
      condition.status === "True"
        ? ""
        : (condition.message ?? "")
            .split("\n")
            .map((line) => line.trim())
            .join(" ")
  }
}

const replicas = (object: KubernetesObject, desired: unknown) => {
  const status = statusOf(object)
  return {
    replicas: `${text(status["replicas"] ?? 0)}/${text(desired ?? 0)}`,
    available: text(status["availableReplicas"] ?? 0),
    ready: text(status["readyReplicas"] ?? 0),
    upToDate: text(status["upToDateReplicas"] ?? 0)
  }
}

const noReplicas = { replicas: "", available: "", ready: "", upToDate: "" }

interface Tree {
  readonly row: Omit<Row, "prefix">
  readonly children: ReadonlyArray<Tree>
}

const flag = (object: KubernetesObject, type: string): string =>
  conditionOf(object, type)?.status === "True" ? "1" : "0"

const machineTree = (machine: ObjectOf<MachineBody>, nowMillis: number): Tree => ({
  row: {
    name: `Machine/${machine.metadata.name}`,
    replicas: "1",
    available: flag(machine, "Available"),
    ready: flag(machine, "Ready"),
    upToDate: flag(machine, "UpToDate"),
    ...(machine.metadata.deletionTimestamp === undefined
      ? columns(machine, "Ready", nowMillis)
      : columns(machine, "Deleting", nowMillis))
  },
  children: []
})

/** Machines by what they show: those alike in one row. */
const machineTrees = (machines: ReadonlyArray<ObjectOf<MachineBody>>, nowMillis: number): ReadonlyArray<Tree> => {
  const groups = Map.groupBy(machines, (machine) => {
    const { reason, status } = machineTree(machine, nowMillis).row
    return `${status}|${reason}`
  })
  return [...groups.values()].map((group) => {
    const trees = group.map((machine) => machineTree(machine, nowMillis))
    const [first] = trees
    if (first === undefined || group.length === 1) return first ?? (trees[0] as Tree)
    const count = (type: string) => String(group.filter((machine) => flag(machine, type) === "1").length)
    const names = group.map((machine) => machine.metadata.name)
    return {
      row: {
        ...first.row,
        name: `${group.length} Machines...`,
        replicas: String(group.length),
        available: count("Available"),
        ready: count("Ready"),
        upToDate: count("UpToDate"),
        message: `See ${names.slice(0, 2).join(", ")}${names.length > 2 ? ", ..." : ""}`
      },
      children: []
    }
  })
}

const inCluster = (object: KubernetesObject, cluster: KubernetesObject): boolean =>
  object.metadata.namespace === cluster.metadata.namespace &&
  object.metadata.labels?.[Labels.ClusterName] === cluster.metadata.name

const isKind =
  (kind: { readonly kind: string }) =>
  (object: KubernetesObject): boolean =>
    object.kind === kind.kind

const clusterTree = (cluster: KubernetesObject, objects: ReadonlyArray<KubernetesObject>, nowMillis: number): Tree => {
  const mine = objects
    .filter((object) => inCluster(object, cluster))
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  const machines = mine.filter(isKind(Machine)) as ReadonlyArray<KubernetesObject> as ReadonlyArray<
    ObjectOf<MachineBody>
  >
  const spec = (object: KubernetesObject): Fields => (object as unknown as { readonly spec?: Fields }).spec ?? {}
  const infrastructureKind = text((spec(cluster)["infrastructureRef"] as Fields | undefined)?.["kind"])
  const infrastructure = objects.filter(
    (object) =>
      object.kind === infrastructureKind &&
      object.metadata.namespace === cluster.metadata.namespace &&
      object.metadata.name === text((spec(cluster)["infrastructureRef"] as Fields | undefined)?.["name"])
  )
  const controlPlanes = mine.filter(isKind(KubeadmControlPlane))
  const deployments = mine.filter(isKind(MachineDeployment))
  const ofDeployment = (name: string) =>
    machines.filter((machine) => machine.metadata.labels?.[Labels.DeploymentName] === name)
  return {
    row: { name: `Cluster/${cluster.metadata.name}`, ...noReplicas, ...columns(cluster, "Available", nowMillis) },
    children: [
      ...infrastructure.map((object): Tree => ({
        row: {
          name: `ClusterInfrastructure - ${object.kind}/${object.metadata.name}`,
          ...noReplicas,
          ...columns(object, "Ready", nowMillis)
        },
        children: []
      })),
      ...controlPlanes.map((object): Tree => ({
        row: {
          name: `ControlPlane - ${object.kind}/${object.metadata.name}`,
          ...replicas(object, spec(object)["replicas"]),
          ...columns(object, "Available", nowMillis)
        },
        children: machineTrees(machines.filter(isControlPlaneMachine), nowMillis)
      })),
      ...(deployments.length === 0
        ? []
        : [
            {
              row: { name: "Workers", ...noReplicas, status: "", reason: "", since: "", message: "" },
              children: deployments.map((object): Tree => ({
                row: {
                  name: `MachineDeployment/${object.metadata.name}`,
                  ...replicas(object, spec(object)["replicas"]),
                  ...columns(object, "Available", nowMillis)
                },
                children: machineTrees(ofDeployment(object.metadata.name), nowMillis)
              }))
            }
          ])
    ]
  }
}

const flatten = (tree: Tree, own: string, below: string): ReadonlyArray<Row> => [
  { prefix: own, ...tree.row },
  ...tree.children.flatMap((child, index) => {
    const last = index === tree.children.length - 1
    return flatten(child, `${below}${last ? "└─" : "├─"}`, `${below}${last ? "  " : "│ "}`)
  })
]

const heads = ["NAME", "REPLICAS", "AVAILABLE", "READY", "UP TO DATE", "STATUS", "REASON", "SINCE", "MESSAGE"] as const

/**
 * The tree of every Cluster among the objects, or a sentence that there is none.
 *
 * @param nowMillis epoch milliseconds; conditions' ages count to it.
 */
export const describeClusters = (objects: ReadonlyArray<KubernetesObject>, nowMillis: number): string => {
  const clusters = objects.filter(isKind(Cluster))
  if (clusters.length === 0) return "No Cluster exists at this time."
  const rows = clusters.flatMap((cluster) => flatten(clusterTree(cluster, objects, nowMillis), "", ""))
  const cells = rows.map((row) => [
    `${row.prefix}${row.name}`,
    row.replicas,
    row.available,
    row.ready,
    row.upToDate,
    row.status,
    row.reason,
    row.since,
    row.message
  ])
  const widths = heads.map((head, column) => Math.max(head.length, ...cells.map((cell) => cell[column]?.length ?? 0)))
  const line = (values: ReadonlyArray<string>): string =>
    values
      .map((value, column) => (column === values.length - 1 ? value : value.padEnd(widths[column] ?? 0)))
      .join("  ")
      .trimEnd()
  return [line(heads), ...cells.map(line)].join("\n")
}
