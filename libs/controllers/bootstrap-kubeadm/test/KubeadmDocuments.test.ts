import { assert, describe, it } from "@effect/vitest"
import { parse } from "yaml"
import { kubeadmApiVersion } from "../src/KubeadmApiVersion.ts"
import {
  clusterConfigurationDocument,
  initConfigurationDocument,
  joinConfigurationDocument
} from "../src/KubeadmDocuments.ts"
import { renderCloudConfig, sentinelPath } from "../src/CloudConfig.ts"

const facts = {
  clusterName: "demo",
  controlPlaneEndpoint: "lb.example:6443",
  kubernetesVersion: "v1.20.5",
  dnsDomain: undefined,
  serviceSubnet: undefined,
  podSubnet: "192.168.0.0/16"
}
const args = [{ name: "cloud-provider", value: "aws" }]

describe("kubeadmApiVersion", () => {
  const cases = [
    { rule: "refuses what is older than 1.15", given: "v1.14.9", expected: undefined },
    { rule: "reads the quick start's version with v1beta2", given: "v1.20.5", expected: "v1beta2" },
    { rule: "changes to v1beta3 with 1.22", given: "v1.22.0", expected: "v1beta3" },
    { rule: "keeps v1beta3 through 1.30", given: "v1.30.14", expected: "v1beta3" },
    { rule: "changes to v1beta4 with 1.31, pre-releases included", given: "v1.31.0-rc.1", expected: "v1beta4" },
    { rule: "refuses what is no version", given: "latest", expected: undefined }
  ]
  it.each(cases)("$rule", ({ expected, given }) => {
    assert.strictEqual(kubeadmApiVersion(given), expected)
  })
})

describe("kubeadm documents", () => {
  it("writes flags as a map before v1beta4 and as a list from it on", () => {
    const old = parse(clusterConfigurationDocument({ apiServer: { extraArgs: args } }, facts, "v1beta2", undefined))
    const current = parse(clusterConfigurationDocument({ apiServer: { extraArgs: args } }, facts, "v1beta4", undefined))
    assert.deepStrictEqual(old.apiServer.extraArgs, { "cloud-provider": "aws" })
    assert.deepStrictEqual(current.apiServer.extraArgs, args)
  })

  it("fills the cluster's name, endpoint, version and networks into the ClusterConfiguration", () => {
    const document = parse(clusterConfigurationDocument({}, facts, "v1beta3", undefined))
    assert.deepStrictEqual(document, {
      apiVersion: "kubeadm.k8s.io/v1beta3",
      kind: "ClusterConfiguration",
      clusterName: "demo",
      controlPlaneEndpoint: "lb.example:6443",
      kubernetesVersion: "v1.20.5",
      networking: { podSubnet: "192.168.0.0/16" }
    })
  })

  it("puts the control plane's time limit where the version looks for it", () => {
    const timeouts = { controlPlaneComponentHealthCheckSeconds: 240 }
    const old = parse(clusterConfigurationDocument({}, facts, "v1beta3", timeouts))
    const current = parse(initConfigurationDocument({ timeouts }, "v1beta4"))
    assert.strictEqual(old.apiServer.timeoutForControlPlane, "240s")
    assert.strictEqual(current.timeouts.controlPlaneComponentHealthCheck, "240s")
  })

  it("keeps an empty list of taints apart from none", () => {
    assert.deepStrictEqual(
      parse(initConfigurationDocument({ nodeRegistration: { taints: [] } }, "v1beta3")).nodeRegistration,
      { taints: [] }
    )
    assert.strictEqual(
      parse(initConfigurationDocument({ nodeRegistration: { name: "x" } }, "v1beta3")).nodeRegistration.taints,
      undefined
    )
  })

  it("says how to join", () => {
    const bootstrapToken = {
      token: "abcdef.0123456789abcdef",
      apiServerEndpoint: "lb.example:6443",
      caCertHashes: ["sha256:00"]
    }
    const document = parse(joinConfigurationDocument({ discovery: { bootstrapToken }, controlPlane: {} }, "v1beta2"))
    assert.deepStrictEqual(document.discovery, { bootstrapToken })
    assert.deepStrictEqual(document.controlPlane, {})
  })
})

describe("renderCloudConfig", () => {
  const spec = { preKubeadmCommands: ["echo before"], postKubeadmCommands: ["echo after"], verbosity: 5 }
  const text = renderCloudConfig({
    files: [
      {
        path: "/etc/kubernetes/pki/ca.crt",
        owner: "root:root",
        permissions: "0640",
        content: "-----BEGIN\nabc\n-----END\n"
      }
    ],
    kubeadmCommand: "kubeadm init --config /run/kubeadm/kubeadm.yaml",
    spec,
    users: []
  })
  const document = parse(text)

  it("begins with the two lines that cloud-init looks for", () => {
    assert.deepStrictEqual(text.split("\n").slice(0, 2), ["## template: jinja", "#cloud-config"])
  })

  it("keeps files to the byte", () => {
    assert.strictEqual(document.write_files[0].content, "-----BEGIN\nabc\n-----END\n")
    assert.strictEqual(document.write_files[0].permissions, "0640")
  })

  it("runs kubeadm between the user's commands and marks its success", () => {
    assert.deepStrictEqual(document.runcmd, [
      "echo before",
      `kubeadm init --config /run/kubeadm/kubeadm.yaml --v 5 && echo success > ${sentinelPath}`,
      "echo after"
    ])
  })
})
