/**
 * The body of a Machine: its spec and status as schemas.
 *
 * @source https://cluster-api.sigs.k8s.io/reference/glossary#machine
 */
import { Schema } from "effect"
import { int32, int64, list, struct, text, Timestamp } from "../StructuralSchema.ts"
import {
  Conditions,
  ContractVersionedObjectReference,
  DnsSubdomain,
  LegacyConditions,
  MachineAddress,
  MachineDeletion,
  MachineReadinessGate,
  MachineTaint,
  TemplateMeta
} from "./SharedStructures.ts"

/** Where the user data comes from: a bootstrap config to follow, or a Secret that exists. */
export const MachineBootstrap = Schema.Struct({
  configRef: Schema.optionalKey(ContractVersionedObjectReference),
  dataSecretName: Schema.optionalKey(text({ minLength: 0, maxLength: 253 }))
})
export interface MachineBootstrap extends Schema.Schema.Type<typeof MachineBootstrap> {}

/** What the machine should be. Also the body of every machine template. */
export const MachineSpec = Schema.Struct({
  bootstrap: MachineBootstrap,
  clusterName: text({ minLength: 1, maxLength: 63 }),
  deletion: Schema.optionalKey(MachineDeletion),
  failureDomain: Schema.optionalKey(text({ minLength: 1, maxLength: 256 })),
  infrastructureRef: ContractVersionedObjectReference,
  minReadySeconds: Schema.optionalKey(int32({ minimum: 0 })),
  providerID: Schema.optionalKey(text({ minLength: 1, maxLength: 512 })),
  readinessGates: Schema.optionalKey(
    list(MachineReadinessGate, { minItems: 1, maxItems: 32, keys: ["conditionType"] })
  ),
  taints: Schema.optionalKey(list(MachineTaint, { minItems: 1, maxItems: 64, keys: ["key", "effect"] })),
  version: Schema.optionalKey(text({ minLength: 1, maxLength: 256 }))
})
export interface MachineSpec extends Schema.Schema.Type<typeof MachineSpec> {}

/** When the steps of the deletion began. Each is set once. */
export const MachineDeletionStatus = Schema.Struct({
  nodeDrainStartTime: Schema.optionalKey(Timestamp),
  waitForNodeVolumeDetachStartTime: Schema.optionalKey(Timestamp),
  waitForPreDrainHookStartTime: Schema.optionalKey(Timestamp),
  waitForPreTerminateHookStartTime: Schema.optionalKey(Timestamp)
})
export interface MachineDeletionStatus extends Schema.Schema.Type<typeof MachineDeletionStatus> {}

/** Steps that are taken once; never taken back. */
export const MachineInitialization = struct(
  {
    bootstrapDataSecretCreated: Schema.optionalKey(Schema.Boolean),
    infrastructureProvisioned: Schema.optionalKey(Schema.Boolean)
  },
  { minProperties: 1 }
)
export interface MachineInitialization extends Schema.Schema.Type<typeof MachineInitialization> {}

/** What the kubelet reports of its host. */
export const NodeSystemInfo = Schema.Struct({
  architecture: Schema.String,
  bootID: Schema.String,
  containerRuntimeVersion: Schema.String,
  kernelVersion: Schema.String,
  kubeProxyVersion: Schema.String,
  kubeletVersion: Schema.String,
  machineID: Schema.String,
  operatingSystem: Schema.String,
  osImage: Schema.String,
  swap: Schema.optionalKey(
    Schema.Struct({
      capacity: Schema.optionalKey(int64())
    })
  ),
  systemUUID: Schema.String
})
export interface NodeSystemInfo extends Schema.Schema.Type<typeof NodeSystemInfo> {}

/** The Node of the machine. Set once. */
export const MachineNodeReference = Schema.Struct({
  name: DnsSubdomain
})
export interface MachineNodeReference extends Schema.Schema.Type<typeof MachineNodeReference> {}

/** What the controllers know of the machine. */
export const MachineStatus = struct(
  {
    addresses: Schema.optionalKey(list(MachineAddress, { maxItems: 256, type: "atomic" })),
    certificatesExpiryDate: Schema.optionalKey(Timestamp),
    conditions: Schema.optionalKey(Conditions),
    deletion: Schema.optionalKey(MachineDeletionStatus),
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
    failureDomain: Schema.optionalKey(text({ minLength: 1, maxLength: 256 })),
    initialization: Schema.optionalKey(MachineInitialization),
    lastUpdated: Schema.optionalKey(Timestamp),
    nodeInfo: Schema.optionalKey(NodeSystemInfo),
    nodeRef: Schema.optionalKey(MachineNodeReference),
    observedGeneration: Schema.optionalKey(int64({ minimum: 1 })),
    phase: Schema.optionalKey(
      Schema.Literals([
        "Pending",
        "Provisioning",
        "Provisioned",
        "Running",
        "Updating",
        "Deleting",
        "Deleted",
        "Failed",
        "Unknown"
      ])
    )
  },
  { minProperties: 1 }
)
export interface MachineStatus extends Schema.Schema.Type<typeof MachineStatus> {}

/** Body of a Machine. */
export interface MachineBody {
  readonly spec: MachineSpec
  readonly status?: MachineStatus
}

/** The template of a Machine. */
export const MachineTemplateSpec = Schema.Struct({
  metadata: Schema.optionalKey(TemplateMeta),
  spec: MachineSpec
})
export interface MachineTemplateSpec extends Schema.Schema.Type<typeof MachineTemplateSpec> {}
