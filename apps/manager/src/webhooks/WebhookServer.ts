/**
 * The HTTPS server of the webhooks: upstream's paths, admission reviews and conversion reviews.
 *
 * It listens before it has a certificate, so that a port in use is told at once, and takes another certificate without
 * closing a connection. Nobody is asked who they are: as with upstream's webhooks, the answers are functions of the question alone.
 *
 * @source https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
 */
import type { KindRegistry } from "@capstan/api"
import type { Stop } from "@capstan/command-line"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { ByteSize, Effect, Result, type Scope } from "effect"
import { HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { createServer, type Server } from "node:https"
import type { TLSSocket } from "node:tls"
import { whyNot } from "../http/Endpoints.ts"
import type { ListenAt } from "../settings/Values.ts"
import { answerAdmission } from "./AdmissionReview.ts"
import { answerConversion } from "./ConversionReview.ts"
import { conversionPath, pathOf, reviewsOf } from "./WebhookPaths.ts"

/** Upstream's: an object of etcd's size, old and new, escaped. */
const admissionBytesMax = 7 * 1024 * 1024
/** A page of a list, which the API server converts at once. */
const conversionBytesMax = 64 * 1024 * 1024

interface Route {
  readonly bytesMax: number
  /** Fails with what is wrong with the question. */
  readonly answer: (question: unknown) => Result.Result<object, string>
}

const routesOf = (kinds: KindRegistry): ReadonlyMap<string, Route> =>
  new Map([
    [conversionPath, { bytesMax: conversionBytesMax, answer: (question) => answerConversion(kinds, question) }],
    ...kinds.all.flatMap((kind) =>
      reviewsOf(kind).map((review): [string, Route] => [
        pathOf(review, kind),
        { bytesMax: admissionBytesMax, answer: (question) => answerAdmission(review, kind, question) }
      ])
    )
  ])

const plain = (status: number, text: string) => HttpServerResponse.text(`${text}\n`, { status })

const answerTo = (routes: ReadonlyMap<string, Route>) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const route = routes.get(request.url.split("?")[0] ?? "/")
    if (route === undefined) return plain(404, "not found")
    if (request.method !== "POST") return plain(405, "method not allowed")
    const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase()
    if (type !== "application/json") return plain(400, "the body of a review is application/json")
    const { bytesMax } = route
    if (Number(request.headers["content-length"] ?? 0) > bytesMax) return tooLarge(bytesMax)
    const body = yield* Effect.result(
      Effect.provideService(request.text, HttpServerRequest.MaxBodySize, ByteSize.bytes(bytesMax))
    )
    if (Result.isFailure(body)) return tooLarge(bytesMax)
    const answer = Result.flatMap(
      Result.try({ try: (): unknown => JSON.parse(body.success), catch: () => "the body is no JSON" }),
      route.answer
    )
    return Result.isFailure(answer) ? plain(400, answer.failure) : HttpServerResponse.jsonUnsafe(answer.success)
  })

const tooLarge = (bytesMax: number) => plain(413, `the body is larger than ${bytesMax} bytes, or broke off`)

export interface ServingPair {
  /** PEM. */
  readonly certificate: string
  /** PEM. */
  readonly key: string
}

export interface WebhookServer {
  /** `https://host:port`. */
  readonly origin: string
  /** Shows this certificate from the next handshake on. Fails with a sentence when the two do not belong together. */
  readonly show: (pair: ServingPair) => Result.Result<void, string>
}

/** Serves the kinds' webhooks until the scope closes. */
export const serveWebhooks = (at: ListenAt, kinds: KindRegistry): Effect.Effect<WebhookServer, Stop, Scope.Scope> =>
  Effect.gen(function* () {
    const https: Server = createServer({
      requestTimeout: 30_000,
      headersTimeout: 5_000,
      connectionsCheckingInterval: 5_000,
      minVersion: "TLSv1.2"
    })
    // A caller that does not like the certificate says so and hangs up: that is no trouble of ours.
    https.on("tlsClientError", (_: Error, socket: TLSSocket) => socket.destroy())
    const server = yield* NodeHttpServer.make(() => https, { ...at, gracefulShutdownTimeout: "1 second" }).pipe(
      Effect.mapError((error) => whyNot("webhook-port", at, error))
    )
    yield* server.serve(answerTo(routesOf(kinds)))
    return {
      origin: HttpServer.formatAddress(server.address).replace(/^http:/, "https:"),
      show: ({ certificate, key }) =>
        Result.try({
          try: () => https.setSecureContext({ cert: certificate, key, minVersion: "TLSv1.2" }),
          catch: () => "the webhooks' certificate and key cannot be read, or do not belong together"
        })
    }
  })
