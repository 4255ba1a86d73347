/**
 * Pulling the kill switch: a file on this machine for drills that run here, and a tag on all instances and networks of clusters for
 * drills that run anywhere. Drills ask both before every act.
 *
 * Instances that come later carry no tag, and need none: one tagged resource of a cluster is enough.
 *
 * @source https://docs.aws.amazon.com/fis/latest/userguide/safety-lever.html
 */
import { type AwsError, Ec2 } from "@capstan/aws"
import { Effect } from "effect"
import { allPages, filter, instancesOf } from "../account/Estate.ts"
import { drillTags, ownershipTag } from "../DrillTags.ts"
import { Refused } from "../run/Guard.ts"

/** Ids of what carries the stop tag of a cluster, or would. */
const bearers = (cluster: string): Effect.Effect<ReadonlyArray<string>, AwsError, Ec2> =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const instances = yield* instancesOf(cluster)
    const vpcs = yield* allPages(
      (token) => ec2.describeVpcs({ Filters: [filter(`tag:${ownershipTag(cluster)}`, "owned")], ...token }),
      (page) => page.Vpcs
    )
    const alive = instances.filter(({ state }) => state !== "terminated")
    return [...vpcs.flatMap(({ VpcId }) => VpcId ?? []), ...alive.map(({ id }) => id)]
  })

/** Sets or takes away the stop tag of a cluster; gives the ids. Refuses a cluster that owns nothing here. */
export const tagStop = (options: {
  readonly cluster: string
  readonly stop: boolean
  readonly dryRun: boolean
}): Effect.Effect<ReadonlyArray<string>, AwsError | Refused, Ec2> =>
  Effect.gen(function* () {
    const { cluster, dryRun, stop } = options
    const ec2 = yield* Ec2
    const ids = yield* bearers(cluster)
    if (ids.length === 0) {
      return yield* new Refused({ message: `nothing in this account and region is owned by cluster '${cluster}'` })
    }
    if (dryRun) return ids
    const Resources = [...ids]
    if (stop) yield* ec2.createTags({ Resources, Tags: [{ Key: drillTags.stop, Value: "pulled" }] })
    else yield* ec2.deleteTags({ Resources, Tags: [{ Key: drillTags.stop }] })
    return ids
  })
