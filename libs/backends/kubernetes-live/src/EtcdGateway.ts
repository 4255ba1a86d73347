/**
 * etcd's API as JSON over HTTP, which every member serves beside gRPC on its client port, over a connection that is already there.
 *
 * Numbers of 64 bits come as decimal text; what is zero, false or empty is left out. A refusal carries etcd's own words.
 *
 * @source https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/ and https://github.com/etcd-io/etcd/blob/main/api/v3rpc/rpctypes/error.go
 */
import { type EtcdMember, EtcdRefused, type EtcdStatus } from "@capstan/provider"
import { Effect, Result, Schema, type Scope } from "effect"
import { request } from "node:http"
import type { Duplex } from "node:stream"
import { connect, createSecureContext, type SecureContext } from "node:tls"
import { isJsonObject } from "./FrozenJson.ts"

/** No answer, or one that says nothing: in words fit for an error. */
export class EtcdSilent extends Schema.TaggedError<EtcdSilent>()("EtcdSilent", { message: Schema.String }) {}

/** PEM; what a member wants to see, and what it has to show. */
export interface EtcdCredentials {
  readonly authority: string
  readonly certificate: string
  readonly key: string
}

/** kubeadm's certificates of etcd are for this name too: the Pod is reached on its own loopback. */
const serverName = "localhost"

/** Posts one request and closes with the scope. The answer is a JSON object. */
export const askEtcd = (
  socket: Duplex,
  context: SecureContext,
  path: string,
  body: object
): Effect.Effect<{ readonly [key: string]: unknown }, EtcdSilent | EtcdRefused, Scope.Scope> =>
  Effect.flatMap(secured(socket, context), (tls) =>
    Effect.callback<{ readonly [key: string]: unknown }, EtcdSilent | EtcdRefused>((resume) => {
      const silent = (why: string) => resume(Effect.fail(new EtcdSilent({ message: why })))
      const asking = request(
        {
          createConnection: () => tls,
          method: "POST",
          path,
          headers: { host: serverName, "content-type": "application/json", connection: "close" }
        },
        (response) => {
          const chunks: Array<Buffer> = []
          response.on("data", (chunk: Buffer) => chunks.push(chunk))
          response.on("error", () => silent("its answer broke off"))
          response.on("end", () =>
            resume(Effect.fromResult(answerIn(response.statusCode ?? 0, Buffer.concat(chunks).toString("utf8"))))
          )
        }
      )
      asking.on("error", () => silent("its connection broke before it answered"))
      asking.end(JSON.stringify(body))
      return Effect.sync(() => void asking.destroy())
    })
  )

/** Keys and certificates, read once for many connections: each reading takes memory outside of the heap, where nobody collects soon. */
export const secureContextOf = ({
  authority,
  certificate,
  key
}: EtcdCredentials): Effect.Effect<SecureContext, EtcdSilent> =>
  Effect.try({
    try: () => createSecureContext({ ca: authority, cert: certificate, key }),
    catch: () => new EtcdSilent({ message: "its certificates cannot be used" })
  })

const secured = (socket: Duplex, secureContext: SecureContext) =>
  Effect.acquireRelease(
    Effect.callback<Duplex, EtcdSilent>((resume) => {
      const silent = (message: string) => resume(Effect.fail(new EtcdSilent({ message })))
      socket.once("error", (error) => silent(error.message))
      socket.once("end", () => silent("the connection was closed"))
      const options = { socket, secureContext, servername: serverName, ALPNProtocols: ["http/1.1"] }
      const result = Result.try(() => connect(options))
      if (Result.isFailure(result)) return silent("its certificates cannot be used")
      const tls = result.success
      tls.on("error", (error: NodeJS.ErrnoException) =>
        silent(`no TLS connection comes about (${error.code ?? "closed"})`)
      )
      tls.once("secureConnect", () => resume(Effect.succeed(tls)))
    }),
    (tls) => Effect.sync(() => tls.destroy())
  )

const answerIn = (
  code: number,
  text: string
): Result.Result<{ readonly [key: string]: unknown }, EtcdSilent | EtcdRefused> => {
  const document = Result.getOrUndefined(Result.try((): unknown => JSON.parse(text)))
  if (!isJsonObject(document)) return Result.fail(new EtcdSilent({ message: `it answered with ${code} and no JSON` }))
  if (code >= 200 && code < 300) return Result.succeed(document)
  const message = String(document["message"] ?? document["error"] ?? `it answered with ${code}`)
  const reason = refusals.find(([words]) => message.includes(words))?.[1]
  return Result.fail(reason === undefined ? new EtcdSilent({ message }) : new EtcdRefused({ reason, message }))
}

/** etcd's words for what the contract tells apart. */
const refusals: ReadonlyArray<readonly [words: string, reason: EtcdRefused["reason"]]> = [
  ["etcdserver: no leader", "NoLeader"],
  ["etcdserver: member not found", "MemberNotFound"],
  ["etcdserver: unhealthy cluster", "UnhealthyCluster"],
  ["etcdserver: re-configuration failed", "UnhealthyCluster"],
  ["etcdserver: not leader", "NotLeader"],
  ["etcdserver: bad leader transferee", "BadLeaderTransferee"],
  ["etcdserver: request timed out", "Timeout"]
]

/** An unsigned 64-bit number in decimal as the contract has it: lower-case hex. */
export const hexOf = (decimal: unknown): string =>
  typeof decimal === "string" && /^\d{1,20}$/.test(decimal) ? BigInt(decimal).toString(16) : "0"

/** The contract's hex as etcd's JSON wants it. */
export const decimalOf = (hex: string): string => (/^[0-9a-f]{1,16}$/.test(hex) ? BigInt(`0x${hex}`).toString(10) : "0")

const textsIn = (value: unknown): ReadonlyArray<string> =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : []

const memberIn = (value: { readonly [key: string]: unknown }): EtcdMember => ({
  id: hexOf(value["ID"]),
  name: typeof value["name"] === "string" ? value["name"] : "",
  peerUrls: textsIn(value["peerURLs"]),
  clientUrls: textsIn(value["clientURLs"]),
  isLearner: value["isLearner"] === true
})

/** `memberID:123 alarm:NOSPACE `, as a member's status lists what is wrong. */
const alarmsIn = (errors: unknown): EtcdStatus["alarms"] =>
  textsIn(errors).flatMap((words) => {
    const [, id, type] = /memberID:(\d+) alarm:(NOSPACE|CORRUPT)/.exec(words) ?? []
    return id === undefined ? [] : [{ memberId: hexOf(id), type: type === "CORRUPT" ? "CORRUPT" : "NOSPACE" }]
  })

/** What a member answers to `/v3/maintenance/status` and `/v3/cluster/member/list`, together. */
export const statusIn = (
  status: { readonly [key: string]: unknown },
  list: { readonly [key: string]: unknown }
): EtcdStatus => {
  const header = isJsonObject(status["header"]) ? status["header"] : {}
  const members = Array.isArray(list["members"]) ? list["members"].filter(isJsonObject) : []
  return {
    memberId: hexOf(header["member_id"]),
    leaderId: hexOf(status["leader"]),
    members: members.map(memberIn),
    alarms: alarmsIn(status["errors"])
  }
}
