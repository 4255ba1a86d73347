/**
 * An HTTP server of Node's for a simulated world: what it takes at most, and what is said when it cannot listen.
 *
 * Slow clients, endless headers and too many connections end here, before anything of ours sees them.
 */
import { ExitCode, Stop } from "@capstan/command-line"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import type { ServeError } from "effect/http/HttpServerError"
import { createServer, type Server } from "node:http"

export interface ListenAt {
  readonly host: string
  /** 0 for any free one. */
  readonly port: number
}

/** Time for a whole request to come in, milliseconds. */
const requestMillis = 30_000

/** Time for its headers. */
const headersMillis = 10_000

/** Idle connections stay open for longer than clients keep them, so that no request meets a closing one. */
const keepAliveMillis = 75_000

const headerBytesMax = 32_768
const connectionsMax = 1024

/** Listens until the scope closes. Connections that are busy then get a second. */
export const listenAt = (at: ListenAt) =>
  NodeHttpServer.make(patientServer, { ...at, gracefulShutdownTimeout: "1 second" }).pipe(
    Effect.mapError((error) => cannotListen(at, error))
  )

const patientServer = (): Server => {
  const server = createServer({
    requestTimeout: requestMillis,
    headersTimeout: headersMillis,
    keepAliveTimeout: keepAliveMillis,
    connectionsCheckingInterval: 5000,
    maxHeaderSize: headerBytesMax
  })
  server.maxConnections = connectionsMax
  // Whoever reads an answer too slowly, or never says anything, is let go.
  server.setTimeout(2 * keepAliveMillis)
  return server
}

/** Why nobody can listen there, and what to do about it. `cause`: what Node says. */
export const cannotListen = ({ host, port }: ListenAt, { cause }: Pick<ServeError, "cause">): Stop => {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined
  const sentence =
    code === "EADDRINUSE"
      ? `Port ${port} of ${host} is in use: stop what listens there, or give another --port (0 takes a free one).`
      : code === "EACCES"
        ? `Port ${port} may not be listened at without more rights: give a --port above 1023.`
        : code === "EADDRNOTAVAIL" || code === "ENOTFOUND"
          ? `This machine has no address ${host} to listen at: give another --host.`
          : `Cannot listen at ${host}:${port}: ${cause instanceof Error ? cause.message : String(cause)}.`
  return new Stop({ code: ExitCode.cannotRun, message: sentence })
}
