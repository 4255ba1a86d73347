/**
 * The simulated account in AWS's own protocols: bytes in, bytes out, and nothing of sockets or clocks.
 *
 * A request is recognised (which service, by whom it was signed), let in or not, read into the shape that the account
 * understands; what the account answers is written in the service's protocol. Whoever serves it brings the time, the request
 * ids and the way into the world.
 * Left out: other services and other versions of these; the path says nothing and is only part of the signature.
 *
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html — `InvalidAction` for an operation that is not known.
 * @fidelity assumed — The same answer for operations of AWS that the account does not have, and for services that it does not have.
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html
 */
import type { AwsError, StsOperations } from "@capstan/aws"
import { Effect, Result } from "effect"
import { Refusal, refuse } from "../Refusal.ts"
import { admit, refuseUnsigned } from "./Admission.ts"
import { formTree, readPairs } from "./FormTree.ts"
import { readJson, writeJson, writeJsonError } from "./JsonCodec.ts"
import type { Keyring } from "./Keyring.ts"
import { ec2Dialect, queryDialect, readQuery } from "./QueryReader.ts"
import { modelOf, type WireOperation } from "./Shape.ts"
import { type Signed, signatureOf, splitTarget } from "./SignatureV4.ts"
import type { WireAnswer, WireRequest } from "./WireMessage.ts"
import { type WireService, wireServices } from "./WireService.ts"
import { writeAnswer, writeError } from "./XmlWriter.ts"

/** The longest body that is looked at, bytes. */
export const bodyMax = 1_048_576

/** A request that was let in and understood. */
export interface WireCall {
  readonly service: WireService
  readonly operation: WireOperation
  readonly input: object
}

/** The moment of a request: the time by the callers' clock, epoch milliseconds, and its id. */
export interface WireMoment {
  readonly nowMillis: number
  readonly requestId: string
}

/** Reads a request; an answer that says no where it is not let in or not understood. */
export const readCall = (
  request: WireRequest,
  keyring: Keyring,
  moment: WireMoment
): Result.Result<WireCall, WireAnswer> => {
  const signature = signatureOf(request)
  const signed = Result.getOrUndefined(signature)
  const service = recognise(request, signed)
  try {
    if (signed === undefined && Result.isFailure(signature)) {
      throw refuseUnsigned(service?.protocol ?? protocolOf(request), signature.failure)
    }
    if (service === undefined || signed === undefined) throw unknownService(signed)
    admit(request, signed, service, keyring, moment.nowMillis)
    return Result.succeed(
      service.protocol === "json" ? readJsonCall(service, request) : readQueryCall(service, request)
    )
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal
    return Result.fail(refusalAnswer(service ?? { protocol: protocolOf(request), namespace: "" }, refusal, moment))
  }
}

/** Writes what the account answered. */
export const writeOutput = (call: WireCall, output: unknown, moment: WireMoment): WireAnswer => {
  const { operation, service } = call
  const model = modelOf(service.name)
  return answer(service, 200, moment, {
    json: () => writeJson(model, operation.output, output),
    xml: () => writeAnswer(service, model, operation, output, moment.requestId)
  })
}

/** Writes how the account refused. Its own request id wins. */
export const writeRefusal = (call: WireCall, error: AwsError, moment: WireMoment): WireAnswer =>
  refusalAnswer(call.service, error, { ...moment, requestId: error.requestId ?? moment.requestId })

/** The answer to a request that the door itself cannot take, or that went wrong in here, as its service would write it. */
export const doorAnswer = (
  request: Omit<WireRequest, "body">,
  error: { readonly code: string; readonly message: string; readonly statusCode: number },
  moment: WireMoment
): WireAnswer => {
  const bare = { ...request, body: new Uint8Array() }
  const service = recognise(bare, Result.getOrUndefined(signatureOf(bare)))
  return refusalAnswer(service ?? { protocol: protocolOf(request), namespace: "" }, error, moment)
}

/**
 * Answers one request: `perform` takes the call into the account's world. Never fails; a defect of the account is for the
 * caller to catch.
 */
export const answerRequest = (
  request: WireRequest,
  keyring: Keyring,
  moment: WireMoment,
  perform: (call: WireCall) => Effect.Effect<unknown, AwsError>
): Effect.Effect<WireAnswer> =>
  Effect.suspend(() => {
    const read = readCall(request, keyring, moment)
    if (Result.isFailure(read)) return Effect.succeed(read.failure)
    const call = read.success
    return Effect.match(perform(call), {
      onSuccess: (output) => {
        // The account answers in the shape that the operation's name promises.
        if (call.operation.name === "AssumeRole") keyring.issue(output as StsOperations["AssumeRole"]["output"])
        return writeOutput(call, output, moment)
      },
      onFailure: (error) => writeRefusal(call, error, moment)
    })
  })

/** Which service a request is for: its signature says so; one without is known by its target or its version. */
const recognise = (request: WireRequest, signed: Signed | undefined): WireService | undefined => {
  if (signed !== undefined) return wireServices.find((service) => service.signingName === signed.service)
  const target = request.headers["x-amz-target"]
  if (target !== undefined) {
    return wireServices.find((service) => service.protocol === "json" && target.startsWith(`${service.namespace}.`))
  }
  const version = /(?:^|[&?])Version=([\d-]{10})(?:&|$)/.exec(
    `${splitTarget(request.target).query}&${textOf(request.body)}`
  )?.[1]
  return wireServices.find((service) => service.version === version)
}

/** In which protocol to say no to a request of which nothing else is known. */
const protocolOf = (request: Pick<WireRequest, "headers">): WireService["protocol"] =>
  request.headers["x-amz-target"] === undefined ? "query" : "json"

const unknownService = (signed: Signed | undefined): Refusal =>
  refuse(
    "InvalidAction",
    `The simulated account has no service '${(signed?.service ?? "").slice(0, 40)}'; it has ${wireServices.map((service) => service.signingName).join(", ")}.`
  )

const readQueryCall = (service: WireService, request: WireRequest): WireCall => {
  const { query } = splitTarget(request.target)
  const body = utf8(request.body)
  const pairs = [...readPairs(query).filter(([name]) => !name.startsWith("X-Amz-")), ...readPairs(body.trimEnd())]
  const given = (wanted: string) => pairs.find(([name]) => name === wanted)?.[1]
  const action = given("Action")
  if (action === undefined) throw refuse("MissingAction", "The request must contain the parameter Action")
  const version = given("Version")
  const model = modelOf(service.name)
  const operation = version === undefined || version === service.version ? model.operations.get(action) : undefined
  if (operation === undefined) throw unknownAction(service, `${action} of version ${version ?? service.version}`)
  const form = formTree(pairs.filter(([name]) => name !== "Action" && name !== "Version"))
  const dialect = service.protocol === "ec2" ? ec2Dialect : queryDialect
  return { service, operation, input: readQuery(model, dialect, operation.input, form) }
}

const readJsonCall = (service: WireService, request: WireRequest): WireCall => {
  const [prefix, ...rest] = (request.headers["x-amz-target"] ?? "").split(".")
  const name = rest.join(".")
  const model = modelOf(service.name)
  const operation = prefix === service.namespace ? model.operations.get(name) : undefined
  if (operation === undefined) throw unknownAction(service, name)
  return { service, operation, input: readJson(model, operation.input, utf8(request.body)) }
}

const unknownAction = (service: WireService, action: string): Refusal =>
  refuse(
    service.protocol === "json" ? "UnknownOperationException" : "InvalidAction",
    `The action ${action.slice(0, 100)} is not one that the simulated account has.`
  )

const refusalAnswer = (
  service: Pick<WireService, "protocol" | "namespace">,
  error: { readonly code: string; readonly message: string; readonly statusCode: number },
  moment: WireMoment
): WireAnswer =>
  answer(service, error.statusCode, moment, {
    json: () => writeJsonError(error),
    xml: () => writeError(service, error, moment.requestId)
  })

const answer = (
  service: Pick<WireService, "protocol">,
  status: number,
  moment: WireMoment,
  body: { readonly json: () => string; readonly xml: () => string }
): WireAnswer => {
  const isJson = service.protocol === "json"
  return {
    status,
    headers: {
      "content-type": isJson ? "application/x-amz-json-1.1" : "text/xml;charset=UTF-8",
      "x-amzn-requestid": moment.requestId
    },
    body: isJson ? body.json() : body.xml()
  }
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes.subarray(0, 4096))

const utf8 = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    throw refuse("MalformedQueryString", "The request's body is not UTF-8.")
  }
}
