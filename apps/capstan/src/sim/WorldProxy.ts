/**
 * The way into a world's network: an HTTP proxy through which real clients reach workload clusters at their own names.
 *
 * `CONNECT host:port` leads where the host's load balancer leads inside the world at that moment, or is answered 502. Behind it
 * TLS as in life: the server's certificate is from the cluster's own authority, clients come with certificates from it, and who
 * they are stands in those. Nobody answers for clusters whose authority's key is not in the world.
 *
 * @source https://www.rfc-editor.org/rfc/rfc9110#name-connect
 * @source https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates
 */
import { ApiDoor, type ApiServer, type User } from "@capstan/simulator-kubernetes"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { createHash, X509Certificate } from "node:crypto"
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http"
import { createServer, type Socket } from "node:net"
import { TLSSocket } from "node:tls"
import { certificateFrom, type KeyAndCertificate } from "./ClusterCertificate.ts"
import { answerExchange } from "./DoorServer.ts"

/** Who answers at a host of the world now. */
export interface Reached {
  readonly server: ApiServer
  readonly authority: KeyAndCertificate
}

export interface WorldProxyOptions {
  readonly host: string
  /** Asked within `enter`; a sentence when nobody answers there. */
  readonly reach: (host: string) => Reached | string
  readonly enter: (act: () => void) => void
  /** The world's time: by which certificates end. */
  readonly nowMillis: () => number
}

const idleMillis = 120_000
const connectionsMax = 1024

/** What a client's certificate says of its holder. */
const userOf = (certificate: X509Certificate): User => {
  const { CN = "", O: organizations = [] } = certificate.toLegacyObject().subject as {
    readonly CN?: string
    readonly O?: string | ReadonlyArray<string>
  }
  return { name: CN, groups: [...(typeof organizations === "string" ? [organizations] : organizations), "system:authenticated"] }
}

/** Listens until the scope closes; gives its URL. */
export const openWorldProxy = (options: WorldProxyOptions): Effect.Effect<string, never, Scope.Scope> =>
  Effect.gen(function* () {
    const nowMillis = yield* Clock.currentTimeMillis
    const sockets = new Set<Socket>()
    const doors = new WeakMap<ApiServer, ApiDoor>()
    const certificates = new Map<string, Promise<KeyAndCertificate>>()
    const users = new Map<string, User>()

    const doorOf = (server: ApiServer): ApiDoor => {
      const known = doors.get(server)
      if (known !== undefined) return known
      const door = new ApiDoor({
        server,
        userOf: (token) => users.get(token),
        after: (millis, act) => {
          const timer = setTimeout(() => options.enter(act), millis)
          return () => clearTimeout(timer)
        }
      })
      doors.set(server, door)
      return door
    }
    const certificateFor = (host: string, authority: KeyAndCertificate): Promise<KeyAndCertificate> => {
      const id = createHash("sha256").update(`${host} ${authority.certificate}`).digest("hex")
      const known = certificates.get(id) ?? certificateFrom(authority, host, nowMillis)
      certificates.set(id, known)
      return known
    }

    /** What the holder of the client's certificate is known by here; `undefined` when it counts for nothing. */
    const admit = (socket: TLSSocket, authority: KeyAndCertificate): string | undefined => {
      const peer = socket.getPeerX509Certificate()
      const root = new X509Certificate(authority.certificate)
      const isOver = peer !== undefined && peer.validToDate.getTime() <= options.nowMillis()
      if (peer === undefined || isOver || !peer.checkIssued(root) || !peer.verify(root.publicKey)) return undefined
      users.set(peer.fingerprint256, userOf(peer))
      return peer.fingerprint256
    }

    const http = createHttpServer({ keepAliveTimeout: idleMillis }, (request: IncomingMessage, response: ServerResponse) => {
      const socket = request.socket as TLSSocket
      const place = places.get(socket)
      if (place === undefined) return void socket.destroy()
      const { authorization: _, ...headers } = request.headers
      const token = admit(socket, place.authority)
      request.headers = token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` }
      answerExchange(
        {
          enter: options.enter,
          handle: (asked) => {
            // The load balancer may have led elsewhere since, or nowhere.
            const reached = options.reach(place.host)
            return typeof reached === "string" ? { _tag: "Cut" } : doorOf(reached.server).handle(asked)
          }
        },
        request,
        response
      )
    })
    const places = new WeakMap<TLSSocket, { readonly host: string; readonly authority: KeyAndCertificate }>()

    const refuse = (socket: Socket, status: string, why: string): void => {
      if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${why}\n`)
    }

    const proxy = createHttpServer((_request, response) => {
      response.writeHead(405, { "content-type": "text/plain" }).end("this proxy answers CONNECT alone\n")
    })
    proxy.on("connect", (request: IncomingMessage, socket: Socket) => {
      const host = /^(.+):\d+$/.exec(request.url ?? "")?.[1]?.replace(/^\[(.*)\]$/, "$1")
      if (host === undefined) return refuse(socket, "400 Bad Request", "CONNECT host:port")
      options.enter(() => {
        const reached = options.reach(host)
        if (typeof reached === "string") return refuse(socket, "502 Bad Gateway", reached)
        certificateFor(host, reached.authority).then(
          ({ certificate, key }) => {
            socket.write("HTTP/1.1 200 Connection established\r\n\r\n")
            const secured = new TLSSocket(socket, {
              isServer: true,
              server: createServer(),
              cert: certificate,
              key,
              requestCert: true,
              rejectUnauthorized: false,
              ALPNProtocols: ["http/1.1"]
            })
            places.set(secured, { host, authority: reached.authority })
            secured.on("error", () => secured.destroy())
            secured.once("secure", () => http.emit("connection", secured))
          },
          () => refuse(socket, "502 Bad Gateway", "the cluster's authority cannot sign")
        )
      })
    })
    proxy.maxConnections = connectionsMax
    proxy.on("connection", (socket: Socket) => {
      sockets.add(socket)
      socket.on("error", () => socket.destroy())
      socket.on("close", () => sockets.delete(socket))
    })
    const listen = Effect.callback<string>((resume) => {
      proxy.listen(0, options.host, () => {
        const address = proxy.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(Effect.succeed(`http://${options.host}:${port}`))
      })
    })
    return yield* Effect.acquireRelease(listen, () =>
      Effect.callback<void>((resume) => {
        proxy.close(() => resume(Effect.void))
        for (const socket of sockets) socket.destroy()
      })
    )
  })
