import { Annotations, type KubeadmConfigSpec, type KubeadmControlPlaneSpec, type KubernetesObject } from "@capstan/api"
import { describe, expect, it } from "vitest"
import { matchesTemplate } from "../../src/machine/ConfigComparison.ts"
import { initSpec, joinSpec } from "../../src/machine/KubeadmSpec.ts"
import { differences, upToDateCondition } from "../../src/machine/UpToDate.ts"
import { aConfig, aControlPlane, aMachine, at, noon, version } from "../Fixtures.ts"

const registration = { kubeletExtraArgs: [{ name: "cloud-provider", value: "external" }] }
const template: KubeadmConfigSpec = {
  clusterConfiguration: { apiServer: { certSANs: ["lb.example"] } },
  initConfiguration: { nodeRegistration: registration },
  joinConfiguration: { nodeRegistration: registration },
  preKubeadmCommands: ["echo hi"]
}
const control = { kubeadmConfigSpec: template, version: "v1.30.1" }
const joined = joinSpec(control)
const inited = initSpec(control)

const over = (spec: KubeadmConfigSpec, more: KubeadmConfigSpec): KubeadmConfigSpec => ({ ...spec, ...more })

describe("a living config matches the template", () => {
  const rows: ReadonlyArray<{
    readonly rule: string
    readonly living: KubeadmConfigSpec
    readonly expected: boolean
    readonly of?: Pick<KubeadmControlPlaneSpec, "kubeadmConfigSpec" | "version">
  }> = [
    { rule: "as it was made for a joining machine", living: joined, expected: true },
    { rule: "as it was made for the first machine", living: inited, expected: true },
    {
      rule: "whatever its controller found out of the cluster",
      living: over(joined, {
        joinConfiguration: { ...joined.joinConfiguration, discovery: { bootstrapToken: { token: "a.b" } } }
      }),
      expected: true
    },
    {
      rule: "with an endpoint filled in",
      living: over(joined, {
        clusterConfiguration: { ...joined.clusterConfiguration, controlPlaneEndpoint: "lb:6443" }
      }),
      expected: true
    },
    {
      rule: "with empty values for absent ones",
      living: over(joined, {
        clusterConfiguration: { ...joined.clusterConfiguration, scheduler: {}, etcd: { local: {} } }
      }),
      expected: true
    },
    { rule: "with the format that is usual", living: over(joined, { format: "cloud-config" }), expected: true },
    { rule: "not with another format", living: over(joined, { format: "ignition" }), expected: false },
    {
      rule: "with a pull policy that old releases filled in",
      living: over(joined, {
        joinConfiguration: {
          ...joined.joinConfiguration,
          nodeRegistration: { ...registration, imagePullPolicy: "IfNotPresent" }
        }
      }),
      expected: true
    },
    {
      rule: "with another time limit for components",
      living: over(joined, {
        joinConfiguration: { ...joined.joinConfiguration, timeouts: { controlPlaneComponentHealthCheckSeconds: 9 } }
      }),
      expected: true
    },
    {
      rule: "not with another time limit of any other kind",
      living: over(joined, { joinConfiguration: { ...joined.joinConfiguration, timeouts: { discoverySeconds: 9 } } }),
      expected: false
    },
    {
      rule: "with other DNS images, which are changed in place",
      living: over(joined, { clusterConfiguration: { ...joined.clusterConfiguration, dns: { imageTag: "v1" } } }),
      expected: true
    },
    { rule: "not with other commands", living: over(joined, { preKubeadmCommands: ["echo ho"] }), expected: false },
    { rule: "not without commands", living: (({ preKubeadmCommands: _, ...rest }) => rest)(joined), expected: false },
    {
      rule: "not with other names for the API server",
      living: over(joined, { clusterConfiguration: {} }),
      expected: false
    },
    {
      rule: "not with an empty list of taints, which takes the usual one away",
      living: over(joined, {
        joinConfiguration: { ...joined.joinConfiguration, nodeRegistration: { ...registration, taints: [] } }
      }),
      expected: false
    },
    {
      rule: "not as a first machine that registered in another way than both forms say",
      living: over(inited, { initConfiguration: { nodeRegistration: { name: "x" } } }),
      expected: false
    },
    {
      rule: "as a first machine when only the join form has changed since",
      living: inited,
      of: {
        version: "v1.30.1",
        kubeadmConfigSpec: { ...template, joinConfiguration: { nodeRegistration: { name: "x" } } }
      },
      expected: true
    },
    {
      rule: "as a first machine's tokens have no counterpart",
      living: over(inited, {
        initConfiguration: { nodeRegistration: registration, bootstrapTokens: [{ token: "a" }] }
      }),
      expected: true
    }
  ]
  it.each(rows)("$rule", ({ expected, living, of }) => expect(matchesTemplate(living, of ?? control)).toBe(expected))
})

describe("the feature gate for local kubelets", () => {
  it.each([
    ["v1.30.9", undefined],
    ["v1.31.0", true],
    ["v1.35.4", true],
    ["v1.36.0", undefined]
  ])("of %s is %s", (wanted, expected) => {
    const spec = joinSpec({ version: wanted })
    expect(spec.clusterConfiguration?.featureGates?.["ControlPlaneKubeletLocalMode"]).toBe(expected)
  })
  it("stays as a user set it", () => {
    const featureGates = { ControlPlaneKubeletLocalMode: false }
    const spec = initSpec({ version: "v1.31.0", kubeadmConfigSpec: { clusterConfiguration: { featureGates } } })
    expect(spec.clusterConfiguration?.featureGates).toEqual(featureGates)
  })
})

const clone = (name: string, groupKind: string): KubernetesObject => ({
  ...aMachine("m"),
  metadata: {
    ...aMachine("m").metadata,
    annotations: { [Annotations.ClonedFromName]: name, [Annotations.ClonedFromGroupKind]: groupKind }
  }
})

describe("a Machine is outdated by", () => {
  const config = aConfig(joinSpec(aControlPlane().spec))
  const infrastructure = clone("template", "TinyMachineTemplate.infrastructure.cluster.x-k8s.io")
  const base = { controlPlane: aControlPlane(), machine: aMachine("m"), config, infrastructure, now: noon }
  const soon = (expiry: string) => aMachine("m", { status: { nodeRef: { name: "n" }, certificatesExpiryDate: expiry } })
  it.each([
    { rule: "nothing", given: base, expected: [] },
    {
      rule: "another version",
      given: { ...base, controlPlane: aControlPlane({ version: "v1.31.3" }) },
      expected: ["Version v1.31.2, v1.31.3 required"]
    },
    {
      rule: "another config",
      given: { ...base, config: aConfig({ ...config.spec, preKubeadmCommands: ["x"] }) },
      expected: ["KubeadmConfig is not up-to-date"]
    },
    { rule: "no config that is missing", given: { ...base, config: undefined }, expected: [] },
    {
      rule: "another template",
      given: { ...base, infrastructure: clone("old", "TinyMachineTemplate.infrastructure.cluster.x-k8s.io") },
      expected: ["TinyMachine is not up-to-date"]
    },
    {
      rule: "another kind of template",
      given: { ...base, infrastructure: clone("template", "OtherTemplate.infrastructure.cluster.x-k8s.io") },
      expected: ["TinyMachine is not up-to-date"]
    },
    { rule: "no infrastructure that is missing", given: { ...base, infrastructure: undefined }, expected: [] },
    {
      rule: "a time that has passed since it was made",
      given: { ...base, controlPlane: aControlPlane({ rollout: { after: at(-1) } }) },
      expected: ["KubeadmControlPlane spec.rollout.after expired"]
    },
    {
      rule: "no time that is still to come",
      given: { ...base, controlPlane: aControlPlane({ rollout: { after: at(1) } }) },
      expected: []
    },
    {
      rule: "no time before it was made",
      given: { ...base, controlPlane: aControlPlane({ rollout: { after: at(-601) } }) },
      expected: []
    },
    {
      rule: "certificates that end within the given days",
      given: {
        ...base,
        controlPlane: aControlPlane({ rollout: { before: { certificatesExpiryDays: 7 } } }),
        machine: soon(at(6 * 24 * 60))
      },
      expected: ["Certificates will expire soon, rollout triggered (spec.rollout.before.certificatesExpiryDays)"]
    },
    {
      rule: "no certificates that end later",
      given: {
        ...base,
        controlPlane: aControlPlane({ rollout: { before: { certificatesExpiryDays: 7 } } }),
        machine: soon(at(8 * 24 * 60))
      },
      expected: []
    }
  ])("$rule", ({ expected, given }) => expect(differences(given)).toEqual(expected))
})

describe("the condition UpToDate", () => {
  const kubelet = (kubeletVersion: string) => ({
    nodeInfo: {
      kubeletVersion,
      architecture: "",
      bootID: "",
      containerRuntimeVersion: "",
      kernelVersion: "",
      kubeProxyVersion: "",
      machineID: "",
      operatingSystem: "",
      osImage: "",
      systemUUID: ""
    }
  })
  it.each([
    { rule: "is True without differences", machine: aMachine("m"), outdated: [], expected: ["True", "UpToDate"] },
    { rule: "is False with one", machine: aMachine("m"), outdated: ["x"], expected: ["False", "NotUpToDate"] },
    {
      rule: "waits for the Node's version",
      machine: aMachine("m", { status: kubelet("v1.30.0") }),
      outdated: [],
      expected: ["False", "Updating"]
    },
    {
      rule: "is True once the Node has it",
      machine: aMachine("m", { status: kubelet(version) }),
      outdated: [],
      expected: ["True", "UpToDate"]
    }
  ])("$rule", ({ expected, machine, outdated }) => {
    const { reason, status } = upToDateCondition(machine, outdated)
    expect([status, reason]).toEqual(expected)
  })
})
