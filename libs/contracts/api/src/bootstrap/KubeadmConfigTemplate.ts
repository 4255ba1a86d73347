/**
 * KubeadmConfigTemplate: from which a KubeadmConfig is made for each Machine.
 *
 * @source https://cluster-api.sigs.k8s.io/tasks/bootstrap/kubeadm-bootstrap/
 */
import { Schema } from "effect"
import { type KindObject, makeKind } from "../Kind.ts"
import { contractLabels } from "../cluster/ContractLabels.ts"
import { type KubeadmConfigTemplateBody, KubeadmConfigTemplateSpec } from "./KubeadmConfigTemplateBody.ts"
import { kubeadmConfigTemplateAdmission } from "./KubeadmConfigAdmission.ts"
import { kubeadmConfigTemplateVersions } from "./conversion/Versions.ts"

export const KubeadmConfigTemplate = makeKind<KubeadmConfigTemplateBody>({
  group: "bootstrap.cluster.x-k8s.io",
  kind: "KubeadmConfigTemplate",
  version: "v1beta2",
  schema: Schema.Struct({
    spec: Schema.optionalKey(KubeadmConfigTemplateSpec)
  }),
  categories: ["cluster-api"],
  subresources: { status: false },
  printerColumns: [
    { name: "ClusterClass", type: "string", jsonPath: '.metadata.ownerReferences[?(@.kind=="ClusterClass")].name' },
    { name: "Cluster", type: "string", jsonPath: '.metadata.ownerReferences[?(@.kind=="Cluster")].name' },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" }
  ],
  versions: kubeadmConfigTemplateVersions,
  admission: kubeadmConfigTemplateAdmission,
  labels: contractLabels
})
export type KubeadmConfigTemplate = KindObject<typeof KubeadmConfigTemplate>
