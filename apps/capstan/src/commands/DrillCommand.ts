/** `capstan test --backend aws` and `capstan plan --backend aws`: a scenario as a drill in a real account, or a look at what it would do. */
import { endWith, ExitCode, Stop, usage } from "@capstan/command-line"
import { previewDrill, previewLines, type DrillReport, runDrill } from "@capstan/drills"
import { formatClock } from "@capstan/engine/text"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { loadDrill } from "../aws/DrillFile.ts"
import { liveCluster, type LiveClusterFlags, parseWorldPace } from "../aws/LiveCluster.ts"
import { type AccountFlags, inAccount } from "../aws/RealAccount.ts"
import { parseSeeds } from "../input/SeedRange.ts"
import { counted } from "../report/Amounts.ts"

export interface DrillFlags extends AccountFlags, LiveClusterFlags {
  readonly files: ReadonlyArray<string>
  readonly seed: string | undefined
  readonly sweep?: string | undefined
  /** Flags that were given and mean nothing for drills. */
  readonly ofTests: ReadonlyArray<string>
  readonly matrix: ReadonlyArray<string>
  readonly variables: ReadonlyArray<string>
  readonly confirm: string | undefined
  readonly dryRun: boolean
  readonly guardrails: string | undefined
}

const wishOf = (flags: DrillFlags) =>
  Result.gen(function* () {
    if (flags.sweep !== undefined)
      return yield* Result.fail("--sweep is for simulations: a real account is no place for it.")
    const [ofTests] = flags.ofTests
    if (ofTests !== undefined) return yield* Result.fail(`${ofTests} is for simulations.`)
    const [file, ...others] = flags.files
    if (file === undefined || others.length > 0) return yield* Result.fail("A drill is one scenario file: name it.")
    const [seed = 0, ...more] = yield* parseSeeds(flags.seed ?? "0")
    if (more.length > 0) return yield* Result.fail("A drill has one --seed.")
    const { context, kubeconfig, workloadProxy, worldClock } = flags
    const lonely = Object.entries({ "--context": context, "--workload-proxy": workloadProxy }).find(
      ([, value]) => value !== undefined
    )
    if (kubeconfig === undefined && lonely !== undefined) {
      return yield* Result.fail(`${lonely[0]} goes with --kubeconfig: it names the management cluster.`)
    }
    return { file, seed, kubeconfig, time: worldClock === undefined ? undefined : yield* parseWorldPace(worldClock) }
  })

/** Shows every act with the exact ids that it would touch. */
export const planDrillCommand = (flags: DrillFlags): Effect.Effect<void, Stop> =>
  Effect.gen(function* () {
    const { file, seed } = yield* Effect.mapError(Effect.fromResult(wishOf(flags)), usage)
    const plan = yield* loadDrill({ ...flags, file })
    const preview = yield* inAccount(flags, (caller) => previewDrill({ plan, caller, seed }))
    print(previewLines(preview))
    const refused = preview.steps.find(({ problem }) => problem !== undefined)
    if (refused !== undefined) {
      return yield* new Stop({
        code: ExitCode.guardrail,
        message: `This would not run: step '${refused.step}': ${refused.problem}.`
      })
    }
  })

/** Runs the drill, undoes it, and tells what came of it. */
export const drillCommand = (flags: DrillFlags): Effect.Effect<void, Stop> =>
  Effect.gen(function* () {
    if (flags.dryRun) return yield* planDrillCommand(flags)
    const { file, kubeconfig, seed, time } = yield* Effect.mapError(Effect.fromResult(wishOf(flags)), usage)
    const plan = yield* loadDrill({ ...flags, file })
    const management = kubeconfig === undefined ? undefined : yield* liveCluster(plan, { ...flags, kubeconfig })
    const report = yield* inAccount(flags, (caller) =>
      Effect.gen(function* () {
        yield* requireConfirmed(flags.confirm, caller.account)
        const start = yield* Clock.currentTimeMillis
        print(previewLines(yield* previewDrill({ plan, caller, seed })))
        print(["Running; Ctrl-C ends it and undoes what was done.", ""])
        return yield* runDrill({
          plan,
          caller,
          seed,
          ...(management === undefined ? {} : { management }),
          ...(time === undefined ? {} : { time }),
          tell: (line) =>
            Effect.map(Clock.currentTimeMillis, (now) => print([`  +${formatClock(now - start)}  ${line}`]))
        })
      })
    )
    print(reportLines(report))
    return yield* endWith(exitCodeOf(report))
  }).pipe(Effect.scoped)

const print = (lines: ReadonlyArray<string>): void => void process.stdout.write(`${lines.join("\n")}\n`)

/** Passes only a confirmation that names the account: who types it knows where the drill is going to be. */
const requireConfirmed = (confirm: string | undefined, account: string): Effect.Effect<void, Stop> => {
  if (confirm === account) return Effect.void
  const message =
    confirm === undefined
      ? `A drill changes a real account. If ${account} is the one that you mean, say --confirm ${account}.`
      : `--confirm names ${confirm}, and these credentials belong to ${account}.`
  return Effect.fail(new Stop({ code: ExitCode.guardrail, message }))
}

const signs = { met: "✓", violated: "✗", seen: "✓", "not-seen": "–" } as const

const reportLines = (report: DrillReport): ReadonlyArray<string> => [
  "",
  ...report.expectations.map(({ id, message, status }) =>
    status === "violated" && message === undefined
      ? `  ? ${id}: not decided`
      : `  ${signs[status]} ${id}${message === undefined ? "" : `: ${message}`}`
  ),
  ...report.invariants.map(({ id, rule, violations }) =>
    violations.length === 0 ? `  ✓ ${id} ${rule}` : `  ✗ ${id} ${violations[0]?.message ?? rule}`
  ),
  ...report.waitingFor.map((what) => `  waiting for ${what}`),
  `${report.verdict}${report.reason === undefined ? "" : `: ${report.reason}`}`,
  `${counted(report.hit.length, "instance")} hit${report.hit.length === 0 ? "" : `: ${report.hit.join(", ")}`}`,
  report.leftovers.length === 0
    ? "everything that can be undone is undone"
    : ["left behind; run capstan aws janitor --now:", ...report.leftovers.map((left) => `  ${left}`)].join("\n")
]

const exitCodeOf = ({ leftovers, verdict }: DrillReport): ExitCode => {
  if (leftovers.length > 0) return ExitCode.leftBehind
  switch (verdict) {
    case "passed":
      return ExitCode.passed
    case "failed":
      return ExitCode.failed
    case "refused":
    case "stopped":
      return ExitCode.guardrail
  }
}
