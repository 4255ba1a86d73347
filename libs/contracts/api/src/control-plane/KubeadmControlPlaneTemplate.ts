/**
 * KubeadmControlPlaneTemplate: from which the KubeadmControlPlane of a cluster with a topology is made.
 *
 * @source https://cluster-api.sigs.k8s.io/tasks/experimental-features/cluster-class/
 */
import { Schema } from "effect"
import { type KindObject, makeKind } from "../Kind.ts"
import { contractLabels } from "../cluster/ContractLabels.ts"
import {
  type KubeadmControlPlaneTemplateBody,
  KubeadmControlPlaneTemplateSpec
} from "./KubeadmControlPlaneTemplateBody.ts"
import { kubeadmControlPlaneTemplateAdmission } from "./KubeadmControlPlaneAdmission.ts"
import { kubeadmControlPlaneTemplateVersions } from "./conversion/Versions.ts"

export const KubeadmControlPlaneTemplate = makeKind<KubeadmControlPlaneTemplateBody>({
  group: "controlplane.cluster.x-k8s.io",
  kind: "KubeadmControlPlaneTemplate",
  version: "v1beta2",
  schema: Schema.Struct({
    spec: Schema.optionalKey(KubeadmControlPlaneTemplateSpec)
  }),
  categories: ["cluster-api"],
  subresources: { status: false },
  printerColumns: [
    { name: "ClusterClass", type: "string", jsonPath: '.metadata.ownerReferences[?(@.kind=="ClusterClass")].name' },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" }
  ],
  versions: kubeadmControlPlaneTemplateVersions,
  admission: kubeadmControlPlaneTemplateAdmission,
  labels: contractLabels
})
export type KubeadmControlPlaneTemplate = KindObject<typeof KubeadmControlPlaneTemplate>
