/**
 * The manager's own HTTP endpoints: `/healthz` and `/readyz` for kubelets, `/metrics` for Prometheus.
 *
 * Left out: TLS, and asking the API server who may read metrics; so they are served on this machine only unless the operator
 * says otherwise. Profiles and log levels over HTTP.
 *
 * @source https://book.kubebuilder.io/reference/metrics
 */
import { cannotRun, type Stop } from "@capstan/command-line"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Effect } from "effect"
import { HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import type { ServeError } from "effect/http/HttpServerError"
import { PrometheusMetrics } from "effect/observability"
import { createServer } from "node:http"
import type { ListenAt } from "../settings/Values.ts"
import type { Answer, Health } from "./Health.ts"
import { takeProcessMetrics } from "./ProcessMetrics.ts"

const prometheusText = "text/plain; version=0.0.4; charset=utf-8"

export const whyNot = (flag: string, { host, port }: ListenAt, { cause }: ServeError): Stop => {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined
  const why =
    code === "EADDRINUSE"
      ? "is in use: stop what listens there, or choose another"
      : code === "EACCES"
        ? "may not be listened at: choose a port above 1023"
        : code === "EADDRNOTAVAIL" || code === "ENOTFOUND"
          ? "is no address of this machine"
          : "cannot be listened at"
  return cannotRun(`--${flag}: port ${port} of ${host} ${why}.`)
}

/** Listens until the scope closes; gives where. */
const listen = (
  flag: string,
  at: ListenAt,
  answer: (path: string) => Effect.Effect<Answer & { readonly type?: string }>
) =>
  Effect.gen(function* () {
    const server = yield* NodeHttpServer.make(
      () => createServer({ requestTimeout: 10_000, headersTimeout: 5_000, connectionsCheckingInterval: 5_000 }),
      { ...at, gracefulShutdownTimeout: "1 second" }
    ).pipe(Effect.mapError((error) => whyNot(flag, at, error)))
    yield* server.serve(
      Effect.gen(function* () {
        const { method, url } = yield* HttpServerRequest.HttpServerRequest
        if (method !== "GET" && method !== "HEAD")
          return HttpServerResponse.text("method not allowed\n", { status: 405 })
        const { status, text, type } = yield* answer(url.split("?")[0] ?? "/")
        return HttpServerResponse.text(`${text}\n`, { status, contentType: type ?? "text/plain; charset=utf-8" })
      })
    )
    return HttpServer.formatAddress(server.address)
  })

const notFound: Answer = { status: 404, text: "not found" }

export const serveHealth = (at: ListenAt, health: Health) =>
  listen("health-addr", at, (path) =>
    Effect.succeed(
      path === "/healthz" || path === "/livez" ? health.healthz() : path === "/readyz" ? health.readyz() : notFound
    )
  )

export const serveDiagnostics = (at: ListenAt) =>
  listen("diagnostics-address", at, (path) =>
    path === "/metrics"
      ? Effect.map(Effect.andThen(takeProcessMetrics, PrometheusMetrics.format()), (text) => ({
          status: 200,
          text: text.trimEnd(),
          type: prometheusText
        }))
      : Effect.succeed(notFound)
  )
