/** Control planes for tests: healthy unless a test says otherwise. */
import {
  Annotations,
  type Cluster,
  type Condition,
  type KubeadmConfig,
  type KubeadmConfigSpec,
  type KubeadmControlPlane,
  type KubeadmControlPlaneSpec,
  type KubernetesObject,
  Labels,
  type Machine,
  MachineCondition
} from "@capstan/api"
import type { EtcdMember } from "@capstan/provider"
import type { ControlPlaneFacts, ControlPlaneMachine } from "../src/ControlPlaneFacts.ts"
import type { EtcdView } from "../src/etcd/EtcdView.ts"

/** Noon, as milliseconds and as text. */
export const noon = { millis: Date.UTC(2030, 0, 1, 12), timestamp: "2030-01-01T12:00:00Z" }

export const at = (minutes: number): string => `${new Date(noon.millis + minutes * 60_000).toISOString().slice(0, 19)}Z`

export const condition = (
  type: string,
  status: Condition["status"] = "True",
  reason = "Because",
  message = ""
): Condition => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: at(-60)
})

const metadata = (name: string, rest: Partial<KubernetesObject["metadata"]> = {}): KubernetesObject["metadata"] => ({
  name,
  namespace: "default",
  uid: `uid-${name}`,
  resourceVersion: "1",
  generation: 1,
  creationTimestamp: at(-600),
  ...rest
})

export const version = "v1.31.2"

export const aControlPlane = (
  spec: Partial<KubeadmControlPlaneSpec> = {},
  options: { readonly initialized?: boolean; readonly annotations?: { readonly [name: string]: string } } = {}
): KubeadmControlPlane => ({
  apiVersion: "controlplane.cluster.x-k8s.io/v1beta2",
  kind: "KubeadmControlPlane",
  metadata: metadata("cp", options.annotations === undefined ? {} : { annotations: options.annotations }),
  spec: {
    replicas: 3,
    version,
    machineTemplate: {
      spec: {
        infrastructureRef: {
          apiGroup: "infrastructure.cluster.x-k8s.io",
          kind: "TinyMachineTemplate",
          name: "template"
        }
      }
    },
    ...spec
  },
  status:
    options.initialized === false
      ? {}
      : {
          initialization: { controlPlaneInitialized: true },
          conditions: [condition("Initialized")]
        }
})

export const domains = ["a", "b", "c"]

export const aCluster = (failureDomains: ReadonlyArray<string> = domains): Cluster => ({
  apiVersion: "cluster.x-k8s.io/v1beta2",
  kind: "Cluster",
  metadata: metadata("prod"),
  spec: { controlPlaneEndpoint: { host: "lb.example", port: 6443 } },
  status: {
    initialization: { infrastructureProvisioned: true },
    failureDomains: failureDomains.map((name) => ({ name, controlPlane: true }))
  }
})

export const healthyTypes: ReadonlyArray<string> = [
  MachineCondition.APIServerPodHealthy,
  MachineCondition.ControllerManagerPodHealthy,
  MachineCondition.SchedulerPodHealthy,
  MachineCondition.EtcdPodHealthy,
  MachineCondition.EtcdMemberHealthy,
  MachineCondition.NodeKubeadmLabelsAndTaintsSet
]

export interface MachineOptions {
  /** Without one the Machine is still provisioning. */
  readonly node?: string | undefined
  readonly domain?: string
  readonly ageMinutes?: number
  readonly annotations?: { readonly [name: string]: string }
  /** Conditions that are not True. */
  readonly failing?: ReadonlyArray<string>
  readonly conditions?: ReadonlyArray<Condition>
  readonly deleting?: boolean
  readonly outdated?: boolean
  readonly spec?: Partial<Machine["spec"]>
  readonly status?: Machine["status"]
}

export const aMachine = (name: string, options: MachineOptions = {}): Machine => {
  const node = "node" in options ? options.node : `node-${name}`
  const conditions = healthyTypes.map((type) =>
    condition(type, node === undefined || options.failing?.includes(type) === true ? "Unknown" : "True")
  )
  return {
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind: "Machine",
    metadata: metadata(name, {
      creationTimestamp: at(-(options.ageMinutes ?? 600)),
      labels: { [Labels.ClusterName]: "prod", [Labels.ControlPlane]: "" },
      annotations: { [Annotations.KcpPreTerminateHook]: "", ...options.annotations },
      ...(options.deleting === true ? { deletionTimestamp: at(-1) } : {})
    }),
    spec: {
      clusterName: "prod",
      version,
      bootstrap: { configRef: { apiGroup: "bootstrap.cluster.x-k8s.io", kind: "KubeadmConfig", name } },
      infrastructureRef: { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "TinyMachine", name },
      ...(options.domain === undefined ? {} : { failureDomain: options.domain }),
      ...options.spec
    },
    status: {
      ...(node === undefined ? {} : { nodeRef: { name: node } }),
      conditions: [
        ...conditions.filter(({ type }) => options.conditions?.every((own) => own.type !== type) !== false),
        ...(options.conditions ?? [])
      ],
      ...options.status
    }
  }
}

/** Marked by a health check. */
export const unhealthy = [
  condition(MachineCondition.HealthCheckSucceeded, "False"),
  condition(MachineCondition.OwnerRemediated, "False")
]

/** Drained, and waiting for its hooks. */
export const drained = [condition(MachineCondition.Deleting, "True", "WaitingForPreTerminateHook")]

export const owned = (name: string, options: MachineOptions = {}): ControlPlaneMachine => ({
  machine: aMachine(name, options),
  config: undefined,
  infrastructure: undefined,
  outdated: options.outdated === true ? ["Version v1.30.1, v1.31.2 required"] : []
})

export const aMember = (name: string, options: Partial<EtcdMember> = {}): EtcdMember => ({
  id: `id-${name}`,
  name: name === "" ? "" : `node-${name}`,
  peerUrls: [`https://10.0.0.1:2380`],
  clientUrls: [],
  isLearner: false,
  ...options
})

export const anEtcd = (members: ReadonlyArray<EtcdMember>, options: Partial<EtcdView> = {}): EtcdView => ({
  members,
  alarms: [],
  leaderId: members[0]?.id,
  responsive: new Set(members.map(({ id }) => id)),
  ...options
})

export interface FactsOptions {
  readonly controlPlane?: KubeadmControlPlane
  readonly cluster?: Cluster
  readonly machines: ReadonlyArray<ControlPlaneMachine>
  /** A member for every Machine that has a Node, unless given. */
  readonly etcd?: EtcdView | undefined
  readonly certificatesAvailable?: boolean
  readonly now?: ControlPlaneFacts["now"]
}

export const facts = (options: FactsOptions): ControlPlaneFacts => ({
  cluster: options.cluster ?? aCluster(),
  controlPlane: options.controlPlane ?? aControlPlane(),
  machines: options.machines,
  others: [],
  certificatesAvailable: options.certificatesAvailable ?? true,
  etcd:
    "etcd" in options
      ? options.etcd
      : anEtcd(
          options.machines.flatMap(({ machine }) =>
            machine.status?.nodeRef === undefined ? [] : [aMember(machine.metadata.name)]
          )
        ),
  now: options.now ?? noon
})

export const aConfig = (spec: KubeadmConfigSpec): KubeadmConfig => ({
  apiVersion: "bootstrap.cluster.x-k8s.io/v1beta2",
  kind: "KubeadmConfig",
  metadata: metadata("config"),
  spec
})
