import { Node, Pod } from "@capstan/kubernetes"
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { joinUserData, makeWorld, type TestWorld } from "../TestWorld.ts"

const withWorkers = (count = 2): TestWorld => {
  const w = makeWorld()
  w.initialise()
  w.joinWorkers(...Array.from({ length: count }, (_, index) => `i-w${index + 1}`))
  return w
}

const unreachable = ["NoSchedule", "NoExecute"].map((effect) => `node.kubernetes.io/unreachable:${effect}`)

describe("a Node whose machine falls silent", () => {
  const ways: ReadonlyArray<readonly [what: string, silence: (w: TestWorld) => void, undo: (w: TestWorld) => void]> = [
    ["because it hangs", (w) => w.world.hang("i-w1"), (w) => w.world.wake("i-w1")],
    [
      "because packets do not reach it",
      (w) => w.cloud.change("i-w1", { reachable: false }),
      (w) => w.cloud.change("i-w1", { reachable: true })
    ],
    ["because it is stopped", (w) => w.cloud.stop("i-w1"), (w) => w.cloud.start("i-w1")]
  ]
  for (const [what, silence, undo] of ways) {
    it(`${what} is Unknown after 40 s and Ready again afterwards`, () => {
      const w = withWorkers()
      silence(w)
      w.wait(39)
      expect(w.readyStatus("i-w1")).toBe("True")
      w.wait(2)
      expect(w.readyStatus("i-w1")).toBe("Unknown")
      expect(w.taintKeys("i-w1")).toEqual(expect.arrayContaining(unreachable))
      undo(w)
      w.wait(60)
      expect(w.readyStatus("i-w1")).toBe("True")
      expect(w.taintKeys("i-w1")).toEqual([])
      expect(w.readyStatus("i-w2")).toBe("True")
    })
  }

  it("for less than 40 s has never been away", () => {
    const w = withWorkers()
    w.world.hang("i-w1")
    w.wait(30)
    w.world.wake("i-w1")
    w.wait(60)
    expect(w.told("world").some((event) => event["what"] === "node-not-ready")).toBe(false)
  })

  it("by a reboot of 28 s keeps its Node Ready", () => {
    const w = withWorkers()
    w.cloud.change("i-w1", { bootGeneration: 1 })
    expect(w.world.machineState("i-w1")?.up).toBe(false)
    w.wait(60)
    expect(w.world.machineState("i-w1")).toMatchObject({ up: true, stage: "joined", silentSince: undefined })
    expect(w.told("world").some((event) => event["what"] === "node-not-ready")).toBe(false)
  })

  it("and is terminated loses its Node to the cloud controller", () => {
    const w = withWorkers()
    const name = w.world.machineState("i-w1")?.node
    w.cloud.terminate("i-w1")
    w.wait(39)
    expect(w.node("i-w1")?.metadata.name).toBe(name)
    w.wait(2)
    expect(w.node("i-w1")).toBeUndefined()
  })

  it("and is terminated keeps its Node where no cloud controller runs", () => {
    const w = makeWorld({ preconditions: { cni: true, cloudController: false } })
    w.initialise()
    w.joinWorkers("i-w1")
    w.cloud.terminate("i-w1")
    w.wait(600)
    expect(w.readyStatus("i-w1")).toBe("Unknown")
  })

  it("leaves the Node alone that another machine has taken over under its name", () => {
    const w = makeWorld({ preconditions: { cni: true, cloudController: true } })
    w.initialise()
    const named = joinUserData(w.pki).replaceAll("{{ ds.meta_data.local_hostname }}", "worker")
    w.cloud.launch("i-w1", named)
    w.wait(120)
    w.cloud.change("i-w1", { state: "shutting-down" })
    w.wait(45)
    w.cloud.launch("i-w2", named)
    w.wait(120)
    w.cloud.terminate("i-w1")
    w.wait(600)
    expect(w.readyStatus("i-w2")).toBe("True")
    // A Node's provider id is set once: it still names the machine that is gone.
    expect(w.node("i-w2")?.spec?.providerID).toBe("aws:///us-east-1a/i-w1")
  })

  it("with the last API server is noticed by nobody until that is back", () => {
    const w = withWorkers()
    w.cloud.stop("i-cp1")
    w.world.hang("i-w1")
    w.wait(600)
    expect(w.readyStatus("i-w1")).toBe("True")
    w.cloud.start("i-cp1")
    w.wait(60)
    expect(w.readyStatus("i-w1")).toBe("True")
    w.wait(30)
    expect(w.readyStatus("i-w1")).toBe("Unknown")
    expect(w.readyStatus("i-w2")).toBe("True")
  })
})

describe("a Node object that somebody deletes", () => {
  it("stays away while its kubelet runs, and is registered again after a restart", () => {
    const w = withWorkers()
    const name = w.world.machineState("i-w1")?.node ?? ""
    w.server().delete(Node, { namespace: "", name })
    w.wait(300)
    expect(w.node("i-w1")).toBeUndefined()
    w.cloud.stop("i-w1")
    w.cloud.start("i-w1")
    w.wait(90)
    expect(w.readyStatus("i-w1")).toBe("True")
    expect(w.node("i-w1")?.spec?.providerID).toBe("aws:///us-east-1a/i-w1")
  })

  it("takes its static Pods along", () => {
    const w = makeWorld()
    w.initialise()
    w.joinControlPlanes("i-cp2")
    const name = w.world.machineState("i-cp2")?.node ?? ""
    w.server().delete(Node, { namespace: "", name })
    w.wait(60)
    expect(w.pods("kube-system").filter((pod) => pod.spec.nodeName === name)).toEqual([])
  })
})

describe("a machine that loses its power", () => {
  it("before kubeadm begins anew", () => {
    const w = makeWorld()
    w.initialise()
    w.cloud.launch("i-w1", joinUserData(w.pki))
    w.wait(10)
    w.cloud.stop("i-w1")
    w.wait(300)
    expect(w.world.machineState("i-w1")?.stage).toBe("off")
    w.cloud.start("i-w1")
    w.wait(120)
    expect(w.readyStatus("i-w1")).toBe("True")
  })

  it("in the middle of kubeadm never joins", () => {
    const w = makeWorld()
    w.initialise()
    w.cloud.launch("i-w1", joinUserData(w.pki))
    w.wait(35)
    expect(w.world.machineState("i-w1")?.stage).toBe("joining")
    w.cloud.stop("i-w1")
    w.cloud.start("i-w1")
    w.wait(600)
    expect(w.world.machineState("i-w1")).toMatchObject({ stage: "failed", failure: { reason: "Interrupted" } })
  })

  it("and one that hangs while it boots goes on where it was", () => {
    const w = makeWorld()
    w.initialise()
    w.cloud.launch("i-w1", joinUserData(w.pki))
    w.wait(10)
    w.world.hang("i-w1")
    w.wait(600)
    expect(w.world.machineState("i-w1")?.stage).toBe("booting")
    w.world.wake("i-w1")
    w.wait(120)
    expect(w.readyStatus("i-w1")).toBe("True")
  })
})

describe("an instance", () => {
  it("without user data has nothing to do with any cluster", () => {
    const w = makeWorld()
    w.cloud.launch("i-x", "")
    w.wait(60)
    expect(w.world.machineState("i-x")?.stage).toBe("idle")
  })

  it("that the cloud forgets is forgotten", () => {
    const w = withWorkers(1)
    w.cloud.terminate("i-w1")
    w.cloud.forget("i-w1")
    expect(w.world.machineState("i-w1")).toBeUndefined()
  })

  it("that was the last of its cluster takes the cluster along", () => {
    const w = withWorkers(1)
    w.cloud.terminate("i-w1")
    expect(w.world.apiServers().size).toBe(1)
    w.cloud.terminate("i-cp1")
    expect(w.world.apiServers().size).toBe(0)
    expect(w.world.etcd()).toEqual([])
  })
})

describe("Pods of a lost Node", () => {
  it("are evicted when the API is back if their time came while it was away", () => {
    const w = withWorkers(1)
    const nodeName = w.world.machineState("i-w1")?.node ?? ""
    const metadata = { namespace: "default", name: "p" }
    w.server().create(Pod, { metadata, spec: { nodeName, containers: [{ name: "p" }] } })
    w.world.hang("i-w1")
    w.wait(60)
    w.world.hang("i-cp1")
    w.wait(600)
    expect(w.pods("default")[0]?.metadata.deletionTimestamp).toBeUndefined()
    w.world.wake("i-cp1")
    w.wait(10)
    expect(w.pods("default")[0]?.metadata.deletionTimestamp).toBeDefined()
  })

  it("are deleted after five minutes, stay Terminating, and go with the Node", () => {
    const w = withWorkers(1)
    const nodeName = w.world.machineState("i-w1")?.node ?? ""
    const key = { namespace: "default", name: "p" }
    Result.getOrThrow(
      w.server().create(Pod, {
        metadata: key,
        spec: { nodeName, containers: [{ name: "p" }] }
      })
    )
    w.world.hang("i-w1")
    w.wait(335)
    expect(w.pods("default")[0]?.metadata.deletionTimestamp).toBeUndefined()
    w.wait(10)
    expect(w.pods("default")[0]?.metadata.deletionTimestamp).toBeDefined()
    w.wait(3600)
    expect(w.pods("default")).toHaveLength(1)
    w.server().delete(Node, { namespace: "", name: nodeName })
    w.wait(60)
    expect(w.pods("default")).toEqual([])
  })
})
