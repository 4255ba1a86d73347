/**
 * The body of a MachineDeployment: its spec and status as schemas.
 *
 * @source https://cluster-api.sigs.k8s.io/reference/glossary#machinedeployment
 */
import { Schema } from "effect"
import { int32, int64, IntOrString, list, struct, text, Timestamp } from "../StructuralSchema.ts"
import { MachineTemplateSpec } from "./MachineBody.ts"
import { MachineNaming, MachineSetDeletion } from "./MachineSetBody.ts"
import { Conditions, LabelSelectorSchema, LegacyConditions, StatusVersion } from "./SharedStructures.ts"

/** How many Machines may be in remediation at a time. */
export const MachineDeploymentRemediation = struct(
  {
    maxInFlight: Schema.optionalKey(IntOrString)
  },
  { minProperties: 1 }
)
export interface MachineDeploymentRemediation extends Schema.Schema.Type<typeof MachineDeploymentRemediation> {}

/** How many Machines may be above or below the wished number meanwhile. */
export const MachineDeploymentRolloutStrategy = struct(
  {
    rollingUpdate: Schema.optionalKey(
      struct(
        {
          maxSurge: Schema.optionalKey(IntOrString),
          maxUnavailable: Schema.optionalKey(IntOrString)
        },
        { minProperties: 1 }
      )
    ),
    type: Schema.Literals(["RollingUpdate", "OnDelete"])
  },
  { minProperties: 1 }
)
export interface MachineDeploymentRolloutStrategy extends Schema.Schema.Type<typeof MachineDeploymentRolloutStrategy> {}

/** When and how Machines are replaced. */
export const MachineDeploymentRollout = struct(
  {
    after: Schema.optionalKey(Timestamp),
    strategy: Schema.optionalKey(MachineDeploymentRolloutStrategy)
  },
  { minProperties: 1 }
)
export interface MachineDeploymentRollout extends Schema.Schema.Type<typeof MachineDeploymentRollout> {}

/** Which Machines, how many, and how they are replaced. */
export const MachineDeploymentSpec = Schema.Struct({
  clusterName: text({ minLength: 1, maxLength: 63 }),
  deletion: Schema.optionalKey(MachineSetDeletion),
  machineNaming: Schema.optionalKey(MachineNaming),
  paused: Schema.optionalKey(Schema.Boolean),
  remediation: Schema.optionalKey(MachineDeploymentRemediation),
  replicas: Schema.optionalKey(int32()),
  rollout: Schema.optionalKey(MachineDeploymentRollout),
  selector: LabelSelectorSchema,
  template: MachineTemplateSpec
})
export interface MachineDeploymentSpec extends Schema.Schema.Type<typeof MachineDeploymentSpec> {}

/** Counters and conditions of the v1beta1 contract. */
export const MachineDeploymentDeprecatedStatus = Schema.Struct({
  v1beta1: Schema.optionalKey(
    Schema.Struct({
      availableReplicas: Schema.optionalKey(int32()),
      conditions: Schema.optionalKey(LegacyConditions),
      readyReplicas: Schema.optionalKey(int32()),
      unavailableReplicas: Schema.optionalKey(int32()),
      updatedReplicas: Schema.optionalKey(int32())
    })
  )
})
export interface MachineDeploymentDeprecatedStatus extends Schema.Schema.Type<
  typeof MachineDeploymentDeprecatedStatus
> {}

/** Counters over the MachineSets. */
export const MachineDeploymentStatus = struct(
  {
    availableReplicas: Schema.optionalKey(int32()),
    conditions: Schema.optionalKey(Conditions),
    deprecated: Schema.optionalKey(MachineDeploymentDeprecatedStatus),
    observedGeneration: Schema.optionalKey(int64({ minimum: 1 })),
    phase: Schema.optionalKey(Schema.Literals(["ScalingUp", "ScalingDown", "Running", "Failed", "Unknown"])),
    readyReplicas: Schema.optionalKey(int32()),
    replicas: Schema.optionalKey(int32()),
    selector: Schema.optionalKey(text({ minLength: 1, maxLength: 4096 })),
    upToDateReplicas: Schema.optionalKey(int32()),
    versions: Schema.optionalKey(list(StatusVersion, { minItems: 1, maxItems: 100, keys: ["version"] }))
  },
  { minProperties: 1 }
)
export interface MachineDeploymentStatus extends Schema.Schema.Type<typeof MachineDeploymentStatus> {}

/** Body of a MachineDeployment. */
export interface MachineDeploymentBody {
  readonly spec: MachineDeploymentSpec
  readonly status?: MachineDeploymentStatus
}
