/**
 * `npm run test:manager [-- --seed 0..19 --speed 40 --jobs 2]`: managers killed at random moments, one world a seed.
 *
 * A failing seed prints what was wrong, what had happened and the line that runs it again. Exit code 1 when one failed.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { run } from "../CommandLine.ts"
import { parseSeeds } from "../../src/input/SeedRange.ts"
import { killRun, type KillRunReport } from "./KillRun.ts"

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "0..19" },
    speed: { type: "string", default: "40" },
    jobs: { type: "string", default: "2" },
    verbose: { type: "boolean", default: false }
  }
})

const root = fileURLToPath(new URL("../../../../", import.meta.url))
// Each seed starts a dozen processes: what Node compiled for one serves the others.
process.env["NODE_COMPILE_CACHE"] ??= join(root, ".capstan", "compile-cache")

const print = (text: string): void => void process.stdout.write(`${text}\n`)

/**
 * Whoever waited in vain may have been on a machine too busy for the speed: a first control-plane machine is lost for good when
 * nobody registers it with its load balancer within the four minutes that kubeadm waits, and at 40x these are six seconds. What is
 * stuck for another reason is stuck at a slower pace, too.
 */
const slowest = 0.25

/** Nothing is wrong but that something never came: an instance too many is nobody's fault but ours. */
const isStuck = ({ problems }: KillRunReport): boolean =>
  problems.length > 0 && problems.every((problem) => problem.startsWith("Error: waited "))

const tell = ({ logs, problems, seed, story }: KillRunReport, seconds: number): void => {
  const failed = problems.length > 0
  print(`${failed ? "FAILED" : "ok    "} seed ${String(seed).padStart(3)}  ${seconds.toFixed(0)} s`)
  if (failed || values.verbose) for (const line of story) print(`  ${line}`)
  if (!failed) return
  for (const problem of problems) print(`  wrong: ${problem}`)
  for (const line of logs) print(`  | ${line.slice(0, 400)}`)
  print(`  again: npm run test:manager -- --seed ${seed}`)
}

const one = (seed: number) =>
  Effect.gen(function* () {
    const began = performance.now()
    let speed = Number(values.speed)
    let report = yield* killRun({ seed, speed })
    while (isStuck(report) && speed / 2 >= Number(values.speed) * slowest) {
      print(
        `       seed ${seed}: waited in vain at ${speed}x, ${report.outageSeconds.toFixed(0)} s of the world's time without a leader: again at ${speed / 2}x`
      )
      speed /= 2
      report = yield* killRun({ seed, speed })
    }
    tell(report, (performance.now() - began) / 1000)
    return report.problems.length === 0
  })

const program = Effect.gen(function* () {
  const seeds = yield* Effect.fromResult(parseSeeds(values.seed))
  // Only a process that ends by itself leaves what was compiled for it.
  yield* run(
    root,
    "manager",
    "run",
    "--kubeconfig",
    join(root, "no-such-file"),
    "--health-addr=0",
    "--diagnostics-address=0"
  )
  const good = yield* Effect.forEach(seeds, one, { concurrency: Number(values.jobs) })
  const failed = good.filter((each) => !each).length
  print(`${good.length - failed} of ${good.length} seeds passed`)
  process.exitCode = failed === 0 ? 0 : 1
})

// Interrupted, it takes what it has started with it.
NodeRuntime.runMain(program)
