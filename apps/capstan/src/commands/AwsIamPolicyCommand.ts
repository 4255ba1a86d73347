/** `capstan aws iam-policy`: the least policy for controllers or drills, as JSON. */
import { type Stop, usage } from "@capstan/command-line"
import { iamPolicy } from "@capstan/drills"
import { didYouMean } from "@capstan/engine/text"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"

export interface AwsIamPolicyFlags {
  readonly audience: string
  readonly clusters: ReadonlyArray<string>
  readonly region: string | undefined
  readonly account: string | undefined
}

const audiences = ["controllers", "drills"] as const

export const awsIamPolicyCommand = (flags: AwsIamPolicyFlags): Effect.Effect<void, Stop> =>
  Effect.gen(function* () {
    const options = yield* Effect.mapError(Effect.fromResult(optionsOf(flags)), usage)
    process.stdout.write(`${JSON.stringify(iamPolicy(options), undefined, 2)}\n`)
  })

const optionsOf = ({ account, audience: asked, clusters, region }: AwsIamPolicyFlags) => {
  const audience = audiences.find((known) => known === asked)
  if (audience === undefined) {
    return Result.fail(
      `--for takes ${audiences.join(" or ")}, not '${asked}'. ${didYouMean(asked, audiences).hint ?? ""}`.trimEnd()
    )
  }
  if (audience === "drills" && clusters.length === 0) {
    return Result.fail("A policy for drills names the clusters that they may hit: give --cluster NAME.")
  }
  if (account !== undefined && !/^\d{12}$/.test(account))
    return Result.fail("--account takes the twelve digits of an account.")
  return Result.succeed({
    audience,
    clusters,
    ...(region === undefined ? {} : { region }),
    ...(account === undefined ? {} : { account })
  })
}
