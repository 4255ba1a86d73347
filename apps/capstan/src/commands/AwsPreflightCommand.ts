/** `capstan aws preflight`: whether an account is ready, with what to do for each thing that is not. */
import { endWith, ExitCode, type Stop, usage } from "@capstan/command-line"
import { capiImageOwner, type Finding, preflight } from "@capstan/drills"
import * as Effect from "effect/Effect"
import { type AccountFlags, realAccount } from "../aws/RealAccount.ts"
import { findingLines } from "../output/Findings.ts"

export interface AwsPreflightFlags extends AccountFlags {
  readonly kubernetesVersion: string | undefined
  readonly imageOwner: string | undefined
  readonly instanceType: string | undefined
  readonly keyName: string | undefined
  readonly clusters: ReadonlyArray<string>
}

export const awsPreflightCommand = (flags: AwsPreflightFlags): Effect.Effect<void, Stop> =>
  Effect.gen(function* () {
    const account = yield* Effect.mapError(Effect.fromResult(realAccount(flags, process.env)), usage)
    const findings: ReadonlyArray<Finding> = yield* preflight({
      region: account.region,
      kubernetesVersion: flags.kubernetesVersion,
      imageOwner: flags.imageOwner ?? capiImageOwner,
      instanceType: flags.instanceType ?? "t3.large",
      keyName: flags.keyName,
      clusters: flags.clusters
    }).pipe(Effect.provide(account.layer))
    process.stdout.write(`${findingLines(findings).join("\n")}\n`)
    const lacking = findings.some(({ status }) => status === "missing")
    return yield* endWith(lacking ? ExitCode.cannotRun : ExitCode.passed)
  })
