/** Words about Machines that Clusters, MachineSets and MachineDeployments share in their conditions. Pure. */
import {
  aggregateCondition,
  type ConditionStatement,
  type KubernetesObject,
  type Machine,
  MachineCondition
} from "@capstan/api"
import { parseTimestamp } from "@capstan/runtime"
import { conditionOf, hasFalse, statement } from "./Conditions.ts"

/** Machines this young may not have been judged yet. */
const youngMachineMillis = 10_000

/** Whether a Machine has, or should have by now, an UpToDate condition. */
export const isJudged = (machine: Machine, nowMillis: number): boolean =>
  conditionOf(machine, MachineCondition.UpToDate) !== undefined ||
  nowMillis - (parseTimestamp(machine.metadata.creationTimestamp) ?? 0) >= youngMachineMillis

/** Unhealthy Machines that nobody remediates yet; empty when there are none. */
const describeUnhealthy = (machines: ReadonlyArray<KubernetesObject>): string => {
  if (machines.length === 0) return ""
  const names = machines.map((machine) => machine.metadata.name).sort()
  const more = names.length > 3 ? `, ... (${names.length - 3} more)` : ""
  const verb = names.length === 1 ? "Machine is" : "Machines are"
  return `* ${names.length} ${verb} not healthy (not to be remediated): ${names.slice(0, 3).join(", ")}${more}`
}

/** Whether Machines are being remediated, as the conditions of all of them say; `reasons` are those of the kind that says it. */
export const remediating = (
  type: string,
  machines: ReadonlyArray<Machine>,
  reasons: { readonly Remediating: string; readonly NotRemediating: string }
): ConditionStatement => {
  const objects = machines.filter((machine) => hasFalse(machine, MachineCondition.OwnerRemediated))
  if (objects.length === 0) {
    const unhealthy = machines.filter((machine) => hasFalse(machine, MachineCondition.HealthCheckSucceeded))
    return statement(type, "False", reasons.NotRemediating, describeUnhealthy(unhealthy))
  }
  const { message } = aggregateCondition({
    objects,
    type,
    of: MachineCondition.OwnerRemediated,
    reasons: { issue: reasons.Remediating, unknown: reasons.Remediating, info: reasons.NotRemediating }
  })
  return statement(type, "True", reasons.Remediating, message)
}
