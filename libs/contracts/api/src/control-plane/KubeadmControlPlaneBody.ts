/**
 * The body of a KubeadmControlPlane: its spec and status as schemas.
 *
 * @source https://cluster-api.sigs.k8s.io/tasks/control-plane/kubeadm-control-plane
 */
import { Schema } from "effect"
import { int32, int64, IntOrString, list, struct, text, Timestamp } from "../StructuralSchema.ts"
import { KubeadmConfigSpec } from "../bootstrap/KubeadmConfigBody.ts"
import { MachineNaming } from "../cluster/MachineSetBody.ts"
import {
  Conditions,
  ContractVersionedObjectReference,
  LegacyConditions,
  MachineDeletion,
  MachineReadinessGate,
  MachineTaint,
  StatusVersion,
  TemplateMeta
} from "../cluster/SharedStructures.ts"

/** The template of the Machines. */
export const KubeadmControlPlaneMachineTemplate = Schema.Struct({
  metadata: Schema.optionalKey(TemplateMeta),
  spec: Schema.Struct({
    deletion: Schema.optionalKey(MachineDeletion),
    infrastructureRef: ContractVersionedObjectReference,
    readinessGates: Schema.optionalKey(
      list(MachineReadinessGate, { minItems: 1, maxItems: 32, keys: ["conditionType"] })
    ),
    taints: Schema.optionalKey(list(MachineTaint, { minItems: 1, maxItems: 64, keys: ["key", "effect"] }))
  })
})
export interface KubeadmControlPlaneMachineTemplate extends Schema.Schema.Type<
  typeof KubeadmControlPlaneMachineTemplate
> {}

/** How often and how soon unhealthy Machines are replaced again. */
export const KubeadmControlPlaneRemediation = struct(
  {
    maxRetry: Schema.optionalKey(int32()),
    minHealthyPeriodSeconds: Schema.optionalKey(int32({ minimum: 0 })),
    retryPeriodSeconds: Schema.optionalKey(int32({ minimum: 0 }))
  },
  { minProperties: 1 }
)
export interface KubeadmControlPlaneRemediation extends Schema.Schema.Type<typeof KubeadmControlPlaneRemediation> {}

/** When and how Machines are replaced. */
export const KubeadmControlPlaneRollout = struct(
  {
    after: Schema.optionalKey(Timestamp),
    before: Schema.optionalKey(
      struct(
        {
          certificatesExpiryDays: Schema.optionalKey(int32({ minimum: 7 }))
        },
        { minProperties: 1 }
      )
    ),
    strategy: Schema.optionalKey(
      struct(
        {
          rollingUpdate: Schema.optionalKey(
            struct(
              {
                maxSurge: Schema.optionalKey(IntOrString)
              },
              { minProperties: 1 }
            )
          ),
          type: Schema.Literals(["RollingUpdate"])
        },
        { minProperties: 1 }
      )
    )
  },
  { minProperties: 1 }
)
export interface KubeadmControlPlaneRollout extends Schema.Schema.Type<typeof KubeadmControlPlaneRollout> {}

/** How many control-plane Machines of which version, made how. */
export const KubeadmControlPlaneSpec = Schema.Struct({
  kubeadmConfigSpec: Schema.optionalKey(KubeadmConfigSpec),
  machineNaming: Schema.optionalKey(MachineNaming),
  machineTemplate: KubeadmControlPlaneMachineTemplate,
  remediation: Schema.optionalKey(KubeadmControlPlaneRemediation),
  replicas: Schema.optionalKey(int32()),
  rollout: Schema.optionalKey(KubeadmControlPlaneRollout),
  version: text({ minLength: 1, maxLength: 256 })
})
export interface KubeadmControlPlaneSpec extends Schema.Schema.Type<typeof KubeadmControlPlaneSpec> {}

/** Counters and conditions of the v1beta1 contract. */
export const KubeadmControlPlaneDeprecatedStatus = Schema.Struct({
  v1beta1: Schema.optionalKey(
    Schema.Struct({
      conditions: Schema.optionalKey(LegacyConditions),
      failureMessage: Schema.optionalKey(text({ minLength: 1, maxLength: 10240 })),
      failureReason: Schema.optionalKey(Schema.String),
      readyReplicas: Schema.optionalKey(int32()),
      unavailableReplicas: Schema.optionalKey(int32()),
      updatedReplicas: Schema.optionalKey(int32())
    })
  )
})
export interface KubeadmControlPlaneDeprecatedStatus extends Schema.Schema.Type<
  typeof KubeadmControlPlaneDeprecatedStatus
> {}

/** Steps that are taken once; never taken back. */
export const KubeadmControlPlaneInitialization = struct(
  {
    controlPlaneInitialized: Schema.optionalKey(Schema.Boolean)
  },
  { minProperties: 1 }
)
export interface KubeadmControlPlaneInitialization extends Schema.Schema.Type<
  typeof KubeadmControlPlaneInitialization
> {}

/** The remediation that is under way or was the last. */
export const LastRemediation = Schema.Struct({
  machine: text({ minLength: 1, maxLength: 253 }),
  retryCount: int32({ minimum: 0 }),
  time: Timestamp
})
export interface LastRemediation extends Schema.Schema.Type<typeof LastRemediation> {}

/** Counters over the Machines, and how etcd and the components fare. */
export const KubeadmControlPlaneStatus = struct(
  {
    availableReplicas: Schema.optionalKey(int32()),
    conditions: Schema.optionalKey(Conditions),
    deprecated: Schema.optionalKey(KubeadmControlPlaneDeprecatedStatus),
    initialization: Schema.optionalKey(KubeadmControlPlaneInitialization),
    lastRemediation: Schema.optionalKey(LastRemediation),
    observedGeneration: Schema.optionalKey(int64({ minimum: 1 })),
    readyReplicas: Schema.optionalKey(int32()),
    replicas: Schema.optionalKey(int32()),
    selector: Schema.optionalKey(text({ minLength: 1, maxLength: 4096 })),
    upToDateReplicas: Schema.optionalKey(int32()),
    version: Schema.optionalKey(text({ minLength: 1, maxLength: 256 })),
    versions: Schema.optionalKey(list(StatusVersion, { minItems: 1, maxItems: 100, keys: ["version"] }))
  },
  { minProperties: 1 }
)
export interface KubeadmControlPlaneStatus extends Schema.Schema.Type<typeof KubeadmControlPlaneStatus> {}

/** Body of a KubeadmControlPlane. */
export interface KubeadmControlPlaneBody {
  readonly spec: KubeadmControlPlaneSpec
  readonly status?: KubeadmControlPlaneStatus
}
