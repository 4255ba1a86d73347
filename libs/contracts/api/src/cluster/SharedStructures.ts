/**
 * Structures that several kinds of Cluster API share: references, template metadata, gates, taints, endpoints, conditions.
 *
 * A reference names group, kind and name but no version: the version is found through the contract labels of the CRD.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/overview
 */
import { Schema } from "effect"
import {
  dictionary,
  int32,
  int64,
  list,
  struct,
  text,
  Timestamp,
  withoutKeywords,
  withStructure
} from "../StructuralSchema.ts"

/** A DNS subdomain, as the names of most objects are. */
export const DnsSubdomain = text({
  minLength: 1,
  maxLength: 253,
  pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
})
export type DnsSubdomain = typeof DnsSubdomain.Type

/** The name of a kind. */
export const KindName = text({ minLength: 1, maxLength: 63, pattern: "^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$" })
export type KindName = typeof KindName.Type

/** The type of a condition: a name, optionally qualified by a domain. */
export const ConditionType = text({
  minLength: 1,
  maxLength: 316,
  pattern:
    "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$"
})
export type ConditionType = typeof ConditionType.Type

/** A reference to an object in the same namespace, without a version. */
export const ContractVersionedObjectReference = Schema.Struct({
  apiGroup: DnsSubdomain,
  kind: KindName,
  name: DnsSubdomain
})
export interface ContractVersionedObjectReference extends Schema.Schema.Type<typeof ContractVersionedObjectReference> {}

/** The metadata that a template passes on: labels and annotations, nothing else. */
export const TemplateMeta = struct(
  {
    annotations: Schema.optionalKey(dictionary(Schema.String)),
    labels: Schema.optionalKey(dictionary(Schema.String))
  },
  { minProperties: 1 }
)
export interface TemplateMeta extends Schema.Schema.Type<typeof TemplateMeta> {}

/** A label selector; `LabelSelector` is its type, `matches` its meaning. */
export const LabelSelectorSchema = struct(
  {
    matchExpressions: Schema.optionalKey(
      list(
        Schema.Struct({
          key: Schema.String,
          operator: withoutKeywords(Schema.Literals(["In", "NotIn", "Exists", "DoesNotExist"]), "enum"),
          values: Schema.optionalKey(list(Schema.String, { type: "atomic" }))
        }),
        { type: "atomic" }
      )
    ),
    matchLabels: Schema.optionalKey(dictionary(Schema.String))
  },
  { atomic: true }
)

/** A condition that a Machine must meet besides the usual ones to be Ready. */
export const MachineReadinessGate = Schema.Struct({
  conditionType: ConditionType,
  polarity: Schema.optionalKey(Schema.Literals(["Positive", "Negative"]))
})
export interface MachineReadinessGate extends Schema.Schema.Type<typeof MachineReadinessGate> {}

/** A taint for the Node of a Machine: put on once or kept in place. */
export const MachineTaint = Schema.Struct({
  effect: Schema.Literals(["NoSchedule", "PreferNoSchedule", "NoExecute"]),
  key: text({
    minLength: 1,
    maxLength: 317,
    pattern:
      "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$"
  }),
  propagation: Schema.Literals(["Always", "OnInitialization"]),
  value: Schema.optionalKey(
    text({ minLength: 1, maxLength: 63, pattern: "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$" })
  )
})
export interface MachineTaint extends Schema.Schema.Type<typeof MachineTaint> {}

/** How long the steps of deleting a Machine may take. Seconds; absent or 0 sets no limit. */
export const MachineDeletion = struct(
  {
    nodeDeletionTimeoutSeconds: Schema.optionalKey(int32({ minimum: 0 })),
    nodeDrainTimeoutSeconds: Schema.optionalKey(int32({ minimum: 0 })),
    nodeVolumeDetachTimeoutSeconds: Schema.optionalKey(int32({ minimum: 0 }))
  },
  { minProperties: 1 }
)
export interface MachineDeletion extends Schema.Schema.Type<typeof MachineDeletion> {}

/** An address of a Machine. */
export const MachineAddress = Schema.Struct({
  address: text({ minLength: 1, maxLength: 256 }),
  type: Schema.Literals(["Hostname", "ExternalIP", "InternalIP", "ExternalDNS", "InternalDNS"])
})
export interface MachineAddress extends Schema.Schema.Type<typeof MachineAddress> {}

/** One condition; `Condition` is its type. */
export const ConditionSchema = Schema.Struct({
  lastTransitionTime: Timestamp,
  message: text({ maxLength: 32768 }),
  observedGeneration: Schema.optionalKey(int64({ minimum: 0 })),
  reason: text({ minLength: 1, maxLength: 1024, pattern: "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$" }),
  status: Schema.Literals(["True", "False", "Unknown"]),
  type: text({
    maxLength: 316,
    pattern:
      "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$"
  })
})

/** Conditions as every kind of the v1beta2 contract carries them. */
export const Conditions = list(ConditionSchema, { maxItems: 32, keys: ["type"] })

/** One condition of the v1beta1 contract. */
export const LegacyConditionSchema = Schema.Struct({
  lastTransitionTime: Timestamp,
  message: Schema.optionalKey(text({ minLength: 1, maxLength: 10240 })),
  reason: Schema.optionalKey(text({ minLength: 1, maxLength: 256 })),
  severity: Schema.optionalKey(
    withStructure(withoutKeywords(Schema.Literals(["Error", "Warning", "Info", ""]), "enum"), { maxLength: 32 })
  ),
  status: withoutKeywords(Schema.Literals(["True", "False", "Unknown"]), "enum"),
  type: text({ minLength: 1, maxLength: 256 })
})

/** Conditions of the v1beta1 contract, kept under `status.deprecated`. */
export const LegacyConditions = list(LegacyConditionSchema)

/** Where an API server answers. Host without scheme, port 1..65535. */
export const APIEndpoint = struct(
  {
    host: Schema.optionalKey(text({ minLength: 1, maxLength: 512 })),
    port: Schema.optionalKey(int32({ minimum: 1, maximum: 65535 }))
  },
  { minProperties: 1 }
)
export interface APIEndpoint extends Schema.Schema.Type<typeof APIEndpoint> {}

/** How many replicas run a version of Kubernetes. */
export const StatusVersion = Schema.Struct({
  replicas: Schema.optionalKey(int32({ minimum: 1 })),
  version: text({ minLength: 1, maxLength: 256 })
})
export interface StatusVersion extends Schema.Schema.Type<typeof StatusVersion> {}
