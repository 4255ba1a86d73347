/** `capstan aws janitor`: puts back what drills left behind, and lists what clusters did. */
import { endWith, ExitCode, type Stop } from "@capstan/command-line"
import { findLeaks, type Leak, openElsewhere, sweep, sweepCalls, type Swept, type SweptCalls } from "@capstan/drills"
import * as Effect from "effect/Effect"
import { type AccountFlags, inAccount } from "../aws/RealAccount.ts"
import { table } from "../output/Table.ts"

export interface AwsJanitorFlags extends AccountFlags {
  readonly now: boolean
  readonly dryRun: boolean
  readonly tagsOnly: boolean
  readonly clusters: ReadonlyArray<string>
}

export const awsJanitorCommand = (flags: AwsJanitorFlags): Effect.Effect<void, Stop> =>
  Effect.gen(function* () {
    const { dryRun, now, tagsOnly } = flags
    const { account, calls, elsewhere, leaks, region, swept } = yield* inAccount(flags, (caller) =>
      Effect.gen(function* () {
        const swept = yield* sweep({ caller, now, dryRun, tagsOnly })
        const calls = tagsOnly ? [] : yield* sweepCalls({ now, dryRun })
        const leaks = flags.clusters.length === 0 ? undefined : yield* findLeaks(flags.clusters)
        const elsewhere = tagsOnly ? new Map<string, number>() : yield* openElsewhere(caller)
        return { ...caller, swept, calls, leaks, elsewhere }
      })
    )
    const lines = [
      `Account ${account}, ${region}`,
      ...sweptLines(swept, calls),
      ...[...elsewhere].map(
        ([place, count]) => `The journal also knows of ${count} open acts in ${place}: run the janitor there.`
      ),
      ...(leaks === undefined
        ? ["Leaked resources are not looked for: name the clusters that exist with --cluster."]
        : leakLines(leaks))
    ]
    process.stdout.write(`${lines.join("\n")}\n`)
    const open = [...swept, ...calls].some(
      ({ outcome: { did } }) => did === "failed" || did === "waits" || did === "would"
    )
    return yield* endWith(open || (leaks ?? []).length > 0 ? ExitCode.leftBehind : ExitCode.passed)
  })

const words: { readonly [did in Swept["outcome"]["did"]]: string } = {
  changed: "restored",
  nothing: "nothing to do",
  waits: "left alone",
  would: "would restore",
  failed: "FAILED"
}

const sweptLines = (swept: ReadonlyArray<Swept>, calls: ReadonlyArray<SweptCalls>): ReadonlyArray<string> =>
  swept.length + calls.length === 0
    ? ["Drills left nothing behind."]
    : table(
        ["DRILL", "TARGET", "KNOWN BY", "RESULT", "DETAIL"],
        [
          ...swept.map(({ leftover: { owner, source, target }, outcome: { did, how } }) => [
            owner,
            target,
            source,
            words[did],
            how
          ]),
          ...calls.map(({ outcome: { did, how }, owner, what }) => [owner, what, "folder", words[did], how])
        ]
      )

const leakLines = (leaks: ReadonlyArray<Leak>): ReadonlyArray<string> =>
  leaks.length === 0
    ? ["Nothing belongs to a cluster that does not exist."]
    : table(
        ["LEAKED", "ID", "CLUSTER"],
        leaks.map(({ cluster, id, kind }) => [kind, id, cluster])
      )
