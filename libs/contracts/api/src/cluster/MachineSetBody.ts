/**
 * The body of a MachineSet: its spec and status as schemas.
 *
 * @source https://cluster-api.sigs.k8s.io/reference/glossary#machineset
 */
import { Schema } from "effect"
import { int32, int64, list, struct, text } from "../StructuralSchema.ts"
import { MachineTemplateSpec } from "./MachineBody.ts"
import { Conditions, LabelSelectorSchema, LegacyConditions, StatusVersion } from "./SharedStructures.ts"

/** Which Machines go first when the set shrinks. */
export const MachineSetDeletion = struct(
  {
    order: Schema.optionalKey(Schema.Literals(["Random", "Newest", "Oldest"]))
  },
  { minProperties: 1 }
)
export interface MachineSetDeletion extends Schema.Schema.Type<typeof MachineSetDeletion> {}

/** How Machines are named: a template with `{{ .random }}` in it. */
export const MachineNaming = struct(
  {
    template: Schema.optionalKey(text({ minLength: 1, maxLength: 256 }))
  },
  { minProperties: 1 }
)
export interface MachineNaming extends Schema.Schema.Type<typeof MachineNaming> {}

/** Which Machines, and how many. */
export const MachineSetSpec = Schema.Struct({
  clusterName: text({ minLength: 1, maxLength: 63 }),
  deletion: Schema.optionalKey(MachineSetDeletion),
  machineNaming: Schema.optionalKey(MachineNaming),
  replicas: Schema.optionalKey(int32()),
  selector: LabelSelectorSchema,
  template: MachineTemplateSpec
})
export interface MachineSetSpec extends Schema.Schema.Type<typeof MachineSetSpec> {}

/** Counters and conditions of the v1beta1 contract. */
export const ReplicasDeprecatedStatus = Schema.Struct({
  v1beta1: Schema.optionalKey(
    Schema.Struct({
      availableReplicas: Schema.optionalKey(int32()),
      conditions: Schema.optionalKey(LegacyConditions),
      failureMessage: Schema.optionalKey(text({ minLength: 1, maxLength: 10240 })),
      failureReason: Schema.optionalKey(Schema.String),
      fullyLabeledReplicas: Schema.optionalKey(int32()),
      readyReplicas: Schema.optionalKey(int32())
    })
  )
})
export interface ReplicasDeprecatedStatus extends Schema.Schema.Type<typeof ReplicasDeprecatedStatus> {}

/** Counters over the Machines of the set. */
export const MachineSetStatus = struct(
  {
    availableReplicas: Schema.optionalKey(int32()),
    conditions: Schema.optionalKey(Conditions),
    deprecated: Schema.optionalKey(ReplicasDeprecatedStatus),
    observedGeneration: Schema.optionalKey(int64({ minimum: 1 })),
    readyReplicas: Schema.optionalKey(int32()),
    replicas: Schema.optionalKey(int32()),
    selector: Schema.optionalKey(text({ minLength: 1, maxLength: 4096 })),
    upToDateReplicas: Schema.optionalKey(int32()),
    versions: Schema.optionalKey(list(StatusVersion, { minItems: 1, maxItems: 100, keys: ["version"] }))
  },
  { minProperties: 1 }
)
export interface MachineSetStatus extends Schema.Schema.Type<typeof MachineSetStatus> {}

/** Body of a MachineSet. */
export interface MachineSetBody {
  readonly spec: MachineSetSpec
  readonly status?: MachineSetStatus
}
