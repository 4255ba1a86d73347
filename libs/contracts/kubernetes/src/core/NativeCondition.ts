/**
 * Conditions of native kinds: reason, message and times are optional, and some carry a heartbeat.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1/#NodeStatus
 */
import { Timestamp } from "@capstan/api"
import { Schema } from "effect"
import { openStruct } from "./OpenStruct.ts"

export const NativeCondition = openStruct({
  type: Schema.String,
  status: Schema.Literals(["True", "False", "Unknown"]),
  reason: Schema.optionalKey(Schema.String),
  message: Schema.optionalKey(Schema.String),
  lastTransitionTime: Schema.optionalKey(Timestamp),
  /** Nodes: when the kubelet last said so. */
  lastHeartbeatTime: Schema.optionalKey(Timestamp),
  /** Pods: when it was last looked at. */
  lastProbeTime: Schema.optionalKey(Schema.NullOr(Timestamp)),
  observedGeneration: Schema.optionalKey(Schema.Int)
})
export type NativeCondition = typeof NativeCondition.Type
