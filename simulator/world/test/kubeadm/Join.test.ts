import { describe, expect, it } from "vitest"
import { initUserData, joinUserData, makeWorld, token } from "../TestWorld.ts"

describe("a join", () => {
  it("of two control planes makes an etcd of three voters, learners first", () => {
    const w = makeWorld()
    w.initialise()
    w.joinControlPlanes("i-cp2", "i-cp3")
    expect(w.world.etcd()).toMatchObject([
      { cluster: "demo", members: [1, 2, 3].map((n) => ({ instanceId: `i-cp${n}`, healthy: true, voter: true })) }
    ])
    expect(w.told("etcd").map((event) => event["step"])).toEqual([
      "added",
      "leader",
      "added",
      "promoted",
      "added",
      "promoted"
    ])
    expect(w.readyStatus("i-cp3")).toBe("True")
    expect(w.taintKeys("i-cp3")).toEqual(["node-role.kubernetes.io/control-plane:NoSchedule"])
    expect(w.pods("kube-system")).toHaveLength(12)
    expect(w.cloud.ports.endpoints.resolve("lb.example.com")).toEqual(["i-cp1", "i-cp2", "i-cp3"])
  })

  it("before 1.29 votes at once", () => {
    const w = makeWorld()
    w.initialise({ version: "v1.20.5", apiVersion: "v1beta2" })
    const userData = joinUserData(w.pki, { controlPlane: true, apiVersion: "v1beta2" })
    w.cloud.launch("i-cp2", userData, { target: true, imageId: "capa-ami-ubuntu-18.04-1.20.5-00-1613800000" })
    w.wait(180)
    expect(w.told("etcd").map((event) => event["step"])).toEqual(["added", "leader", "added"])
    expect(w.taintKeys("i-cp2")).toEqual(["node-role.kubernetes.io/master:NoSchedule"])
    expect(w.node("i-cp2")?.status?.nodeInfo?.kubeletVersion).toBe("v1.20.5")
  })

  interface Failing {
    readonly what: string
    readonly reason: string
    readonly atOnce: boolean
    readonly prepare: (w: ReturnType<typeof makeWorld>) => string
  }
  const failing: ReadonlyArray<Failing> = [
    {
      what: "with a token that the cluster does not know",
      reason: "TokenRefused",
      atOnce: false,
      prepare: (w) => joinUserData(w.pki, { token: "fedcba.0123456789abcdef" })
    },
    {
      what: "with the wrong secret behind a known token",
      reason: "TokenRefused",
      atOnce: false,
      prepare: (w) => joinUserData(w.pki, { token: `${token.slice(0, 7)}ffffffffffffffff` })
    },
    {
      what: "with a hash of another authority",
      reason: "CertificateHashMismatch",
      atOnce: true,
      prepare: (w) => joinUserData(w.pki, { hash: `sha256:${"0".repeat(64)}` })
    },
    {
      what: "at an endpoint that does not resolve",
      reason: "EndpointUnreachable",
      atOnce: false,
      prepare: (w) => {
        w.cloud.resolves = false
        return joinUserData(w.pki)
      }
    },
    {
      what: "while no API server answers",
      reason: "EndpointUnreachable",
      atOnce: false,
      prepare: (w) => {
        w.cloud.stop("i-cp1")
        return joinUserData(w.pki)
      }
    },
    {
      what: "as a control plane without authorities",
      reason: "PreflightFailed",
      atOnce: true,
      prepare: (w) => joinUserData(w.pki, { controlPlane: true }).replaceAll("/etc/kubernetes/pki/etcd/", "/elsewhere/")
    },
    {
      what: "as a control plane with another cluster's authorities",
      reason: "PreflightFailed",
      atOnce: true,
      prepare: (w) => joinUserData({ ...w.pki, ca: w.pki.proxy }, { controlPlane: true })
    },
    {
      what: "with a cloud provider that the kubelet has no more",
      reason: "PreflightFailed",
      atOnce: true,
      prepare: (w) => joinUserData(w.pki, { provider: "aws" })
    }
  ]
  for (const { atOnce, prepare, reason, what } of failing) {
    it(`${what} fails for good, ${atOnce ? "at once" : "after five minutes"}`, () => {
      const w = makeWorld()
      w.initialise()
      w.cloud.launch("i-x", prepare(w))
      w.wait(30)
      expect(w.world.machineState("i-x")).toMatchObject({ stage: atOnce ? "failed" : "joining" })
      w.wait(310)
      expect(w.world.machineState("i-x")).toMatchObject({
        stage: "failed",
        failure: { reason },
        bootstrapped: false,
        node: undefined
      })
      w.wait(3600)
      expect(w.world.machineState("i-x")?.stage).toBe("failed")
    })
  }

  it("with an expired token fails, and with one that lives again in time succeeds", () => {
    const w = makeWorld()
    w.cloud.launch("i-cp1", initUserData(w.pki), { target: true })
    w.wait(180)
    w.addToken({ expiresInSeconds: 10 })
    w.wait(20)
    w.cloud.launch("i-w1", joinUserData(w.pki))
    w.wait(400)
    expect(w.world.machineState("i-w1")?.failure?.reason).toBe("TokenRefused")
  })

  it("goes on as soon as what was missing is there", () => {
    const w = makeWorld()
    w.initialise()
    w.cloud.resolves = false
    w.cloud.launch("i-w1", joinUserData(w.pki))
    w.wait(200)
    expect(w.world.machineState("i-w1")?.stage).toBe("joining")
    w.cloud.resolves = true
    w.wait(60)
    expect(w.readyStatus("i-w1")).toBe("True")
  })

  it("takes the kubelet's version from the image, or from the cluster's configuration", () => {
    const w = makeWorld()
    w.initialise()
    w.cloud.launch("i-w1", joinUserData(w.pki), { imageId: "capa-ami-ubuntu-24.04-v1.32.9-1750000000" })
    w.cloud.launch("i-w2", joinUserData(w.pki), { imageId: "ami-0123456789abcdef0" })
    w.wait(120)
    expect(w.node("i-w1")?.status?.nodeInfo?.kubeletVersion).toBe("v1.32.9")
    expect(w.node("i-w2")?.status?.nodeInfo?.kubeletVersion).toBe("v1.33.1")
  })

  it("under the name of a Node that is ready is refused", () => {
    const w = makeWorld()
    w.initialise()
    const sameName = joinUserData(w.pki).replaceAll("{{ ds.meta_data.local_hostname }}", "ip-10-0-0-1.ec2.internal")
    w.cloud.launch("i-w1", sameName)
    w.wait(120)
    expect(w.world.machineState("i-w1")?.failure?.reason).toBe("NodeExists")
  })
})

describe("an init", () => {
  it("without its certificates fails", () => {
    const w = makeWorld()
    w.cloud.launch("i-cp1", initUserData(w.pki).replaceAll("/etc/kubernetes/pki/sa.key", "/elsewhere"), {
      target: true
    })
    w.wait(180)
    expect(w.world.machineState("i-cp1")).toMatchObject({ stage: "failed", failure: { reason: "CertificatesMissing" } })
    expect(w.world.apiServers().size).toBe(0)
  })

  it("behind an endpoint that never leads to it gives up after four minutes and leaves no configuration", () => {
    const w = makeWorld()
    w.cloud.launch("i-cp1", initUserData(w.pki))
    w.wait(400)
    expect(w.world.machineState("i-cp1")).toMatchObject({ stage: "failed", failure: { reason: "EndpointUnreachable" } })
    expect(w.server().store.log.some((entry) => entry.object.metadata.name === "kubeadm-config")).toBe(false)
  })

  it("of a second machine makes a second cluster of the same name", () => {
    const w = makeWorld()
    w.initialise()
    w.cloud.launch("i-cp2", initUserData(w.pki), { target: true })
    w.wait(180)
    expect([...w.world.apiServers().keys()]).toEqual(["demo", "demo#2"])
    expect(w.world.etcd().map(({ cluster, members }) => `${cluster} ${members.length}`)).toEqual(["demo 1", "demo 1"])
  })

  it("with in-tree cloud provider names its instance by itself", () => {
    const w = makeWorld({ preconditions: { cni: true, cloudController: false } })
    w.initialise({ version: "v1.20.5", apiVersion: "v1beta2", provider: "aws" })
    expect(w.node("i-cp1")?.spec?.providerID).toBe("aws:///us-east-1a/i-cp1")
    expect(w.readyStatus("i-cp1")).toBe("True")
  })
})

describe("a first boot whose data is in a secret store", () => {
  const hook = `Content-Type: multipart/mixed; boundary="B"\nMIME-Version: 1.0\n\n--B\nContent-Type: text/cloud-boothook\n\n#!/bin/bash\nSECRET_PREFIX="p"\nCHUNKS="1"\n--B--\n`

  it("asks ten times, then gives up", () => {
    const w = makeWorld()
    w.cloud.launch("i-cp1", hook, { target: true })
    w.wait(60)
    expect(w.world.machineState("i-cp1")?.stage).toBe("fetching")
    w.wait(120)
    expect(w.world.machineState("i-cp1")).toMatchObject({ stage: "failed", failure: { reason: "UserDataMissing" } })
  })

  it("finds it when it comes in time", () => {
    const w = makeWorld()
    w.cloud.launch("i-cp1", hook, { target: true })
    w.wait(60)
    w.cloud.secrets.set("p-0", Buffer.from(initUserData(w.pki)).toString("base64"))
    w.wait(120)
    expect(w.world.machineState("i-cp1")?.stage).toBe("joined")
  })
})

describe("a world without preconditions", () => {
  it("has Nodes that are not ready without a network plugin", () => {
    const w = makeWorld({ preconditions: { cni: false, cloudController: true } })
    w.initialise()
    expect(w.readyStatus("i-cp1")).toBe("False")
    expect(w.taintKeys("i-cp1")).toContain("node.kubernetes.io/not-ready:NoSchedule")
  })

  it("has Nodes without a provider id when no cloud controller runs", () => {
    const w = makeWorld({ preconditions: { cni: true, cloudController: false } })
    w.initialise()
    expect(w.readyStatus("i-cp1")).toBe("True")
    expect(w.node("i-cp1")?.spec?.providerID).toBeUndefined()
    expect(w.taintKeys("i-cp1")).toContain("node.cloudprovider.kubernetes.io/uninitialized:NoSchedule")
  })
})
