/**
 * Creating what AWS cannot create idempotently: VPCs, internet gateways, addresses.
 *
 * The intent is written to the object before the call and taken off after it. A process that died in between finds the
 * intent and looks for the resource by its tags until AWS must have made it visible; only then does it create again.
 * What slips through all the same is recognised later by its tags and removed as a duplicate.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/query-api-troubleshooting.html#eventual-consistency
 */
import { parseJsonObject, stringsOf } from "@capstan/api"
import { type AwsError, isUnknownOutcome } from "@capstan/aws"
import type { Waiting } from "@capstan/provider"
import { timestampOf } from "@capstan/runtime"
import { Clock, Effect } from "effect"
import { type ClusterContext, persist, type StepError, waiting } from "./ClusterStep.ts"

/** JSON: what is being created, and since when. */
export const creationIntentAnnotation = "capstan.dev/creation-intent"

/** How long a new resource may stay out of sight. EC2's own tail is about a minute. */
export const visibilityMillis = 60_000

type Intents = { readonly [resource: string]: string }

const intentsOf = (context: ClusterContext): Intents =>
  stringsOf(parseJsonObject(context.scope.infrastructure.get().metadata.annotations?.[creationIntentAnnotation]))

const writeIntents = (context: ClusterContext, intents: Intents): void =>
  context.scope.infrastructure.change((object) => {
    const { [creationIntentAnnotation]: _, ...others } = object.metadata.annotations ?? {}
    const empty = Object.keys(intents).length === 0
    const annotations = empty ? others : { ...others, [creationIntentAnnotation]: JSON.stringify(intents) }
    return { ...object, metadata: { ...object.metadata, annotations } }
  })

const settle = (context: ClusterContext, resource: string): void => {
  const { [resource]: since, ...others } = intentsOf(context)
  if (since !== undefined) writeIntents(context, others)
}

/** Milliseconds until everything that was being created must be visible; 0 when nothing is under way. */
export const millisUntilVisible = (context: ClusterContext, now: number): number =>
  Math.max(0, ...Object.values(intentsOf(context)).map((since) => Date.parse(since) + visibilityMillis - now))

/**
 * Creates `resource`, which a look just now did not find, once.
 *
 * `record` stores the new id in the working copy; it is written at once, together with the end of the intent.
 */
export const createOnce = <A>(
  context: ClusterContext,
  resource: string,
  create: Effect.Effect<A, AwsError>,
  record: (created: A) => void
): Effect.Effect<A | Waiting, StepError> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const since = intentsOf(context)[resource]
    const remaining = since === undefined ? 0 : Date.parse(since) + visibilityMillis - now
    if (remaining > 0) {
      const message = `an earlier attempt to create the ${resource} may have succeeded; looking for it`
      return waiting({ reason: "LookingForCreatedResource", severity: "Info", message }, Math.min(remaining, 10_000))
    }
    writeIntents(context, { ...intentsOf(context), [resource]: timestampOf(now) })
    yield* persist(context)
    const created = yield* Effect.tapErrorTag(create, "AwsError", (error) =>
      Effect.sync(() => (isUnknownOutcome(error) ? undefined : settle(context, resource)))
    )
    record(created)
    settle(context, resource)
    yield* persist(context)
    return created
  })

/** The resource was found: no intent is left. */
export const creationSettled = settle
