/**
 * etcd's JSON API in front of a simulated member, as its client port serves it beside gRPC.
 *
 * Numbers of 64 bits are decimal text, members are asked one by one, refusals carry etcd's own words and gRPC's codes.
 * Left out: keys and values, alarms, everything that membership does not need.
 *
 * @source https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/
 */
import { type EtcdMember, type EtcdMembers, EtcdRefused, type EtcdTarget } from "@capstan/provider"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"

export interface EtcdAnswer {
  readonly status: number
  readonly body: object
}

/** gRPC's codes, and the HTTP status that the gateway makes of each. */
const failedPrecondition = { code: 9, status: 400 } as const
const notFound = { code: 5, status: 404 } as const
const unavailable = { code: 14, status: 503 } as const

const decimal = (hex: string): string => BigInt(`0x${hex}`).toString(10)

const memberJson = ({ clientUrls, id, isLearner, name, peerUrls }: EtcdMember): object => ({
  ID: decimal(id),
  ...(name === "" ? {} : { name }),
  peerURLs: peerUrls,
  clientURLs: clientUrls,
  ...(isLearner ? { isLearner } : {})
})

const refused = ({ message, reason }: EtcdRefused): EtcdAnswer => {
  const { code, status } =
    reason === "MemberNotFound"
      ? notFound
      : reason === "NoLeader" || reason === "Timeout"
        ? unavailable
        : failedPrecondition
  return { status, body: { error: message, code, message } }
}

const idIn = (body: unknown, field: string): string => {
  const value = typeof body === "object" && body !== null ? Reflect.get(body, field) : undefined
  return typeof value === "string" && /^\d{1,20}$/.test(value) ? BigInt(value).toString(16) : "0"
}

/** The answer of one member; `undefined` when it does not answer. */
export const answerEtcd = (
  etcd: EtcdMembers["Service"],
  target: EtcdTarget,
  path: string,
  body: unknown
): Effect.Effect<EtcdAnswer | undefined> =>
  Effect.gen(function* () {
    switch (path) {
      case "/v3/maintenance/status":
      case "/v3/cluster/member/list": {
        const { leaderId, memberId, members } = yield* etcd.status(target)
        const header = { member_id: decimal(memberId) }
        return {
          status: 200,
          body: path.endsWith("list")
            ? { header, members: members.map(memberJson) }
            : { header, version: "3.5.21", leader: decimal(leaderId) }
        }
      }
      case "/v3/cluster/member/remove":
        yield* etcd.remove(target, idIn(body, "ID"))
        return { status: 200, body: { header: {} } }
      case "/v3/maintenance/transfer-leadership":
        yield* etcd.moveLeader(target, idIn(body, "targetID"))
        return { status: 200, body: { header: {} } }
      default:
        return { status: 404, body: { error: "Not Found", ...notFound, message: "Not Found" } }
    }
  }).pipe(
    Effect.result,
    Effect.map((answer) => {
      if (Result.isSuccess(answer)) return answer.success
      return answer.failure instanceof EtcdRefused ? refused(answer.failure) : undefined
    })
  )
