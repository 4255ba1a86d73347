import { Annotations } from "@capstan/api"
import { describe, expect, it } from "vitest"
import { planHook } from "../../src/plan/PreTerminateHook.ts"
import { orphanToRemove } from "../../src/plan/OrphanMember.ts"
import { aControlPlane, aMember, anEtcd, drained, facts, type FactsOptions, owned } from "../Fixtures.ts"

const leaving = (name: string, options: Parameters<typeof owned>[1] = {}) =>
  owned(name, { deleting: true, conditions: drained, ...options })
const otherHook = { [`${Annotations.PreTerminateHookPrefix}/other`]: "" }
const external = {
  clusterConfiguration: { etcd: { external: { caFile: "a", certFile: "b", keyFile: "c", endpoints: ["d"] } } }
}

const told = (options: FactsOptions): string | undefined => {
  const step = planHook(facts(options))
  return step === undefined
    ? undefined
    : step._tag === "HookWait"
      ? "wait"
      : `${step._tag} ${step.machine.metadata.name}`
}

describe("a Machine that is being deleted", () => {
  const rows: ReadonlyArray<{
    readonly rule: string
    readonly given: FactsOptions
    readonly expected: string | undefined
  }> = [
    { rule: "is nobody", given: { machines: [owned("a"), owned("b"), owned("c")] }, expected: undefined },
    {
      rule: "leaves etcd once it is drained",
      given: { machines: [leaving("a"), owned("b"), owned("c")] },
      expected: "ReleaseMember a"
    },
    {
      rule: "is drained first",
      given: { machines: [owned("a", { deleting: true }), owned("b"), owned("c")] },
      expected: "wait"
    },
    { rule: "goes without leave when it is the last", given: { machines: [leaving("a")] }, expected: "DropHook a" },
    {
      rule: "waits for its end when its hook is gone",
      given: {
        machines: [
          {
            ...leaving("a"),
            machine: { ...leaving("a").machine, metadata: { ...leaving("a").machine.metadata, annotations: {} } }
          },
          owned("b")
        ]
      },
      expected: "wait"
    },
    {
      rule: "lets other hooks go first from 1.31",
      given: { machines: [leaving("a", { annotations: otherHook }), owned("b"), owned("c")] },
      expected: "wait"
    },
    {
      rule: "does not before 1.31, by the control plane's version",
      given: {
        controlPlane: aControlPlane({ version: "v1.30.9" }),
        machines: [leaving("a", { annotations: otherHook }), owned("b"), owned("c")]
      },
      expected: "ReleaseMember a"
    },
    {
      rule: "waits while no other Machine has all components",
      given: {
        machines: [
          leaving("a"),
          owned("b", { failing: ["EtcdPodHealthy"] }),
          owned("c", { failing: ["APIServerPodHealthy"] })
        ]
      },
      expected: "wait"
    },
    {
      rule: "waits while nobody knows etcd's members",
      given: { machines: [leaving("a"), owned("b"), owned("c")], etcd: undefined },
      expected: "wait"
    },
    {
      rule: "goes when its member is gone already",
      given: { machines: [leaving("a"), owned("b"), owned("c")], etcd: anEtcd([aMember("b"), aMember("c")]) },
      expected: "DropHook a"
    },
    {
      rule: "waits when the others would have no quorum",
      given: { machines: [leaving("a"), owned("b"), owned("c", { failing: ["EtcdMemberHealthy"] })] },
      expected: "wait"
    },
    {
      rule: "waits while a member joins",
      given: {
        machines: [leaving("a"), owned("b"), owned("c")],
        etcd: anEtcd([aMember("a"), aMember("b"), aMember("c"), aMember("")])
      },
      expected: "wait"
    },
    {
      rule: "of an etcd that is elsewhere goes at once",
      given: {
        controlPlane: aControlPlane({ kubeadmConfigSpec: external }),
        machines: [leaving("a"), owned("b")],
        etcd: undefined
      },
      expected: "DropHook a"
    },
    {
      rule: "is one at a time, the one that was deleted first",
      given: { machines: [leaving("b"), leaving("a"), owned("c"), owned("d"), owned("e")] },
      expected: "ReleaseMember a"
    }
  ]
  it.each(rows)("$rule", ({ expected, given }) => expect(told(given)).toBe(expected))
})

describe("a member without a Machine", () => {
  const three = [aMember("a"), aMember("b"), aMember("c")]
  const machines = [owned("a"), owned("b"), owned("c")]
  const rows: ReadonlyArray<{
    readonly rule: string
    readonly given: FactsOptions
    readonly expected: string | undefined
  }> = [
    { rule: "is not there", given: { machines }, expected: undefined },
    { rule: "is removed", given: { machines, etcd: anEtcd([...three, aMember("x")]) }, expected: "id-x" },
    {
      rule: "stays while a Machine is being made: it may be that one's",
      given: { machines: [...machines, owned("d", { node: undefined })], etcd: anEtcd([...three, aMember("x")]) },
      expected: undefined
    },
    {
      rule: "stays while the others have no quorum",
      given: {
        machines: [owned("a"), owned("b", { failing: ["EtcdMemberHealthy"] })],
        etcd: anEtcd([aMember("a"), aMember("b"), aMember("x")])
      },
      expected: undefined
    },
    {
      rule: "goes when it never got a name",
      given: { machines, etcd: anEtcd([...three, aMember("")]) },
      expected: "id-"
    },
    {
      rule: "stays without a name while a Machine has no member yet",
      given: { machines, etcd: anEtcd([aMember("a"), aMember("b"), aMember("")]) },
      expected: undefined
    },
    {
      rule: "stays when there are no Machines to judge by",
      given: { machines: [], etcd: anEtcd(three) },
      expected: undefined
    },
    {
      rule: "stays when its Node object was deleted but its Machine lives",
      given: { machines: [owned("a", { failing: ["APIServerPodHealthy"] }), owned("b"), owned("c")] },
      expected: undefined
    }
  ]
  it.each(rows)("$rule", ({ expected, given }) => expect(orphanToRemove(facts(given))?.id).toBe(expected))
})
