/**
 * The way from a command to a real account: region, endpoint, credentials, and the folder in which drills keep their journal.
 *
 * Credentials are the SDK's to find; nothing here reads or prints them. The region has to be said, since guardrails are about it.
 */
import type { AwsError, Ec2, Elb, Iam, SecretsManager, Sts } from "@capstan/aws"
import { awsLive, endpointProblem } from "@capstan/aws-live"
import { ExitCode, Stop, usage } from "@capstan/command-line"
import {
  callerIn,
  type CallFaults,
  callFaultsFolder,
  type Caller,
  isHeard,
  type Journal,
  type JournalError,
  layerFolder,
  type Refused,
  type StopSwitch
} from "@capstan/drills"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"

export interface AccountFlags {
  readonly region: string | undefined
  readonly endpoint: string | undefined
  readonly state: string | undefined
}

export type AccountServices = Ec2 | Elb | SecretsManager | Iam | Sts | Journal | StopSwitch | CallFaults

export interface RealAccount {
  readonly region: string
  readonly layer: Layer.Layer<AccountServices>
}

/** Where drills keep their journal unless told otherwise. */
const stateFolder = ".capstan/drills"

/** The journal, the stop switch and the faults of calls of a folder; no account is needed for them. */
export const stateLayer = (folder = stateFolder): Layer.Layer<Journal | StopSwitch | CallFaults> =>
  Layer.merge(layerFolder(folder), callFaultsFolder(folder)).pipe(Layer.provide(NodeServices.layer))

/** Whether controllers feel the faults of calls that a drill with this folder begins. */
export const callsAreHeard = (folder = stateFolder): Effect.Effect<boolean> =>
  Effect.provide(isHeard(folder), NodeServices.layer)

/** The account that the flags and the environment name; a sentence when they name none. */
export const realAccount = (
  flags: AccountFlags,
  environment: NodeJS.ProcessEnv
): Result.Result<RealAccount, string> => {
  const region = flags.region ?? environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"]
  if (region === undefined || region === "") return Result.fail("No region is known: give --region, or set AWS_REGION.")
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) return Result.fail(`'${region}' is no region: write it as eu-west-1.`)
  const problem = flags.endpoint === undefined ? undefined : endpointProblem(flags.endpoint)
  if (problem !== undefined) return Result.fail(`--endpoint: ${problem}.`)
  const aws = awsLive({ region, ...(flags.endpoint === undefined ? {} : { endpoint: flags.endpoint }) })
  return Result.succeed({ region, layer: Layer.merge(aws, stateLayer(flags.state)) })
}

/** Runs what a command does in the account that its flags name; failures end the command with their words and code. */
export const inAccount = <A>(
  flags: AccountFlags,
  act: (caller: Caller) => Effect.Effect<A, AwsError | JournalError | Refused | Stop, AccountServices>
): Effect.Effect<A, Stop> =>
  Effect.gen(function* () {
    const account = yield* Effect.mapError(Effect.fromResult(realAccount(flags, process.env)), usage)
    return yield* Effect.flatMap(callerIn(account.region), act).pipe(
      Effect.provide(account.layer),
      Effect.mapError(stopFor)
    )
  })

/** How a command ends that an account, a journal or a guardrail stood in the way of. */
export const stopFor = (error: AwsError | JournalError | Refused | Stop): Stop => {
  switch (error._tag) {
    case "Stop":
      return error
    case "Refused":
      return new Stop({ code: ExitCode.guardrail, message: `refused: ${error.message}.` })
    case "JournalError":
      return new Stop({ code: ExitCode.cannotRun, message: error.message })
    case "AwsError":
      return new Stop({
        code: ExitCode.cannotRun,
        message: `AWS: ${error.operation}: ${error.code}: ${error.message} (capstan aws preflight looks at what may be missing)`
      })
  }
}
