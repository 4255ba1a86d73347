/**
 * The body of a KubeadmConfigTemplate: its spec and status as schemas.
 *
 * @source https://cluster-api.sigs.k8s.io/tasks/bootstrap/kubeadm-bootstrap/
 */
import { Schema } from "effect"
import { struct } from "../StructuralSchema.ts"
import { TemplateMeta } from "../cluster/SharedStructures.ts"
import { KubeadmConfigSpec } from "./KubeadmConfigBody.ts"

/** The template. */
export const KubeadmConfigTemplateSpec = Schema.Struct({
  template: struct(
    {
      metadata: Schema.optionalKey(TemplateMeta),
      spec: Schema.optionalKey(KubeadmConfigSpec)
    },
    { minProperties: 1 }
  )
})
export interface KubeadmConfigTemplateSpec extends Schema.Schema.Type<typeof KubeadmConfigTemplateSpec> {}

/** Body of a KubeadmConfigTemplate. */
export interface KubeadmConfigTemplateBody {
  readonly spec?: KubeadmConfigTemplateSpec
}
