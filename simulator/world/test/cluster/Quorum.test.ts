import { ConfigMap } from "@capstan/kubernetes"
import { Effect, Stream } from "effect"
import { describe, expect, it } from "vitest"
import { cluster, makeWorld, type TestWorld } from "../TestWorld.ts"

const three = (): TestWorld => {
  const w = makeWorld()
  w.initialise()
  w.joinControlPlanes("i-cp2", "i-cp3")
  return w
}

const config = { namespace: "kube-system", name: "kubeadm-config" }

const steps = (w: TestWorld): ReadonlyArray<unknown> =>
  w
    .told("etcd")
    .slice(6)
    .map((event) => event["step"])

describe("a cluster of three control planes", () => {
  it("goes on with one of them dead, under another leader", () => {
    const w = three()
    const connection = w.connect()
    w.cloud.stop("i-cp1")
    expect(w.world.etcd()[0]?.leader).toBeUndefined()
    w.wait(5)
    expect(w.world.etcd()[0]?.leader).toBe(w.world.etcd()[0]?.members[1]?.id)
    w.run(connection.client.get(ConfigMap, config))
    expect(steps(w)).toEqual(["leader"])
  })

  it("answers nothing without a quorum, and everything again with one", () => {
    const w = three()
    const connection = w.connect()
    w.cloud.stop("i-cp2")
    w.cloud.stop("i-cp3")
    for (const port of [6443]) expect(["i-cp1", "i-cp2"].map((id) => w.world.serves(id, port))).toEqual([false, false])
    expect(w.failure(connection.client.get(ConfigMap, config)).reason).toBe("Unreachable")
    expect(
      w.failure(connection.client.create(ConfigMap, { metadata: { namespace: "default", name: "x" } })).reason
    ).toBe("Unreachable")
    expect(w.failure(connection.probe)).toMatchObject({ _tag: "WorkloadUnreachable", unauthorized: false })
    w.cloud.start("i-cp2")
    w.wait(60)
    w.run(connection.probe)
    w.run(connection.client.get(ConfigMap, config))
    expect(steps(w)).toEqual(["quorum-lost", "quorum-restored", "leader"])
    expect(w.told("world").filter((event) => event["what"] === "api-up")).toHaveLength(2)
  })

  it("breaks watches when its API goes away, also those that wait for nothing", () => {
    const w = three()
    const connection = w.connect()
    const seen = w.kernel.fork(
      Effect.flip(Stream.runDrain(connection.client.watch(ConfigMap, { namespace: "default" })))
    )
    w.wait(10)
    expect(seen.pollUnsafe()).toBeUndefined()
    w.world.hang("i-cp2")
    w.world.hang("i-cp3")
    w.wait(1)
    expect(seen.pollUnsafe()).toMatchObject({ value: { reason: "Unreachable" } })
  })

  it("tells its cloud whenever a machine begins or ceases to answer", () => {
    const w = three()
    w.cloud.healthTold.length = 0
    w.world.hang("i-cp3")
    expect(w.cloud.healthTold).toEqual(["i-cp3"])
    w.world.hang("i-cp2")
    expect(new Set(w.cloud.healthTold)).toEqual(new Set(["i-cp1", "i-cp2", "i-cp3"]))
  })
})

describe("etcd's members", () => {
  const memberOf = (w: TestWorld, instance: string) =>
    w.world.etcd()[0]?.members.find((each) => each.instanceId === instance)
  const target = (w: TestWorld, instance: string) => ({ cluster, node: w.world.machineState(instance)?.node ?? "" })

  it("answer for themselves and for all", () => {
    const w = three()
    const status = w.run(w.etcdCall((etcd) => etcd.status(target(w, "i-cp2"))))
    expect(status.memberId).toBe(memberOf(w, "i-cp2")?.id)
    expect(status.leaderId).toBe(memberOf(w, "i-cp1")?.id)
    expect(status.members[2]).toEqual({
      id: memberOf(w, "i-cp3")?.id,
      name: "ip-10-0-0-3.ec2.internal",
      peerUrls: ["https://10.0.0.3:2380"],
      clientUrls: ["https://10.0.0.3:2379"],
      isLearner: false
    })
    expect(status.memberId).toMatch(/^[1-9a-f][0-9a-f]{15}$/)
  })

  it("are removed, with what ran on top of them", () => {
    const w = three()
    w.run(w.etcdCall((etcd) => etcd.remove(target(w, "i-cp1"), memberOf(w, "i-cp3")?.id ?? "")))
    expect(w.world.etcd()[0]?.members).toHaveLength(2)
    expect(w.world.serves("i-cp3", 6443)).toBe(false)
    expect(w.world.serves("i-cp1", 6443)).toBe(true)
    const unready = w
      .pods("kube-system")
      .filter((pod) => pod.status?.conditions?.some((each) => each.type === "Ready" && each.status === "False"))
    expect(unready.map((pod) => pod.metadata.name)).toEqual([
      "etcd-ip-10-0-0-3.ec2.internal",
      "kube-apiserver-ip-10-0-0-3.ec2.internal"
    ])
    expect(w.failure(w.etcdCall((etcd) => etcd.status(target(w, "i-cp3"))))._tag).toBe("EtcdUnreachable")
  })

  it("elect another leader when theirs is removed", () => {
    const w = three()
    w.run(w.etcdCall((etcd) => etcd.remove(target(w, "i-cp2"), memberOf(w, "i-cp1")?.id ?? "")))
    w.wait(5)
    expect(w.world.etcd()[0]?.leader).toBe(memberOf(w, "i-cp2")?.id)
  })

  it("hand leadership on when the leader is asked", () => {
    const w = three()
    const third = memberOf(w, "i-cp3")?.id ?? ""
    expect(w.failure(w.etcdCall((etcd) => etcd.moveLeader(target(w, "i-cp2"), third)))).toMatchObject({
      reason: "NotLeader"
    })
    expect(w.failure(w.etcdCall((etcd) => etcd.moveLeader(target(w, "i-cp1"), "f00")))).toMatchObject({
      reason: "BadLeaderTransferee"
    })
    w.run(w.etcdCall((etcd) => etcd.moveLeader(target(w, "i-cp1"), third)))
    expect(w.world.etcd()[0]?.leader).toBe(third)
  })

  it("refuse what would cost them their quorum", () => {
    const w = three()
    w.world.hang("i-cp3")
    const error = w.failure(w.etcdCall((etcd) => etcd.remove(target(w, "i-cp1"), memberOf(w, "i-cp2")?.id ?? "")))
    expect(error).toMatchObject({ _tag: "EtcdRefused", reason: "UnhealthyCluster" })
    w.run(w.etcdCall((etcd) => etcd.remove(target(w, "i-cp1"), memberOf(w, "i-cp3")?.id ?? "")))
    const absent = w.failure(w.etcdCall((etcd) => etcd.remove(target(w, "i-cp1"), "f00")))
    expect(absent).toMatchObject({ _tag: "EtcdRefused", reason: "MemberNotFound" })
  })

  it("are not reached without an API server", () => {
    const w = three()
    w.connect()
    w.cloud.resolves = false
    expect(w.failure(w.etcdCall((etcd) => etcd.status(target(w, "i-cp1"))))).toMatchObject({
      _tag: "EtcdUnreachable",
      message: "lookup lb.example.com: no such host"
    })
  })
})
