/**
 * What stands between a drill and an account: who is calling and from where, the kill switch, and what each target is.
 *
 * The account is looked at once, before anything else; switches and targets right before every act.
 *
 * @source https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
import { type AwsError, Ec2, Sts } from "@capstan/aws"
import type { PlannedAwsGuardrails } from "@capstan/engine"
import { Effect, Schema } from "effect"
import { allPages, describeInstances, filter } from "../account/Estate.ts"
import { drillTags, ownershipTag } from "../DrillTags.ts"
import type { JournalError } from "../journal/Journal.ts"
import { StopSwitch } from "../journal/StopSwitch.ts"

/** The guardrails say no; `message` says which and why. */
export class Refused extends Schema.TaggedError<Refused>()("Refused", { message: Schema.String }) {}

export interface Caller {
  readonly account: string
  readonly arn: string
  readonly region: string
}

/** Who is calling, as AWS sees it. The region is what the clients were made for. */
export const callerIn = (region: string): Effect.Effect<Caller, AwsError, Sts> =>
  Effect.gen(function* () {
    const sts = yield* Sts
    const { Account: account = "", Arn: arn = "" } = yield* sts.getCallerIdentity({})
    return { account, arn, region }
  })

/** Passes only an account and a region that the guardrails name. */
export const requireAllowed = (guardrails: PlannedAwsGuardrails, caller: Caller): Effect.Effect<void, Refused> => {
  const { account, region } = caller
  if (!guardrails.accounts.includes(account)) {
    return Effect.fail(
      new Refused({
        message: `these credentials belong to account ${account}; guardrails.aws.accounts allows ${guardrails.accounts.join(", ")}`
      })
    )
  }
  if (!guardrails.regions.includes(region)) {
    return Effect.fail(
      new Refused({
        message: `the region is ${region}; guardrails.aws.regions allows ${guardrails.regions.join(", ")}`
      })
    )
  }
  return Effect.void
}

/** Passes only while nobody has pulled a switch: the file on this machine, or the tag on anything that the clusters own. */
export const requireNotStopped = (
  clusters: ReadonlyArray<string>
): Effect.Effect<void, Refused | AwsError | JournalError, Ec2 | StopSwitch> =>
  Effect.gen(function* () {
    const { isPulled, place } = yield* StopSwitch
    if (yield* isPulled) {
      return yield* new Refused({
        message: `the kill switch is pulled: ${place}. capstan aws stop --lift lets drills run again`
      })
    }
    for (const cluster of clusters) {
      const tagged = yield* stopTagged(cluster)
      if (tagged !== undefined) {
        return yield* new Refused({
          message: `the kill switch is pulled: ${tagged} carries the tag ${drillTags.stop}. capstan aws stop --lift --cluster ${cluster} lets drills run again`
        })
      }
    }
  })

/** Something of the cluster that carries the stop tag. */
const stopTagged = (cluster: string): Effect.Effect<string | undefined, AwsError, Ec2> =>
  Effect.gen(function* () {
    const stopped = [filter(`tag:${ownershipTag(cluster)}`, "owned"), filter("tag-key", drillTags.stop)]
    const [instance] = yield* describeInstances(...stopped)
    if (instance !== undefined) return instance.InstanceId
    const ec2 = yield* Ec2
    const vpcs = yield* allPages(
      (token) => ec2.describeVpcs({ Filters: stopped, ...token }),
      (page) => page.Vpcs
    )
    return vpcs[0]?.VpcId
  })
