/**
 * The Pods that kubeadm puts on a control-plane Node: their names, labels and images. Pure.
 *
 * @source https://kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details/
 * @fidelity documented https://kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details/#generate-static-pod-manifests-for-control-plane-components — Components and labels.
 * @fidelity assumed — A static Pod is ready as soon as it is there.
 */
import { isAtLeastMinor, ownerReference, parseVersion } from "@capstan/api"
import type { NativeCondition, Node } from "@capstan/kubernetes"
import type { InstanceView } from "../CloudPorts.ts"

/** Where Kubernetes' images are, unless the configuration says otherwise. */
export const imageRepository = (version: string, configured: string | undefined): string => {
  if (configured !== undefined) return configured
  const parsed = parseVersion(version)
  return parsed !== undefined && !isAtLeastMinor(parsed, 1, 25) ? "k8s.gcr.io" : "registry.k8s.io"
}

export const staticComponents = (externalEtcd: boolean): ReadonlyArray<string> => [
  ...(externalEtcd ? [] : ["etcd"]),
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler"
]

export const staticPodName = (component: string, node: string): string => `${component}-${node}`

/** The mirror Pod that shows a static one. */
export const newStaticPod = (options: {
  readonly component: string
  readonly node: Node
  readonly version: string
  readonly repository: string
}) => {
  const { component, node, repository, version } = options
  const image = component === "etcd" ? `${repository}/etcd:3.5.16-0` : `${repository}/${component}:${version}`
  return {
    metadata: {
      namespace: "kube-system",
      name: staticPodName(component, node.metadata.name),
      labels: { component, tier: "control-plane" },
      annotations: { "kubernetes.io/config.mirror": "static", "kubernetes.io/config.source": "file" },
      ownerReferences: [{ ...ownerReference({ ...node, apiVersion: "v1", kind: "Node" }), controller: true }]
    },
    spec: {
      nodeName: node.metadata.name,
      hostNetwork: true,
      priorityClassName: "system-node-critical",
      tolerations: [{ operator: "Exists", effect: "NoExecute" }],
      containers: [{ name: component, image }]
    }
  }
}

/** The status of a Pod whose containers run, ready or not. */
export const runningStatus = (options: {
  readonly view: InstanceView
  readonly ready: boolean
  readonly now: string
  readonly containers: ReadonlyArray<{ readonly name: string }>
}) => {
  const { containers, now, ready, view } = options
  const condition = (type: string, holds: boolean): NativeCondition => ({
    type,
    status: holds ? "True" : "False",
    lastTransitionTime: now
  })
  return {
    phase: "Running" as const,
    hostIP: view.privateIp,
    podIP: view.privateIp,
    startTime: now,
    conditions: [
      condition("Initialized", true),
      condition("Ready", ready),
      condition("ContainersReady", ready),
      condition("PodScheduled", true)
    ],
    containerStatuses: containers.map(({ name }) => ({ name, ready, restartCount: 0 }))
  }
}
