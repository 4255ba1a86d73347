import { Annotations, Labels, type Machine } from "@capstan/api"
import { cloneTemplate } from "@capstan/runtime"
import { describe, expect, it } from "vitest"
import { childMetadata, machineName, newMachine, syncedChild, syncedMachine } from "../../src/machine/NewMachine.ts"
import { aCluster, aControlPlane, aMachine } from "../Fixtures.ts"

const cluster = aCluster()
const infrastructureKind = { group: "infrastructure.cluster.x-k8s.io", kind: "TinyMachine" }
const controlPlane = aControlPlane({
  machineTemplate: {
    metadata: { labels: { team: "a" }, annotations: { note: "b" } },
    spec: {
      ...aControlPlane().spec.machineTemplate.spec,
      deletion: { nodeDrainTimeoutSeconds: 60 },
      readinessGates: [{ conditionType: "MyGate" }, { conditionType: "EtcdPodHealthy" }]
    }
  }
})
const make = (remediationFor?: string) =>
  newMachine({ controlPlane, cluster, name: "cp-x", infrastructureKind, failureDomain: "a", remediationFor })

describe("a new Machine", () => {
  it("carries labels, the hook, gates and the references under one name", () => {
    const machine = make()
    expect(machine.metadata.labels).toEqual({
      team: "a",
      [Labels.ClusterName]: "prod",
      [Labels.ControlPlane]: "",
      [Labels.ControlPlaneName]: "cp"
    })
    expect(machine.metadata.annotations).toEqual({ note: "b", [Annotations.KcpPreTerminateHook]: "" })
    expect(machine.metadata.ownerReferences).toMatchObject([{ kind: "KubeadmControlPlane", controller: true }])
    expect(machine.spec.bootstrap.configRef?.name).toBe("cp-x")
    expect(machine.spec.infrastructureRef).toEqual({
      apiGroup: infrastructureKind.group,
      kind: "TinyMachine",
      name: "cp-x"
    })
    expect(machine.spec.failureDomain).toBe("a")
    expect(machine.spec.readinessGates?.map(({ conditionType }) => conditionType)).toEqual([
      "APIServerPodHealthy",
      "ControllerManagerPodHealthy",
      "SchedulerPodHealthy",
      "EtcdPodHealthy",
      "EtcdMemberHealthy",
      "NodeKubeadmLabelsAndTaintsSet",
      "MyGate"
    ])
  })

  it("remembers which Machine it replaces", () => {
    expect(make("{}").metadata.annotations?.[Annotations.RemediationFor]).toBe("{}")
  })

  it("has no gates for etcd when etcd is elsewhere", () => {
    const external = { caFile: "a", certFile: "b", keyFile: "c", endpoints: ["d"] }
    const machine = newMachine({
      controlPlane: aControlPlane({ kubeadmConfigSpec: { clusterConfiguration: { etcd: { external } } } }),
      cluster,
      name: "x",
      infrastructureKind,
      failureDomain: undefined,
      remediationFor: undefined
    })
    expect(machine.spec.readinessGates).toHaveLength(4)
    expect(machine.spec).not.toHaveProperty("failureDomain")
  })

  it.each([
    [undefined, "cp-bcdfg"],
    ["{{ .cluster.name }}-{{ .random }}", "prod-bcdfg"]
  ])("is named by the template %s", (template, name) => {
    const named = machineName(
      aControlPlane(template === undefined ? {} : { machineNaming: { template } }),
      cluster,
      "bcdfg"
    )
    expect(named).toEqual({ _tag: "Named", name })
  })
})

describe("a clone of the infrastructure template", () => {
  it("copies spec.template, names its origin and belongs to the control plane for now", () => {
    const template = {
      ...aMachine("template"),
      spec: { template: { metadata: { labels: { own: "1" }, annotations: { a: "1" } }, spec: { size: 4 } } }
    }
    const templateKind = { ...infrastructureKind, kind: "TinyMachineTemplate" }
    const clone = cloneTemplate({
      template,
      templateKind,
      metadata: childMetadata(controlPlane, cluster, "cp-x")
    })
    expect(clone["spec"]).toEqual({ size: 4 })
    expect(clone.metadata).toMatchObject({
      name: "cp-x",
      namespace: "default",
      labels: { own: "1", team: "a", [Labels.ControlPlane]: "" },
      annotations: {
        a: "1",
        note: "b",
        [Annotations.ClonedFromName]: "template",
        [Annotations.ClonedFromGroupKind]: "TinyMachineTemplate.infrastructure.cluster.x-k8s.io"
      },
      ownerReferences: [{ kind: "KubeadmControlPlane", uid: "uid-cp" }]
    })
  })
})

describe("keeping living Machines in step", () => {
  const { metadata, spec } = make()
  const stored: Machine = {
    ...aMachine("cp-x"),
    metadata: { ...aMachine("cp-x").metadata, labels: metadata.labels ?? {}, annotations: metadata.annotations ?? {} },
    spec: {
      ...spec,
      deletion: { ...spec.deletion, nodeDeletionTimeoutSeconds: 10 },
      readinessGates: spec.readinessGates?.map((gate) => ({ ...gate, polarity: "Positive" as const })) ?? []
    }
  }
  it("changes nothing in a Machine as the API server stored it", () => {
    expect(syncedMachine(controlPlane, cluster, stored)).toBe(stored)
  })
  it("takes over limits, gates, labels and annotations", () => {
    const wanted = aControlPlane({
      machineTemplate: {
        metadata: { labels: { team: "b" } },
        spec: {
          ...controlPlane.spec.machineTemplate.spec,
          deletion: { nodeDrainTimeoutSeconds: 5 },
          readinessGates: []
        }
      }
    })
    const synced = syncedMachine(wanted, cluster, stored)
    expect(synced.spec.deletion).toEqual({ nodeDrainTimeoutSeconds: 5, nodeDeletionTimeoutSeconds: 10 })
    expect(synced.spec.readinessGates).toHaveLength(6)
    expect(synced.metadata.labels?.["team"]).toBe("b")
    expect(synced.spec.version).toBe(stored.spec.version)
  })
  it("never gives the hook back to a Machine that is on its way out, but lowers its limits", () => {
    const leaving: Machine = {
      ...stored,
      metadata: { ...stored.metadata, annotations: {}, deletionTimestamp: "2030-01-01T00:00:00Z" },
      spec: { ...stored.spec, deletion: { nodeDrainTimeoutSeconds: 600 } }
    }
    const synced = syncedMachine(controlPlane, cluster, leaving)
    expect(synced.metadata.annotations).toEqual({})
    expect(synced.spec.deletion?.nodeDrainTimeoutSeconds).toBe(60)
  })
  it("writes labels and annotations to what was made for the Machine, and nothing else", () => {
    const child = aMachine("child", { annotations: { keep: "1" } })
    const synced = syncedChild(controlPlane, cluster, child)
    expect(synced.metadata.annotations).toMatchObject({ keep: "1", note: "b" })
    expect(syncedChild(controlPlane, cluster, synced)).toBe(synced)
  })
})
