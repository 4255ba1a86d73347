/** Small, complete objects for tests; a test says only what differs. Time starts at noon. */
import {
  type Cluster,
  type ClusterBody,
  type Condition,
  type KubernetesObject,
  type Machine,
  type MachineBody,
  type MachineDeployment,
  type MachineDeploymentBody,
  type MachineHealthCheck,
  type MachineHealthCheckBody,
  type MachineSet,
  type MachineSetBody,
  makeKind,
  type ObjectMeta
} from "@capstan/api"
import type { Node, Pod } from "@capstan/kubernetes"
import { type Now, nowAt } from "@capstan/runtime"
import { Schema } from "effect"
import type { ProviderKind } from "../src/contract/ProviderKind.ts"
import type { FoundObject, ProviderObject } from "../src/contract/ProviderObject.ts"

export const noonMillis = Date.parse("2030-01-01T12:00:00Z")
export const noon: Now = nowAt(noonMillis)

/** A time before noon. */
export const ago = (seconds: number): string => nowAt(noonMillis - seconds * 1000).timestamp

export const meta = (name: string, more: Partial<ObjectMeta> = {}): ObjectMeta => ({
  name,
  namespace: "default",
  uid: `uid-${name}`,
  resourceVersion: "1",
  generation: 1,
  creationTimestamp: ago(3600),
  ...more
})

export const condition = (type: string, status: Condition["status"], more: Partial<Condition> = {}): Condition => ({
  type,
  status,
  reason: type,
  message: "",
  lastTransitionTime: ago(600),
  ...more
})

const apiVersion = "cluster.x-k8s.io/v1beta2"

export const aCluster = (
  more: { metadata?: Partial<ObjectMeta>; spec?: Partial<ClusterBody["spec"]>; status?: ClusterBody["status"] } = {}
): Cluster => ({
  apiVersion,
  kind: "Cluster",
  metadata: meta("prod", more.metadata),
  spec: { infrastructureRef: infrastructureRef("FooCluster", "prod"), controlPlaneRef: controlPlaneRef, ...more.spec },
  ...(more.status === undefined ? {} : { status: more.status })
})

export const infrastructureRef = (kind: string, name: string) => ({
  apiGroup: "infrastructure.cluster.x-k8s.io",
  kind,
  name
})
export const bootstrapRef = (kind: string, name: string) => ({ apiGroup: "bootstrap.cluster.x-k8s.io", kind, name })
export const controlPlaneRef = { apiGroup: "controlplane.cluster.x-k8s.io", kind: "FooControlPlane", name: "prod" }

const setOwner = (name: string) => ({
  apiVersion,
  kind: "MachineSet",
  name,
  uid: `uid-${name}`,
  controller: true,
  blockOwnerDeletion: true
})

/** A worker of the set `set`, unless said otherwise. */
export const aMachine = (
  name: string,
  more: { metadata?: Partial<ObjectMeta>; spec?: Partial<MachineBody["spec"]>; status?: MachineBody["status"] } = {}
): Machine => ({
  apiVersion,
  kind: "Machine",
  metadata: meta(name, {
    labels: { "cluster.x-k8s.io/cluster-name": "prod", "cluster.x-k8s.io/set-name": "set" },
    finalizers: ["machine.cluster.x-k8s.io"],
    ownerReferences: [setOwner("set")],
    ...more.metadata
  }),
  spec: {
    clusterName: "prod",
    version: "v1.31.0",
    bootstrap: { configRef: bootstrapRef("FooConfig", name) },
    infrastructureRef: infrastructureRef("FooMachine", name),
    ...more.spec
  },
  ...(more.status === undefined ? {} : { status: more.status })
})

/** A Machine with a Node and everything in order. */
export const aRunningMachine = (name: string, more: Parameters<typeof aMachine>[1] = {}): Machine =>
  aMachine(name, {
    ...more,
    spec: {
      bootstrap: { configRef: bootstrapRef("FooConfig", name), dataSecretName: name },
      providerID: `foo:///${name}`,
      ...more.spec
    },
    status: {
      initialization: { bootstrapDataSecretCreated: true, infrastructureProvisioned: true },
      nodeRef: { name: `node-${name}` },
      conditions: [condition("Ready", "True"), condition("Available", "True"), condition("UpToDate", "True")],
      ...more.status
    }
  })

const templateSpec = {
  clusterName: "prod",
  version: "v1.31.0",
  bootstrap: { configRef: bootstrapRef("FooConfigTemplate", "workers") },
  infrastructureRef: infrastructureRef("FooMachineTemplate", "workers")
}

export const aMachineSet = (
  name: string,
  more: {
    metadata?: Partial<ObjectMeta>
    spec?: Partial<MachineSetBody["spec"]>
    status?: MachineSetBody["status"]
  } = {}
): MachineSet => ({
  apiVersion,
  kind: "MachineSet",
  metadata: meta(name, {
    labels: { "cluster.x-k8s.io/cluster-name": "prod" },
    finalizers: ["cluster.x-k8s.io/machineset"],
    ...more.metadata
  }),
  spec: {
    clusterName: "prod",
    replicas: 3,
    selector: { matchLabels: { "cluster.x-k8s.io/cluster-name": "prod", "cluster.x-k8s.io/set-name": name } },
    template: {
      metadata: { labels: { "cluster.x-k8s.io/cluster-name": "prod", "cluster.x-k8s.io/set-name": name } },
      spec: templateSpec
    },
    ...more.spec
  },
  ...(more.status === undefined ? {} : { status: more.status })
})

export const aDeployment = (
  more: {
    metadata?: Partial<ObjectMeta>
    spec?: Partial<MachineDeploymentBody["spec"]>
    status?: MachineDeploymentBody["status"]
  } = {}
): MachineDeployment => ({
  apiVersion,
  kind: "MachineDeployment",
  metadata: meta("workers", {
    labels: { "cluster.x-k8s.io/cluster-name": "prod" },
    finalizers: ["cluster.x-k8s.io/machinedeployment"],
    ...more.metadata
  }),
  spec: {
    clusterName: "prod",
    replicas: 3,
    selector: { matchLabels: { "cluster.x-k8s.io/deployment-name": "workers" } },
    rollout: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
    template: { metadata: { labels: { "cluster.x-k8s.io/deployment-name": "workers" } }, spec: templateSpec },
    ...more.spec
  },
  ...(more.status === undefined ? {} : { status: more.status })
})

export const aHealthCheck = (spec: Partial<MachineHealthCheckBody["spec"]> = {}): MachineHealthCheck => ({
  apiVersion,
  kind: "MachineHealthCheck",
  metadata: meta("check"),
  spec: {
    clusterName: "prod",
    selector: { matchLabels: { "cluster.x-k8s.io/set-name": "set" } },
    checks: {
      nodeStartupTimeoutSeconds: 600,
      unhealthyNodeConditions: [{ type: "Ready", status: "Unknown", timeoutSeconds: 300 }]
    },
    ...spec
  }
})

export const aNode = (
  name: string,
  more: {
    providerID?: string
    ready?: "True" | "False" | "Unknown"
    since?: string
    metadata?: Partial<ObjectMeta>
    spec?: Node["spec"]
  } = {}
): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: meta(name, more.metadata),
  spec: { providerID: more.providerID ?? `foo:///${name.replace(/^node-/, "")}`, ...more.spec },
  status: {
    conditions: [
      { type: "Ready", status: more.ready ?? "True", lastTransitionTime: more.since ?? ago(600) },
      ...["MemoryPressure", "DiskPressure", "PIDPressure"].map((type) => ({ type, status: "False" as const }))
    ]
  }
})

export const aPod = (
  name: string,
  more: { metadata?: Partial<ObjectMeta>; spec?: Partial<Pod["spec"]>; phase?: "Running" | "Succeeded" } = {}
): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: meta(name, more.metadata),
  spec: { nodeName: "node-a", containers: [{ name: "main" }], ...more.spec },
  status: { phase: more.phase ?? "Running" }
})

const kindOf = (group: string, kind: string, contract: "v1beta1" | "v1beta2"): ProviderKind => ({
  contract,
  kind: makeKind({
    group,
    kind,
    version: contract,
    schema: Schema.Unknown,
    labels: { [`cluster.x-k8s.io/${contract}`]: contract }
  })
})

/** A provider's object that was found; `body` holds spec and status. */
export const found = (
  kind: string,
  name: string,
  body: { readonly [field: string]: unknown } = {},
  more: { metadata?: Partial<ObjectMeta>; contract?: "v1beta1" | "v1beta2"; group?: string } = {}
): FoundObject => {
  const group = more.group ?? "infrastructure.cluster.x-k8s.io"
  const contract = more.contract ?? "v1beta2"
  const object: KubernetesObject = {
    apiVersion: `${group}/${contract}`,
    kind,
    metadata: meta(name, more.metadata),
    ...body
  }
  return { _tag: "Found", kind: kindOf(group, kind, contract), object }
}

export const missing = (kind: string, name: string): ProviderObject => ({
  _tag: "Missing",
  reference: infrastructureRef(kind, name),
  kind: kindOf("infrastructure.cluster.x-k8s.io", kind, "v1beta2")
})

export const unreadable = (kind: string): ProviderObject => ({
  _tag: "Unreadable",
  reference: infrastructureRef(kind, "x"),
  message: "not installed"
})
