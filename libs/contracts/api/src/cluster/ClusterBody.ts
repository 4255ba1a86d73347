/**
 * The body of a Cluster: its spec and status as schemas.
 *
 * @source https://cluster-api.sigs.k8s.io/reference/glossary#cluster
 */
import { Schema } from "effect"
import { dictionary, int32, int64, list, Opaque, struct, text } from "../StructuralSchema.ts"
import {
  APIEndpoint,
  Conditions,
  ContractVersionedObjectReference,
  LegacyConditions,
  MachineReadinessGate,
  StatusVersion
} from "./SharedStructures.ts"

/** Address ranges of the cluster. */
export const ClusterNetwork = struct(
  {
    apiServerPort: Schema.optionalKey(int32({ minimum: 1, maximum: 65535 })),
    pods: Schema.optionalKey(
      Schema.Struct({
        cidrBlocks: list(text({ minLength: 1, maxLength: 43 }), { minItems: 1, maxItems: 100, type: "atomic" })
      })
    ),
    serviceDomain: Schema.optionalKey(text({ minLength: 1, maxLength: 253 })),
    services: Schema.optionalKey(
      Schema.Struct({
        cidrBlocks: list(text({ minLength: 1, maxLength: 43 }), { minItems: 1, maxItems: 100, type: "atomic" })
      })
    )
  },
  { minProperties: 1 }
)
export interface ClusterNetwork extends Schema.Schema.Type<typeof ClusterNetwork> {}

/** What the cluster should be. */
export const ClusterSpec = struct(
  {
    availabilityGates: Schema.optionalKey(
      list(MachineReadinessGate, { minItems: 1, maxItems: 32, keys: ["conditionType"] })
    ),
    clusterNetwork: Schema.optionalKey(ClusterNetwork),
    controlPlaneEndpoint: Schema.optionalKey(APIEndpoint),
    controlPlaneRef: Schema.optionalKey(ContractVersionedObjectReference),
    infrastructureRef: Schema.optionalKey(ContractVersionedObjectReference),
    paused: Schema.optionalKey(Schema.Boolean),
    topology: Schema.optionalKey(Opaque)
  },
  { minProperties: 1 }
)
export interface ClusterSpec extends Schema.Schema.Type<typeof ClusterSpec> {}

/** Replica counters of the control plane. */
export const ClusterControlPlaneStatus = Schema.Struct({
  availableReplicas: Schema.optionalKey(int32()),
  desiredReplicas: Schema.optionalKey(int32()),
  readyReplicas: Schema.optionalKey(int32()),
  replicas: Schema.optionalKey(int32()),
  upToDateReplicas: Schema.optionalKey(int32()),
  upgradePlan: Schema.optionalKey(
    list(
      Schema.Struct({
        version: text({ minLength: 1, maxLength: 256 })
      }),
      { minItems: 1, maxItems: 32, type: "atomic" }
    )
  ),
  versions: Schema.optionalKey(list(StatusVersion, { minItems: 1, maxItems: 32, type: "atomic" }))
})
export interface ClusterControlPlaneStatus extends Schema.Schema.Type<typeof ClusterControlPlaneStatus> {}

/** A place that can fail on its own, such as an availability zone. */
export const FailureDomain = Schema.Struct({
  attributes: Schema.optionalKey(dictionary(Schema.String)),
  controlPlane: Schema.optionalKey(Schema.Boolean),
  name: text({ minLength: 1, maxLength: 256 })
})
export interface FailureDomain extends Schema.Schema.Type<typeof FailureDomain> {}

/** Steps that are taken once; never taken back. */
export const ClusterInitialization = struct(
  {
    controlPlaneInitialized: Schema.optionalKey(Schema.Boolean),
    infrastructureProvisioned: Schema.optionalKey(Schema.Boolean)
  },
  { minProperties: 1 }
)
export interface ClusterInitialization extends Schema.Schema.Type<typeof ClusterInitialization> {}

/** What the controllers know of the cluster. */
export const ClusterStatus = struct(
  {
    conditions: Schema.optionalKey(Conditions),
    controlPlane: Schema.optionalKey(ClusterControlPlaneStatus),
    deprecated: Schema.optionalKey(
      Schema.Struct({
        v1beta1: Schema.optionalKey(
          Schema.Struct({
            conditions: Schema.optionalKey(LegacyConditions),
            failureMessage: Schema.optionalKey(text({ minLength: 1, maxLength: 10240 })),
            failureReason: Schema.optionalKey(Schema.String)
          })
        )
      })
    ),
    failureDomains: Schema.optionalKey(list(FailureDomain, { minItems: 1, maxItems: 100, keys: ["name"] })),
    initialization: Schema.optionalKey(ClusterInitialization),
    observedGeneration: Schema.optionalKey(int64({ minimum: 1 })),
    phase: Schema.optionalKey(
      Schema.Literals(["Pending", "Provisioning", "Provisioned", "Deleting", "Failed", "Unknown"])
    ),
    workers: Schema.optionalKey(ClusterControlPlaneStatus)
  },
  { minProperties: 1 }
)
export interface ClusterStatus extends Schema.Schema.Type<typeof ClusterStatus> {}

/** Body of a Cluster. */
export interface ClusterBody {
  readonly spec: ClusterSpec
  readonly status?: ClusterStatus
}
