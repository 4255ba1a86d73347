/**
 * Brings up one fleet in a process of its own, so that its memory is its own: `node fleet.ts <clusters> <workers> [--profile]`.
 *
 * Prints one line of JSON: real seconds, peak memory in MB, virtual milliseconds.
 */
import { bringUp, fleetPlan } from "./Loads.ts"
import { formatCosts, profiled } from "./Profile.ts"

const [clusters = 1, workers = 3] = process.argv.slice(2).map(Number)
const plan = fleetPlan({ clusters, workers })
const machines = clusters * (workers + 3)
const begin = performance.now()
const measure = (): number => bringUp(plan, machines)
const profiling = process.argv.includes("--profile")
const { costs, value } = profiling ? profiled(measure) : { value: measure(), costs: [] }
const seconds = (performance.now() - begin) / 1000
if (profiling) process.stderr.write(`${formatCosts(costs)}\n`)
const megabytes = process.resourceUsage().maxRSS / 1024
process.stdout.write(`${JSON.stringify({ seconds, megabytes, virtualMillis: value })}\n`)
