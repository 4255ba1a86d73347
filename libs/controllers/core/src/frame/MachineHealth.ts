/** Words about Machines that Clusters, MachineSets and MachineDeployments share in their conditions. Pure. */
import { parseTimestamp } from "@capstan/runtime"
import { type KubernetesObject, type Machine, MachineCondition } from "@capstan/api"
import { conditionOf } from "./Conditions.ts"

/** Machines this young may not have been judged yet. */
const youngMachineMillis = 10_000

/** Whether a Machine has, or should have by now, an UpToDate condition. */
export const isJudged = (machine: Machine, nowMillis: number): boolean =>
  conditionOf(machine, MachineCondition.UpToDate) !== undefined ||
  nowMillis - (parseTimestamp(machine.metadata.creationTimestamp) ?? 0) >= youngMachineMillis

/** Unhealthy Machines that nobody remediates yet; empty when there are none. */
export const describeUnhealthy = (machines: ReadonlyArray<KubernetesObject>): string => {
  if (machines.length === 0) return ""
  const names = machines.map((machine) => machine.metadata.name).sort()
  const more = names.length > 3 ? `, ... (${names.length - 3} more)` : ""
  const verb = names.length === 1 ? "Machine is" : "Machines are"
  return `* ${names.length} ${verb} not healthy (not to be remediated): ${names.slice(0, 3).join(", ")}${more}`
}
