/**
 * The janitor: puts back what drills left behind, by their journal, and by the tags in the account where there is no journal.
 *
 * What belongs to a drill that may still be running is left to it, unless told otherwise. The journal's records are undone from
 * the last to the first; then the tags are read, which also know of drills from other machines.
 *
 * @source docs/decisions/0006-undo-before-act.md
 */
import { type AwsError, Ec2, type Ec2Shapes, type Elb } from "@capstan/aws"
import { Clock, Effect } from "effect"
import { allPages, describeInstances, filter } from "../account/Estate.ts"
import { drillTags, ownersOf, parseMark, type TagMap, timestamp, toTagMap, type UndoMark } from "../DrillTags.ts"
import { Journal, type JournalError } from "../journal/Journal.ts"
import { type Intent, openIntents, type Undo } from "../journal/JournalRecord.ts"
import { ownerOf, undoIntent } from "../run/ActRunner.ts"
import type { Caller } from "../run/Guard.ts"
import { CallFaults, callFaultWords } from "../shim/CallFaults.ts"
import { performUndo, type UndoOutcome } from "../undo/PerformUndo.ts"

/** Something that a drill left behind, and how it is known. */
export interface Leftover {
  readonly source: "journal" | "tag"
  /** The drill and its step. */
  readonly owner: string
  readonly target: string
  readonly cluster: string
  readonly expiresMillis: number
  readonly undo: Undo
  /** The journal's record, where there is one. */
  readonly intent: Intent | undefined
}

export interface JanitorOptions {
  readonly caller: Caller
  /** Also what drills have that may still be running. */
  readonly now: boolean
  /** Looks only; nothing is undone and nothing is written. */
  readonly dryRun: boolean
  /** Passes the journal over. */
  readonly tagsOnly: boolean
}

export interface Swept {
  readonly leftover: Leftover
  readonly outcome:
    | UndoOutcome
    | { readonly did: "waits"; readonly how: string }
    | { readonly did: "would"; readonly how: string }
    | { readonly did: "failed"; readonly how: string }
}

/** How many acts the journal knows of that wait to be undone in other accounts and regions: `account region` to count. */
export const openElsewhere = (caller: Caller): Effect.Effect<ReadonlyMap<string, number>, JournalError, Journal> =>
  Effect.gen(function* () {
    const { records } = yield* Journal
    const counts = new Map<string, number>()
    for (const { account, region } of openIntents(yield* records)) {
      if (account === caller.account && region === caller.region) continue
      const place = `${account} ${region}`
      counts.set(place, (counts.get(place) ?? 0) + 1)
    }
    return counts
  })

const targetOf = (undo: Undo): string => {
  switch (undo._tag) {
    case "StartInstance":
    case "RegisterInstance":
      return undo.instance
    case "RestoreNetworkAcl":
      return undo.subnet
    case "DeleteNetworkAcls":
      return undo.vpc
    case "Nothing":
      return undo.target
  }
}

const fromJournal = (caller: Caller): Effect.Effect<ReadonlyArray<Leftover>, JournalError, Journal> =>
  Effect.gen(function* () {
    const { records } = yield* Journal
    return openIntents(yield* records)
      .filter((intent) => intent.account === caller.account && intent.region === caller.region)
      .reverse()
      .map((intent) => ({
        source: "journal",
        owner: ownerOf(intent),
        target: targetOf(intent.undo),
        cluster: intent.cluster,
        expiresMillis: Date.parse(intent.expires),
        undo: intent.undo,
        intent
      }))
  })

const marked = (
  id: string,
  tags: TagMap,
  key: string,
  undoOf: (mark: UndoMark) => Undo | undefined
): ReadonlyArray<Leftover> => {
  const mark = parseMark(tags[key] ?? "")
  const undo = mark === undefined ? undefined : undoOf(mark)
  const [cluster] = ownersOf(tags)
  if (mark === undefined || undo === undefined || cluster === undefined) return []
  const { drill: owner, expiresMillis } = mark
  return [{ source: "tag", owner, target: id, cluster, expiresMillis, undo, intent: undefined }]
}

const fromInstance = ({ InstanceId: instance = "", Tags }: Ec2Shapes.Instance): ReadonlyArray<Leftover> => {
  const tags = toTagMap(Tags)
  return [
    ...marked(instance, tags, drillTags.stopped, () => ({ _tag: "StartInstance", instance })),
    ...marked(instance, tags, drillTags.deregistered, ({ values: loadBalancers }) => ({
      _tag: "RegisterInstance",
      instance,
      loadBalancers
    }))
  ]
}

const fromSubnet = ({ SubnetId: subnet = "", Tags, VpcId: vpc = "" }: Ec2Shapes.Subnet): ReadonlyArray<Leftover> =>
  marked(subnet, toTagMap(Tags), drillTags.network, ({ values: [acl] }) =>
    acl === undefined ? undefined : { _tag: "RestoreNetworkAcl", subnet, vpc, acl }
  )

const fromAcl = ({ Tags, VpcId: vpc = "" }: Ec2Shapes.NetworkAcl): ReadonlyArray<Leftover> => {
  const tags = toTagMap(Tags)
  const owner = tags[drillTags.drill]
  const expiresMillis = Date.parse(tags[drillTags.expires] ?? "")
  if (owner === undefined) return []
  // An ACL of ours whose expiry somebody took away is as good as over.
  const expires = Number.isNaN(expiresMillis) ? 0 : expiresMillis
  const undo: Undo = { _tag: "DeleteNetworkAcls", vpc }
  return [{ source: "tag", owner, target: vpc, cluster: "", expiresMillis: expires, undo, intent: undefined }]
}

const fromTags: Effect.Effect<ReadonlyArray<Leftover>, AwsError, Ec2> = Effect.gen(function* () {
  const ec2 = yield* Ec2
  const instances = yield* describeInstances(filter("tag-key", drillTags.stopped, drillTags.deregistered))
  const subnets = yield* allPages(
    (token) => ec2.describeSubnets({ Filters: [filter("tag-key", drillTags.network)], ...token }),
    (page) => page.Subnets
  )
  const acls = yield* allPages(
    (token) => ec2.describeNetworkAcls({ Filters: [filter("tag-key", drillTags.drill)], ...token }),
    (page) => page.NetworkAcls
  )
  // Subnets before ACLs: an ACL is deleted when nothing stands behind it.
  return [...instances.flatMap(fromInstance), ...subnets.flatMap(fromSubnet), ...acls.flatMap(fromAcl)]
})

const sweepOne = (
  leftover: Leftover,
  options: JanitorOptions
): Effect.Effect<Swept, JournalError, Ec2 | Elb | Journal> =>
  Effect.gen(function* () {
    const { cluster, expiresMillis, intent, owner, undo } = leftover
    const now = yield* Clock.currentTimeMillis
    if (!options.now && now < expiresMillis) {
      const how = `its drill may run until ${timestamp(expiresMillis)}; --now does not wait`
      return { leftover, outcome: { did: "waits", how } }
    }
    if (options.dryRun) return { leftover, outcome: { did: "would", how: undoWords(undo) } }
    const act: Effect.Effect<UndoOutcome, AwsError | JournalError, Ec2 | Elb | Journal> =
      intent === undefined ? performUndo({ undo, drill: owner, cluster, settledMillis: 0 }) : undoIntent(intent)
    const outcome = yield* Effect.catchTag(act, "AwsError", (error) =>
      Effect.succeed({ did: "failed" as const, how: `${error.operation}: ${error.code}: ${error.message}` })
    )
    return { leftover, outcome }
  })

/** What an undo would do, in words. */
export const undoWords = (undo: Undo): string => {
  switch (undo._tag) {
    case "StartInstance":
      return `start ${undo.instance} if it is stopped`
    case "RestoreNetworkAcl":
      return `put ${undo.acl} in front of ${undo.subnet} again`
    case "DeleteNetworkAcls":
      return `delete the drill's network ACLs in ${undo.vpc}`
    case "RegisterInstance":
      return `put ${undo.instance} behind ${undo.loadBalancers.join(", ")} again`
    case "Nothing":
      return undo.because
  }
}

/** Faults of calls in the folder, and what became of them. */
export interface SweptCalls {
  readonly owner: string
  readonly what: string
  readonly outcome: Swept["outcome"]
}

/** Takes away the faults of calls that no drill has ended. What is over strikes nobody; it is taken away all the same. */
export const sweepCalls = ({
  dryRun,
  now
}: Pick<JanitorOptions, "now" | "dryRun">): Effect.Effect<ReadonlyArray<SweptCalls>, JournalError, CallFaults> =>
  Effect.gen(function* () {
    const faults = yield* CallFaults
    const nowMillis = yield* Clock.currentTimeMillis
    return yield* Effect.forEach(yield* faults.all, (fault) =>
      Effect.gen(function* () {
        const { expiresMillis, owner } = fault
        const swept = { owner, what: callFaultWords(fault) }
        if (!now && nowMillis < expiresMillis) {
          const how = `its drill may run until ${timestamp(expiresMillis)}; --now does not wait`
          return { ...swept, outcome: { did: "waits" as const, how } }
        }
        if (dryRun) return { ...swept, outcome: { did: "would" as const, how: "end it" } }
        yield* faults.end(owner)
        return { ...swept, outcome: { did: "changed" as const, how: "ended" } }
      })
    )
  })

/** Undoes everything that is due. What failed stands in the answer, and is tried again by the next sweep. */
export const sweep = (
  options: JanitorOptions
): Effect.Effect<ReadonlyArray<Swept>, AwsError | JournalError, Ec2 | Elb | Journal> =>
  Effect.gen(function* () {
    const written = options.tagsOnly ? [] : yield* fromJournal(options.caller)
    const swept = yield* Effect.forEach(written, (leftover) => sweepOne(leftover, options))
    const known = new Set(written.map(({ owner, target, undo }) => `${owner} ${target} ${undo._tag}`))
    const tagged = (yield* fromTags).filter(({ owner, target, undo }) => !known.has(`${owner} ${target} ${undo._tag}`))
    return [...swept, ...(yield* Effect.forEach(tagged, (leftover) => sweepOne(leftover, options)))]
  })
