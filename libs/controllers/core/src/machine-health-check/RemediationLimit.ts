/**
 * Whether so many unhealthy Machines are still a matter of Machines, or rather of something that a replacement would
 * make worse. Pure.
 *
 * Every Machine that is not proven healthy counts, also those that are starting, waiting for a timeout or going.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api core/reconcilers/machinehealthcheck/machinehealthcheck_controller.go
 */
import { type MachineHealthCheckTrigger, resolveIntOrPercent } from "@capstan/api"

export interface RemediationLimit {
  readonly allowed: boolean
  /** How many more may become unhealthy. */
  readonly remaining: number
  /** The limit in words, for people. */
  readonly description: string
}

const range = /^\[(\d+)-(\d+)\]$/

/** Percentages round down. A range wins over a limit; without either, everything may be unhealthy. */
export const remediationLimit = (
  trigger: MachineHealthCheckTrigger | undefined,
  counts: { readonly expected: number; readonly healthy: number }
): RemediationLimit => {
  const unhealthy = counts.expected - counts.healthy
  const bounds = range.exec(trigger?.unhealthyInRange ?? "")
  if (bounds !== null) {
    const [least, most] = [Number(bounds[1]), Number(bounds[2])]
    return {
      allowed: least <= unhealthy && unhealthy <= most,
      remaining: Math.max(most - unhealthy, 0),
      description: `unhealthyInRange: ${trigger?.unhealthyInRange ?? ""}`
    }
  }
  const limit = trigger?.unhealthyLessThanOrEqualTo ?? "100%"
  const most = resolveIntOrPercent(limit, counts.expected, "down") ?? 0
  return {
    allowed: unhealthy <= most,
    remaining: Math.max(most - unhealthy, 0),
    description: `unhealthyLessThanOrEqualTo: ${limit}`
  }
}
