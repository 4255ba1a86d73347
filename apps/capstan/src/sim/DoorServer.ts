/**
 * Sockets in front of the API's HTTP door: TLS, bodies with a limit, answers, streams that go out line by line.
 *
 * Node's own https server: Effect's HTTP server sends the head of a streamed answer with its first chunk, and a watch must
 * show its head at once. Nobody can make it grow: bodies end at 3 MiB, a reader that does not read is cut off, connections are counted.
 *
 * @source https://nodejs.org/api/https.html
 */
import type { Stop } from "@capstan/command-line"
import { bodyBytesMax, type HttpAnswer, type HttpRequest, internalError } from "@capstan/simulator-kubernetes"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer } from "node:https"
import type { Socket } from "node:net"
import { cannotListen, type ListenAt } from "./Listening.ts"
import type { ServerCertificate } from "./ServerCertificate.ts"

/** Who answers requests, and how. */
export interface Answering {
  /** Answers a request; called within `enter`. */
  readonly handle: (request: HttpRequest) => HttpAnswer
  /** Does something in the world between two of its steps. */
  readonly enter: (act: () => void) => void
  /** Told of what should not have been thrown. */
  readonly onDefect: (error: unknown) => void
}

export interface DoorServerOptions extends ListenAt, Answering {
  readonly certificate: ServerCertificate
}

const connectionsMax = 1024
/** Bytes that wait for one reader of a stream before it is cut off. */
const unreadBytesMax = 16 * 1024 * 1024
/** An answer that is not taken for so long is given up. */
const idleMillis = 60_000
const keepAliveMillis = 120_000

/** Listens until the scope closes; gives the port. */
export const serveDoor = (options: DoorServerOptions): Effect.Effect<number, Stop, Scope.Scope> =>
  Effect.gen(function* () {
    const sockets = new Set<Socket>()
    const server = createServer(
      {
        key: options.certificate.privateKey,
        cert: options.certificate.certificate,
        ALPNProtocols: ["http/1.1"],
        keepAlive: true,
        noDelay: true
      },
      (request, response) => new Exchange(options, request, response).begin()
    )
    server.maxConnections = connectionsMax
    server.keepAliveTimeout = keepAliveMillis
    server.on("connection", (socket: Socket) => {
      sockets.add(socket)
      socket.on("close", () => sockets.delete(socket))
    })
    server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
      const status = error.code === "HPE_HEADER_OVERFLOW" ? "431 Request Header Fields Too Large" : "400 Bad Request"
      if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
      else socket.destroy()
    })
    // A handshake that fails is the client's affair.
    server.on("tlsClientError", (_error: Error, socket: Socket) => socket.destroy())
    const listen = Effect.callback<number, Stop>((resume) => {
      server.once("error", (error: NodeJS.ErrnoException) =>
        resume(Effect.fail(cannotListen(options, { cause: error })))
      )
      server.listen(options.port, options.host, () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : options.port))
      })
    })
    return yield* Effect.acquireRelease(listen, () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        for (const socket of sockets) socket.destroy()
      })
    )
  })

/** Answers one request that has come in. */
export const answerExchange = (options: Answering, request: IncomingMessage, response: ServerResponse): void =>
  new Exchange(options, request, response).begin()

/** One request and its answer. */
class Exchange {
  private readonly options: Answering
  private readonly incoming: IncomingMessage
  private readonly response: ServerResponse
  private readonly chunks: Array<Buffer> = []
  private bytes = 0
  private done = false

  constructor(options: Answering, incoming: IncomingMessage, response: ServerResponse) {
    this.options = options
    this.incoming = incoming
    this.response = response
  }

  begin(): void {
    const { incoming, response } = this
    response.on("error", () => response.destroy())
    incoming.on("error", () => response.destroy())
    incoming.on("data", (chunk: Buffer) => {
      this.bytes += chunk.length
      if (this.bytes <= bodyBytesMax + 1) this.chunks.push(chunk)
      // One byte too many is enough for the door to say so; the rest is not waited for.
      if (this.bytes > bodyBytesMax) this.ask(true)
    })
    incoming.on("end", () => this.ask(false))
  }

  private ask(overfull: boolean): void {
    if (this.done) return
    this.done = true
    const { incoming, options } = this
    const request: HttpRequest = {
      method: incoming.method ?? "GET",
      target: incoming.url ?? "/",
      headers: headersOf(incoming),
      body: overfull ? new Uint8Array(bodyBytesMax + 1) : Buffer.concat(this.chunks)
    }
    this.chunks.length = 0
    if (overfull) this.response.setHeader("connection", "close")
    options.enter(() => {
      try {
        this.answer(options.handle(request), request.method === "HEAD")
      } catch (error) {
        options.onDefect(error)
        this.answer(internalError(), false)
      }
    })
  }

  private answer(answer: HttpAnswer, headOnly: boolean): void {
    const { incoming, response } = this
    if (response.destroyed || response.headersSent) return
    if (answer._tag === "Cut") {
      incoming.socket.destroy()
      return
    }
    if (answer._tag === "Whole") {
      const body = Buffer.from(answer.body)
      response.setTimeout(idleMillis, () => response.destroy())
      response.writeHead(answer.status, { ...answer.headers, "content-length": body.length })
      response.end(headOnly ? undefined : body)
      return
    }
    response.writeHead(answer.status, answer.headers)
    response.flushHeaders()
    const stop = answer.start({
      write: (text) => {
        if (response.writable) response.write(text)
        if (response.writableLength > unreadBytesMax) response.destroy()
      },
      end: () => response.end(),
      cut: () => response.destroy()
    })
    response.on("close", () => this.options.enter(stop))
  }
}

const headersOf = (incoming: IncomingMessage): HttpRequest["headers"] => {
  const headers: { [name: string]: string | undefined } = {}
  for (const [name, value] of Object.entries(incoming.headers)) {
    headers[name] = Array.isArray(value) ? value.join(", ") : value
  }
  return headers
}
