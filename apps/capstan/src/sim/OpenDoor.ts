/**
 * An API server of a simulated world, open to real clients: certificate, tokens and sockets put together.
 *
 * The management cluster is at the root. A workload cluster is below `/clusters/<namespace>/<name>`: the request goes the way of the
 * cluster's own endpoint inside the world, and is refused when nobody answers there.
 */
import type { Stop } from "@capstan/command-line"
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
import { hostname, networkInterfaces } from "node:os"
import { serveDoor } from "./DoorServer.ts"
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
  /** Why nothing can be written, where that is so: the words of the refusal. */
  readonly readOnly?: string
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

/** Every name and address under which this machine may be reached. */
const addressesHere = (): ReadonlyArray<string> => [
  hostname(),
  ...Object.values(networkInterfaces()).flatMap((all) =>
    // The scope of a link-local address is no part of it.
    (all ?? []).map(({ address }) => address.split("%")[0] ?? address)
  )
]

/** Tokens are compared by their digests, so that nothing can be learned from the time that it takes. */
const digest = (token: string): string => createHash("sha256").update(token).digest("hex")

const newToken = (): string => randomBytes(24).toString("base64url")

/** How many tokens may be asked for before those that are over are looked for. */
const sweepEvery = 1000

/** Whose token is whose, and until when. */
class TokenBook {
  private readonly now: () => number
  private readonly given = new Map<string, User>()
  private readonly issued = new Map<string, { readonly user: User; readonly until: number }>()

  /** `now` in epoch milliseconds of the world. */
  constructor(now: () => number) {
    this.now = now
  }

  add(token: string, user: User): void {
    this.given.set(digest(token), user)
  }

  issue(user: User, seconds: number): string {
    if (this.issued.size % sweepEvery === 0) this.sweep()
    const token = newToken()
    this.issued.set(digest(token), { user, until: this.now() + seconds * 1000 })
    return token
  }

  /** Of those that were given from the beginning: they count in every cluster. */
  findGiven(token: string): User | undefined {
    return this.given.get(digest(token))
  }

  /** Also of those that were issued to accounts of the management cluster. */
  find(token: string): User | undefined {
    const issued = this.issued.get(digest(token))
    return issued !== undefined && issued.until > this.now() ? issued.user : this.findGiven(token)
  }

  private sweep(): void {
    for (const [key, { until }] of this.issued) if (until <= this.now()) this.issued.delete(key)
  }
}

/** Timers that hold no process. */
export const after = (millis: number, act: () => void): (() => void) => {
  // A watch that waits for its time-out does not hold the process.
  const timer = setTimeout(act, millis).unref()
  return () => clearTimeout(timer)
}

/** Without the request: it may hold secrets. */
export const reportDefect = (error: unknown): void => {
  const where = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`capstan: a defect of the simulated API server; please report it:\n${where}\n`)
}

/** What goes wrong at the door must not end the world behind it. */
export const guarded =
  (enter: (act: () => void) => void) =>
  (act: () => void): void =>
    enter(() => {
      try {
        act()
      } catch (error) {
        reportDefect(error)
      }
    })

/** Listens until the scope closes. */
export const openDoor = (options: OpenDoorOptions): Effect.Effect<OpenedDoor, Stop, Scope.Scope> =>
  Effect.gen(function* () {
    const { host = loopback, port = 0, server } = options
    const enter = guarded(options.enter ?? ((act) => act()))
    const isWild = host === "0.0.0.0" || host === "::"
    const names = isWild ? addressesHere() : [host]
    const certificate = yield* makeServerCertificate([...new Set([loopback, "localhost", ...names])])
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
        // A workload cluster's accounts are not the management cluster's.
        ...(behind === server
          ? {
              userOf: (sent: string) => users.find(sent),
              issueToken: (user: User, seconds: number) => users.issue(user, seconds)
            }
          : { userOf: (sent: string) => users.findGiven(sent) }),
        after: (millis, act) => after(millis, () => enter(act)),
        ...(options.readOnly === undefined ? {} : { readOnly: options.readOnly })
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
    const listening = yield* serveDoor({ host, port, certificate, handle, enter, onDefect: reportDefect })
    const shown = isWild ? loopback : host.includes(":") ? `[${host}]` : host
    return { url: `https://${shown}:${listening}`, authority: certificate.authority, token }
  })
