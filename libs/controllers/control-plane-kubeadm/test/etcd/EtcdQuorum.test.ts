import { MachineCondition } from "@capstan/api"
import { describe, expect, it } from "vitest"
import { keepsQuorum, memberHealth, quorumOf, survivesAddition, survivesRemoval } from "../../src/etcd/EtcdQuorum.ts"
import { aMachine, aMember, anEtcd } from "../Fixtures.ts"

const { EtcdMemberHealthy } = MachineCondition

/** So many members, the first of them sick. */
const cluster = (members: number, sick: number) => {
  const names = Array.from({ length: members }, (_, index) => `m${index}`)
  return {
    etcd: anEtcd(names.map((name) => aMember(name))),
    machines: names.map((name, index) => aMachine(name, index < sick ? { failing: [EtcdMemberHealthy] } : {}))
  }
}

describe("quorumOf", () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 3],
    [7, 4]
  ])("%i voters need %i", (voters, quorum) => expect(quorumOf(voters)).toBe(quorum))
})

describe("survivesRemoval", () => {
  it.each([
    { members: 1, sick: 0, removeSick: true, removeWell: false },
    { members: 1, sick: 1, removeSick: false, removeWell: false },
    { members: 3, sick: 0, removeSick: true, removeWell: true },
    { members: 3, sick: 1, removeSick: true, removeWell: false },
    { members: 3, sick: 2, removeSick: false, removeWell: false },
    { members: 5, sick: 0, removeSick: true, removeWell: true },
    { members: 5, sick: 1, removeSick: true, removeWell: true },
    { members: 5, sick: 2, removeSick: true, removeWell: false },
    { members: 5, sick: 3, removeSick: false, removeWell: false }
  ])("of $members members with $sick sick: the sick may go: $removeSick, a well one: $removeWell", (row) => {
    const { etcd, machines } = cluster(row.members, row.sick)
    const last = `id-m${row.members - 1}`
    if (row.sick > 0) expect(survivesRemoval(etcd, "id-m0", machines)).toBe(row.removeSick)
    if (row.sick < row.members) expect(survivesRemoval(etcd, last, machines)).toBe(row.removeWell)
  })

  it("never leaves fewer healthy voters than a majority of those that are left", () => {
    for (let members = 1; members <= 9; members++) {
      for (let sick = 0; sick <= members; sick++) {
        const { etcd, machines } = cluster(members, sick)
        for (const [index, { id }] of etcd.members.entries()) {
          const left = members - 1
          const well = members - sick - (index < sick ? 0 : 1)
          expect(survivesRemoval(etcd, id, machines)).toBe(left > 0 && well > left / 2)
        }
      }
    }
  })
})

describe("a quorum", () => {
  it.each([
    { rule: "is not changed while a learner is there", members: [{ healthy: true, learner: true }], expected: false },
    { rule: "is one healthy voter of one", members: [{ healthy: true, learner: false }], expected: true },
    {
      rule: "is not one healthy voter of two",
      members: [
        { healthy: true, learner: false },
        { healthy: false, learner: false }
      ],
      expected: false
    }
  ])("$rule", ({ expected, members }) => expect(keepsQuorum(members)).toBe(expected))
})

describe("memberHealth", () => {
  const machine = aMachine("m0")
  it.each([
    { rule: "a member is as healthy as its Machine says", member: aMember("m0"), expected: [true, false] },
    { rule: "a member without a name is an unhealthy learner", member: aMember(""), expected: [false, true] },
    { rule: "a stranger that answers counts as healthy", member: aMember("x"), expected: [true, false] },
    {
      rule: "a stranger that is silent does not",
      member: aMember("x"),
      etcd: { responsive: new Set<string>() },
      expected: [false, false]
    },
    {
      rule: "a stranger with an alarm does not",
      member: aMember("x"),
      etcd: { alarms: [{ memberId: "id-x", type: "CORRUPT" as const }] },
      expected: [false, false]
    }
  ])("$rule", ({ etcd, expected, member }) => {
    const { healthy, learner } = memberHealth(anEtcd([aMember("m0"), member], etcd), member, [machine])
    expect([healthy, learner]).toEqual(expected)
  })
})

describe("survivesAddition", () => {
  it.each([
    { members: 1, sick: 0, expected: true },
    { members: 1, sick: 1, expected: false },
    { members: 2, sick: 0, expected: true },
    { members: 2, sick: 1, expected: false },
    { members: 3, sick: 0, expected: true },
    { members: 3, sick: 1, expected: false },
    { members: 4, sick: 1, expected: true },
    { members: 4, sick: 2, expected: false }
  ])("$members members with $sick sick may take another: $expected", ({ expected, members, sick }) => {
    const { etcd, machines } = cluster(members, sick)
    expect(survivesAddition(etcd, machines)).toBe(expected)
  })
})
