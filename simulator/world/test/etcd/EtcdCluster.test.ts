import { describe, expect, it } from "vitest"
import {
  type EtcdCluster,
  hasQuorum,
  type MemberState,
  quorumOf,
  refusalToAdd,
  refusalToRemove
} from "../../src/etcd/EtcdCluster.ts"

const member = (id: string, learner = false): MemberState => ({
  id,
  name: `node-${id}`,
  address: "",
  learner,
  machine: id
})

const etcdOf = (voters: number, learners = 0, leader: string | undefined = "1"): EtcdCluster => ({
  members: [
    ...Array.from({ length: voters }, (_, index) => member(String(index + 1))),
    ...Array.from({ length: learners }, (_, index) => member(`learner${index}`, true))
  ],
  leader,
  term: 1,
  electing: false
})

/** All but the last `down` voters are up. */
const up = (voters: number, down: number) => (each: MemberState) => each.learner || Number(each.id) <= voters - down

describe("etcd", () => {
  it("needs more than a half of its voters", () => expect([1, 2, 3, 4, 5].map(quorumOf)).toEqual([1, 2, 2, 3, 3]))

  for (const [voters, down, holds] of [
    [1, 0, true],
    [1, 1, false],
    [2, 1, false],
    [3, 1, true],
    [3, 2, false],
    [5, 2, true],
    [5, 3, false]
  ] as const) {
    it(`of ${voters} with ${down} down has ${holds ? "a" : "no"} quorum`, () =>
      expect(hasQuorum(etcdOf(voters), up(voters, down))).toBe(holds))
  }

  it("without a member has none", () => expect(hasQuorum(etcdOf(0), () => true)).toBe(false))

  const removals: ReadonlyArray<
    readonly [what: string, voters: number, down: number, id: string, refusal: string | undefined]
  > = [
    ["a member of three", 3, 0, "3", undefined],
    ["the dead member of three", 3, 1, "3", undefined],
    ["a living member of three when one is dead", 3, 1, "1", "UnhealthyCluster"],
    ["one of two", 2, 0, "2", undefined],
    ["the last one", 1, 0, "1", "UnhealthyCluster"],
    ["a stranger", 3, 0, "9", "MemberNotFound"],
    ["anything without a quorum", 3, 2, "3", "NoLeader"]
  ]
  for (const [what, voters, down, id, refusal] of removals) {
    it(`answers ${refusal ?? "yes"} to the removal of ${what}`, () =>
      expect(refusalToRemove(etcdOf(voters), up(voters, down), id)).toBe(refusal))
  }

  it("takes one learner at a time", () => {
    expect(refusalToAdd(etcdOf(1), () => true, true)).toBeUndefined()
    expect(refusalToAdd(etcdOf(1, 1), () => true, true)).toBe("TooManyLearners")
  })

  it("takes no voter while one is down, and nothing without a leader", () => {
    expect(refusalToAdd(etcdOf(3), up(3, 1), false)).toBe("UnhealthyCluster")
    expect(refusalToAdd({ ...etcdOf(3), leader: undefined }, () => true, true)).toBe("NoLeader")
  })
})
