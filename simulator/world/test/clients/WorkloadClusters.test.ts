import { ConfigMap, Node } from "@capstan/kubernetes"
import { NameResolver } from "@capstan/provider"
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { initUserData, makeWorld } from "../TestWorld.ts"

const list = { namespace: "kube-system" }

describe("the way into a workload cluster", () => {
  it("leads through the endpoint to the API server", () => {
    const w = makeWorld()
    w.initialise()
    const { client, probe } = w.connect()
    w.run(probe)
    expect(w.run(client.list(ConfigMap, list)).items.map((item) => item.metadata.name)).toEqual([
      "coredns",
      "kubeadm-config",
      "kubelet-config"
    ])
  })

  it("is closed while the name does not resolve, and before anything answers", () => {
    const w = makeWorld()
    expect(w.failure(w.connecting())).toMatchObject({ message: "connect to lb.example.com: connection refused" })
    w.cloud.resolves = false
    expect(w.failure(w.connecting())).toMatchObject({
      message: "lookup lb.example.com: no such host",
      unauthorized: false
    })
  })

  it("takes ten seconds to find a dead target that is still in service", () => {
    const w = makeWorld()
    w.initialise()
    const { client, probe } = w.connect()
    w.cloud.stuckInService.add("i-cp1")
    w.world.hang("i-cp1")
    const before = w.kernel.now()
    expect(w.failure(client.list(Node)).message).toContain("i/o timeout")
    expect(w.kernel.now() - before).toBe(10_000)
    w.failure(probe)
    expect(w.kernel.now() - before).toBe(15_000)
  })

  it("keeps to a server that is taken out of service for five seconds at most", () => {
    const w = makeWorld()
    w.initialise()
    const { client } = w.connect()
    w.run(client.list(Node))
    w.cloud.resolves = false
    w.run(client.list(Node))
    w.wait(6)
    expect(w.failure(client.list(Node)).message).toContain("no such host")
  })

  it("is closed to other authorities, on either side, and to certificates that have ended", () => {
    const w = makeWorld()
    w.initialise()
    const other = { ...w.pki, ca: w.pki.proxy }
    expect(w.failure(w.connecting(w.kubeconfig(other)))).toMatchObject({
      message: "x509: certificate signed by unknown authority",
      unauthorized: true
    })
    const mixed = w.kubeconfig().replace(/client-certificate-data: .*/, "client-certificate-data: bm9uc2Vuc2U=")
    expect(w.failure(w.connecting(mixed))).toMatchObject({ message: "Unauthorized", unauthorized: true })
    const old = w.kubeconfig()
    const { probe } = w.connect()
    w.wait(366 * 86_400)
    expect(w.failure(w.connecting(old)).unauthorized).toBe(true)
    expect(w.failure(probe).unauthorized).toBe(true)
  })

  it("sees what others write, and writes", () => {
    const w = makeWorld()
    w.initialise()
    const { client } = w.connect()
    const key = { namespace: "default", name: "x" }
    w.run(client.create(ConfigMap, { metadata: key, data: { a: "1" } }))
    w.run(client.patch(ConfigMap, key, { type: "merge", body: { data: { a: "2" } } }))
    expect(w.run(client.get(ConfigMap, key)).data).toEqual({ a: "2" })
    w.run(client.delete(ConfigMap, key))
    expect(w.failure(client.get(ConfigMap, key)).reason).toBe("NotFound")
  })
})

describe("names", () => {
  it("resolve when their cloud says so", () => {
    const w = makeWorld()
    const resolve = (host: string) => Effect.flatMap(NameResolver, (resolver) => resolver.resolve(host))
    expect(w.run(resolve("lb.example.com"))).toHaveLength(1)
    expect(w.run(resolve("10.0.0.9"))).toEqual(["10.0.0.9"])
    expect(w.failure(resolve("nowhere.example.com"))).toMatchObject({
      _tag: "NameNotFound",
      host: "nowhere.example.com"
    })
  })
})

it("two machines that both init are two clusters behind one name", () => {
  const w = makeWorld()
  w.initialise()
  w.cloud.launch("i-cp2", initUserData(w.pki), { target: true })
  w.wait(180)
  const { client } = w.connect()
  expect(w.run(client.list(Node)).items).toHaveLength(1)
})
