/**
 * What every `EtcdMembers` has to do: members that agree on themselves, and the refusals that keep a cluster its quorum.
 *
 * Left out: alarms beyond their absence, clusters whose members see each other in part.
 *
 * @source https://etcd.io/docs/v3.5/dev-guide/api_reference_v3/ and https://etcd.io/docs/v3.5/op-guide/runtime-configuration/
 */
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { EtcdMembers, EtcdRefused, type EtcdStatus, type EtcdTarget, EtcdUnreachable } from "../EtcdMembers.ts"
import { type ConformanceBackend, eventually, failureOf, seamChecksOf } from "./ConformanceBackend.ts"

export interface EtcdMembersGiven {
  readonly cluster: EtcdTarget["cluster"]
  /** The Nodes of its three control planes; their members are healthy voters. */
  readonly nodes: readonly [string, string, string]
  /** Stops the Node's machine: nothing on it answers. */
  readonly stop: (node: string) => Effect.Effect<void>
  /** Starts it again: its member is back within five minutes, unless it was removed. */
  readonly start: (node: string) => Effect.Effect<void>
  /** Adds a member on a fourth Node as a learner, which it remains for three seconds at least. Answers with the Node's name. */
  readonly addLearner: Effect.Effect<string>
}

const memberId = /^[0-9a-f]{1,16}$/

/** The service with one cluster filled in, and the sentences that checks are made of. */
const askingOf = ({ cluster, nodes }: EtcdMembersGiven) => {
  const status = (node: string) => Effect.flatMap(EtcdMembers, (etcd) => etcd.status({ cluster, node }))
  const remove = (node: string, id: string) => Effect.flatMap(EtcdMembers, (etcd) => etcd.remove({ cluster, node }, id))
  const moveLeader = (node: string, id: string) =>
    Effect.flatMap(EtcdMembers, (etcd) => etcd.moveLeader({ cluster, node }, id))

  /** The answers of all these Nodes' members as soon as they name one leader, which is among them. */
  const agreed = (among: ReadonlyArray<string>) =>
    eventually(
      `${among.join(", ")} agree on a leader among them`,
      Effect.map(Effect.forEach(among, status), (answers) => {
        const leaders = new Set(answers.map((answer) => answer.leaderId))
        return leaders.size === 1 && answers.some((answer) => leaders.has(answer.memberId)) ? answers : undefined
      })
    )

  /** The leader's Node and the others', in the order of the Nodes, with the ids of their members. */
  const roles = Effect.gen(function* () {
    const answers = yield* agreed(nodes)
    const placed = answers.map((answer, index) => ({ node: nodes[index] ?? "", id: answer.memberId }))
    const leader = placed.find(({ id }) => id === answers[0]?.leaderId)
    const [one, other] = placed.filter((place) => place !== leader)
    if (leader === undefined || one === undefined || other === undefined) throw new Error("three members were given")
    return { leader, one, other }
  })

  return { status, remove, moveLeader, agreed, roles }
}

const idsIn = (status: EtcdStatus): ReadonlyArray<string> => status.members.map((member) => member.id).sort()

/** An id that none of the members has. */
const unknownIdIn = (status: EtcdStatus): string => (idsIn(status).includes("f00") ? "f01" : "f00")

const refusedWith = <A, R>(
  reason: EtcdRefused["reason"],
  what: string,
  effect: Effect.Effect<A, EtcdUnreachable | EtcdRefused, R>
): Effect.Effect<void, never, R> =>
  Effect.map(failureOf(what, effect), (error) => {
    assert.instanceOf(error, EtcdRefused, `${what}: ${error.message}`)
    assert.strictEqual(error.reason, reason, `${what}: ${error.message}`)
  })

const unreachable = <A, R>(
  node: string,
  effect: Effect.Effect<A, EtcdUnreachable | EtcdRefused, R>
): Effect.Effect<void, never, R> =>
  Effect.map(failureOf(`asking the member on ${node}`, effect), (error) => {
    assert.instanceOf(error, EtcdUnreachable, error.message)
    assert.strictEqual(error.node, node)
  })

/** Declares the suite for a backend; call it at the top of a test file. */
export const etcdMembersConformance = (backend: ConformanceBackend<EtcdMembers, EtcdMembersGiven>): void => {
  describe(`EtcdMembers: ${backend.name}`, () => {
    const check = seamChecksOf(backend)

    check("every member answers for itself, under its Node's name", (given) =>
      Effect.gen(function* () {
        const { status } = askingOf(given)
        const answers = yield* Effect.forEach(given.nodes, status)
        for (const [index, answer] of answers.entries()) {
          assert.match(answer.memberId, memberId)
          assert.strictEqual(
            answer.members.find((member) => member.id === answer.memberId)?.name,
            given.nodes[index],
            "the member that answers is the one on the Node"
          )
          assert.deepStrictEqual(answer.alarms, [])
        }
        assert.strictEqual(new Set(answers.map((answer) => answer.memberId)).size, 3)
      })
    )

    check("all members agree on the members and on one leader among them", (given) =>
      Effect.gen(function* () {
        const [first, ...others] = yield* askingOf(given).agreed(given.nodes)
        if (first === undefined) throw new Error("no answer")
        assert.sameMembers(
          first.members.map((member) => member.name),
          [...given.nodes]
        )
        for (const member of first.members) {
          assert.match(member.id, memberId)
          assert.isFalse(member.isLearner, member.name)
          assert.isNotEmpty(member.peerUrls)
          assert.isNotEmpty(member.clientUrls)
          for (const url of [...member.peerUrls, ...member.clientUrls]) assert.match(url, /^https:\/\/.+:\d+$/)
        }
        assert.strictEqual(new Set(first.members.flatMap((member) => member.peerUrls)).size, 3)
        assert.include(idsIn(first), first.leaderId)
        for (const other of others) assert.sameDeepMembers([...other.members], [...first.members])
      })
    )

    check("on a Node that is none of the cluster's there is nobody to ask", (given) =>
      Effect.gen(function* () {
        const { moveLeader, remove, roles, status } = askingOf(given)
        const { one } = yield* roles
        const node = "no-such-node"
        yield* unreachable(node, status(node))
        yield* unreachable(node, remove(node, one.id))
        yield* unreachable(node, moveLeader(node, one.id))
        assert.include(idsIn(yield* status(one.node)), one.id)
      })
    )

    check("a stopped member is unreachable but still a member, and comes back as itself", (given) =>
      Effect.gen(function* () {
        const { agreed, roles, status } = askingOf(given)
        const { leader, one, other } = yield* roles
        yield* given.stop(one.node)
        const [answer] = yield* agreed([leader.node, other.node])
        yield* unreachable(one.node, status(one.node))
        assert.deepInclude(
          (answer?.members ?? []).map(({ id, name }) => ({ id, name })),
          { id: one.id, name: one.node }
        )
        yield* given.start(one.node)
        const back = yield* agreed(given.nodes)
        assert.include(
          back.map((each) => each.memberId),
          one.id
        )
      })
    )

    check("another leader is elected when theirs stops", (given) =>
      Effect.gen(function* () {
        const { agreed, roles } = askingOf(given)
        const { leader, one, other } = yield* roles
        yield* given.stop(leader.node)
        const [answer] = yield* agreed([one.node, other.node])
        assert.include([one.id, other.id], answer?.leaderId)
        yield* given.start(leader.node)
        yield* agreed(given.nodes)
      })
    )

    check("a removed member is gone for the others, and answers no more", (given) =>
      Effect.gen(function* () {
        const { agreed, remove, roles, status } = askingOf(given)
        const { leader, one, other } = yield* roles
        yield* remove(leader.node, one.id)
        for (const answer of yield* agreed([leader.node, other.node])) {
          assert.deepStrictEqual(idsIn(answer), [leader.id, other.id].sort())
        }
        yield* eventually(
          "the removed member ends",
          Effect.map(Effect.result(status(one.node)), (result) =>
            result._tag === "Failure" && result.failure._tag === "EtcdUnreachable" ? true : undefined
          )
        )
        yield* refusedWith("MemberNotFound", "removing it once more", remove(leader.node, one.id))
      })
    )

    check("a member that nobody knows cannot be removed", (given) =>
      Effect.gen(function* () {
        const { remove, status } = askingOf(given)
        const [node] = given.nodes
        const before = yield* status(node)
        yield* refusedWith("MemberNotFound", "removing a stranger", remove(node, unknownIdIn(before)))
        assert.deepStrictEqual(idsIn(yield* status(node)), idsIn(before))
      })
    )

    check("another leader is elected when theirs is removed", (given) =>
      Effect.gen(function* () {
        const { agreed, remove, roles } = askingOf(given)
        const { leader, one, other } = yield* roles
        yield* remove(one.node, leader.id)
        const [answer] = yield* agreed([one.node, other.node])
        assert.notInclude(answer === undefined ? [] : idsIn(answer), leader.id)
      })
    )

    check("with one of three down, the two that live have to stay, and the dead one may go", (given) =>
      Effect.gen(function* () {
        const { agreed, remove, roles, status } = askingOf(given)
        const { leader, one, other } = yield* roles
        yield* given.stop(other.node)
        yield* agreed([leader.node, one.node])
        yield* refusedWith("UnhealthyCluster", "removing one of two that live", remove(leader.node, one.id))
        assert.deepStrictEqual(idsIn(yield* status(leader.node)), [leader.id, one.id, other.id].sort())
        yield* remove(leader.node, other.id)
        assert.deepStrictEqual(idsIn(yield* status(leader.node)), [leader.id, one.id].sort())
      })
    )

    check("without a quorum nothing is removed and no leader moves", (given) =>
      Effect.gen(function* () {
        const { agreed, moveLeader, remove, roles } = askingOf(given)
        const { leader, one, other } = yield* roles
        yield* given.stop(one.node)
        yield* given.stop(other.node)
        yield* failureOf("removing a dead member without a quorum", remove(leader.node, one.id))
        yield* failureOf("removing a living member without a quorum", remove(leader.node, leader.id))
        yield* failureOf("moving the leader without a quorum", moveLeader(leader.node, one.id))
        yield* given.start(one.node)
        yield* given.start(other.node)
        for (const answer of yield* agreed(given.nodes)) {
          assert.deepStrictEqual(idsIn(answer), [leader.id, one.id, other.id].sort())
        }
      })
    )

    check("the leader hands its office to another member", (given) =>
      Effect.gen(function* () {
        const { agreed, moveLeader, roles } = askingOf(given)
        const { leader, one } = yield* roles
        yield* moveLeader(leader.node, one.id)
        for (const answer of yield* agreed(given.nodes)) assert.strictEqual(answer.leaderId, one.id)
        yield* moveLeader(one.node, leader.id)
        for (const answer of yield* agreed(given.nodes)) assert.strictEqual(answer.leaderId, leader.id)
      })
    )

    check("only the leader can hand it over", (given) =>
      Effect.gen(function* () {
        const { agreed, moveLeader, roles } = askingOf(given)
        const { leader, one, other } = yield* roles
        yield* refusedWith("NotLeader", "asking one that does not lead", moveLeader(one.node, other.id))
        yield* refusedWith("NotLeader", "asking one that does not lead to lead", moveLeader(one.node, one.id))
        for (const answer of yield* agreed(given.nodes)) assert.strictEqual(answer.leaderId, leader.id)
      })
    )

    check("it is handed to no stranger, and to nobody who is down", (given) =>
      Effect.gen(function* () {
        const { agreed, moveLeader, roles, status } = askingOf(given)
        const { leader, one, other } = yield* roles
        const stranger = unknownIdIn(yield* status(leader.node))
        yield* refusedWith("BadLeaderTransferee", "moving the leader to a stranger", moveLeader(leader.node, stranger))
        yield* given.stop(one.node)
        yield* agreed([leader.node, other.node])
        yield* refusedWith("Timeout", "moving the leader to one that is down", moveLeader(leader.node, one.id))
        for (const answer of yield* agreed([leader.node, other.node])) assert.strictEqual(answer.leaderId, leader.id)
      })
    )

    check("a learner is known to all as such, and cannot lead", (given) =>
      Effect.gen(function* () {
        const { moveLeader, roles, status } = askingOf(given)
        const { leader } = yield* roles
        const node = yield* given.addLearner
        const answers = yield* Effect.forEach(given.nodes, status)
        const learners = answers.map((answer) => answer.members.filter((member) => member.isLearner))
        const [learner] = learners[0] ?? []
        if (learner === undefined) throw new Error("there is no learner")
        for (const each of learners) assert.deepStrictEqual(each, [learner])
        // Nameless until it has started.
        assert.include(["", node], learner.name)
        yield* refusedWith("BadLeaderTransferee", "moving the leader to a learner", moveLeader(leader.node, learner.id))
        assert.strictEqual((yield* status(leader.node)).leaderId, leader.id)
      })
    )

    check("a learner can be removed, and the voters stay", (given) =>
      Effect.gen(function* () {
        const { remove, roles, status } = askingOf(given)
        const { leader, one, other } = yield* roles
        yield* given.addLearner
        const learner = (yield* status(leader.node)).members.find((member) => member.isLearner)
        if (learner === undefined) throw new Error("there is no learner")
        yield* remove(leader.node, learner.id)
        assert.deepStrictEqual(idsIn(yield* status(one.node)), [leader.id, one.id, other.id].sort())
      })
    )
  })
}
