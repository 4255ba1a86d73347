/**
 * Nodes as kubelets register them and cloud controllers complete them. Pure.
 *
 * Left out: images, volumes, what a Node has beyond two processors; architectures other than those that instance types tell.
 *
 * @source https://kubernetes.io/docs/reference/node/node-status/
 * @fidelity documented https://kubernetes.io/docs/reference/labels-annotations-taints/ — Names of labels and taints.
 * @fidelity documented https://github.com/kubernetes/enhancements/tree/master/keps/sig-cluster-lifecycle/kubeadm/2067-rename-master-label-taint — The control-plane label since 1.20, without its old name from 1.24; the taint since 1.24, without its old name from 1.25.
 * @fidelity documented https://kubernetes.io/docs/tasks/administer-cluster/running-cloud-controller/ — With `cloud-provider=external` a Node waits, tainted, for its cloud controller.
 */
import { isAtLeastMinor, parseVersion, TaintKeys } from "@capstan/api"
import type { NativeCondition, NodeAddress, NodeSystemInfo, Taint } from "@capstan/kubernetes"
import { createHash } from "node:crypto"
import type { InstanceView } from "../CloudPorts.ts"
import type { NodePlan } from "../user-data/BootPlan.ts"

export const cloudUninitialisedTaint: Taint = {
  key: "node.cloudprovider.kubernetes.io/uninitialized",
  value: "true",
  effect: "NoSchedule"
}
export const shutdownTaintKey = "node.cloudprovider.kubernetes.io/shutdown"
export const notReadyTaintKey = "node.kubernetes.io/not-ready"
export const unreachableTaintKey = "node.kubernetes.io/unreachable"

export interface NewNodeOptions {
  readonly view: InstanceView
  readonly name: string
  readonly plan: NodePlan
  /** With the leading `v`. */
  readonly version: string
  /** Whether kubeadm has marked it as a control plane by now. */
  readonly marked: boolean
  readonly controlPlane: boolean
  readonly now: string
}

/** Everything before the last letter of a zone's name; the zone itself where that is no region. */
export const regionOf = (zone: string): string => /^([a-z]+(?:-[a-z]+)+-\d+)[a-z]$/.exec(zone)?.[1] ?? zone

const isAtLeast = (version: string, minor: number): boolean => {
  const parsed = parseVersion(version)
  return parsed === undefined || isAtLeastMinor(parsed, 1, minor)
}

/** The labels that kubeadm marks a control plane with. */
export const controlPlaneLabels = (version: string): { readonly [key: string]: string } => ({
  ...(isAtLeast(version, 20) ? { [TaintKeys.ControlPlane]: "" } : {}),
  ...(isAtLeast(version, 24) ? {} : { [TaintKeys.OldControlPlane]: "" }),
  "node.kubernetes.io/exclude-from-external-load-balancers": ""
})

/** The taints that kubeadm marks a control plane with, unless the configuration names others. */
export const controlPlaneTaints = (version: string, plan: NodePlan): ReadonlyArray<Taint> => {
  if (plan.taints !== undefined) return plan.taints
  return [
    ...(isAtLeast(version, 24) ? [{ key: TaintKeys.ControlPlane, effect: "NoSchedule" as const }] : []),
    ...(isAtLeast(version, 25) ? [] : [{ key: TaintKeys.OldControlPlane, effect: "NoSchedule" as const }])
  ]
}

const architectureOf = (instanceType: string): string => (/^[a-z]+\d+g[a-z]*\./.test(instanceType) ? "arm64" : "amd64")

/** Labels in a flag: `a=b,c=d`. */
const labelsIn = (flag: string | undefined): { readonly [key: string]: string } =>
  Object.fromEntries(
    (flag ?? "")
      .split(",")
      .filter((entry) => entry.includes("="))
      .map((entry) => [entry.slice(0, entry.indexOf("=")).trim(), entry.slice(entry.indexOf("=") + 1).trim()])
  )

/** Taints in a flag: `key=value:NoSchedule,…`. */
const taintsIn = (flag: string | undefined): ReadonlyArray<Taint> =>
  (flag ?? "").split(",").flatMap((entry): ReadonlyArray<Taint> => {
    const match = /^([^=:]+)(?:=([^:]*))?:(NoSchedule|PreferNoSchedule|NoExecute)$/.exec(entry.trim())
    if (match === null) return []
    const [, key = "", value = "", effect] = match
    const known = effect === "NoExecute" || effect === "PreferNoSchedule" ? effect : "NoSchedule"
    return [{ key, ...(value === "" ? {} : { value }), effect: known }]
  })

const cloudLabels = (view: InstanceView): { readonly [key: string]: string } => ({
  "node.kubernetes.io/instance-type": view.instanceType,
  "topology.kubernetes.io/region": regionOf(view.zone),
  "topology.kubernetes.io/zone": view.zone
})

const ownAddresses = (view: InstanceView, name: string): ReadonlyArray<NodeAddress> => [
  { type: "InternalIP", address: view.privateIp },
  { type: "Hostname", address: name }
]

const cloudAddresses = (view: InstanceView, name: string): ReadonlyArray<NodeAddress> => [
  { type: "InternalIP", address: view.privateIp },
  ...(view.publicIp === undefined ? [] : [{ type: "ExternalIP", address: view.publicIp }]),
  { type: "InternalDNS", address: view.privateDnsName },
  { type: "Hostname", address: name }
]

/** What the cloud controller adds to a Node that waits for it. */
export const initialisedByCloud = (view: InstanceView, name: string) => ({
  labels: cloudLabels(view),
  addresses: cloudAddresses(view, name),
  providerID: view.providerId
})

/** The conditions that a kubelet posts. */
export const kubeletConditions = (ready: boolean, now: string): ReadonlyArray<NativeCondition> => {
  const good = (type: string, what: string): NativeCondition => ({
    type,
    status: "False",
    reason: `KubeletHas${what}`,
    message: `kubelet has ${what}`,
    lastHeartbeatTime: now,
    lastTransitionTime: now
  })
  return [
    good("MemoryPressure", "SufficientMemory"),
    good("DiskPressure", "NoDiskPressure"),
    good("PIDPressure", "SufficientPID"),
    {
      type: "Ready",
      status: ready ? "True" : "False",
      reason: ready ? "KubeletReady" : "KubeletNotReady",
      message: ready ? "kubelet is posting ready status" : "the network plugin is not ready",
      lastHeartbeatTime: now,
      lastTransitionTime: now
    }
  ]
}

/** Conditions anew, with the old transition times where the status is the same. */
export const keepTransitions = (
  next: ReadonlyArray<NativeCondition>,
  before: ReadonlyArray<NativeCondition> | undefined
): ReadonlyArray<NativeCondition> =>
  next.map((condition) => {
    const old = before?.find((each) => each.type === condition.type)
    return old?.status === condition.status && old.lastTransitionTime !== undefined
      ? { ...condition, lastTransitionTime: old.lastTransitionTime }
      : condition
  })

/** What the node controller writes over a kubelet's conditions when nobody hears of it. */
export const unknownConditions = (
  before: ReadonlyArray<NativeCondition> | undefined,
  now: string
): ReadonlyArray<NativeCondition> =>
  (before ?? []).map((condition) =>
    condition.status === "Unknown"
      ? condition
      : {
          ...condition,
          status: "Unknown",
          reason: "NodeStatusUnknown",
          message: "Kubelet stopped posting node status.",
          lastTransitionTime: now
        }
  )

const digest = (text: string): string => createHash("sha256").update(text).digest("hex")

/** `status.nodeInfo`; the boot's id changes with every boot. */
export const nodeInfo = (view: InstanceView, version: string): NodeSystemInfo => {
  const id = digest(view.id)
  return {
    machineID: id.slice(0, 32),
    systemUUID: `ec2${id.slice(3, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20, 32)}`,
    bootID: digest(`${view.id}/${view.bootGeneration}`).slice(0, 32),
    kernelVersion: "6.8.0-1021-aws",
    osImage: "Ubuntu 24.04.1 LTS",
    containerRuntimeVersion: "containerd://1.7.24",
    kubeletVersion: version,
    kubeProxyVersion: version,
    operatingSystem: "linux",
    architecture: architectureOf(view.instanceType)
  }
}

const resources = { cpu: "2", memory: "7900Mi", pods: "110" }

/** The Node that a kubelet creates. Its network plugin does not run yet. */
export const newNode = (options: NewNodeOptions) => {
  const { marked, name, now, plan, version, view } = options
  const provider = plan.kubeletArgs["cloud-provider"]
  const inTree = provider === "aws"
  const providerID = inTree ? view.providerId : plan.kubeletArgs["provider-id"]
  const taints: ReadonlyArray<Taint> = [
    ...(options.controlPlane ? (marked ? controlPlaneTaints(version, plan) : []) : (plan.taints ?? [])),
    ...taintsIn(plan.kubeletArgs["register-with-taints"]),
    ...(provider === "external" ? [cloudUninitialisedTaint] : []),
    { key: notReadyTaintKey, effect: "NoSchedule" }
  ]
  return {
    metadata: {
      name,
      labels: {
        "kubernetes.io/arch": architectureOf(view.instanceType),
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        ...(inTree ? cloudLabels(view) : {}),
        ...labelsIn(plan.kubeletArgs["node-labels"]),
        ...(marked ? controlPlaneLabels(version) : {})
      }
    },
    spec: { ...(providerID === undefined || providerID === "" ? {} : { providerID }), taints },
    status: {
      capacity: resources,
      allocatable: resources,
      addresses: inTree ? cloudAddresses(view, name) : ownAddresses(view, name),
      conditions: kubeletConditions(false, now),
      nodeInfo: nodeInfo(view, version)
    }
  }
}
