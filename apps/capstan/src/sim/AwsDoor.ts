/**
 * The sockets of a simulated AWS account: one HTTP endpoint for all of its services.
 *
 * What a request means and how an answer is written is in `@capstan/simulator-aws/wire`; here come the time, the ids and the
 * way into the world. Callers sign by the clock on the wall, whatever the time in the world. A caller who hangs up does not
 * take the call back, as in AWS.
 */
import type { SimulatedAws } from "@capstan/simulator-aws"
import { answerRequest, bodyMax, doorAnswer, type Keyring, type WireAnswer } from "@capstan/simulator-aws/wire"
import * as ByteSize from "effect/ByteSize"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { uuidV4Unsafe } from "effect/crypto/SecureRandom"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { RealTime } from "@capstan/engine"

/** Answers one request to the account. */
export const awsDoor = (aws: SimulatedAws, keyring: Keyring, time: Pick<RealTime, "within">) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const moment = { nowMillis: yield* Clock.currentTimeMillis, requestId: uuidV4Unsafe() }
    const { headers, method, url: target } = request
    const refused = (code: string, message: string, statusCode: number) =>
      doorAnswer({ method, target, headers }, { code, message, statusCode }, moment)
    if (method !== "POST" && method !== "GET") {
      return refused("MethodNotAllowed", "Requests are POST, or GET with a query.", 405)
    }
    const body = yield* Effect.result(request.arrayBuffer)
    if (body._tag === "Failure") {
      return body.failure.reason._tag === "RequestParseError" && body.failure.reason.reason === "BodyTooLarge"
        ? refused("RequestEntityTooLarge", `A request has at most ${bodyMax} bytes.`, 413)
        : refused("IncompleteBody", "The request's body did not come in whole.", 400)
    }
    const wire = { method, target, headers, body: new Uint8Array(body.success) }
    return yield* answerRequest(wire, keyring, moment, ({ input, operation, service }) =>
      time.within(aws.call(service.name, operation.name, input, service.mutating[operation.name] ?? true))
    ).pipe(
      Effect.catchDefect((defect) =>
        Effect.as(
          Console.error(
            `capstan: a defect of the simulated account, in request ${moment.requestId}: ${sentenceOf(defect)}`
          ),
          refused("InternalFailure", "The request has failed because of a defect of the simulated account.", 500)
        )
      )
    )
  }).pipe(
    Effect.flatMap(toResponse),
    Effect.provideService(HttpServerRequest.MaxBodySize, ByteSize.bytes(bodyMax)),
    // The server runs its handlers uninterruptible: without this, whoever hangs up would be waited for.
    Effect.interruptible
  )

/** An answer that has got lost in the world is never sent: the caller hears nothing until somebody hangs up. */
const toResponse = ({ body, headers, status }: WireAnswer): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  status === 0
    ? Effect.never
    : Effect.succeed(
        HttpServerResponse.text(body, { status, headers, contentType: headers["content-type"] ?? "text/plain" })
      )

const sentenceOf = (defect: unknown): string => (defect instanceof Error ? defect.message : String(defect))
