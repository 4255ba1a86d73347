/** `capstan aws stop`: the kill switch of drills, on this machine and in the account. */
import type { Stop } from "@capstan/command-line"
import { StopSwitch, tagStop } from "@capstan/drills"
import * as Effect from "effect/Effect"
import { type AccountFlags, inAccount, stateLayer, stopFor } from "../aws/RealAccount.ts"

export interface AwsStopFlags extends AccountFlags {
  readonly lift: boolean
  readonly dryRun: boolean
  readonly clusters: ReadonlyArray<string>
}

export const awsStopCommand = (flags: AwsStopFlags): Effect.Effect<void, Stop> =>
  Effect.gen(function* () {
    const { clusters, dryRun, lift } = flags
    const lines = yield* onThisMachine(flags)
    print(lines)
    if (clusters.length === 0) {
      return print([
        `Drills of other machines go on: name their clusters with --cluster to ${lift ? "let" : "stop"} them.`
      ])
    }
    const tagged = yield* inAccount(flags, () =>
      Effect.forEach(clusters, (cluster) =>
        Effect.map(tagStop({ cluster, stop: !lift, dryRun }), (ids) => ({ cluster, ids }))
      )
    )
    const verb = `${dryRun ? "would be " : ""}${lift ? "freed" : "tagged"}`
    print(tagged.map(({ cluster, ids }) => `${cluster}: ${ids.length} resources ${verb}: ${ids.join(", ")}`))
  })

const print = (lines: ReadonlyArray<string>): void => void process.stdout.write(`${lines.join("\n")}\n`)

/** The file comes first and needs no account: a switch that waits for credentials is none. */
const onThisMachine = ({ dryRun, lift, state }: AwsStopFlags) =>
  Effect.gen(function* () {
    const { lift: lifts, place, pull } = yield* StopSwitch
    if (!dryRun) yield* lift ? lifts : pull
    return [
      `${place} ${dryRun ? "would be " : ""}${lift ? "removed: drills may act again" : "written: no drill acts while it is there"}`
    ]
  }).pipe(Effect.provide(stateLayer(state)), Effect.mapError(stopFor))
