import { describe, expect, it } from "vitest"
import { clusterConfigurationOf, imageWith } from "../../src/workload/ClusterConfiguration.ts"
import { aControlPlane } from "../Fixtures.ts"

const before = {
  apiVersion: "kubeadm.k8s.io/v1beta3",
  kind: "ClusterConfiguration",
  kubernetesVersion: "v1.30.1",
  clusterName: "prod",
  apiServer: { timeoutForControlPlane: "4m0s" },
  etcd: { local: { dataDir: "/var/lib/etcd" } }
}
const extraArgs = [{ name: "v", value: "2" }]
const spec = aControlPlane({
  version: "v1.30.4",
  kubeadmConfigSpec: {
    clusterConfiguration: {
      imageRepository: "example.org",
      apiServer: { extraArgs, certSANs: ["lb"] },
      etcd: { local: { imageTag: "3.5.9" } }
    }
  }
}).spec

describe("kubeadm's own configuration", () => {
  it("gets the version and what the control plane says, and keeps all else", () => {
    expect(clusterConfigurationOf(before, spec)).toEqual({
      ...before,
      kubernetesVersion: "v1.30.4",
      imageRepository: "example.org",
      apiServer: { timeoutForControlPlane: "4m0s", extraArgs: { v: "2" }, certSANs: ["lb"] },
      etcd: { local: { dataDir: "/var/lib/etcd", imageTag: "3.5.9" } }
    })
  })
  it("has its flags as a list from v1beta4", () => {
    const after = clusterConfigurationOf({ ...before, apiVersion: "kubeadm.k8s.io/v1beta4" }, spec)
    expect(after?.["apiServer"]).toMatchObject({ extraArgs })
  })
  it("gets the gate for local kubelets with the version that has it", () => {
    expect(clusterConfigurationOf(before, aControlPlane({ version: "v1.31.0" }).spec)?.["featureGates"]).toEqual({
      ControlPlaneKubeletLocalMode: true
    })
  })
  it("is left alone when it cannot be understood", () => {
    expect(clusterConfigurationOf("what?", spec)).toBeUndefined()
  })
})

describe("imageWith", () => {
  it.each([
    ["registry.k8s.io/kube-proxy:v1.30.1", undefined, "v1.31.0", "registry.k8s.io/kube-proxy:v1.31.0"],
    [
      "registry.k8s.io/kube-proxy:v1.30.1",
      "example.org:5000/k8s",
      "v1.31.0",
      "example.org:5000/k8s/kube-proxy:v1.31.0"
    ],
    ["localhost:5000/coredns/coredns@sha256:aa", undefined, "v1.11.1", "localhost:5000/coredns/coredns:v1.11.1"],
    ["kube-proxy", undefined, "v1", "kube-proxy:v1"],
    ["registry.k8s.io/coredns/coredns:v1.9", "example.org", undefined, "example.org/coredns:v1.9"]
  ])("%s with %s and %s is %s", (image, repository, tag, expected) => {
    expect(imageWith(image, { repository, tag })).toBe(expected)
  })
})
