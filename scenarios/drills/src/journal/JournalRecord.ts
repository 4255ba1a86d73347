/**
 * What stands in a drill's journal: what is about to be done and how to undo it, then that it has been undone.
 *
 * An intent is on the disk before its act begins, so the journal may name acts that never happened, and never misses one that
 * did. Undoing looks at the account, not at the journal's word.
 *
 * @source docs/decisions/0006-undo-before-act.md
 */
import { Schema } from "effect"

const Id = Schema.NonEmptyString

/** How an act is undone. All of these may be repeated, and do nothing where there is nothing to undo. */
export const Undo = Schema.TaggedUnion({
  /** Starts the instance if it has been stopped. */
  StartInstance: { instance: Id },
  /** Puts the ACL back in front of the subnet, if one of the drill's own stands there. */
  RestoreNetworkAcl: { subnet: Id, vpc: Id, acl: Id },
  /** Deletes the ACLs that the drill made in the VPC. */
  DeleteNetworkAcls: { vpc: Id },
  /** Puts the instance behind those of the load balancers behind which it is not, if it still lives. */
  RegisterInstance: { instance: Id, loadBalancers: Schema.Array(Id) },
  /** Nothing can or must be undone. */
  Nothing: { target: Id, because: Schema.String }
})
export type Undo = typeof Undo.Type

const version = Schema.Literal(1)

export const Begun = Schema.TaggedStruct("Begun", {
  version,
  drill: Id,
  at: Schema.String,
  expires: Schema.String,
  scenario: Schema.String,
  account: Id,
  region: Id,
  clusters: Schema.Array(Id)
})

export const Intent = Schema.TaggedStruct("Intent", {
  version,
  /** Unique in the journal: the drill's id and a number. */
  id: Id,
  drill: Id,
  at: Schema.String,
  expires: Schema.String,
  account: Id,
  region: Id,
  cluster: Id,
  step: Id,
  fault: Id,
  undo: Undo
})
export type Intent = typeof Intent.Type

export const Undone = Schema.TaggedStruct("Undone", {
  version,
  id: Id,
  at: Schema.String,
  /** What was found and done, in words. */
  how: Schema.String
})

export const Ended = Schema.TaggedStruct("Ended", {
  version,
  drill: Id,
  at: Schema.String,
  why: Schema.String
})

export const JournalRecord = Schema.Union([Begun, Intent, Undone, Ended])
export type JournalRecord = typeof JournalRecord.Type

export const JournalLine = Schema.fromJsonString(JournalRecord)

/** The intents that nothing says to have been undone, in the order in which they were written. */
export const openIntents = (records: ReadonlyArray<JournalRecord>): ReadonlyArray<Intent> => {
  const undone = new Set(records.flatMap((record) => (record._tag === "Undone" ? [record.id] : [])))
  return records.flatMap((record) => (record._tag === "Intent" && !undone.has(record.id) ? [record] : []))
}
