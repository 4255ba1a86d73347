/**
 * The way into a world's network: an HTTP proxy through which real clients reach workload clusters at their own names.
 *
 * `CONNECT host:port` leads where the host's load balancer leads inside the world at that moment, or is answered 502. Behind it
 * TLS as in life: the server's certificate is from the cluster's own authority, clients come with certificates from it, and who
 * they are stands in those. Port-forwards lead to etcd's client port and nowhere else. Nobody answers for clusters whose authority's key is not in the world.
 *
 * @source https://www.rfc-editor.org/rfc/rfc9110#name-connect
 * @source https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates
 */
import type { ClusterAuthorities } from "@capstan/world"
import { ApiDoor, type ApiServer, type User } from "@capstan/simulator-kubernetes"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { createHash, X509Certificate } from "node:crypto"
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http"
import { createServer, type Socket } from "node:net"
import type { Duplex } from "node:stream"
import { TLSSocket } from "node:tls"
import { certificateFrom, type KeyAndCertificate } from "./ClusterCertificate.ts"
import { answerExchange } from "./DoorServer.ts"
import type { EtcdAnswer } from "./EtcdDoor.ts"
import { after, guarded, reportDefect } from "./OpenDoor.ts"
import { acceptTunnel, forwardIn } from "./PodTunnel.ts"

/** Who answers at a host of the world now. */
export interface Reached {
  readonly server: ApiServer
  readonly authorities: ClusterAuthorities
}

export interface WorldProxyOptions {
  readonly host: string
  /** Asked within `enter`; a sentence when nobody answers there. */
  readonly reach: (host: string) => Reached | string
  readonly enter: (act: () => void) => void
  /** Asks one member of a cluster's etcd; `undefined` when it does not answer. */
  readonly askEtcd: (cluster: string, node: string, path: string, body: unknown) => Promise<EtcdAnswer | undefined>
  /** The world's time: by which certificates end. */
  readonly nowMillis: () => number
}

const idleMillis = 120_000
const etcdPort = 2379
/** Longest question to etcd, bytes. */
const questionBytesMax = 65_536
/** kubeadm's certificates of etcd are for this name, too. */
const etcdServerName = "localhost"
const connectionsMax = 1024

/** What a client's certificate says of its holder. */
const userOf = (certificate: X509Certificate): User => {
  const { CN = "", O: organizations = [] } = certificate.toLegacyObject().subject as {
    readonly CN?: string
    readonly O?: string | ReadonlyArray<string>
  }
  return {
    name: CN,
    groups: [...(typeof organizations === "string" ? [organizations] : organizations), "system:authenticated"]
  }
}

/** Listens until the scope closes; gives its URL. */
export const openWorldProxy = (options: WorldProxyOptions): Effect.Effect<string, never, Scope.Scope> =>
  Effect.gen(function* () {
    const nowMillis = yield* Clock.currentTimeMillis
    const enter = guarded(options.enter)
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
        after: (millis, act) => after(millis, () => enter(act))
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

    /** Whether the client has come with a certificate from this authority that has not ended. */
    const isHolderOf = (socket: TLSSocket, authority: KeyAndCertificate): boolean => {
      const peer = socket.getPeerX509Certificate()
      const root = new X509Certificate(authority.certificate)
      return (
        peer !== undefined &&
        peer.validToDate.getTime() > options.nowMillis() &&
        peer.checkIssued(root) &&
        peer.verify(root.publicKey)
      )
    }

    /** What the holder of the client's certificate is known by here; `undefined` when it counts for nothing. */
    const admit = (socket: TLSSocket, authority: KeyAndCertificate): string | undefined => {
      const peer = socket.getPeerX509Certificate()
      if (peer === undefined || !isHolderOf(socket, authority)) return undefined
      users.set(peer.fingerprint256, userOf(peer))
      return peer.fingerprint256
    }

    const http = createHttpServer(
      { keepAliveTimeout: idleMillis },
      (request: IncomingMessage, response: ServerResponse) => {
        const socket = request.socket as TLSSocket
        const place = places.get(socket)
        if (place === undefined) return void socket.destroy()
        const { authorization: _, ...headers } = request.headers
        const token = admit(socket, place.authority)
        request.headers = token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` }
        answerExchange(
          {
            enter,
            onDefect: reportDefect,
            handle: (asked) => {
              // The load balancer may have led elsewhere since, or nowhere.
              const reached = options.reach(place.host)
              return typeof reached === "string" ? { _tag: "Cut" } : doorOf(reached.server).handle(asked)
            }
          },
          request,
          response
        )
      }
    )
    /** etcd's client port on a Node: TLS with the etcd authority's certificates on both sides, then JSON. */
    const openEtcd = (host: string, node: string, socket: Duplex): string | undefined => {
      const reached = options.reach(host)
      const etcd = typeof reached === "string" ? undefined : reached.authorities.etcd
      if (typeof reached === "string" || etcd === undefined) return "connection refused"
      const { cluster } = reached.authorities
      const refusal = (response: ServerResponse): void => void response.destroy()
      const server = createHttpServer((request, response) => {
        const chunks: Array<Buffer> = []
        let bytes = 0
        request.on("data", (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > questionBytesMax) request.destroy()
          else chunks.push(chunk)
        })
        request.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8")
          const body = Result.getOrUndefined(Result.try((): unknown => JSON.parse(text)))
          options.askEtcd(cluster, node, request.url ?? "", body).then(
            (answer) => {
              if (answer === undefined) return refusal(response)
              const json = JSON.stringify(answer.body)
              response.writeHead(answer.status, {
                "content-type": "application/json",
                "content-length": Buffer.byteLength(json)
              })
              response.end(json)
            },
            () => refusal(response)
          )
        })
      })
      certificateFor(etcdServerName, etcd).then(
        ({ certificate, key }) => {
          const secured = new TLSSocket(socket as Socket, {
            isServer: true,
            server: createServer(),
            cert: certificate,
            key,
            requestCert: true,
            rejectUnauthorized: false,
            ALPNProtocols: ["http/1.1"]
          })
          secured.on("error", () => secured.destroy())
          secured.once("secure", () => {
            if (isHolderOf(secured, etcd)) server.emit("connection", secured)
            else secured.destroy()
          })
        },
        () => socket.destroy()
      )
      return undefined
    }

    const places = new WeakMap<TLSSocket, { readonly host: string; readonly authority: KeyAndCertificate }>()

    http.on("upgrade", (request: IncomingMessage, connection: Duplex, head: Buffer) => {
      const socket = request.socket as TLSSocket
      const place = places.get(socket)
      const forward = forwardIn(request.url ?? "")
      // Whoever has a certificate of the cluster's own authority administers it: there are no others in a world.
      if (place === undefined || forward === undefined || admit(socket, place.authority) === undefined) {
        connection.end("HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
        return
      }
      const node = forward.pod.startsWith("etcd-") ? forward.pod.slice("etcd-".length) : undefined
      enter(() =>
        acceptTunnel(request, connection, head, forward.port, (inside) =>
          node === undefined || forward.port !== etcdPort ? "connection refused" : openEtcd(place.host, node, inside)
        )
      )
    })

    const refuse = (socket: Socket, status: string, why: string): void => {
      if (socket.writable)
        socket.end(`HTTP/1.1 ${status}\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${why}\n`)
    }

    const proxy = createHttpServer((_request, response) => {
      response.writeHead(405, { "content-type": "text/plain" }).end("this proxy answers CONNECT alone\n")
    })
    proxy.on("connect", (request: IncomingMessage, socket: Socket) => {
      const host = /^(.+):\d+$/.exec(request.url ?? "")?.[1]?.replace(/^\[(.*)\]$/, "$1")
      if (host === undefined) return refuse(socket, "400 Bad Request", "CONNECT host:port")
      enter(() => {
        const reached = options.reach(host)
        if (typeof reached === "string") return refuse(socket, "502 Bad Gateway", reached)
        certificateFor(host, reached.authorities.api).then(
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
            // It has taken the connection over: only its own end is the connection's.
            sockets.add(secured)
            secured.on("close", () => sockets.delete(secured))
            places.set(secured, { host, authority: reached.authorities.api })
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
      socket.setTimeout(idleMillis, () => socket.destroy())
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
      Effect.sync(() => {
        proxy.close()
        for (const socket of sockets) socket.destroy()
      })
    )
  })
