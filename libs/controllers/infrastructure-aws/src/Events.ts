/**
 * Events of the AWS provider. Reasons are upstream's, to the letter.
 *
 * The recorder is the manager's: it is there inside a reconcile, and without one (as in a test of a step) nothing is recorded.
 */
import type { KubernetesObject } from "@capstan/api"
import { EventRecorder } from "@capstan/runtime"
import { Effect, Option } from "effect"

const record = (type: "Normal" | "Warning") =>
  Effect.fnUntraced(function* (object: KubernetesObject, reason: string, message: string) {
    const recorder = yield* Effect.serviceOption(EventRecorder)
    if (Option.isSome(recorder)) yield* recorder.value.record(object, { type, reason, message })
  })

export const normal = record("Normal")
export const warning = record("Warning")

/** Upstream's words where they differ from AWS's operation names. */
const failureReasons: { readonly [operation: string]: string } = {
  CreateVpc: "FailedCreateVPC",
  ModifyVpcAttribute: "FailedSetVPCAttributes",
  DescribeVpcAttribute: "FailedSetVPCAttributes",
  DeleteVpc: "FailedDeleteVPC",
  ModifySubnetAttribute: "FailedModifySubnetAttributes",
  DescribeAvailabilityZones: "FailedNoZoneInfo",
  CreateNatGateway: "FailedCreateNATGateway",
  DeleteNatGateway: "FailedDeleteNATGateway",
  AuthorizeSecurityGroupIngress: "FailedAuthorizeSecurityGroupIngressRules",
  RevokeSecurityGroupIngress: "FailedRevokeSecurityGroupIngressRules",
  DisassociateAddress: "FailedDisassociateEIP",
  ReleaseAddress: "FailedReleaseEIP"
}

/** The reason of the event that tells of a refused operation. */
export const failureReasonOf = (operation: string): string => failureReasons[operation] ?? `Failed${operation}`
