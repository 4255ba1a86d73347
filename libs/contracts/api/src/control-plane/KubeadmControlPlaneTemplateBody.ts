/**
 * The body of a KubeadmControlPlaneTemplate: its spec and status as schemas.
 *
 * @source https://cluster-api.sigs.k8s.io/tasks/experimental-features/cluster-class/
 */
import { Schema } from "effect"
import { list, struct } from "../StructuralSchema.ts"
import { KubeadmConfigSpec } from "../bootstrap/KubeadmConfigBody.ts"
import { MachineNaming } from "../cluster/MachineSetBody.ts"
import { MachineDeletion, MachineTaint, TemplateMeta } from "../cluster/SharedStructures.ts"
import { KubeadmControlPlaneRemediation, KubeadmControlPlaneRollout } from "./KubeadmControlPlaneBody.ts"

/** The template of the Machines; the infrastructure is named elsewhere. */
export const KubeadmControlPlaneTemplateMachineTemplate = struct(
  {
    metadata: Schema.optionalKey(TemplateMeta),
    spec: Schema.optionalKey(
      struct(
        {
          deletion: Schema.optionalKey(MachineDeletion),
          taints: Schema.optionalKey(list(MachineTaint, { minItems: 1, maxItems: 64, keys: ["key", "effect"] }))
        },
        { minProperties: 1 }
      )
    )
  },
  { minProperties: 1 }
)
export interface KubeadmControlPlaneTemplateMachineTemplate extends Schema.Schema.Type<
  typeof KubeadmControlPlaneTemplateMachineTemplate
> {}

/** The template. */
export const KubeadmControlPlaneTemplateSpec = Schema.Struct({
  template: struct(
    {
      metadata: Schema.optionalKey(TemplateMeta),
      spec: Schema.optionalKey(
        struct(
          {
            kubeadmConfigSpec: Schema.optionalKey(KubeadmConfigSpec),
            machineNaming: Schema.optionalKey(MachineNaming),
            machineTemplate: Schema.optionalKey(KubeadmControlPlaneTemplateMachineTemplate),
            remediation: Schema.optionalKey(KubeadmControlPlaneRemediation),
            rollout: Schema.optionalKey(KubeadmControlPlaneRollout)
          },
          { minProperties: 1 }
        )
      )
    },
    { minProperties: 1 }
  )
})
export interface KubeadmControlPlaneTemplateSpec extends Schema.Schema.Type<typeof KubeadmControlPlaneTemplateSpec> {}

/** Body of a KubeadmControlPlaneTemplate. */
export interface KubeadmControlPlaneTemplateBody {
  readonly spec?: KubeadmControlPlaneTemplateSpec
}
