/**
 * The way to one API server: its address, connections that are kept alive, and credentials that are renewed.
 *
 * client-node reads the kubeconfig, runs its plugins and says what TLS needs; the sockets are undici's, behind Effect's HTTP client.
 * One pool of connections lives as long as its TLS settings: when a certificate is rotated, a new pool takes over and the old
 * one ends with its last call. HTTP/1.1 on purpose: a call that hangs or a connection that breaks concerns that call alone.
 *
 * @source https://github.com/kubernetes-client/javascript src/config.ts
 */
import { NodeHttpClient } from "@effect/platform-node"
import { Agent, type buildConnector, type Dispatcher, ProxyAgent, Socks5ProxyAgent } from "@effect/platform-node/Undici"
import { Clock, Effect, Exit, Scope, Semaphore } from "effect"
import { HttpClient } from "effect/http"
import type { AgentOptions, RequestOptions } from "node:https"
import { createSecureContext } from "node:tls"
import { type KubeconfigError, type KubeconfigSource, loadKubeconfig, type ResolvedKubeconfig } from "./Kubeconfig.ts"
import { NetworkFailure } from "./NetworkFailure.ts"

/** What a call needs besides its path. */
export interface Credentials {
  readonly http: HttpClient.HttpClient
  /** `authorization` and the like: new ones for each renewal. */
  readonly headers: { readonly [name: string]: string }
}

export interface ClusterAccess {
  readonly server: URL
  /** Scheme, host and port, for messages and metrics. */
  readonly origin: string
  readonly credentials: Effect.Effect<Credentials, NetworkFailure>
  /** Reads the kubeconfig again and asks its plugin anew, once for all who ask at about the same time. */
  readonly renew: Effect.Effect<void>
}

/** Credentials are looked at again after so long: plugins and token files have refresh times of their own behind it. */
const holdMillis = 10_000
const connectMillis = 10_000
/** Shorter than what load balancers and API servers allow an idle connection. */
const keepAliveMillis = 30_000
/** A quiet connection is asked whether it is alive after so long: a watch must notice that its server is gone. */
const tcpKeepAliveMillis = 30_000

/** What a pool of connections depends on. */
type TlsSettings = Pick<AgentOptions, "ca" | "cert" | "key" | "servername" | "rejectUnauthorized">

interface Pool {
  readonly http: HttpClient.HttpClient
  readonly dispatcher: Dispatcher
}

interface Held extends Credentials, Pool {
  readonly tls: TlsSettings
  readonly scope: Scope.Closeable
  readonly readAtMillis: number
}

export const makeClusterAccess = (
  source: KubeconfigSource
): Effect.Effect<ClusterAccess, KubeconfigError, Scope.Scope> =>
  Effect.gen(function* () {
    const first = yield* loadKubeconfig(source)
    const outer = yield* Effect.scope
    const one = Semaphore.makeUnsafe(1)
    let current: ResolvedKubeconfig = first
    let held: Held | undefined
    let renewedAtMillis = 0

    const refresh = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      if (held !== undefined && now - held.readAtMillis < holdMillis) return held
      const options = yield* httpsOptionsOf(current)
      const tls = tlsOf(options)
      const headers = headersOf(options, current)
      if (held !== undefined && sameTls(held.tls, tls)) {
        held = { ...held, headers, readAtMillis: now }
        return held
      }
      const scope = yield* Scope.fork(outer)
      const pool = yield* connect(current, tls).pipe(Effect.provideService(Scope.Scope, scope))
      if (held !== undefined) yield* Effect.forkIn(retire(held), outer)
      held = { ...pool, headers, tls, scope, readAtMillis: now }
      return held
    })

    return {
      server: first.server,
      origin: first.server.origin,
      credentials: one.withPermit(refresh),
      renew: one.withPermit(
        Effect.gen(function* () {
          const now = yield* Clock.currentTimeMillis
          if (now - renewedAtMillis < holdMillis) return
          renewedAtMillis = now
          const again = yield* Effect.option(loadKubeconfig(source))
          // A kubeconfig that is being written, or leads elsewhere now, is no reason to forget the one that worked.
          if (again._tag === "None" || again.value.server.href !== current.server.href) return
          current = again.value
          if (held !== undefined) held = { ...held, readAtMillis: Number.NEGATIVE_INFINITY }
        })
      )
    }
  })

/** Calls and watches that still run on the old connections end in their own time; then the connections go. */
const retire = ({ dispatcher, scope }: Held): Effect.Effect<void> =>
  Effect.andThen(
    Effect.promise(() => dispatcher.close()),
    Scope.close(scope, Exit.void)
  )

/** What client-node would give to Node's own client. Runs a credential plugin where the kubeconfig names one. */
const httpsOptionsOf = ({ config, user }: ResolvedKubeconfig): Effect.Effect<RequestOptions, NetworkFailure> =>
  Effect.tryPromise({
    try: () => {
      const options: RequestOptions = {}
      return config.applyToHTTPSOptions(options).then(() => options)
    },
    catch: (cause) => new NetworkFailure({ kind: "NoCredentials", message: whyNoCredentials(cause, user) })
  })

const whyNoCredentials = (cause: unknown, user: ResolvedKubeconfig["user"]): string => {
  const { code, message, path } = (cause ?? {}) as { readonly [field: string]: unknown }
  if (user.exec !== undefined && user.exec !== null) {
    const command = String((user.exec as { readonly command?: unknown }).command ?? "")
    if (code === "ENOENT") return `the credential plugin ${command} of the kubeconfig is not installed`
    const words = typeof message === "string" ? (message.trim().split("\n")[0] ?? "").slice(0, 200) : ""
    return `the credential plugin ${command} of the kubeconfig failed${words === "" ? "" : `: ${words}`}`
  }
  const where = typeof path === "string" ? ` ${path}` : ""
  return code === "ENOENT" || code === "EACCES"
    ? `a file that the kubeconfig names${where} cannot be read (${code})`
    : `the credentials of user ${user.name} in the kubeconfig cannot be used`
}

const headersOf = ({ auth, headers }: RequestOptions, { user }: ResolvedKubeconfig): Credentials["headers"] => {
  const named: { [name: string]: string } = {}
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (value !== undefined) named[name.toLowerCase()] = String(value).trim()
  }
  if (typeof auth === "string" && (user.username ?? "") !== "") {
    named["authorization"] = `Basic ${Buffer.from(auth).toString("base64")}`
  }
  return named
}

const tlsOf = ({ ca, cert, key, rejectUnauthorized, servername }: RequestOptions): TlsSettings => ({
  ...(ca === undefined ? {} : { ca }),
  ...(cert === undefined ? {} : { cert }),
  ...(key === undefined ? {} : { key }),
  ...(servername === undefined ? {} : { servername }),
  ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized })
})

const sameTls = (a: TlsSettings, b: TlsSettings): boolean =>
  sameBytes(a.ca, b.ca) &&
  sameBytes(a.cert, b.cert) &&
  sameBytes(a.key, b.key) &&
  a.servername === b.servername &&
  a.rejectUnauthorized === b.rejectUnauthorized

const sameBytes = (a: unknown, b: unknown): boolean =>
  a === b || (Buffer.isBuffer(a) && Buffer.isBuffer(b) ? a.equals(b) : false)

const connect = ({ cluster }: ResolvedKubeconfig, tls: TlsSettings): Effect.Effect<Pool, NetworkFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const make = Effect.try({
      try: () => dispatcherOf(cluster.proxyUrl ?? "", tls),
      catch: () =>
        new NetworkFailure({
          kind: "NoCredentials",
          message: `the certificates or the proxy-url of cluster ${cluster.name} in the kubeconfig cannot be used`
        })
    })
    const dispatcher = yield* Effect.acquireRelease(make, (made) => Effect.promise(() => made.destroy()))
    const http = yield* Effect.provideService(NodeHttpClient.makeUndici, NodeHttpClient.Dispatcher, dispatcher)
    return { http, dispatcher }
  })

const dispatcherOf = (proxy: string, tls: TlsSettings): Dispatcher => {
  const pool = { allowH2: false, keepAliveTimeout: keepAliveMillis }
  const socket = { timeout: connectMillis, keepAlive: true, keepAliveInitialDelay: tcpKeepAliveMillis }
  const { servername, rejectUnauthorized, ...keys } = tls
  // `tlsOf` leaves out what is undefined, which the two libraries' types do not both say. Read once for all connections of the pool.
  const secureContext = createSecureContext(keys)
  const names = {
    ...(servername === undefined ? {} : { servername }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized })
  }
  const secured = { secureContext, ...names, ...socket } as buildConnector.BuildOptions
  if (proxy === "") return new Agent({ ...pool, connect: secured })
  return proxy.startsWith("socks")
    ? new Socks5ProxyAgent(proxy, { ...pool, requestTls: secured })
    : new ProxyAgent({ ...pool, uri: proxy, requestTls: secured, connect: socket })
}
