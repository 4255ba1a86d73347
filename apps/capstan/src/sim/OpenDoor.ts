/**
 * An API server of a simulated world, open to real clients: certificate, tokens and sockets put together.
 *
 * The management cluster is at the root. A workload cluster is below `/clusters/<namespace>/<name>`: the request goes the way of the
 * cluster's own endpoint inside the world, and is refused when nobody answers there.
 */
import { apiError } from "@capstan/kubernetes"
import {
  ApiDoor,
  type ApiServer,
  type HttpAnswer,
  type HttpRequest,
  refuse,
  type User
} from "@capstan/simulator-kubernetes"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { createHash, randomBytes } from "node:crypto"
import { type CannotListen, serveDoor } from "./DoorServer.ts"
import { makeServerCertificate } from "./ServerCertificate.ts"

export interface OpenDoorOptions {
  readonly server: ApiServer
  /** Who answers for a workload cluster, or why nobody does; there are none unless given. */
  readonly workloadServer?: (namespace: string, name: string) => Result.Result<ApiServer, string> | undefined
  /** Does something in the world between two of its steps; at once unless given, for servers without a world. */
  readonly enter?: (act: () => void) => void
  /** Loopback unless given. */
  readonly host?: string
  /** Any free one unless given. */
  readonly port?: number
  /** Users besides the administrator, by token. */
  readonly users?: ReadonlyMap<string, User>
}

export interface OpenedDoor {
  /** `https://127.0.0.1:6443`. */
  readonly url: string
  /** PEM of the authority that the server's certificate is from. */
  readonly authority: string
  /** The administrator's. */
  readonly token: string
}

const administrator: User = { name: "capstan:admin", groups: ["system:masters", "system:authenticated"] }

const loopback = "127.0.0.1"

/** Tokens are compared by their digests, so that nothing can be learned from the time that it takes. */
const digest = (token: string): string => createHash("sha256").update(token).digest("hex")

const newToken = (): string => randomBytes(24).toString("base64url")

/** How many tokens may be asked for before those that are over are looked for. */
const sweepEvery = 1000

/** Whose token is whose, and until when. */
class TokenBook {
  private readonly now: () => number
  private readonly users = new Map<string, { readonly user: User; readonly until: number }>()

  /** `now` in epoch milliseconds of the world. */
  constructor(now: () => number) {
    this.now = now
  }

  add(token: string, user: User, until = Number.POSITIVE_INFINITY): void {
    this.users.set(digest(token), { user, until })
  }

  issue(user: User, seconds: number): string {
    if (this.users.size % sweepEvery === 0) this.sweep()
    const token = newToken()
    this.add(token, user, this.now() + seconds * 1000)
    return token
  }

  find(token: string): User | undefined {
    const known = this.users.get(digest(token))
    return known !== undefined && known.until > this.now() ? known.user : undefined
  }

  private sweep(): void {
    for (const [key, { until }] of this.users) if (until <= this.now()) this.users.delete(key)
  }
}

const after = (millis: number, act: () => void): (() => void) => {
  // A watch that waits for its time-out does not hold the process.
  const timer = setTimeout(act, millis).unref()
  return () => clearTimeout(timer)
}

/** Listens until the scope closes. */
export const openDoor = (options: OpenDoorOptions): Effect.Effect<OpenedDoor, CannotListen, Scope.Scope> =>
  Effect.gen(function* () {
    const { enter = (act: () => void) => act(), host = loopback, port = 0, server } = options
    const certificate = yield* makeServerCertificate([...new Set([loopback, "localhost", host])])
    const token = newToken()
    const users = new TokenBook(() => server.kernel.now())
    users.add(token, administrator)
    for (const [other, user] of options.users ?? []) users.add(other, user)
    const doors = new WeakMap<ApiServer, ApiDoor>()
    const doorOf = (behind: ApiServer): ApiDoor => {
      const known = doors.get(behind)
      if (known !== undefined) return known
      const door = new ApiDoor({
        server: behind,
        userOf: (sent) => users.find(sent),
        // A workload cluster's accounts are not the management cluster's.
        ...(behind === server ? { issueToken: (user, seconds) => users.issue(user, seconds) } : {}),
        after: (millis, act) => after(millis, () => enter(act))
      })
      doors.set(behind, door)
      return door
    }
    const handle = (request: HttpRequest): HttpAnswer => {
      const place = /^\/clusters\/([^/?]+)\/([^/?]+)(\/[^]*)$/.exec(request.target)
      if (place === null) return doorOf(server).handle(request)
      const [, namespace = "", name = "", target = "/"] = place
      // Who may not look at the Cluster may not learn whether it is there.
      const cluster = doorOf(server).handle({
        ...request,
        method: "GET",
        target: `/apis/cluster.x-k8s.io/v1beta2/namespaces/${namespace}/clusters/${name}`,
        body: new Uint8Array()
      })
      if (cluster._tag !== "Whole" || cluster.status >= 400) return cluster
      const reached = options.workloadServer?.(namespace, name)
      if (reached === undefined || Result.isFailure(reached)) {
        const why = reached === undefined ? "it has no endpoint yet" : reached.failure
        return refuse(
          apiError("ServiceUnavailable", `the API server of cluster ${namespace}/${name} cannot be reached: ${why}`)
        )
      }
      return doorOf(reached.success).handle({ ...request, target })
    }
    const listening = yield* serveDoor({ host, port, certificate, handle, enter })
    const shown = host.includes(":") ? `[${host}]` : host
    return { url: `https://${shown}:${listening}`, authority: certificate.authority, token }
  })
