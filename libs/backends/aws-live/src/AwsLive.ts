/**
 * The AWS waist on AWS's own SDK: one adapter for all operations of all services.
 *
 * An operation's name is the name of the SDK's command; requests and answers are AWS's shapes on both sides, so nothing is
 * translated but the errors. Each call has a deadline, is repeated where that is harmless, is counted, and is a span. When
 * nobody waits for it any more its request is aborted. Signing and sockets are the SDK's and live in real time whatever clock
 * the caller has. Left out: our own limits on calls, which stand above the waist (`infrastructure-aws`), so that they hold in
 * a simulation too.
 *
 * @source https://docs.aws.amazon.com/AWSJavaScriptSDK/v3/latest/
 */
import {
  AwsError,
  type AwsServiceName,
  clientFromCall,
  Ec2,
  ec2Mutating,
  ec2Operations,
  Elb,
  elbMutating,
  elbOperations,
  Iam,
  iamMutating,
  iamOperations,
  isThrottled,
  type MutatingTable,
  type OperationCall,
  type OperationMap,
  SecretsManager,
  secretsManagerMutating,
  secretsManagerOperations,
  Sts,
  stsMutating,
  stsOperations
} from "@capstan/aws"
import { Clock, Effect, Layer, Random } from "effect"
import { countAttempt, countRetries } from "./CallMetrics.ts"
import { attemptsMax, isRepeatable, waitMillis } from "./Repeating.ts"
import { type Called, type Failed, fromSdk, late } from "./SdkError.ts"
import type { ServiceEndpoints } from "./ServiceEndpoints.ts"

export interface AwsLiveOptions {
  /** The SDK's own search (environment, profile) unless given. */
  readonly region?: string
  /** The SDK's default chain (environment, profile, web identity, container, instance) unless given. */
  readonly credentials?: {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken?: string
  }
  /** One address for all services, such as an emulator's; `AWS_ENDPOINT_URL` and its kin unless given. */
  readonly endpoint?: string
  /** Addresses of single services, with the region that their calls are signed for; they go before `endpoint` and `region`. */
  readonly endpoints?: ServiceEndpoints
  /** The whole of a call with its repetitions, real milliseconds; 30 s unless given. */
  readonly deadlineMillis?: number
}

const deadlineMillisDefault = 30_000

/** Deadlines and waits are of the same time as sockets, whatever time the caller lives in. */
const realTime: Clock.Clock = Clock.Clock.defaultValue()

/** What all clients of the SDK have in common, seen without their types. */
interface SdkClient {
  send(command: object, options: { readonly abortSignal: AbortSignal }): Promise<object>
  destroy(): void
  readonly config: { readonly region: () => Promise<string> }
}

interface Service {
  readonly client: SdkClient
  /** The SDK's commands, by name. */
  readonly commands: object
  readonly mutating: { readonly [operation: string]: boolean }
}

/** The SDK is loaded here and not with this module: whoever simulates does without it, and EC2's part alone takes half a second. */
const makeServices = async (options: AwsLiveOptions): Promise<{ readonly [S in AwsServiceName]: Service }> => {
  const sdk = await import("./SdkModules.ts")
  const configure = (service: AwsServiceName) => {
    const own = options.endpoints?.[service]
    const endpoint = own?.url ?? options.endpoint
    const region = own?.signingRegion ?? options.region
    return {
      maxAttempts: 1,
      ...(region === undefined ? {} : { region }),
      ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
      ...(endpoint === undefined ? {} : { endpoint })
    }
  }
  // Every client takes every command of its own service; which operation has which shapes, the waist's maps say.
  const service = (client: object, commands: object, mutating: MutatingTable<object>): Service => ({
    client: client as SdkClient,
    commands,
    mutating: mutating as Service["mutating"]
  })
  return {
    ec2: service(new sdk.ec2.Client(configure("ec2")), sdk.ec2.commands, ec2Mutating),
    elb: service(new sdk.elb.Client(configure("elb")), sdk.elb.commands, elbMutating),
    secretsmanager: service(
      new sdk.secretsmanager.Client(configure("secretsmanager")),
      sdk.secretsmanager.commands,
      secretsManagerMutating
    ),
    iam: service(new sdk.iam.Client(configure("iam")), sdk.iam.commands, iamMutating),
    sts: service(new sdk.sts.Client(configure("sts")), sdk.sts.commands, stsMutating)
  }
}

type Command = new (input: object) => object

/** The answer without what the SDK adds to it. */
const bare = ({ $metadata: _, ...answer }: { readonly $metadata?: unknown }): object => answer

const callOf = <Operations extends OperationMap<Operations>>(
  service: AwsServiceName,
  { client, commands, mutating }: Service,
  deadlineMillis: number
): OperationCall<Operations> => {
  const attempt = (called: Called, region: string): Effect.Effect<object, Failed> =>
    Effect.gen(function* () {
      const { input, operation } = called
      const Command = Reflect.get(commands, `${operation}Command`) as Command
      const startedNanos = yield* Clock.monotonicTimeNanos
      const labels = { service, region, operation }
      // A read that hangs is worth asking again while there is time; a change keeps all the time that there is.
      const patienceMillis = mutating[operation] === false ? deadlineMillis / attemptsMax : deadlineMillis
      return yield* Effect.tryPromise({
        try: (abortSignal) => client.send(new Command(input), { abortSignal }),
        catch: (thrown) => fromSdk(called, thrown)
      }).pipe(
        Effect.timeoutOrElse({
          duration: patienceMillis,
          orElse: () => Effect.fail(late(called, patienceMillis / 1000))
        }),
        Effect.tap(() => countAttempt({ ...labels, statusCode: 200, errorCode: "" }, startedNanos)),
        Effect.tapError(({ error }) =>
          countAttempt({ ...labels, statusCode: error.statusCode, errorCode: error.code }, startedNanos)
        ),
        Effect.onInterrupt(() =>
          countAttempt({ ...labels, statusCode: 0, errorCode: "RequestCanceled" }, startedNanos)
        ),
        Effect.map(bare)
      )
    })

  /** Until when an operation is left alone after AWS has said "too many", whoever wants it: epoch milliseconds. */
  const quietUntil = new Map<string, number>()
  const quiet = (operation: string): Effect.Effect<void> =>
    Effect.gen(function* () {
      const restMillis = (quietUntil.get(operation) ?? 0) - (yield* Clock.currentTimeMillis)
      // Up to twice as long, so that not all who wait come back at once.
      if (restMillis > 0) yield* Effect.sleep(restMillis * (1 + (yield* Random.next)))
    })

  const repeated = (called: Called, region: string): Effect.Effect<object, AwsError> =>
    Effect.gen(function* () {
      const { input, operation } = called
      for (let number = 1; ; number++) {
        yield* quiet(operation)
        const answer = yield* Effect.result(attempt(called, region))
        const failed = answer._tag === "Success" ? undefined : answer.failure
        const wait = failed === undefined ? 0 : waitMillis(failed.error, number + 1, yield* Random.next)
        if (failed !== undefined && isThrottled(failed.error)) {
          quietUntil.set(operation, Math.max(quietUntil.get(operation) ?? 0, (yield* Clock.currentTimeMillis) + wait))
        }
        if (
          failed !== undefined &&
          number < attemptsMax &&
          isRepeatable(failed, mutating[operation] !== false, input)
        ) {
          if (!isThrottled(failed.error)) yield* Effect.sleep(wait)
          continue
        }
        yield* countRetries({ service, region, operation }, number - 1)
        yield* Effect.annotateCurrentSpan({ "cloud.region": region, "capstan.aws.attempts": number })
        if (answer._tag === "Success") return answer.success
        const { code, requestId } = answer.failure.error
        yield* Effect.annotateCurrentSpan({
          "error.type": code,
          ...(requestId === undefined ? {} : { "aws.request_id": requestId })
        })
        return yield* answer.failure.error
      }
    })

  const call = (operation: string, input: object) =>
    Effect.tryPromise({
      try: () => client.config.region(),
      catch: () =>
        new AwsError({
          service,
          operation,
          code: "MissingRegion",
          message: "no AWS region is known: give --region, or set AWS_REGION, or name one in the profile",
          statusCode: 0
        })
    }).pipe(
      Effect.flatMap((region) => repeated({ service, operation, input }, region)),
      Effect.timeoutOrElse({
        duration: deadlineMillis,
        orElse: () => Effect.fail(late({ service, operation, input }, deadlineMillis / 1000).error)
      }),
      Effect.provideService(Clock.Clock, realTime),
      Effect.withSpan(`aws.${service}.${operation}`, {
        kind: "client",
        attributes: { "rpc.system": "aws-api", "rpc.service": service, "rpc.method": operation }
      })
    )
  // The waist's maps give each operation the shapes of the SDK's command of that name; a name that is made up has no type.
  return call as unknown as OperationCall<Operations>
}

/** All five services of one account and region. Sockets are closed with the scope. */
export const awsLive = (options: AwsLiveOptions = {}): Layer.Layer<Ec2 | Elb | SecretsManager | Iam | Sts> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const services = yield* Effect.acquireRelease(
        Effect.promise(() => makeServices(options)),
        (made) => Effect.sync(() => Object.values(made).forEach(({ client }) => client.destroy()))
      )
      const deadlineMillis = options.deadlineMillis ?? deadlineMillisDefault
      const call = <Operations extends OperationMap<Operations>>(name: AwsServiceName): OperationCall<Operations> =>
        callOf(name, services[name], deadlineMillis)
      return yield* Layer.build(
        Layer.mergeAll(
          Layer.succeed(Ec2, clientFromCall(ec2Operations, call("ec2"))),
          Layer.succeed(Elb, clientFromCall(elbOperations, call("elb"))),
          Layer.succeed(SecretsManager, clientFromCall(secretsManagerOperations, call("secretsmanager"))),
          Layer.succeed(Iam, clientFromCall(iamOperations, call("iam"))),
          Layer.succeed(Sts, clientFromCall(stsOperations, call("sts")))
        )
      )
    })
  )
