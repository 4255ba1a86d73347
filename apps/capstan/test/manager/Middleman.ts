/**
 * Somebody between a manager and a server, who sees each call and may break in around those that change something.
 *
 * Requests and answers go through as they are, streams piece by piece. A signature of AWS's covers the name of the server that was
 * asked, which is kept; the API's own certificate is replaced by the middleman's.
 *
 * @source https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */
import { Effect } from "effect"
import {
  Agent as HttpAgent,
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type ServerResponse
} from "node:http"
import { Agent as HttpsAgent, createServer as createTlsServer, request as httpsRequest } from "node:https"
import type { Socket } from "node:net"
import type { ServerCertificate } from "../../src/sim/ServerCertificate.ts"
import type { Server } from "./KillPlan.ts"

/** A call that changes something. */
export interface Change {
  readonly server: Server
  /** `RunInstances`, `POST machines`, `PATCH awsmachines/status`. */
  readonly name: string
}

export interface Attention {
  /** The call has come in. False: it goes no further, and is never answered. */
  readonly before: (change: Change) => boolean
  /** The server has answered. False: nobody hears of it. */
  readonly served: (change: Change, status: number, body: string) => boolean
  /** The answer has gone out. */
  readonly answered: (change: Change) => void
}

export interface MiddlemanOptions {
  readonly server: Server
  readonly target: string
  /** For a server with TLS: who vouches for it, and what the middleman shows instead. */
  readonly secured?: { readonly authority: string; readonly certificate: ServerCertificate }
  readonly attention: Attention
  /** What is answered in the server's place; `hang`: nothing, for ever. `undefined`: the server answers. */
  readonly instead?: () =>
    | { readonly status: number; readonly type: string; readonly body: string }
    | "hang"
    | undefined
}

/** Lets everything pass. */
export const noAttention: Attention = { before: () => true, served: () => true, answered: () => {} }

const awsChange = (request: IncomingMessage, body: Buffer): string | undefined => {
  const target = request.headers["x-amz-target"]
  const name =
    typeof target === "string" ? target.split(".").at(-1) : new URLSearchParams(body.toString("latin1")).get("Action")
  return name === null || name === undefined || /^(?:Describe|Get|List|Assume)/.test(name) ? undefined : name
}

/** Leases and Events say nothing of the cluster; reviews change nothing. */
const aside = /^(?:leases|events|\w+reviews)$/

const apiChange = ({ method = "GET", url = "" }: IncomingMessage): string | undefined => {
  if (method === "GET" || method === "HEAD") return undefined
  const [, below = ""] = /^\/apis?\/(?:[\w.-]+\/)?v\w+\/(.*?)(?:\?.*)?$/.exec(url) ?? []
  const [, resource = "", sub] = /^(?:namespaces\/[^/]+\/)?([a-z]+)(?:\/[^/]+)?(?:\/(\w+))?$/.exec(below) ?? []
  return resource === "" || aside.test(resource)
    ? undefined
    : `${method} ${resource}${sub === undefined ? "" : `/${sub}`}`
}

const bodyOf = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** Listens on a free port of loopback for as long as the scope; gives its address. */
export const openMiddleman = Effect.fnUntraced(function* (options: MiddlemanOptions) {
  const { attention, secured, target } = options
  const agent = secured === undefined ? new HttpAgent({ keepAlive: true }) : new HttpsAgent({ keepAlive: true })
  const ask = secured === undefined ? httpRequest : httpsRequest

  const forward = (request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const { headers, method, url } = request
      const asked = ask(
        `${target}${url}`,
        { method, headers, agent, ...(secured && { ca: secured.authority }) },
        resolve
      )
      asked.on("error", reject)
      // Whoever asked may be dead: a watch of theirs ends, what they changed goes on.
      if (method === "GET") response.once("close", () => asked.destroy())
      asked.end(body)
    })

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request)
    const instead = options.instead?.()
    if (instead === "hang") return
    if (instead !== undefined) {
      response.writeHead(instead.status, { "content-type": instead.type })
      response.end(instead.body)
      return
    }
    const name = options.server === "aws" ? awsChange(request, body) : apiChange(request)
    if (name === undefined) {
      const answer = await forward(request, response, body)
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      response.flushHeaders()
      answer.pipe(response)
      answer.on("error", () => response.destroy())
      return
    }
    const change: Change = { server: options.server, name }
    if (!attention.before(change)) return
    const answer = await forward(request, response, body)
    const answered = await bodyOf(answer)
    if (!attention.served(change, answer.statusCode ?? 502, answered.toString("utf8"))) return
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    response.end(answered, () => attention.answered(change))
  }

  const sockets = new Set<Socket>()
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    handle(request, response).catch(() => response.destroy())
  }
  const server =
    secured === undefined
      ? createServer(listener)
      : createTlsServer({ cert: secured.certificate.certificate, key: secured.certificate.privateKey }, listener)
  server.keepAliveTimeout = 120_000
  server.on("connection", (socket: Socket) => {
    sockets.add(socket)
    socket.on("error", () => socket.destroy())
    socket.on("close", () => sockets.delete(socket))
  })
  const port = yield* Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    }),
    () =>
      Effect.sync(() => {
        server.close()
        agent.destroy()
        for (const socket of sockets) socket.destroy()
      })
  )
  return `${secured === undefined ? "http" : "https"}://127.0.0.1:${port}`
})
