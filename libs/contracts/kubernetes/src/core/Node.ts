/**
 * Node (core/v1): what kubelets report, what Cluster API links Machines to.
 *
 * Left out: images, configuration sources, pod CIDRs beyond what passes through unknown.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1/
 */
import {
  dictionary,
  type FieldError,
  IntOrString,
  type KindObject,
  list,
  makeKind,
  type ObjectOf,
  Timestamp
} from "@capstan/api"
import { Schema } from "effect"
import { NativeCondition } from "./NativeCondition.ts"
import { openStruct } from "./OpenStruct.ts"

export const Taint = openStruct({
  key: Schema.String,
  value: Schema.optionalKey(Schema.String),
  effect: Schema.Literals(["NoSchedule", "PreferNoSchedule", "NoExecute"]),
  timeAdded: Schema.optionalKey(Timestamp)
})
export type Taint = typeof Taint.Type

/** `status.nodeInfo`, copied to `Machine.status.nodeInfo`. Every field is a string. */
export const NodeSystemInfo = openStruct({
  machineID: Schema.String,
  systemUUID: Schema.String,
  bootID: Schema.String,
  kernelVersion: Schema.String,
  osImage: Schema.String,
  containerRuntimeVersion: Schema.String,
  kubeletVersion: Schema.String,
  kubeProxyVersion: Schema.String,
  operatingSystem: Schema.String,
  architecture: Schema.String
})
export type NodeSystemInfo = typeof NodeSystemInfo.Type

export const NodeAddress = openStruct({
  type: Schema.String,
  address: Schema.String
})
export type NodeAddress = typeof NodeAddress.Type

const Body = openStruct({
  spec: Schema.optionalKey(
    openStruct({
      podCIDR: Schema.optionalKey(Schema.String),
      podCIDRs: Schema.optionalKey(list(Schema.String)),
      /** `aws:///us-east-1a/i-0123456789abcdef0`; set once. */
      providerID: Schema.optionalKey(Schema.String),
      unschedulable: Schema.optionalKey(Schema.Boolean),
      taints: Schema.optionalKey(list(Taint))
    })
  ),
  status: Schema.optionalKey(
    openStruct({
      capacity: Schema.optionalKey(dictionary(IntOrString)),
      allocatable: Schema.optionalKey(dictionary(IntOrString)),
      phase: Schema.optionalKey(Schema.String),
      conditions: Schema.optionalKey(list(NativeCondition, { keys: ["type"] })),
      addresses: Schema.optionalKey(list(NodeAddress)),
      nodeInfo: Schema.optionalKey(NodeSystemInfo),
      volumesInUse: Schema.optionalKey(list(Schema.String)),
      volumesAttached: Schema.optionalKey(list(openStruct({ name: Schema.String, devicePath: Schema.String })))
    })
  )
})
type Body = typeof Body.Type

const validate = (node: ObjectOf<Body>, old: ObjectOf<Body> | undefined): ReadonlyArray<FieldError> => {
  const before = old?.spec?.providerID ?? ""
  return before === "" || node.spec?.providerID === before
    ? []
    : [
        {
          field: "spec.providerID",
          reason: "FieldValueForbidden",
          message: 'Forbidden: node updates may not change providerID except from "" to valid'
        }
      ]
}

export const Node = makeKind({
  group: "",
  kind: "Node",
  version: "v1",
  scope: "Cluster",
  schema: Body,
  shortNames: ["no"],
  admission: { validate }
})
export type Node = KindObject<typeof Node>
