import { describe, expect, it } from "vitest"
import { leaderCandidate } from "../../src/etcd/LeaderCandidate.ts"
import { isMemberOf } from "../../src/etcd/EtcdView.ts"
import { aMachine, aMember, owned, unhealthy } from "../Fixtures.ts"

const addresses = { addresses: [{ type: "InternalIP" as const, address: "10.0.0.1" }] }

describe("a member is a Machine's", () => {
  it.each([
    {
      rule: "by the name of its Node, whatever the Machine's name",
      machine: aMachine("m", { node: "ip-10-0-0-1.internal" }),
      member: aMember("", { name: "ip-10-0-0-1.internal" }),
      expected: true
    },
    {
      rule: "not by the Machine's name",
      machine: aMachine("m", { node: "n" }),
      member: aMember("", { name: "m" }),
      expected: false
    },
    {
      rule: "by its address before there is a Node",
      machine: aMachine("m", { node: undefined, status: addresses }),
      member: aMember("x"),
      expected: true
    },
    {
      rule: "by its address before it has a name",
      machine: aMachine("m", { status: addresses }),
      member: aMember(""),
      expected: true
    },
    {
      rule: "not by another address",
      machine: aMachine("m", { node: undefined }),
      member: aMember("x"),
      expected: false
    },
    {
      rule: "by an IPv6 address",
      machine: aMachine("m", { node: undefined, status: { addresses: [{ type: "InternalIP", address: "fd00::1" }] } }),
      member: aMember("x", { peerUrls: ["https://[fd00::1]:2380"] }),
      expected: true
    }
  ])("$rule", ({ expected, machine, member }) => expect(isMemberOf(member, machine)).toBe(expected))
})

describe("leadership goes to", () => {
  const leaving = owned("leaving")
  it.each([
    { rule: "a healthy member", machines: [owned("b", { failing: ["EtcdMemberHealthy"] }), owned("c")], expected: "c" },
    {
      rule: "one that no health check has marked",
      machines: [owned("b", { conditions: unhealthy }), owned("c")],
      expected: "c"
    },
    {
      rule: "one that stays after a rollout",
      machines: [owned("b", { outdated: true }), owned("c", { ageMinutes: 900 })],
      expected: "c"
    },
    { rule: "the newest among equals", machines: [owned("b"), owned("c", { ageMinutes: 5 })], expected: "c" },
    {
      rule: "nobody without a Node, or on the way out",
      machines: [owned("b", { node: undefined }), owned("c", { deleting: true })],
      expected: undefined
    }
  ])("$rule", ({ expected, machines }) => {
    expect(leaderCandidate([leaving, ...machines], leaving.machine)?.metadata.name).toBe(expected)
  })
})
