/**
 * The older versions of the kubeadm bootstrap kinds: v1beta1 both ways, v1alpha4 and v1alpha3 as input only.
 *
 * @source https://cluster-api.sigs.k8s.io/reference/versions
 */
import { Schema } from "effect"
import { oldVersions } from "../../conversion/OldVersion.ts"
import { KubeadmConfigSpec, KubeadmConfigStatus } from "../KubeadmConfigBody.ts"
import { KubeadmConfigTemplateSpec } from "../KubeadmConfigTemplateBody.ts"
import {
  kubeadmConfigMoves,
  kubeadmConfigTemplateMoves,
  oldKubeadmConfigSpec,
  withSharedStartUpLimit
} from "./v1beta1.ts"

const storage = "bootstrap.cluster.x-k8s.io/v1beta2"

export const kubeadmConfigVersions = oldVersions({
  storage,
  body: Schema.Struct({ spec: KubeadmConfigSpec, status: KubeadmConfigStatus }),
  moves: kubeadmConfigMoves,
  fromAlpha3: oldKubeadmConfigSpec("spec"),
  after: withSharedStartUpLimit("spec")
})

export const kubeadmConfigTemplateVersions = oldVersions({
  storage,
  body: Schema.Struct({ spec: KubeadmConfigTemplateSpec }),
  moves: kubeadmConfigTemplateMoves,
  fromAlpha3: oldKubeadmConfigSpec("spec.template.spec"),
  after: withSharedStartUpLimit("spec.template.spec")
})
