/**
 * KubeadmControlPlane: keeps the Machines that run API servers and etcd.
 *
 * @source https://cluster-api.sigs.k8s.io/tasks/control-plane/kubeadm-control-plane
 */
import { Schema } from "effect"
import { type KindObject, makeKind } from "../Kind.ts"
import { contractLabels } from "../cluster/ContractLabels.ts"
import {
  type KubeadmControlPlaneBody,
  KubeadmControlPlaneSpec,
  KubeadmControlPlaneStatus
} from "./KubeadmControlPlaneBody.ts"
import { kubeadmControlPlaneAdmission } from "./KubeadmControlPlaneAdmission.ts"
import { kubeadmControlPlaneVersions } from "./conversion/Versions.ts"

export const KubeadmControlPlane = makeKind<KubeadmControlPlaneBody>({
  group: "controlplane.cluster.x-k8s.io",
  kind: "KubeadmControlPlane",
  version: "v1beta2",
  schema: Schema.Struct({
    spec: KubeadmControlPlaneSpec,
    status: Schema.optionalKey(KubeadmControlPlaneStatus)
  }),
  shortNames: ["kcp"],
  categories: ["cluster-api"],
  subresources: {
    scale: {
      specReplicasPath: ".spec.replicas",
      statusReplicasPath: ".status.replicas",
      labelSelectorPath: ".status.selector"
    }
  },
  printerColumns: [
    { name: "Cluster", type: "string", jsonPath: ".metadata.labels['cluster\\.x-k8s\\.io/cluster-name']" },
    { name: "Available", type: "string", jsonPath: '.status.conditions[?(@.type=="Available")].status' },
    { name: "Desired", type: "integer", jsonPath: ".spec.replicas" },
    { name: "Current", type: "integer", jsonPath: ".status.replicas" },
    { name: "Ready", type: "integer", jsonPath: ".status.readyReplicas" },
    { name: "Available", type: "integer", jsonPath: ".status.availableReplicas" },
    { name: "Up-to-date", type: "integer", jsonPath: ".status.upToDateReplicas" },
    { name: "Paused", type: "string", jsonPath: '.status.conditions[?(@.type=="Paused")].status', priority: 10 },
    { name: "Initialized", type: "boolean", jsonPath: ".status.initialization.controlPlaneInitialized" },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
    { name: "Version", type: "string", jsonPath: ".spec.version" }
  ],
  versions: kubeadmControlPlaneVersions,
  admission: kubeadmControlPlaneAdmission,
  labels: contractLabels
})
export type KubeadmControlPlane = KindObject<typeof KubeadmControlPlane>
