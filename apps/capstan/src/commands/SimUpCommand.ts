/** `capstan sim up`: a simulated world in wall-clock time, open to kubectl and every other client, until it is interrupted. */
import { endWith, ExitCode, Stop, usage } from "@capstan/command-line"
import { RealTime, refusalOf, SimulatedWorld } from "@capstan/engine"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { findScenarioSources, type ScenarioSource } from "../files/ScenarioSources.ts"
import { type AwsKeys, parseAwsKeys } from "../input/AwsKeys.ts"
import { parseAssignments } from "../input/Assignments.ts"
import { parsePort, parseSpeed } from "../input/SimFlags.ts"
import { complaints } from "../run/LoadPlans.ts"
import { kubeconfigOf } from "../sim/Kubeconfig.ts"
import { defaultKubeconfig, writeKubeconfig } from "../sim/KubeconfigFile.ts"
import type { ListenAt } from "../sim/Listening.ts"
import { openAwsDoor } from "../sim/OpenAwsDoor.ts"
import { openDoor } from "../sim/OpenDoor.ts"
import { managerRoute, openNetwork, workloadServer } from "../sim/OpenNetwork.ts"
import { simulationPlan } from "../sim/SimulationFile.ts"

export interface SimUpFlags {
  readonly file: string | undefined
  readonly speed: string | undefined
  readonly port: string | undefined
  readonly host: string | undefined
  readonly kubeconfig: string | undefined
  readonly region: string | undefined
  readonly awsPort: string | undefined
  readonly noControllers: boolean
  readonly variables: ReadonlyArray<string>
}

export const contextName = "capstan-sim"

export const simUpCommand = (flags: SimUpFlags): Effect.Effect<void, Stop> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { aws, port, source, speed, variables } = yield* Effect.mapError(Effect.fromResult(wishOf(flags)), usage)
      const plan = simulationPlan({ source, variables, region: flags.region })
      if (Result.isFailure(plan)) {
        process.stderr.write(`${complaints(plan.failure)}\n`)
        return yield* endWith(ExitCode.usage)
      }
      const now = yield* Clock.currentTimeMillis
      const world = new SimulatedWorld({
        plan: plan.success,
        seed: 0,
        keepTrace: "hash",
        epochMillis: now,
        imageVersions: commonVersions,
        keyPairs: ["default"]
      })
      for (const object of plan.success.objects) {
        const refusal = refusalOf(world.stage.apply(object))
        if (refusal !== undefined) return yield* usage(refusal)
      }
      if (!flags.noControllers) world.start()
      const time = new RealTime(world.kernel, speed)
      const door = yield* openDoor({
        server: world.server,
        workloadServer: (namespace, name) => workloadServer(world, namespace, name),
        enter: (act) => time.enter(act),
        port,
        ...(flags.host === undefined ? {} : { host: flags.host })
      })
      const account = aws === undefined ? [] : yield* openAccount(world, time, aws)
      const network = flags.noControllers ? yield* openNetwork(world, time) : undefined
      const file = flags.kubeconfig ?? defaultKubeconfig
      const access = {
        server: door.url,
        authority: door.authority,
        token: door.token,
        ...(network && { workloadProxy: network.proxy })
      }
      yield* writeKubeconfig(file, contextName, kubeconfigOf(contextName, access))
      process.stdout.write(
        greeting({
          file,
          url: door.url,
          speed,
          flags,
          account,
          route: network && managerRoute(network, { speed, sinceMillis: now })
        })
      )
      return yield* Effect.raceFirst(
        Effect.onInterrupt(time.run, () => goodbye(file)),
        failure(world)
      )
    })
  )

/** Opens the world's AWS account to others; answers with what its clients need. */
const openAccount = (world: SimulatedWorld, time: RealTime, at: ListenAt & { readonly keys: AwsKeys }) =>
  world.cloud.account === undefined
    ? Effect.fail(usage("--aws-port: the cloud of this world is not AWS."))
    : openAwsDoor({ ...at, time, aws: world.cloud.account })

/** Ends when the controllers have died of a defect. */
const failure = (world: SimulatedWorld): Effect.Effect<never, Stop> =>
  Effect.forever(
    Effect.flatMap(Effect.sleep(1000), () => {
      const message = world.defect()
      return message === undefined ? Effect.void : Effect.fail(new Stop({ code: ExitCode.defect, message }))
    })
  )

const goodbye = (file: string): Effect.Effect<void> =>
  Effect.sync(() => void process.stdout.write(`\nThe world is gone; ${file} leads nowhere now.\n`))

const minors = [28, 29, 30, 31, 32, 33, 34, 35]
const patchMax = 15

/** Versions that somebody may ask for in a world whose manifests come later. */
const commonVersions: ReadonlyArray<string> = minors.flatMap((minor) =>
  Array.from({ length: patchMax + 1 }, (_, patch) => `v1.${minor}.${patch}`)
)

const greeting = (options: {
  readonly file: string
  readonly url: string
  readonly speed: number
  readonly flags: SimUpFlags
  readonly account: ReadonlyArray<string>
  /** For a manager outside, if there is to be one. */
  readonly route: string | undefined
}): string => {
  const { account, file, flags, route, speed, url } = options
  return [
    `A simulated world is up at ${url}, ${speed === 1 ? "at the pace of the clock" : `${speed} times as fast as the clock`}.`,
    flags.noControllers ? "No controllers run in it: bring your own." : "Its controllers run.",
    "",
    `  export KUBECONFIG=${file}`,
    "  kubectl get clusters -A",
    "  npx capstan cluster kubeconfig NAME > workload.kubeconfig",
    "",
    ...(account.length === 0 ? [] : ["Its AWS account:", "", ...account, ""]),
    ...(route === undefined
      ? []
      : ["Its workload clusters, for a manager outside:", "", `  capstan manager run ${route}`, ""]),
    "Ctrl-C ends it.",
    ""
  ].join("\n")
}

interface Wish {
  readonly source: ScenarioSource | undefined
  readonly variables: { readonly [name: string]: string }
  readonly speed: number
  readonly port: number
  readonly aws: (ListenAt & { readonly keys: AwsKeys }) | undefined
}

const wishOf = (flags: SimUpFlags): Result.Result<Wish, string> =>
  Result.gen(function* () {
    const sources = flags.file === undefined ? [] : yield* findScenarioSources(process.cwd(), [flags.file])
    if (sources.length > 1)
      return yield* Result.fail(`sim up begins one world: '${flags.file}' stands for ${sources.length} files.`)
    const host = flags.host ?? "127.0.0.1"
    return {
      source: sources[0],
      variables: yield* parseAssignments("--var", flags.variables),
      speed: flags.speed === undefined ? 1 : yield* parseSpeed(flags.speed),
      port: flags.port === undefined ? 0 : yield* parsePort(flags.port),
      aws:
        flags.awsPort === undefined
          ? undefined
          : {
              host,
              port: yield* parsePort(flags.awsPort),
              keys: yield* parseAwsKeys({ accessKeyId: undefined, host }, process.env)
            }
    }
  })
