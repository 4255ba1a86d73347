import { ConfigMap } from "@capstan/kubernetes"
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { joinUserData, makeWorld } from "./TestWorld.ts"

describe("a first boot", () => {
  it("makes a control plane whose Node becomes Ready, and what kubeadm leaves behind", () => {
    const w = makeWorld()
    w.initialise()
    expect(w.world.machineState("i-cp1")).toMatchObject({
      stage: "joined",
      up: true,
      bootstrapped: true,
      controlPlane: true
    })
    expect(w.readyStatus("i-cp1")).toBe("True")
    expect(w.node("i-cp1")).toMatchObject({
      metadata: {
        name: "ip-10-0-0-1.ec2.internal",
        labels: {
          "node-role.kubernetes.io/control-plane": "",
          "topology.kubernetes.io/zone": "us-east-1a",
          "topology.kubernetes.io/region": "us-east-1",
          "node.kubernetes.io/instance-type": "t3.large"
        }
      },
      spec: { providerID: "aws:///us-east-1a/i-cp1" },
      status: { nodeInfo: { kubeletVersion: "v1.33.1" } }
    })
    expect(w.taintKeys("i-cp1")).toEqual(["node-role.kubernetes.io/control-plane:NoSchedule"])
    expect(w.pods("kube-system").map((pod) => pod.metadata.name)).toEqual(
      ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"].map(
        (name) => `${name}-ip-10-0-0-1.ec2.internal`
      )
    )
    const config = w.server().get(ConfigMap, { namespace: "kube-system", name: "kubeadm-config" })
    expect(Result.getOrThrow(config).data?.["ClusterConfiguration"]).toContain("kubernetesVersion: v1.33.1")
    const ready = w.told("world").find((event) => event["what"] === "node-ready")
    expect(Number(ready?.["t"]) / 1000).toBeGreaterThan(60)
    expect(Number(ready?.["t"]) / 1000).toBeLessThan(120)
  })

  it("joins a worker that stays closed until Cluster API takes its taint away", () => {
    const w = makeWorld()
    w.initialise()
    w.cloud.launch("i-w1", joinUserData(w.pki))
    w.wait(120)
    expect(w.readyStatus("i-w1")).toBe("True")
    expect(w.taintKeys("i-w1")).toEqual(["node.cluster.x-k8s.io/uninitialized:NoSchedule"])
    expect(w.node("i-w1")?.spec?.providerID).toBe("aws:///us-east-1a/i-w1")
  })
})
