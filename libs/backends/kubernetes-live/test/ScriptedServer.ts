/** An HTTPS server on loopback that does what a test tells it, with an authority of its own, and can go away and come back. */
import "reflect-metadata"
import * as x509 from "@peculiar/x509"
import { Effect, type Scope } from "effect"
import { webcrypto } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer } from "node:https"
import type { AddressInfo, Socket } from "node:net"
import type { Duplex } from "node:stream"
import type { TLSSocket } from "node:tls"

export interface Seen {
  /** Common name of the client certificate, where one was shown and asked for. */
  readonly client: string | undefined
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage["headers"]
  readonly body: string
}

/** Answers the n-th request, counted from one. */
export type Script = (request: Seen, response: ServerResponse, n: number) => void

export interface ScriptedServer {
  readonly url: string
  /** PEM. */
  readonly authority: string
  /** Every request so far. */
  readonly seen: ReadonlyArray<Seen>
  /** Requests whose connection was closed before they were answered in full. */
  readonly abandoned: () => number
  /** Does something else from now on. */
  readonly play: (script: Script) => void
  /** Cuts all connections and listens no more. */
  readonly goAway: Effect.Effect<void>
  /** Listens again, on the same port. */
  readonly comeBack: Effect.Effect<void>
}

export const token = "token-that-nobody-may-see"

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }

const pem = (label: string, bytes: ArrayBuffer): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(bytes).toString("base64")}\n-----END ${label}-----\n`

const commonNameOf = (socket: TLSSocket): string | undefined => {
  const name = socket.authorized ? socket.getPeerCertificate().subject.CN : undefined
  return typeof name === "string" ? name : undefined
}

/** An authority, and a certificate from it that serves for both ends of a connection. */
export const makeCertificates = async (commonName = "scripted-server") => {
  const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) }
  const keys = () => webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])
  const [authorityKeys, serverKeys] = [await keys(), await keys()]
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=authority of ${commonName}`,
    ...validity,
    keys: authorityKeys,
    signingAlgorithm: algorithm,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true)]
  })
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${commonName}`,
    issuer: authority.subject,
    ...validity,
    publicKey: serverKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.SubjectAlternativeNameExtension([
        { type: "ip", value: "127.0.0.1" },
        { type: "dns", value: "localhost" }
      ])
    ]
  })
  return {
    authority: authority.toString("pem"),
    cert: certificate.toString("pem"),
    key: pem("PRIVATE KEY", await webcrypto.subtle.exportKey("pkcs8", serverKeys.privateKey))
  }
}

export interface ScriptedServerOptions {
  /** PEM; asks for client certificates of this authority. */
  readonly clientAuthority?: string
  /** Takes requests for another protocol, such as WebSockets. */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
}

/** Listens on a free port until the scope closes. */
export const scriptedServer = (
  script: Script,
  { clientAuthority, upgrade }: ScriptedServerOptions = {}
): Effect.Effect<ScriptedServer, never, Scope.Scope> =>
  Effect.gen(function* () {
    const certificates = yield* Effect.promise(() => makeCertificates())
    const seen: Array<Seen> = []
    const sockets = new Set<Socket>()
    let abandoned = 0
    let current = script
    const asks =
      clientAuthority === undefined ? {} : { requestCert: true, rejectUnauthorized: false, ca: clientAuthority }
    const server = createServer({ key: certificates.key, cert: certificates.cert, ...asks }, (request, response) => {
      const chunks: Array<Buffer> = []
      response.on("close", () => (response.writableFinished ? undefined : abandoned++))
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        const socket = request.socket as TLSSocket
        const one: Seen = {
          client: clientAuthority === undefined ? undefined : commonNameOf(socket),
          method: request.method ?? "",
          url: request.url ?? "",
          headers: request.headers,
          body: Buffer.concat(chunks).toString("utf8")
        }
        seen.push(one)
        current(one, response, seen.length)
      })
    })
    server.on("connection", (socket: Socket) => {
      sockets.add(socket)
      socket.on("close", () => sockets.delete(socket))
    })
    server.on("tlsClientError", () => undefined)
    if (upgrade !== undefined) server.on("upgrade", upgrade)
    const listen = (port: number) =>
      Effect.callback<number>((resume) => {
        server.listen(port, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
      })
    const goAway = Effect.callback<void>((resume) => {
      server.close(() => resume(Effect.void))
      for (const socket of sockets) socket.destroy()
    })
    const port = yield* Effect.acquireRelease(listen(0), () => goAway)
    return {
      url: `https://127.0.0.1:${port}`,
      authority: certificates.authority,
      seen,
      abandoned: () => abandoned,
      play: (next) => {
        current = next
      },
      goAway,
      comeBack: Effect.asVoid(Effect.suspend(() => listen(port)))
    }
  })

/** A kubeconfig for a server; parts may be replaced. */
export const kubeconfigFor = (
  { authority, url }: Pick<ScriptedServer, "authority" | "url">,
  more: { readonly cluster?: object; readonly user?: object } = {}
): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "scripted",
        cluster: {
          server: url,
          "certificate-authority-data": Buffer.from(authority).toString("base64"),
          ...more.cluster
        }
      }
    ],
    users: [{ name: "somebody", user: more.user ?? { token } }],
    contexts: [{ name: "scripted", context: { cluster: "scripted", user: "somebody" } }],
    "current-context": "scripted"
  })

export const answer = (response: ServerResponse, code: number, body: unknown, headers: object = {}): void => {
  response.writeHead(code, { "content-type": "application/json", ...headers })
  response.end(typeof body === "string" ? body : JSON.stringify(body))
}

export const status = (code: number, reason: string | undefined, more: object = {}) => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  message: `said ${code}`,
  ...(reason === undefined ? {} : { reason }),
  code,
  ...more
})

export const configMap = (name: string, version: string) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: {
    name,
    namespace: "default",
    uid: `uid-${name}`,
    resourceVersion: version,
    creationTimestamp: "2030-01-01T00:00:00Z"
  }
})
