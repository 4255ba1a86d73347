/**
 * Cluster: one workload cluster, and where its infrastructure and its control plane are described.
 *
 * Left out: `spec.topology` (clusters made from a ClusterClass) is kept as an opaque object, which admission refuses.
 *
 * @source https://cluster-api.sigs.k8s.io/reference/glossary#cluster
 */
import { Schema } from "effect"
import { type KindObject, makeKind } from "../Kind.ts"
import { contractLabels } from "./ContractLabels.ts"
import { type ClusterBody, ClusterSpec, ClusterStatus } from "./ClusterBody.ts"
import { clusterAdmission } from "./ClusterAdmission.ts"
import { clusterVersions } from "./conversion/Versions.ts"

export const Cluster = makeKind<ClusterBody>({
  group: "cluster.x-k8s.io",
  kind: "Cluster",
  version: "v1beta2",
  schema: Schema.Struct({
    spec: ClusterSpec,
    status: Schema.optionalKey(ClusterStatus)
  }),
  shortNames: ["cl"],
  categories: ["cluster-api"],
  printerColumns: [
    { name: "ClusterClass", type: "string", jsonPath: ".spec.topology.classRef.name" },
    { name: "Available", type: "string", jsonPath: '.status.conditions[?(@.type=="Available")].status' },
    { name: "CP Desired", type: "integer", jsonPath: ".status.controlPlane.desiredReplicas" },
    { name: "CP Current", type: "integer", jsonPath: ".status.controlPlane.replicas", priority: 10 },
    { name: "CP Ready", type: "integer", jsonPath: ".status.controlPlane.readyReplicas", priority: 10 },
    { name: "CP Available", type: "integer", jsonPath: ".status.controlPlane.availableReplicas" },
    { name: "CP Up-to-date", type: "integer", jsonPath: ".status.controlPlane.upToDateReplicas" },
    { name: "W Desired", type: "integer", jsonPath: ".status.workers.desiredReplicas" },
    { name: "W Current", type: "integer", jsonPath: ".status.workers.replicas", priority: 10 },
    { name: "W Ready", type: "integer", jsonPath: ".status.workers.readyReplicas", priority: 10 },
    { name: "W Available", type: "integer", jsonPath: ".status.workers.availableReplicas" },
    { name: "W Up-to-date", type: "integer", jsonPath: ".status.workers.upToDateReplicas" },
    { name: "Paused", type: "string", jsonPath: '.status.conditions[?(@.type=="Paused")].status', priority: 10 },
    { name: "Phase", type: "string", jsonPath: ".status.phase" },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
    { name: "Version", type: "string", jsonPath: ".spec.topology.version" }
  ],
  versions: clusterVersions,
  admission: clusterAdmission,
  labels: contractLabels
})
export type Cluster = KindObject<typeof Cluster>
