/**
 * One call to an API server: limited, within a deadline, counted, and repeated only where that is safe.
 *
 * A refusal that says "not now" (429 with Retry-After) was not carried out and is asked again, whatever it was; so is a 401 once,
 * with renewed credentials. Reads are repeated for a connection that broke and for a server that asks for it. A write without an
 * answer is never repeated here: nobody but its caller can tell whether it was carried out.
 *
 * @source https://github.com/kubernetes/client-go rest/with_retry.go
 */
import type { AnyKind } from "@capstan/api"
import { ApiError } from "@capstan/kubernetes"
import { Clock, Effect, Option, Result, type Scope } from "effect"
import { HttpClient, HttpClientRequest, type HttpClientResponse } from "effect/http"
import { type ClientOptions, defaultBurst, defaultCallsPerSecond, defaultDeadlineMillis } from "./ClientOptions.ts"
import type { ClusterAccess, Credentials } from "./ClusterAccess.ts"
import { parseFrozen } from "./FrozenJson.ts"
import { NetworkFailure, networkFailureOf } from "./NetworkFailure.ts"
import type { Query } from "./ResourceUrl.ts"
import { makeRestMetrics } from "./RestMetrics.ts"
import { errorOfCode, errorOfStatus } from "./StatusAnswer.ts"
import { makeTokenBucket } from "./TokenBucket.ts"

export interface RestRequest {
  /** What it is to the API: `get`, `list`, `watch`, `create`, … */
  readonly verb: string
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  readonly path: string
  readonly query?: Query
  readonly body?: unknown
  /** `application/json` unless given. */
  readonly contentType?: string
  /** For messages. */
  readonly kind?: AnyKind
  /** Instead of the client's own. */
  readonly deadlineMillis?: number
  /** Fails with the first failure, and is not counted against the limit: for probes. */
  readonly once?: boolean
}

export interface RestCalls {
  /** The answer's JSON, deeply frozen. */
  readonly call: (request: RestRequest) => Effect.Effect<unknown, ApiError | NetworkFailure>
  /** An answer that is read as it comes: the head has arrived within the deadline, the body has all the time that the scope has. */
  readonly open: (
    request: RestRequest
  ) => Effect.Effect<HttpClientResponse.HttpClientResponse, ApiError | NetworkFailure, Scope.Scope>
}

type Failure = ApiError | NetworkFailure

const attemptsMax = 10
const retryAfterMaxSeconds = 30
const warningsMax = 1_000

/** What no answer means to callers of the waist. */
export const withoutAnswer = ({ kind, message }: NetworkFailure): ApiError =>
  kind === "NoCredentials"
    ? new ApiError({ reason: "Unauthorized", message, code: 401 })
    : new ApiError({ reason: "Unreachable", message, code: 0, ...(kind === "Untrusted" ? { untrusted: true } : {}) })

export const makeRestCalls = (access: ClusterAccess, options: ClientOptions): RestCalls => {
  const bucket = makeTokenBucket({
    callsPerSecond: options.callsPerSecond ?? defaultCallsPerSecond,
    burst: options.burst ?? defaultBurst
  })
  const metrics = makeRestMetrics(access.server.host)
  const warned = new Set<string>()

  const requestOf = (request: RestRequest, credentials: Credentials): HttpClientRequest.HttpClientRequest => {
    const url = new URL(access.server.href)
    url.pathname = `${access.server.pathname.replace(/\/$/, "")}${request.path}`
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, value)
    }
    const made = HttpClientRequest.make(request.method)(url, {
      headers: { accept: "application/json", "user-agent": options.userAgent, ...credentials.headers }
    })
    return request.body === undefined
      ? made
      : HttpClientRequest.bodyText(made, JSON.stringify(request.body), request.contentType ?? "application/json")
  }

  /** Servers warn of deprecated versions and unknown fields: once each is enough. */
  const passOnWarnings = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<void> => {
    const header = response.headers["warning"]
    if (header === undefined || warned.has(header) || warned.size >= warningsMax) return Effect.void
    warned.add(header)
    const words = [...header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) =>
      text.replaceAll(/\\(.)/g, "$1")
    )
    return Effect.forEach(words, (text) => Effect.logWarning(`${access.origin} warns: ${text}`), { discard: true })
  }

  const refusal = (
    request: RestRequest,
    response: HttpClientResponse.HttpClientResponse
  ): Effect.Effect<never, Failure> =>
    Effect.flatMap(
      Effect.mapError(response.text, (error) => networkFailureOf(access.origin, error)),
      (text) => {
        const { status } = response
        const document = Result.getOrUndefined(Result.try(() => parseFrozen(text)))
        const seconds = retryAfterOf(response)
        return Effect.fail(errorOfStatus(document, status) ?? errorOfCode(status, request.kind, seconds))
      }
    )

  /** One attempt up to the answer's head; refusals are read to their end. */
  const ask = (
    request: RestRequest
  ): Effect.Effect<HttpClientResponse.HttpClientResponse, Refused | NetworkFailure, Scope.Scope> =>
    Effect.gen(function* () {
      const credentials = yield* access.credentials
      const client = HttpClient.withScope(credentials.http)
      const response = yield* Effect.mapError(client.execute(requestOf(request, credentials)), (error) =>
        networkFailureOf(access.origin, error)
      )
      yield* passOnWarnings(response)
      if (response.status >= 200 && response.status < 300) return response
      const failure = yield* Effect.flip(refusal(request, response))
      return yield* Effect.fail(
        failure instanceof ApiError
          ? { _tag: "Refused" as const, error: failure, wait: retryAfterOf(response) }
          : failure
      )
    })

  /** Counts an attempt, gives it its deadline, and says what to do when it fails. */
  const attempt = <A, R>(
    request: RestRequest,
    work: Effect.Effect<A, Refused | NetworkFailure, R>
  ): Effect.Effect<Result.Result<A, Refused | NetworkFailure>, never, R> =>
    Effect.gen(function* () {
      const { method } = request
      const verb = request.verb.toUpperCase()
      if (request.once !== true) yield* metrics.throttled(verb, yield* bucket.take)
      const began = yield* Clock.currentTimeMillis
      const deadlineMillis = request.deadlineMillis ?? options.deadlineMillis ?? defaultDeadlineMillis
      const outcome = yield* Effect.timeoutOption(Effect.result(work), deadlineMillis)
      const millis = (yield* Clock.currentTimeMillis) - began
      const result = Option.getOrElse(outcome, () => Result.fail(tooLate(access.origin, deadlineMillis)))
      const code = Result.isSuccess(result) ? 200 : codeOf(result.failure)
      yield* metrics.answered({ verb, method, code, millis })
      return result
    })

  /** Attempts until one succeeds, or fails in a way that does not get better by asking again. */
  const persist = <A, R>(
    request: RestRequest,
    work: Effect.Effect<A, Refused | NetworkFailure, R>
  ): Effect.Effect<A, Failure, R> =>
    Effect.gen(function* () {
      let renewed = false
      for (let tried = 1; ; tried++) {
        const result = yield* attempt(request, work)
        if (Result.isSuccess(result)) return result.success
        const { failure } = result
        const again =
          request.once === true || tried >= attemptsMax ? undefined : nextStep(request, failure, tried, renewed)
        if (again === undefined) return yield* Effect.fail(errorIn(failure))
        yield* metrics.retried({ verb: request.verb.toUpperCase(), code: codeOf(failure) })
        if (again === "renew") {
          renewed = true
          yield* access.renew
        } else if (again > 0) yield* Effect.sleep(again * 1000)
      }
    })

  const jsonOf = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<unknown, NetworkFailure> =>
    Effect.flatMap(
      Effect.mapError(response.text, (error) => networkFailureOf(access.origin, error)),
      (text) =>
        Effect.try({
          try: () => parseFrozen(text),
          catch: () =>
            new NetworkFailure({
              kind: "Unreachable",
              message: `what answers at ${access.origin} does not speak JSON: is it an API server, or is a proxy in between?`
            })
        })
    )

  return {
    call: (request) => persist(request, Effect.scoped(Effect.flatMap(ask(request), jsonOf))),
    open: (request) => persist(request, ask(request))
  }
}

/** The server's no, and after how many seconds it may be asked again. */
interface Refused {
  readonly _tag: "Refused"
  readonly error: ApiError
  readonly wait: number | undefined
}

const errorIn = (failure: Refused | NetworkFailure): Failure => (failure._tag === "Refused" ? failure.error : failure)

const codeOf = (failure: Refused | NetworkFailure): number | undefined =>
  failure._tag === "Refused" ? failure.error.code : undefined

const tooLate = (origin: string, deadlineMillis: number): NetworkFailure =>
  new NetworkFailure({
    kind: "Unreachable",
    message: `${origin} gave no whole answer within ${deadlineMillis / 1000} seconds`
  })

const retryAfterOf = (response: HttpClientResponse.HttpClientResponse): number | undefined => {
  const header = response.headers["retry-after"] ?? ""
  return /^\d{1,6}$/.test(header) ? Number(header) : undefined
}

/** Seconds to wait before asking again, `renew` to do so with new credentials, nothing when it would not help or might do harm. */
const nextStep = (
  request: RestRequest,
  failure: Refused | NetworkFailure,
  tried: number,
  renewed: boolean
): number | "renew" | undefined => {
  const reads = request.method === "GET"
  if (failure._tag === "NetworkFailure") return reads && failure.kind === "Broken" && tried === 1 ? 0 : undefined
  const { error, wait } = failure
  if (error.code === 401) return renewed ? undefined : "renew"
  if (wait === undefined || wait > retryAfterMaxSeconds) return undefined
  return error.code === 429 || (reads && error.code >= 500) ? Math.max(1, wait) : undefined
}
