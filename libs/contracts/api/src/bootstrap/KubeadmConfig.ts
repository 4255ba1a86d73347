/**
 * KubeadmConfig: from which the user data of one machine is made.
 *
 * @source https://cluster-api.sigs.k8s.io/tasks/bootstrap/kubeadm-bootstrap/
 */
import { Schema } from "effect"
import { type KindObject, makeKind } from "../Kind.ts"
import { contractLabels } from "../cluster/ContractLabels.ts"
import { type KubeadmConfigBody, KubeadmConfigSpec, KubeadmConfigStatus } from "./KubeadmConfigBody.ts"
import { kubeadmConfigAdmission } from "./KubeadmConfigAdmission.ts"
import { kubeadmConfigVersions } from "./conversion/Versions.ts"

export const KubeadmConfig = makeKind<KubeadmConfigBody>({
  group: "bootstrap.cluster.x-k8s.io",
  kind: "KubeadmConfig",
  version: "v1beta2",
  schema: Schema.Struct({
    spec: Schema.optionalKey(KubeadmConfigSpec),
    status: Schema.optionalKey(KubeadmConfigStatus)
  }),
  categories: ["cluster-api"],
  printerColumns: [
    { name: "Cluster", type: "string", jsonPath: ".metadata.labels['cluster\\.x-k8s\\.io/cluster-name']" },
    { name: "Paused", type: "string", jsonPath: '.status.conditions[?(@.type=="Paused")].status', priority: 10 },
    { name: "Data secret created", type: "string", jsonPath: ".status.initialization.dataSecretCreated" },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" }
  ],
  versions: kubeadmConfigVersions,
  admission: kubeadmConfigAdmission,
  labels: contractLabels
})
export type KubeadmConfig = KindObject<typeof KubeadmConfig>
