/**
 * Lease (coordination.k8s.io/v1): leader election and kubelet heartbeats.
 *
 * Times carry six digits of fractions. Left out: coordinated leader election (`strategy`, `preferredHolder`).
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/
 */
import { int32, type KindObject, makeKind, withStructure } from "@capstan/api"
import { Schema } from "effect"
import { openStruct } from "./OpenStruct.ts"

/** RFC 3339 in UTC, as recorders of Leases write it: `2030-01-01T00:00:00.000000Z`. */
const MicroTime = withStructure(Schema.String, { format: "date-time" })

const Body = openStruct({
  spec: Schema.optionalKey(
    openStruct({
      holderIdentity: Schema.optionalKey(Schema.String),
      leaseDurationSeconds: Schema.optionalKey(int32({ minimum: 1 })),
      acquireTime: Schema.optionalKey(MicroTime),
      renewTime: Schema.optionalKey(MicroTime),
      leaseTransitions: Schema.optionalKey(int32({ minimum: 0 }))
    })
  )
})

export const Lease = makeKind({
  group: "coordination.k8s.io",
  kind: "Lease",
  version: "v1",
  schema: Body,
  subresources: { status: false }
})
export type Lease = KindObject<typeof Lease>
