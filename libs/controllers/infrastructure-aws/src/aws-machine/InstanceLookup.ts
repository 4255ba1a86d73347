/**
 * Read: the instance of a machine, by its id, by the token of its launch, or by its tags.
 *
 * Stopped instances are looked for as well as running ones: one that is not found would be launched again or left behind.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws pkg/cloud/services/ec2/instances.go
 */
import { type AwsError, catchClass, type Ec2Shapes } from "@capstan/aws"
import { Effect } from "effect"
import { clusterTag, machineNameTag } from "../Tags.ts"
import { launchIntentAnnotation, parseLaunchIntent } from "./LaunchIntent.ts"
import { annotationOf, machineTagValue, type MachineContext, specOf } from "./MachineContext.ts"

/** What a look at EC2 told of the machine's instance. */
export type InstanceLookup =
  | { readonly _tag: "Found"; readonly instance: Ec2Shapes.Instance }
  /** `launched`: a launch was asked for, so the instance may exist and not be visible yet. */
  | { readonly _tag: "Absent"; readonly launched: boolean }
  /** The instance had an id, and EC2 does not know it (any more, or yet). */
  | { readonly _tag: "Lost"; readonly instanceId: string }
  | { readonly _tag: "Unreadable"; readonly error: AwsError }

const instancesOf = (answer: Ec2Shapes.DescribeInstancesResult): ReadonlyArray<Ec2Shapes.Instance> =>
  (answer.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? [])

/** The id at the end of a provider id, `aws:///zone/id`. Pure. */
export const instanceIdOf = (providerId: string | undefined): string | undefined => {
  const id = providerId?.split("/").at(-1)
  return id === undefined || id === "" ? undefined : id
}

const byId = ({ ec2 }: MachineContext, instanceId: string): Effect.Effect<InstanceLookup, AwsError> =>
  ec2.describeInstances({ InstanceIds: [instanceId] }).pipe(
    Effect.map((answer): InstanceLookup => {
      const instance = instancesOf(answer)[0]
      return instance === undefined ? { _tag: "Lost", instanceId } : { _tag: "Found", instance }
    }),
    catchClass("notFound", () => Effect.succeed<InstanceLookup>({ _tag: "Lost", instanceId }))
  )

/** The instance that a token made, in whatever state; a terminated one, too, since the token never makes another. */
export const findByToken = (
  { ec2 }: MachineContext,
  token: string
): Effect.Effect<Ec2Shapes.Instance | undefined, AwsError> =>
  ec2
    .describeInstances({ Filters: [{ Name: "client-token", Values: [token] }] })
    .pipe(Effect.map((answer) => instancesOf(answer)[0]))

/** The oldest instance that carries the machine's tags: for one that was launched before there were intents. */
const findByTags = (context: MachineContext): Effect.Effect<Ec2Shapes.Instance | undefined, AwsError> =>
  context.ec2
    .describeInstances({
      Filters: [
        { Name: `tag:${clusterTag(context.cluster)}`, Values: ["owned"] },
        { Name: `tag:${machineNameTag}`, Values: [machineTagValue(context)] },
        { Name: "instance-state-name", Values: ["pending", "running", "stopping", "stopped"] }
      ]
    })
    .pipe(
      Effect.map(
        (answer) =>
          instancesOf(answer).toSorted((a, b) => (a.LaunchTime?.getTime() ?? 0) - (b.LaunchTime?.getTime() ?? 0))[0]
      )
    )

const look = (context: MachineContext): Effect.Effect<InstanceLookup, AwsError> => {
  const spec = specOf(context)
  const instanceId = instanceIdOf(spec.providerID) ?? spec.instanceID
  if (instanceId !== undefined && instanceId !== "") return byId(context, instanceId)
  const intent = parseLaunchIntent(annotationOf(context, launchIntentAnnotation))
  const search = intent === undefined ? findByTags(context) : findByToken(context, intent.clientToken)
  return Effect.map(search, (instance): InstanceLookup =>
    instance === undefined ? { _tag: "Absent", launched: intent !== undefined } : { _tag: "Found", instance }
  )
}

/** One look. Failing to see is an answer, too. */
export const lookupInstance = (context: MachineContext): Effect.Effect<InstanceLookup> =>
  Effect.catchTag(look(context), "AwsError", (error) => Effect.succeed<InstanceLookup>({ _tag: "Unreadable", error }))
