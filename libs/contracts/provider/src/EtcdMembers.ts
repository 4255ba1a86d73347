/**
 * The members of a workload cluster's stacked etcd. Live: etcd's gRPC API through the API server's port-forward
 * to the etcd Pods; simulated: the membership that the world keeps.
 *
 * @source https://etcd.io/docs/v3.5/dev-guide/api_reference_v3/
 */
import type { ObjectKey } from "@capstan/api"
import { Context, type Effect, Schema } from "effect"

export interface EtcdMember {
  /** Unsigned 64-bit, as lower-case hex. */
  readonly id: string
  /** The Node's name; empty while the member has been added but has not started. */
  readonly name: string
  readonly peerUrls: ReadonlyArray<string>
  readonly clientUrls: ReadonlyArray<string>
  readonly isLearner: boolean
}

/** What one member answers about itself and its view of the cluster. */
export interface EtcdStatus {
  readonly memberId: string
  readonly leaderId: string
  readonly members: ReadonlyArray<EtcdMember>
  readonly alarms: ReadonlyArray<{ readonly memberId: string; readonly type: "NOSPACE" | "CORRUPT" }>
}

export class EtcdUnreachable extends Schema.TaggedError<EtcdUnreachable>()("EtcdUnreachable", {
  node: Schema.String,
  message: Schema.String
}) {}

/** etcd refused: it would lose quorum, the member is unknown, there is no leader. */
export class EtcdRefused extends Schema.TaggedError<EtcdRefused>()("EtcdRefused", {
  reason: Schema.Literals([
    "NoLeader",
    "MemberNotFound",
    "UnhealthyCluster",
    "NotLeader",
    "BadLeaderTransferee",
    "Timeout"
  ]),
  message: Schema.String
}) {}

/** Which member to talk to: the one on this Node of this cluster. */
export interface EtcdTarget {
  readonly cluster: ObjectKey
  readonly node: string
}

export class EtcdMembers extends Context.Service<
  EtcdMembers,
  {
    readonly status: (target: EtcdTarget) => Effect.Effect<EtcdStatus, EtcdUnreachable | EtcdRefused>
    /** Needs a quorum of healthy members. Removing an absent member fails with `MemberNotFound`. */
    readonly remove: (target: EtcdTarget, memberId: string) => Effect.Effect<void, EtcdUnreachable | EtcdRefused>
    /** Must be sent to the leader. */
    readonly moveLeader: (target: EtcdTarget, toMemberId: string) => Effect.Effect<void, EtcdUnreachable | EtcdRefused>
  }
>()("@capstan/provider/EtcdMembers") {}
