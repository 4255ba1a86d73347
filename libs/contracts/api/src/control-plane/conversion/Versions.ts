/**
 * The older versions of the kubeadm control-plane kinds: v1beta1 both ways, v1alpha4 and v1alpha3 as input only.
 *
 * @source https://cluster-api.sigs.k8s.io/reference/versions
 */
import { Schema } from "effect"
import type { Unstructured } from "../../Kind.ts"
import { withSharedStartUpLimit } from "../../bootstrap/conversion/v1beta1.ts"
import { withStrategyType } from "../../cluster/conversion/v1beta1.ts"
import { oldVersion, oldVersions } from "../../conversion/OldVersion.ts"
import { KubeadmControlPlaneSpec, KubeadmControlPlaneStatus } from "../KubeadmControlPlaneBody.ts"
import { KubeadmControlPlaneTemplateSpec } from "../KubeadmControlPlaneTemplateBody.ts"
import { oldKubeadmControlPlane } from "./v1alpha3.ts"
import { kubeadmControlPlaneMoves, kubeadmControlPlaneTemplateMoves } from "./v1beta1.ts"

const storage = "controlplane.cluster.x-k8s.io/v1beta2"

const finished =
  (path: string) =>
  (object: Unstructured): Unstructured =>
    withSharedStartUpLimit(`${path}.kubeadmConfigSpec`)(withStrategyType(`${path}.rollout.strategy`)(object))

export const kubeadmControlPlaneVersions = oldVersions({
  storage,
  body: Schema.Struct({ spec: KubeadmControlPlaneSpec, status: KubeadmControlPlaneStatus }),
  moves: kubeadmControlPlaneMoves,
  fromAlpha3: oldKubeadmControlPlane,
  after: finished("spec")
})

/** There was no template before v1beta1. */
export const kubeadmControlPlaneTemplateVersions = [
  oldVersion({
    name: "v1beta1",
    storage,
    body: Schema.Struct({ spec: KubeadmControlPlaneTemplateSpec }),
    moves: kubeadmControlPlaneTemplateMoves,
    after: finished("spec.template.spec")
  })
]
