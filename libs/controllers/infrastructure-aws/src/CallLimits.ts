/**
 * Our own limits on calls to AWS, so that a hundred clusters in one account wait their turn instead of being refused.
 *
 * One token bucket an operation, as AWS counts them, for everything that goes through one provider: one account and region.
 * A call that finds its bucket empty waits; an answer that says "too many" empties the bucket. The numbers are AWS's own.
 *
 * @source https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
 */
import { type AwsError, isThrottled } from "@capstan/aws"
import { Clock, Effect } from "effect"

/** `burst` tokens at most, `perSecond` new ones. */
export interface CallLimit {
  readonly burst: number
  readonly perSecond: number
}

const special: { readonly [operation: string]: CallLimit } = {
  RunInstances: { burst: 5, perSecond: 2 },
  TerminateInstances: { burst: 100, perSecond: 5 },
  CreateTags: { burst: 100, perSecond: 10 },
  DeleteTags: { burst: 100, perSecond: 10 },
  CreateNatGateway: { burst: 10, perSecond: 1 },
  DeleteNatGateway: { burst: 10, perSecond: 1 },
  ModifyNetworkInterfaceAttribute: { burst: 100, perSecond: 5 }
}

const reading: CallLimit = { burst: 100, perSecond: 20 }
const changing: CallLimit = { burst: 50, perSecond: 5 }

/** The limit of an operation by its AWS name. */
export const limitOf = (operation: string): CallLimit =>
  special[operation] ?? (/^(Describe|Get|List)/.test(operation) ? reading : changing)

/** Tokens as of a moment; below zero when calls are waiting for them. */
export interface Bucket {
  readonly tokens: number
  /** Epoch milliseconds. */
  readonly at: number
}

/** Takes a token, if need be from the future; `waitMillis` says how far. Pure. */
export const takeToken = (
  bucket: Bucket,
  limit: CallLimit,
  now: number
): { readonly bucket: Bucket; readonly waitMillis: number } => {
  const refilled = Math.min(limit.burst, bucket.tokens + ((now - bucket.at) / 1000) * limit.perSecond)
  const tokens = refilled - 1
  return { bucket: { tokens, at: now }, waitMillis: tokens >= 0 ? 0 : Math.ceil((-tokens / limit.perSecond) * 1000) }
}

type Method = (input: never) => Effect.Effect<unknown, AwsError>

const limited = (operation: string, method: Method): Method => {
  const limit = limitOf(operation)
  let bucket: Bucket | undefined
  return (input) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const taken = takeToken(bucket ?? { tokens: limit.burst, at: now }, limit, now)
      bucket = taken.bucket
      const call = Effect.tapErrorTag(method(input), "AwsError", (error) =>
        Effect.map(Clock.currentTimeMillis, (at) => {
          if (isThrottled(error)) bucket = { tokens: Math.min(0, bucket?.tokens ?? 0), at }
        })
      )
      return taken.waitMillis === 0 ? call : Effect.delay(call, taken.waitMillis)
    })
}

/** The client, each of its operations under its limit. */
export const withCallLimits = <Client extends object>(client: Client): Client =>
  // Every property of a client is a method of one input; what is built has the same keys with methods of the same type.
  Object.fromEntries(
    Object.entries(client).map(([name, method]) => [
      name,
      limited(name.charAt(0).toUpperCase() + name.slice(1), method as Method)
    ])
  ) as Client
