/**
 * DevMachine: one machine of the dev cloud for one Machine. It is never changed into another; it is replaced.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api/blob/main/test/infrastructure/docker/api/v1beta2/devmachine_types.go
 */
import {
  Conditions,
  type FieldError,
  forbiddenField,
  invalidField,
  type KindObject,
  list,
  MachineAddress,
  makeKind,
  type ObjectOf,
  text,
  unless,
  withDefault
} from "@capstan/api"
import { Schema } from "effect"
import { devContractLabels, group, version } from "./ContractLabels.ts"

/** What the machine should be. `providerID` is the controller's. */
export const DevMachineSpec = Schema.Struct({
  image: Schema.optionalKey(text({ minLength: 1, maxLength: 256 })),
  providerID: Schema.optionalKey(text({ minLength: 1, maxLength: 512, pattern: "^dev:///[^/]+/[^/]+$" })),
  /** A name for how big it is; the dev cloud takes any. */
  size: Schema.optionalKey(withDefault(text({ minLength: 1, maxLength: 63 }), "small"))
})
export interface DevMachineSpec extends Schema.Schema.Type<typeof DevMachineSpec> {}

/** Everything in it is asked for by the contract and written by the harness. */
export const DevMachineStatus = Schema.Struct({
  addresses: Schema.optionalKey(list(MachineAddress)),
  conditions: Schema.optionalKey(Conditions),
  failureDomain: Schema.optionalKey(text({ minLength: 1, maxLength: 256 })),
  initialization: Schema.optionalKey(Schema.Struct({ provisioned: Schema.optionalKey(Schema.Boolean) }))
})
export interface DevMachineStatus extends Schema.Schema.Type<typeof DevMachineStatus> {}

export interface DevMachineBody {
  readonly spec: DevMachineSpec
  readonly status?: DevMachineStatus
}

const validate = (
  { spec }: ObjectOf<DevMachineBody>,
  old: ObjectOf<DevMachineBody> | undefined
): ReadonlyArray<FieldError> => {
  if (old === undefined) return []
  const before = old.spec
  return [
    ...unless(spec.image === before.image, () => forbiddenField("spec.image", "field is immutable")),
    ...unless(spec.size === before.size, () => forbiddenField("spec.size", "field is immutable")),
    ...unless(before.providerID === undefined || spec.providerID === before.providerID, () =>
      invalidField("spec.providerID", spec.providerID, "a machine keeps its provider id for life")
    )
  ]
}

export const DevMachine = makeKind<DevMachineBody>({
  group,
  kind: "DevMachine",
  version,
  schema: Schema.Struct({ spec: DevMachineSpec, status: Schema.optionalKey(DevMachineStatus) }),
  categories: ["cluster-api"],
  admission: { validate },
  labels: devContractLabels,
  printerColumns: [
    { name: "Cluster", type: "string", jsonPath: ".metadata.labels['cluster\\.x-k8s\\.io/cluster-name']" },
    { name: "Machine", type: "string", jsonPath: '.metadata.ownerReferences[?(@.kind=="Machine")].name' },
    { name: "ProviderID", type: "string", jsonPath: ".spec.providerID" },
    { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" }
  ]
})
export type DevMachine = KindObject<typeof DevMachine>
