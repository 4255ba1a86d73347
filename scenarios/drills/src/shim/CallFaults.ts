/**
 * Throttling, errors and delays of AWS calls, done in our own layer: no rights are needed, and nobody else is struck.
 *
 * A layer wraps the five services of the waist and asks before every call which faults are active. Each fault has an end of its own,
 * so that it is over even when whoever began it is dead. Only the controllers whose services are wrapped feel it.
 *
 * @source https://docs.aws.amazon.com/fis/latest/userguide/fis-actions-reference.html
 */
import {
  type AwsError,
  awsError,
  type AwsServiceName,
  clientFromCall,
  Ec2,
  ec2Operations,
  Elb,
  elbOperations,
  Iam,
  iamOperations,
  methodName,
  type OperationCall,
  type OperationMap,
  SecretsManager,
  secretsManagerOperations,
  Sts,
  stsOperations
} from "@capstan/aws"
import { parseDuration } from "@capstan/engine/text"
import { Clock, Context, Effect, Layer, Random, Schema } from "effect"
import type { JournalError } from "../journal/Journal.ts"
import type { FaultRequest } from "../faults/FaultActs.ts"

/** One fault of calls, as data. */
export const CallFault = Schema.Struct({
  /** The drill and the step that began it. */
  owner: Schema.String,
  kind: Schema.Literals(["throttle", "error", "latency"]),
  service: Schema.Literals(["ec2", "elb", "secretsmanager", "iam", "sts"]),
  /** All of the service when absent. */
  operations: Schema.optionalKey(Schema.Array(Schema.String)),
  /** Only launches into one of these subnets, where they are said. */
  subnets: Schema.optionalKey(Schema.Array(Schema.String)),
  probability: Schema.Finite,
  code: Schema.String,
  /** The call is carried out, and only its answer is lost. */
  performed: Schema.Boolean,
  delayMillis: Schema.Finite,
  expiresMillis: Schema.Finite
})
export type CallFault = typeof CallFault.Type

/** The faults of calls that are active, and the hand that begins and ends them. */
export class CallFaults extends Context.Service<
  CallFaults,
  {
    readonly active: Effect.Effect<ReadonlyArray<CallFault>>
    /** Those, too, whose end has come and that nobody has taken away. */
    readonly all: Effect.Effect<ReadonlyArray<CallFault>>
    readonly begin: (fault: CallFault) => Effect.Effect<void, JournalError>
    /** Ends the faults of an owner; nothing happens when there are none. */
    readonly end: (owner: string) => Effect.Effect<void, JournalError>
  }
>()("@capstan/drills/CallFaults") {}

/** Faults in the memory of this process. */
export const layer: Layer.Layer<CallFaults> = Layer.sync(CallFaults, () => {
  let faults: ReadonlyArray<CallFault> = []
  return CallFaults.of({
    all: Effect.sync(() => faults),
    active: Effect.map(Clock.currentTimeMillis, (now) => faults.filter((fault) => now < fault.expiresMillis)),
    begin: (fault) =>
      Effect.sync(() => {
        faults = [...faults, fault]
      }),
    end: (owner) =>
      Effect.sync(() => {
        faults = faults.filter((fault) => fault.owner !== owner)
      })
  })
})

const text = (value: unknown): string => (typeof value === "string" ? value : "")

/** A fault of the catalogue as a fault of calls. */
export const callFaultOf = ({ fault, parameters }: FaultRequest, owner: string, expiresMillis: number): CallFault => {
  const { code, delay, operations, performed, probability, service } = parameters
  const of = service as AwsServiceName
  return {
    owner,
    kind: fault.name === "api.throttle" ? "throttle" : fault.name === "api.latency" ? "latency" : "error",
    service: of,
    ...(Array.isArray(operations) ? { operations: operations.map(String) } : {}),
    probability: typeof probability === "number" ? probability : 1,
    code: text(code) === "" ? throttleCodes[of] : text(code),
    performed: performed === true,
    delayMillis: parseDuration(text(delay)) ?? 0,
    expiresMillis
  }
}

/** How each service says that it was asked too often. */
const throttleCodes: { readonly [S in AwsServiceName]: string } = {
  ec2: "RequestLimitExceeded",
  elb: "Throttling",
  secretsmanager: "ThrottlingException",
  iam: "Throttling",
  sts: "Throttling"
}

/** `ec2.RunInstances into subnet-0123: InsufficientInstanceCapacity`. */
export const callFaultWords = ({ code, delayMillis, kind, operations, service, subnets }: CallFault): string => {
  const calls = (operations ?? ["*"]).map((operation) => `${service}.${operation}`).join(", ")
  const into = subnets === undefined ? "" : ` into ${subnets.join(", ")}`
  return `${calls}${into}: ${kind === "latency" ? `${delayMillis} ms later` : code}`
}

const concerns = (fault: CallFault, service: AwsServiceName, operation: string, input: object): boolean =>
  fault.service === service &&
  (fault.operations === undefined || fault.operations.includes(operation) || fault.operations.includes("*")) &&
  (fault.subnets === undefined || fault.subnets.some((id) => subnetsOf(input).includes(id)))

/** Where a launch goes: it says so itself, or in its network interfaces. */
const subnetsOf = (input: object): ReadonlyArray<string> => {
  const { NetworkInterfaces = [], SubnetId } = input as {
    readonly SubnetId?: string
    readonly NetworkInterfaces?: ReadonlyArray<{ readonly SubnetId?: string }>
  }
  return [SubnetId, ...NetworkInterfaces.map((one) => one.SubnetId)].flatMap((id) => id ?? [])
}

const refusal = ({ code, kind }: CallFault, service: AwsServiceName, operation: string): AwsError =>
  awsError(service, operation, code, `A drill makes ${operation} fail.`, kind === "throttle" ? 503 : 500)

/** One call through the faults: delayed, refused, or carried out with its answer lost. */
const struck =
  (
    faults: CallFaults["Service"],
    service: AwsServiceName,
    call: (operation: string, input: object) => Effect.Effect<unknown, AwsError>
  ) =>
  (operation: string, input: object): Effect.Effect<unknown, AwsError> =>
    Effect.gen(function* () {
      for (const fault of yield* faults.active) {
        if (!concerns(fault, service, operation, input)) continue
        if (fault.probability < 1 && (yield* Random.next) >= fault.probability) continue
        if (fault.kind === "latency") {
          yield* Effect.sleep(fault.delayMillis)
          continue
        }
        if (fault.performed) yield* call(operation, input)
        return yield* refusal(fault, service, operation)
      }
      return yield* call(operation, input)
    })

type AnyClient = { readonly [method: string]: (input: object) => Effect.Effect<unknown, AwsError> }

const wrapped = <Operations extends OperationMap<Operations>>(
  faults: CallFaults["Service"],
  service: AwsServiceName,
  operations: ReadonlyArray<keyof Operations & string>,
  client: object
) => {
  // Clients are derived from the same table of names by which they are called here.
  const methods = client as AnyClient
  const call = (operation: string, input: object) =>
    methods[methodName(operation)]?.(input) ?? Effect.die(new Error(`no operation ${operation}`))
  return clientFromCall<Operations>(operations, struck(faults, service, call) as OperationCall<Operations>)
}

/** The five services of the waist with faults in front of them. */
export const layerStruck: Layer.Layer<
  Ec2 | Elb | SecretsManager | Iam | Sts,
  never,
  Ec2 | Elb | SecretsManager | Iam | Sts | CallFaults
> = Layer.effectContext(
  Effect.gen(function* () {
    const faults = yield* CallFaults
    return Context.empty().pipe(
      Context.add(Ec2, wrapped(faults, "ec2", ec2Operations, yield* Ec2)),
      Context.add(Elb, wrapped(faults, "elb", elbOperations, yield* Elb)),
      Context.add(SecretsManager, wrapped(faults, "secretsmanager", secretsManagerOperations, yield* SecretsManager)),
      Context.add(Iam, wrapped(faults, "iam", iamOperations, yield* Iam)),
      Context.add(Sts, wrapped(faults, "sts", stsOperations, yield* Sts))
    )
  })
)
