/**
 * What a Machine says of its Node: NodeHealthy and NodeReady, also while the Node cannot be seen. Pure.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machine/machine_controller_status.go
 */
import {
  ClusterCondition,
  type ConditionStatement,
  isDeleting,
  type Machine,
  MachineCondition,
  MachineReason
} from "@capstan/api"
import { parseTimestamp, timestampOf } from "@capstan/runtime"
import type { Node } from "@capstan/kubernetes"
import { conditionOf, hasTrue } from "../frame/Conditions.ts"
import type { MachineFacts } from "./MachineFacts.ts"

/** How long the last word about a Node stands without a connection. */
const connectionGraceMillis = 300_000

const types = [MachineCondition.NodeReady, MachineCondition.NodeHealthy] as const

const both = (
  status: ConditionStatement["status"],
  reason: string,
  message: string
): ReadonlyArray<ConditionStatement> => types.map((type) => ({ type, status, reason, message }))

/** Nothing where an earlier word stands. */
export const nodeConditions = (facts: MachineFacts, machine: Machine): ReadonlyArray<ConditionStatement> => {
  const { cluster, connection, infrastructure, node, now } = facts
  if (cluster.status?.initialization?.infrastructureProvisioned !== true) {
    return both(
      "Unknown",
      MachineReason.InspectionFailed,
      "Waiting for Cluster status.initialization.infrastructureProvisioned to be true"
    )
  }
  if (!hasTrue(cluster, ClusterCondition.ControlPlaneInitialized)) {
    return both("Unknown", MachineReason.InspectionFailed, "Waiting for Cluster control plane to be initialized")
  }
  // A manager that has just started has missed nothing yet: what was said before stands until it had its time to connect.
  const heardMillis = Math.max(
    connection.lastProbeSuccessMillis ?? connection.sinceMillis ?? now.millis,
    parseTimestamp(conditionOf(cluster, ClusterCondition.ControlPlaneInitialized)?.lastTransitionTime) ?? 0
  )
  if (!connection.connected || now.millis - heardMillis > connectionGraceMillis) {
    return withoutConnection(facts, machine, now.millis - heardMillis > connectionGraceMillis)
  }
  switch (node._tag) {
    case "Found":
      return [nodeReady(node.node), nodeHealthy(node.node)]
    case "Ambiguous":
      return both("Unknown", MachineReason.InternalError, "Please check controller logs for errors")
    case "NotConnected":
      return withoutConnection(facts, machine, false)
    case "Absent":
      return absentNode(machine)
    case "NotLookedFor":
      if (isDeleting(machine)) return both("Unknown", MachineReason.NodeDoesNotExist, "Node does not exist")
      return both(
        "Unknown",
        MachineReason.InspectionFailed,
        `Waiting for ${describe(infrastructure)} to report spec.providerID`
      )
  }
}

const describe = (read: MachineFacts["infrastructure"]): string =>
  read._tag === "Found" ? read.object.kind : read._tag === "NoReference" ? "infrastructure" : read.reference.kind

const withoutConnection = (
  { connection }: MachineFacts,
  machine: Machine,
  silentForLong: boolean
): ReadonlyArray<ConditionStatement> => {
  const last = connection.lastProbeSuccessMillis
  if (silentForLong) {
    const message =
      last === undefined ? "Remote connection not established yet" : `Last successful probe at ${timestampOf(last)}`
    return both("Unknown", MachineReason.ConnectionDown, message)
  }
  if (types.every((type) => conditionOf(machine, type) !== undefined)) return []
  return both("Unknown", MachineReason.ConnectionDown, "Remote connection not established yet")
}

const absentNode = (machine: Machine): ReadonlyArray<ConditionStatement> => {
  const name = machine.status?.nodeRef?.name
  if (name !== undefined) {
    const circumstance = isDeleting(machine) ? "" : " while the Machine still exists"
    return both("False", MachineReason.NodeDeleted, `Node ${name} has been deleted${circumstance}`)
  }
  if (isDeleting(machine)) return both("Unknown", MachineReason.NodeDoesNotExist, "Node does not exist")
  return both(
    "Unknown",
    MachineReason.InspectionFailed,
    `Waiting for a Node with spec.providerID ${machine.spec.providerID ?? ""} to exist`
  )
}

type NodeStatement = { readonly status: "True" | "False" | "Unknown"; readonly line: string }

const look = (node: Node, type: string): NodeStatement => {
  const found = node.status?.conditions?.find((condition) => condition.type === type)
  if (found === undefined) return { status: "Unknown", line: `* Node.${type}: Condition not yet reported` }
  const reason = found.reason === undefined || found.reason === "" ? "" : ` (${found.reason})`
  return { status: found.status, line: `* Node.${type}: ${found.message ?? `Condition is ${found.status}${reason}`}` }
}

const nodeReady = (node: Node): ConditionStatement => {
  const ready = look(node, "Ready")
  const reasons = {
    True: MachineReason.NodeReady,
    False: MachineReason.NodeNotReady,
    Unknown: MachineReason.NodeReadyUnknown
  }
  const message = ready.status === "True" ? "" : ready.line
  return { type: MachineCondition.NodeReady, status: ready.status, reason: reasons[ready.status], message }
}

const pressures: ReadonlyArray<string> = ["MemoryPressure", "DiskPressure", "PIDPressure"]

/** Ready, and under no pressure. What is not reported counts as unknown. */
export const nodeHealthy = (node: Node): ConditionStatement => {
  const looks = ["Ready", ...pressures].map((type) => {
    const { line, status } = look(node, type)
    const good = type === "Ready" ? "True" : "False"
    return { line, weight: status === "Unknown" ? "unknown" : status === good ? "good" : "bad" }
  })
  const having = (weight: string): ReadonlyArray<string> =>
    looks.filter((each) => each.weight === weight).map((each) => each.line)
  const bad = having("bad")
  const unknown = having("unknown")
  const type = MachineCondition.NodeHealthy
  if (bad.length > 0)
    return { type, status: "False", reason: MachineReason.NodeNotHealthy, message: [...bad, ...unknown].join("\n") }
  if (unknown.length > 0)
    return { type, status: "Unknown", reason: MachineReason.NodeHealthyUnknown, message: unknown.join("\n") }
  return { type, status: "True", reason: MachineReason.NodeHealthy, message: "" }
}
